"""Who passed whom on blindly, and what became of it."""

import pytest

from handlers.facts import CallTransferred, Transfer
from tests.handlers.calls.passing_on import only, talking
from tests.handlers.playbook import Play


def passed(play: Play, exten: str = "102") -> tuple[str, str]:
    """101 passes the caller on blindly, by REFER: caller, and the leg to 102."""
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, exten)
    play.request_hangup(agent)
    play.hang_up(agent)
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    play.wait(2)
    return caller, leg


def test_a_blind_transfer_is_told_with_both_ends_and_what_became_of_it() -> None:
    play = Play()
    caller, leg = passed(play)
    (fact,) = play.told(CallTransferred)
    assert isinstance(fact, CallTransferred)
    assert [(each.to, each.result) for each in fact.call.transfers] == [("102", None)]
    play.answer(caller, leg)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert only(call) == Transfer("blind", "101", "102", only(call).at, "answered")
    assert (call.talk_s, call.lost_after_transfer, call.ended_by) == (5, False, "caller")


def test_a_caller_who_gives_up_after_a_transfer_is_lost() -> None:
    """His own hangup ends the call, not that of who passed him on, though that was heard first."""
    play = Play()
    caller, agent = talking(play)
    play.request_hangup(agent)
    play.blind_transfer(agent, caller, "102")
    play.hang_up(agent)
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    play.wait(2)
    play.caller_cancels(caller, leg)
    call = play.only_call.call
    assert (call.result, call.lost_after_transfer, call.ended_by) == ("answered", True, "caller")
    assert only(call).result == "abandoned"


@pytest.mark.parametrize(
    ("cause", "status", "rings", "result"),
    [(17, "BUSY", False, "busy"), (0, "NOANSWER", True, "no_answer"), (20, "CHANUNAVAIL", False, "unavailable")],
)
def test_a_transfer_that_the_pbx_gives_up_says_why(cause: int, status: str, rings: bool, result: str) -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "102")
    play.hang_up(agent)
    leg = play.dial(caller, "PJSIP/102")
    if rings:
        play.ring(leg)
    play.wait(1)
    play.end_dial(caller, leg, status)
    play.hang_up(leg, cause)
    play.hang_up(caller)
    call = play.only_call.call
    assert (only(call).result, call.lost_after_transfer, call.ended_by) == (result, True, "pbx")


def test_a_transfer_to_an_announcement_loses_nobody() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "*98")
    play.hang_up(agent)
    play.wait(5)
    play.hang_up(caller)
    call = play.only_call.call
    assert (only(call).result, call.lost_after_transfer) == ("service", False)


def test_a_transfer_that_the_pbx_refuses_changes_nothing() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "4444", "Fail")
    play.wait(2)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (only(call).result, call.talk_s, call.lost_after_transfer) == ("failed", 4, False)
    assert not list(play.told(CallTransferred))


def test_each_of_two_transfers_has_its_own_end() -> None:
    play = Play()
    caller, leg = passed(play)
    play.answer(caller, leg)
    play.wait(1)
    play.blind_transfer(leg, caller, "103")
    play.hang_up(leg)
    last = play.dial(caller, "PJSIP/103")
    play.ring(last)
    play.wait(1)
    play.caller_cancels(caller, last)
    call = play.only_call.call
    assert [(each.by, each.to, each.result) for each in call.transfers] == [
        ("101", "102", "answered"),
        ("102", "103", "abandoned"),
    ]
    assert call.lost_after_transfer


def test_who_sent_a_caller_into_his_own_queue_and_gets_him_again_has_him_returned() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "7003")
    play.hang_up(agent)
    play.join(caller)
    again = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(1)
    play.connect_agent(caller, again, "PJSIP/101", "Anna")
    play.wait(1)
    play.far_end_hangs_up(caller, again)
    call = play.only_call.call
    assert (only(call).result, call.queue, call.queue_s, call.talk_s) == ("returned", "support", 0, 3)


@pytest.mark.parametrize(
    ("variable", "value"), [("QUEUESTATUS", "JOINEMPTY"), ("QUEUESTATUS", "FULL"), ("DIALSTATUS", "CHANUNAVAIL")]
)
def test_who_is_passed_on_to_where_nobody_can_be_rung_is_lost(variable: str, value: str) -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "7003")
    play.hang_up(agent)
    play.variable(caller, variable, value)
    play.wait(1)
    play.hang_up(caller)
    call = play.only_call.call
    assert (only(call).result, call.lost_after_transfer) == ("unavailable", True)


def test_who_is_turned_away_and_then_finds_somebody_is_not_lost() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "7003")
    play.hang_up(agent)
    play.variable(caller, "QUEUESTATUS", "JOINEMPTY")
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    play.answer(caller, leg)
    play.wait(1)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (only(call).result, call.lost_after_transfer) == ("answered", False)


def test_what_the_dial_of_who_passes_on_says_turns_nobody_away() -> None:
    """101 consults 104, who is out of reach, before he passes the caller on to a service: nobody is sought for the caller."""
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "*98")
    play.variable(agent, "DIALSTATUS", "CHANUNAVAIL")
    play.hang_up(agent)
    play.wait(1)
    play.hang_up(caller)
    call = play.only_call.call
    assert (only(call).result, call.lost_after_transfer) == ("service", False)


def test_a_transfer_of_several_at_once_is_the_call_of_who_made_it() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, None, "102")
    play.hang_up(caller)
    play.hang_up(agent)
    assert only(play.only_call.call).by == "101"


def test_a_transfer_by_a_channel_that_nobody_knows_is_doubted() -> None:
    play = Play()
    play.blind_transfer("1.1", "1.2", "102", "Fail")
    play.attended_transfer("1.1", "1.3", None, None)
    assert [getattr(fact, "reason", "") for fact in play.facts] == ["unknown_channel"] * 2


def test_an_outgoing_call_that_is_passed_on_ends_by_who_hangs_up_in_the_town() -> None:
    play = Play()
    agent = play.dialling("101", "989161234567")
    line = play.dial(agent, "PJSIP/trunk", "89161234567@trunk", "from-trunk")
    play.ring(line)
    play.wait(1)
    play.answer(agent, line)
    play.wait(2)
    play.request_hangup(agent)
    play.blind_transfer(agent, line, "102")
    play.hang_up(agent)
    leg = play.dial(line, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    play.answer(line, leg)
    play.wait(3)
    play.far_end_hangs_up(line, leg)
    call = play.only_call.call
    assert (call.direction, call.result, call.talk_s, call.ended_by) == ("out", "answered", 5, "person")
    assert [agent.device for agent in call.agents] == ["PJSIP/101", "PJSIP/102"]
    assert only(call) == Transfer("blind", "101", "102", only(call).at, "answered")


def test_a_number_in_the_town_that_is_passed_on_and_gives_up_has_abandoned() -> None:
    play = Play()
    agent = play.dialling("101", "989161234567")
    line = play.dial(agent, "PJSIP/trunk", "89161234567@trunk", "from-trunk")
    play.answer(agent, line)
    play.wait(2)
    play.blind_transfer(agent, line, "102")
    play.request_hangup(agent)
    play.hang_up(agent)
    leg = play.dial(line, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    play.caller_cancels(line, leg)
    call = play.only_call.call
    assert (only(call).result, call.ended_by, call.lost_after_transfer) == ("abandoned", "person", False)


def test_whom_the_caller_himself_passes_on_talks_on_in_his_place() -> None:
    """101 calls 102 and passes the colleague on to 103."""
    play = Play()
    first = play.dialling("101", "102")
    second = play.dial(first, "PJSIP/102")
    play.answer(first, second)
    play.wait(2)
    play.blind_transfer(first, second, "103")
    play.request_hangup(first)
    play.hang_up(first)
    third = play.dial(second, "PJSIP/103")
    play.ring(third)
    play.wait(1)
    play.answer(second, third)
    play.wait(3)
    play.far_end_hangs_up(second, third)
    call = play.only_call.call
    assert (call.direction, call.caller, call.called, call.talk_s) == ("internal", "101", "102", 5)
    assert [agent.device for agent in call.agents] == ["PJSIP/102", "PJSIP/103"]
    assert only(call) == Transfer("blind", "101", "103", only(call).at, "answered")


def test_a_transfer_to_something_that_seeks_nobody_is_a_service_though_the_caller_hangs_up_there() -> None:
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(agent, caller, "*98")
    play.hang_up(agent)
    play.variable(caller, "VMSTATUS", "SUCCESS")
    play.wait(3)
    play.far_end_hangs_up(caller)
    call = play.only_call.call
    assert (only(call).result, call.voicemail, call.lost_after_transfer) == ("service", True, False)


def test_a_caller_who_passes_our_man_on_himself_is_not_lost() -> None:
    """The dialplan allows him to (Dial's option T)."""
    play = Play()
    caller, agent = talking(play)
    play.blind_transfer(caller, agent, "7009")
    play.hang_up(caller)
    leg = play.dial(agent, "PJSIP/103")
    play.ring(leg)
    play.wait(1)
    play.answer(agent, leg)
    play.wait(1)
    play.far_end_hangs_up(leg, agent)
    call = play.only_call.call
    assert (call.result, call.lost_after_transfer, call.talk_s) == ("answered", False, 2)

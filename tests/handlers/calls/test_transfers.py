"""Who passed whom on to whom, and what became of it."""

import pytest

from handlers.ami import events as ev
from handlers.facts import Call, CallTransferred, Transfer
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY


def talking(play: Play) -> tuple[str, str]:
    """The town calls, 101 answers after 1 s, and they talk for 2 s: the two channels."""
    caller = play.incoming()
    agent = play.dial(caller, "PJSIP/101")
    play.ring(agent)
    play.wait(1)
    play.answer(caller, agent)
    play.wait(2)
    return caller, agent


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


def only(call: Call) -> Transfer:
    (transfer,) = call.transfers
    return transfer


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


def consulted(play: Play, *, answered: bool) -> tuple[str, str, str, str, str]:
    """101 asks 102 by feature code: caller, agent, the Local halves, 102's leg."""
    caller, agent = talking(play)
    play.hold(agent)
    one, two = play.local("102", caller, "from-internal")
    play.leave(agent)
    play.bridge(one, agent)
    leg = play.dial(two, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    if answered:
        play.answer(two, leg)
        play.wait(2)
    return caller, agent, one, two, leg


def test_an_attended_transfer_by_code_names_who_was_asked() -> None:
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=True)
    play.request_hangup(agent)
    play.leave(one)
    play.enter(play.core.bridge_of(caller) or "", one)
    play.attended_transfer(agent, agent, caller, one)
    play.hang_up(agent)
    play.wait(3)
    for channel in (caller, leg, one, two):
        play.hang_up(channel)
    call = play.only_call.call
    assert only(call) == Transfer("attended", "101", "102", only(call).at, "answered")
    assert (call.talk_s, call.hold_s) == (5, 0)


def test_who_is_called_back_has_the_caller_returned() -> None:
    """`atxferdropcall = no`: 102 never answers, so the PBX calls back who hung up; that leg is a call of its own at first."""
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=False)
    play.request_hangup(agent)
    play.leave(agent)
    play.leave(one)
    play.enter(play.core.bridge_of(caller) or "", one)
    play.attended_transfer(agent, agent, caller, None)
    play.wait(5)
    play.hang_up(one)
    play.end_dial(two, leg, "CANCEL")
    play.hang_up(two)
    play.hang_up(leg)
    again = play.channel("PJSIP/101", number="101")
    play.begin_dial(None, again, "101")
    play.ring(again)
    play.wait(1)
    play.up(again)
    play.enter(play.core.bridge_of(caller) or "", again)
    play.hang_up(agent)
    play.wait(2)
    play.far_end_hangs_up(caller, again)
    called_back, call = (ended.call for ended in play.ended)
    assert called_back.merged_into == call.id
    assert only(call) == Transfer("attended", "101", "102", only(call).at, "returned")
    assert (call.talk_s, call.lost_after_transfer) == (4, False)


@pytest.mark.parametrize("answered", [True, False])
def test_a_caller_who_leaves_while_a_colleague_is_asked_was_not_passed_on(answered: bool) -> None:
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=answered)
    play.request_hangup(caller)
    play.hang_up(caller)
    play.wait(1)
    play.request_hangup(agent)
    for channel in (agent, one, two, leg):
        play.hang_up(channel)
    call = play.only_call.call
    assert (call.transfers, call.lost_after_transfer, call.talk_s, call.ended_by) == ((), False, 2, "caller")


def test_a_caller_who_is_taken_back_was_not_lost() -> None:
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=False)
    play.wait(5)
    for channel in (one, two, leg):
        play.hang_up(channel)
    play.leave(agent)
    play.enter(play.core.bridge_of(caller) or "", agent)
    play.wait(1)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.transfers, call.lost_after_transfer, call.talk_s) == ((), False, 3)


def test_all_three_together_is_one_talk_and_the_first_to_leave_does_not_end_it() -> None:
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=True)
    for channel in (one, agent):
        play.leave(channel)
        play.enter(play.core.bridge_of(caller) or "", channel)
    play.attended_transfer(agent, agent, caller, one, "Threeway")
    play.wait(1)
    play.request_hangup(agent)
    play.hang_up(agent)
    play.wait(1)
    play.request_hangup(caller)
    for channel in (caller, leg, one, two):
        play.hang_up(channel)
    call = play.only_call.call
    assert (only(call).result, call.talk_s, call.ended_by) == ("answered", 4, "caller")
    assert [agent.device for agent in call.agents] == ["PJSIP/101", "PJSIP/102"]


def handed_over(play: Play, *, queue: str | None = None) -> tuple[str, str]:
    """101 calls 102 (or a queue) on a second line and hands the caller over while it rings: caller, 102's leg."""
    caller, agent = talking(play)
    play.hold(agent)
    second = play.dialling("101", "7005" if queue else "102")
    if queue:
        play.up(second)
        play.join(second, queue)
        leg = play.call_agent(second, "PJSIP/102", "Boris", queue)
    else:
        leg = play.dial(second, "PJSIP/102")
        play.ring(leg)
    play.wait(1)
    play.unhold(agent)
    play.leave(caller)
    play.leave(agent)
    play.attended_transfer(agent, second, caller, None, "App")
    play.hang_up(agent)
    play.hang_up(second)
    play.wait(2)
    return caller, leg


def test_a_caller_handed_over_while_the_target_rings_is_the_one_it_rings_for() -> None:
    play = Play()
    caller, leg = handed_over(play)
    (live,) = play.core.live_calls()
    assert live.state == "ringing"
    play.answer(caller, leg)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert (consultation.merged_into, consultation.transfers) == (call.id, ())
    assert only(call) == Transfer("attended", "101", "102", only(call).at, "answered")
    assert call.talk_s == 6
    assert play.core.sizes() == EMPTY


def test_a_caller_handed_over_to_a_phone_that_nobody_answers_is_lost() -> None:
    play = Play()
    caller, leg = handed_over(play)
    play.caller_cancels(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert consultation.merged_into == call.id
    assert (only(call).result, call.lost_after_transfer) == ("abandoned", True)


def test_a_caller_handed_over_into_a_queue_takes_the_place_there() -> None:
    play = Play()
    caller, leg = handed_over(play, queue="support")
    assert [queue for queue, _ in play.core.waiting()] == ["support"]
    play.connect_agent(caller, leg, "PJSIP/102", "Boris")
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert (consultation.queues, call.queues) == ((), ("support",))
    assert [(stay.outcome, stay.member) for stay in play.ended[1].stays] == [("answered", "Boris")]
    assert (only(call).to, only(call).result, call.queue_s) == ("7005", "answered", 0)


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


def test_two_colleagues_whom_a_third_has_brought_together_are_one_call() -> None:
    """101 calls 102, asks 103 on a second line, and leaves them to each other (REFER with Replaces)."""
    play = Play()
    one = play.dialling("101", "102")
    second = play.dial(one, "PJSIP/102")
    play.answer(one, second)
    play.wait(2)
    other = play.dialling("101", "103")
    third = play.dial(other, "PJSIP/103")
    play.up(third)
    bridge = play.bridge(third, other)
    play.wait(1)
    play.leave(second)
    play.leave(other)
    play.enter(bridge, second, swap=other)
    play.attended_transfer(one, other, second, third)
    play.hang_up(one)
    play.hang_up(other)
    play.wait(3)
    play.far_end_hangs_up(second, third)
    consultation, call = (ended.call for ended in play.ended)
    assert consultation.merged_into == call.id
    assert (call.talk_s, call.called, only(call).to, only(call).result) == (6, "102", "103", "answered")


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


def test_what_was_dialled_to_the_town_is_not_whom_the_dialler_asked_by_feature_code() -> None:
    """Asterisk 16 names no target, and both lines of who passes on are one."""
    play = Play()
    dialler = play.dialling("101", "989161234567")
    mobile = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.answer(dialler, mobile)
    one, two = play.local("102", dialler, "from-internal")
    play.leave(dialler)
    leg = play.dial(two, "PJSIP/102")
    play.answer(two, leg)
    play.bridge(dialler, one)
    play.wait(2)
    play.request_hangup(dialler)
    play.leave(dialler)
    play.leave(one)
    play.enter(play.core.bridge_of(mobile) or "", one)
    play.attended_transfer(dialler, dialler, mobile, None)
    play.hang_up(dialler)
    play.wait(1)
    play.far_end_hangs_up(mobile, one, two, leg)
    assert [(each.by, each.to, each.result) for each in play.only_call.call.transfers] == [("101", "102", "answered")]


def test_who_is_passed_on_into_a_conference_talks_with_who_is_there_though_no_bridge_says_so() -> None:
    """Asterisk puts the caller in the place of the second line (`DestType: App`) and sends no BridgeEnter."""
    play = Play()
    member = play.dialling("102", "600")
    room = play.bridge(member, technology="softmix")
    caller, agent = talking(play)
    second = play.dialling("101", "600")
    play.enter(room, second, "softmix")
    play.wait(1)
    play.attended_transfer(agent, second, caller, None, "App")
    play.leave(agent)
    play.leave(caller)
    play.hang_up(agent)
    play.hang_up(second)
    play.wait(4)
    play.request_hangup(caller)
    play.say(ev.BridgeLeft(play.now, room, caller, play.names[caller]))
    play.hang_up(caller)
    play.hang_up(member)
    call = play.ended[-1].call
    assert [(each.by, each.to, each.result) for each in call.transfers] == [("101", "600", "answered")]
    assert ([agent.device for agent in call.agents], call.talk_s) == (["PJSIP/101", "PJSIP/102"], 7)
    assert [ended.call.merged_into for ended in play.ended[:-1]] == [member, call.id]
    assert play.core.sizes() == EMPTY


def test_a_second_line_that_asks_is_no_leg_of_the_call_and_who_fetches_is_one() -> None:
    play = Play()
    caller, agent = talking(play)
    second = play.dialling("101", "102")
    target = play.dial(second, "PJSIP/102")
    play.answer(second, target)
    play.leave(caller)
    play.leave(second)
    play.enter(play.core.bridge_of(target) or "", caller, swap=second)
    play.attended_transfer(agent, second, caller, target)
    play.hang_up(agent)
    play.hang_up(second)
    play.park(caller)
    play.hang_up(target)
    fetcher = play.dialling("103", "701")
    play.unpark(caller, retriever=fetcher)
    play.bridge(fetcher, caller)
    play.far_end_hangs_up(caller, fetcher)
    told = [(leg.device, leg.result) for leg in play.ended[-1].legs]
    assert told == [
        ("PJSIP/trunk", None),
        ("PJSIP/101", "answered"),
        ("PJSIP/101", None),
        ("PJSIP/102", "answered"),
        ("PJSIP/103", "answered"),
    ]


def test_a_colleague_who_was_asked_and_never_had_the_caller_did_answer() -> None:
    play = Play()
    caller, agent, one, two, leg = consulted(play, answered=True)
    for channel in (one, two, leg):
        play.hang_up(channel)
    play.leave(agent)
    play.enter(play.core.bridge_of(caller) or "", agent)
    play.far_end_hangs_up(caller, agent)
    told = [(each.device, each.result) for each in play.only_call.legs]
    assert told == [("PJSIP/trunk", None), ("PJSIP/101", "answered"), ("PJSIP/102", "answered")]
    assert [each.device for each in play.only_call.call.agents] == ["PJSIP/101"]


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

"""Attended transfers by feature code: a colleague is asked through a pair of Local halves, and what becomes of the caller."""

import pytest

from handlers.facts import Transfer
from tests.handlers.calls.passing_on import only, talking
from tests.handlers.playbook import Play


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

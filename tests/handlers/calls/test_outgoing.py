"""What becomes of calls that our people make: to the town, to one another, to services."""

import pytest

from handlers.facts import CallRang
from tests.handlers.playbook import Play


def test_a_call_to_the_town_is_out_and_answered_by_the_number() -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    leg = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.wait(2)
    play.answer(dialler, leg)
    play.wait(3)
    play.far_end_hangs_up(dialler, leg)

    call = play.only_call.call
    assert (call.direction, call.result, call.trunk) == ("out", "answered", "trunk")
    assert (call.caller, call.called, call.called_e164) == ("101", "89161234567", "+79161234567")
    assert (call.answered_by, [agent.device for agent in call.agents]) == ("89161234567", ["PJSIP/101"])
    assert (call.wait_s, call.talk_s, call.ended_by) == (2, 3, "caller")


@pytest.mark.parametrize(("cause", "result"), [(17, "busy"), (1, "failed"), (34, "failed"), (19, "no_answer")])
def test_the_town_says_why_it_did_not_answer(cause: int, result: str) -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    leg = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.refuse(dialler, leg, cause, "NOANSWER")
    play.hang_up(dialler)
    assert (play.only_call.call.result, play.only_call.call.missed) == (result, False)


def test_our_side_giving_up_first_is_cancelled() -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    leg = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.wait(4)
    play.caller_cancels(dialler, leg)
    assert (play.only_call.call.result, play.only_call.call.wait_s) == ("cancelled", 4)


def test_a_second_trunk_that_answers_makes_it_answered_there() -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    play.refuse(dialler, play.dial(dialler, "PJSIP/mts", "89161234567@mts", context="from-trunk"), 34, "CONGESTION")
    leg = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.answer(dialler, leg)
    play.far_end_hangs_up(dialler, leg)
    assert (play.only_call.call.result, play.only_call.call.trunk) == ("answered", "trunk")


def test_a_colleague_who_answers_makes_an_internal_call() -> None:
    play = Play()
    dialler = play.dialling("101", "102")
    leg = play.dial(dialler, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    play.answer(dialler, leg)
    play.wait(2)
    play.far_end_hangs_up(leg, dialler)

    call = play.only_call.call
    assert (call.direction, call.result, call.trunk, call.answered_by) == ("internal", "answered", None, "102")
    assert (call.caller, call.called, call.ended_by) == ("101", "102", "person")
    assert [agent.device for agent in call.agents] == ["PJSIP/102"]


def test_a_feature_code_is_a_service() -> None:
    play = Play()
    dialler = play.dialling("101", "*97")
    play.up(dialler)
    play.variable(dialler, "VMSTATUS", "SUCCESS")
    play.wait(9)
    play.far_end_hangs_up(dialler)
    assert (play.only_call.call.direction, play.only_call.call.result) == ("internal", "service")


def test_a_number_that_does_not_exist_failed() -> None:
    play = Play()
    play.hang_up(play.dialling("101", "199"), 1)
    assert play.only_call.call.result == "failed"


def test_an_internal_call_that_is_forwarded_to_a_mobile_stays_internal() -> None:
    play = Play()
    dialler = play.dialling("101", "102")
    leg = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.answer(dialler, leg)
    play.far_end_hangs_up(dialler, leg)
    assert (play.only_call.call.direction, play.only_call.call.answered_by) == ("internal", "89161234567")


def test_short_outside_numbers_are_out_when_they_were_dialled() -> None:
    play = Play()
    dialler = play.dialling("101", "9112")
    leg = play.dial(dialler, "PJSIP/trunk", "112@trunk", context="from-trunk")
    play.answer(dialler, leg)
    play.far_end_hangs_up(dialler, leg)
    assert (play.only_call.call.direction, play.only_call.call.called) == ("out", "112")


def test_click_to_call_is_out_made_by_the_extension_and_waits_from_its_ringing() -> None:
    play = Play()
    own = play.channel("PJSIP/101", number="101")
    play.begin_dial(None, own, "101")
    play.ring(own)
    play.wait(2)
    play.up(own)
    leg = play.dial(own, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.wait(3)
    play.answer(own, leg)
    play.wait(4)
    play.far_end_hangs_up(leg, own)

    call = play.only_call.call
    assert (call.direction, call.result, call.caller, call.wait_s, call.talk_s) == ("out", "answered", "101", 5, 4)


def test_click_to_call_whose_own_phone_never_answers_is_internal_no_answer() -> None:
    play = Play()
    own = play.channel("PJSIP/101", number="101")
    play.begin_dial(None, own, "101")
    play.ring(own)
    play.wait(20)
    play.hang_up(own, 0)
    assert (play.only_call.call.direction, play.only_call.call.result) == ("internal", "no_answer")


def test_local_halves_alone_are_no_call() -> None:
    play = Play()
    one, two = play.local("a", "none", "load")
    play.hang_up(one)
    play.hang_up(two)
    assert not play.ended


def test_ringing_is_told_once_even_if_newstate_comes_before_the_dial() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.channel("PJSIP/101", linkedid=caller)
    play.ring(leg)
    play.begin_dial(caller, leg, "101")
    play.ring(leg)
    assert len(list(play.told(CallRang))) == 1


def test_whom_the_one_reached_is_passed_on_to_in_town_is_a_person_and_not_what_was_dialled() -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    first = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.answer(dialler, first)
    play.wait(2)
    play.blind_transfer(dialler, first, "989167654321")
    play.hang_up(dialler)
    other = play.dial(first, "PJSIP/trunk", "89167654321@trunk", context="from-trunk")
    play.ring(other)
    play.wait(1)
    play.answer(first, other)
    play.wait(3)
    play.far_end_hangs_up(other, first)
    call = play.only_call.call
    assert (call.called, call.answered_by, call.talk_s) == ("89161234567", "89161234567", 5)
    assert [agent.device for agent in call.agents] == ["PJSIP/101", "89167654321"]
    assert [(each.to, each.result) for each in call.transfers] == [("989167654321", "answered")]


def test_one_of_three_who_leaves_did_not_end_a_call_though_it_was_his() -> None:
    play = Play()
    dialler = play.dialling("101", "989161234567")
    mobile = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.answer(dialler, mobile)
    third = play.dial(dialler, "PJSIP/102")
    play.up(third)
    play.end_dial(dialler, third, "ANSWER")
    play.enter(play.core.bridge_of(mobile) or "", third)
    play.wait(1)
    play.far_end_hangs_up(dialler)
    play.wait(1)
    play.far_end_hangs_up(mobile, third)
    assert (play.only_call.call.ended_by, play.only_call.call.talk_s) == ("person", 2)

"""Calls that reach their person by a detour: Local halves, 302, mobiles."""

import pytest

from tests.handlers.playbook import Play


def test_a_member_behind_local_halves_is_the_person() -> None:
    """22-queue-local-n: the halves stay to the end."""
    play = Play()
    caller = play.incoming()
    play.join(caller)
    one, two = play.local("102", caller)
    play.begin_dial(caller, one, "Local/102@from-queue/n")
    leg = play.dial(two, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    play.up(leg)
    play.end_dial(two, leg, "ANSWER")
    play.bridge(leg, two)
    play.end_dial(caller, one, "ANSWER")
    play.leave_queue(caller)
    play.bridge(one, caller)
    play.wait(4)
    play.far_end_hangs_up(caller, one, two, leg)

    call = play.only_call.call
    assert (call.answered_by, call.wait_s, call.talk_s) == ("102", 1, 4)
    assert [agent.device for agent in call.agents] == ["PJSIP/102"]


def test_local_optimisation_neither_ends_nor_doubles_the_talk() -> None:
    """23-forward-302: the caller leaves one bridge and swaps into the other within a millisecond."""
    play = Play()
    caller = play.incoming()
    one, two = play.local("105", caller)
    play.begin_dial(caller, one, "105@from-internal")
    leg = play.dial(two, "PJSIP/105")
    play.wait(2)
    far = play.bridge(leg, two)
    play.bridge(one, caller)
    play.wait(0.001)
    play.leave(caller)
    play.leave(two)
    play.wait(0.001)
    play.enter(far, caller, swap=two)
    play.hang_up(one)
    play.hang_up(two)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)

    assert play.only_call.call.talk_s == pytest.approx(3.002)
    assert len(play.only_call.talks) == 1


def test_a_302_is_followed_and_the_forwarding_phone_is_no_miss() -> None:
    play = Play()
    caller = play.incoming()
    first = play.dial(caller, "PJSIP/103")
    play.end_dial(caller, first, "CANCEL", forward="105")
    play.hang_up(first, 23)
    one, two = play.local("105", caller)
    play.begin_dial(caller, one, "105@from-internal")
    leg = play.dial(two, "PJSIP/105")
    play.ring(leg)
    play.wait(2)
    play.bridge(leg, two)
    play.bridge(one, caller)
    play.far_end_hangs_up(caller, one, two, leg)

    assert play.only_call.call.answered_by == "105"
    assert play.only_call.legs[1].result == "forwarded"


def test_a_forward_to_a_mobile_stays_incoming_and_is_answered_by_its_number() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)
    play.wait(1)
    play.far_end_hangs_up(caller, leg)

    call = play.only_call.call
    assert (call.direction, call.answered_by) == ("in", "89161234567")
    assert [agent.device for agent in call.agents] == ["89161234567"]

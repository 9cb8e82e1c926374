"""What becomes of calls from the town."""

import pytest

from handlers.facts import CallAnswered, CallRang, CallStarted
from handlers.rules import Rules, SourceRule, TrunkRule
from tests.handlers.playbook import START, Play


def test_an_answered_call_waits_until_the_bridge_and_talks_until_it_breaks() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)

    call = play.only_call.call
    assert (call.direction, call.result, call.missed) == ("in", "answered", False)
    assert (call.wait_s, call.talk_s, call.total_s, call.ring_s) == (2, 3, 5, 2)
    assert (call.caller, call.caller_e164, call.called, call.did) == ("79001112233", "+79001112233", "7001", "7001")
    assert (call.trunk, call.answered_by, call.ended_by) == ("trunk", "101", "caller")
    assert [agent.device for agent in call.agents] == ["PJSIP/101"]


def test_the_story_is_told_as_it_happens() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)

    assert [type(fact) for fact in play.facts] == [CallStarted, CallRang, CallAnswered]
    (live,) = play.core.live_calls()
    assert (live.state, live.state_since, live.answered_by) == ("talking", START + 2, "101")


def test_up_is_not_answered() -> None:
    """An IVR, a queue's music and voicemail bring the caller's channel Up."""
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.wait(4)
    play.far_end_hangs_up(caller)

    call = play.only_call.call
    assert (call.result, call.missed, call.wait_s, call.talk_s) == ("ivr_only", False, 4, 0)
    assert call.answered_at is None


def test_a_menu_that_ends_the_call_itself_is_ivr_only() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.wait(9)
    play.hang_up(caller)
    assert play.only_call.call.result == "ivr_only"


def test_a_call_that_nothing_took_failed() -> None:
    play = Play()
    play.hang_up(play.incoming(), 1)
    assert (play.only_call.call.result, play.only_call.call.missed) == ("failed", False)


@pytest.mark.parametrize(("seconds", "result"), [(4.9, "short_abandoned"), (5, "abandoned"), (60, "abandoned")])
def test_a_caller_who_gives_up_while_a_phone_rings_abandons(seconds: float, result: str) -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(seconds)
    play.caller_cancels(caller, leg)

    call = play.only_call.call
    assert (call.result, call.missed, call.wait_s, call.ended_by) == (result, True, seconds, "caller")
    assert play.only_call.legs[1].result == "cancelled"


def test_a_phone_that_rings_out_is_no_answer() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(6)
    play.time_out(caller, leg)
    play.hang_up(caller)

    call = play.only_call.call
    assert (call.result, call.missed, call.wait_s, call.ended_by) == ("no_answer", True, 6, "pbx")


def test_the_wait_ends_where_voicemail_takes_over() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(6)
    play.time_out(caller, leg)
    play.up(caller)
    play.wait(20)
    play.variable(caller, "VMSTATUS", "SUCCESS")
    play.far_end_hangs_up(caller)

    call = play.only_call.call
    assert (call.result, call.voicemail, call.wait_s, call.total_s) == ("no_answer", True, 6, 26)


def test_an_operator_who_kills_a_ringing_call_makes_no_abandon() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(10)
    play.hang_up(caller)
    play.hang_up(leg)
    assert play.only_call.call.result == "no_answer"


def test_everybody_busy_is_busy_even_if_voicemail_follows() -> None:
    play = Play()
    caller = play.incoming()
    play.refuse(caller, play.dial(caller, "PJSIP/101"))
    play.up(caller)
    play.wait(9)
    play.far_end_hangs_up(caller)
    assert (play.only_call.call.result, play.only_call.call.missed) == ("busy", True)


def test_one_busy_and_one_that_rings_out_is_no_answer() -> None:
    play = Play()
    caller = play.incoming()
    play.refuse(caller, play.dial(caller, "PJSIP/101"))
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    play.wait(6)
    play.time_out(caller, leg)
    play.hang_up(caller)
    assert play.only_call.call.result == "no_answer"


def test_a_phone_that_says_nothing_was_not_rung() -> None:
    """DIALSTATUS may say NOANSWER all the same: a phone that is switched off."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.wait(20)
    play.time_out(caller, leg)
    play.variable(caller, "DIALSTATUS", "NOANSWER")
    play.hang_up(caller)

    call = play.only_call.call
    assert (call.result, call.missed, call.ring_s) == ("unavailable", True, 0)
    assert play.only_call.legs[1].result == "unavailable"


def test_an_unregistered_phone_has_no_channel_and_still_makes_it_unavailable() -> None:
    play = Play()
    caller = play.incoming()
    play.variable(caller, "DIALSTATUS", "CHANUNAVAIL")
    play.hang_up(caller, 20)
    assert (play.only_call.call.result, play.only_call.call.missed) == ("unavailable", True)


def test_a_ring_group_is_one_call_and_its_losers_are_no_misses() -> None:
    play = Play()
    caller = play.incoming()
    legs = [play.dial(caller, f"PJSIP/10{n}") for n in (1, 2, 3)]
    for leg in legs:
        play.ring(leg)
    play.wait(2)
    play.up(legs[1])
    play.end_dial(caller, legs[1], "ANSWER")
    for loser in (legs[0], legs[2]):
        play.end_dial(caller, loser, "CANCEL")
        play.hang_up(loser, 26)
    play.bridge(legs[1], caller)
    play.wait(3)
    play.far_end_hangs_up(caller, legs[1])

    call = play.only_call.call
    assert (call.result, call.answered_by, call.wait_s, call.ring_s) == ("answered", "102", 2, 2)
    assert [leg.result for leg in play.only_call.legs] == [None, "elsewhere", "answered", "elsewhere"]


def test_cause_26_alone_is_no_answer() -> None:
    """Every agent's leg of an unanswered attempt may end with it."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(8)
    play.end_dial(caller, leg, "NOANSWER")
    play.hang_up(leg, 26)
    play.hang_up(caller)
    assert play.only_call.call.result == "no_answer"


def test_a_device_that_goes_up_and_refuses_in_its_confirmation_has_not_answered() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(5)
    play.up(leg)
    play.end_dial(caller, leg, "ANSWER")
    play.wait(4)
    play.hang_up(leg)
    play.hang_up(caller)

    call = play.only_call.call
    assert (call.result, call.talk_s, call.answered_by) == ("no_answer", 0, None)


def test_the_agent_who_hangs_up_first_ended_it() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    play.wait(4)
    play.far_end_hangs_up(leg, caller)
    assert play.only_call.call.ended_by == "person"


def test_two_callers_at_once_are_two_calls() -> None:
    play = Play()
    one, other = play.incoming("79001112233"), play.incoming("79001112233")
    leg = play.dial(one, "PJSIP/101")
    play.ring(leg)
    play.wait(1)
    play.answer(one, leg)
    play.far_end_hangs_up(one, leg)
    play.hang_up(other)
    assert [ended.call.result for ended in play.ended] == ["answered", "failed"]


def test_trunks_and_sources_go_by_their_configured_names() -> None:
    rules = Rules(
        trunks=(TrunkRule("megafon", ("PJSIP/mf-*",)),), sources=(SourceRule("yandex", frozenset({"74951112233"})),)
    )
    play = Play(rules)
    play.hang_up(play.incoming(did="74951112233", trunk="PJSIP/mf-spb"))
    assert (play.only_call.call.trunk, play.only_call.call.source) == ("megafon", "yandex")


def test_no_event_after_the_end_brings_a_call_back() -> None:
    play = Play()
    caller = play.incoming()
    play.hang_up(caller)
    said = len(play.facts)
    play.hang_up(caller)
    play.join(caller)
    play.enter("b", caller)
    assert not list(play.core.live_calls())
    assert len(play.ended) == 1
    assert len(play.facts) > said, "each of them is doubted aloud"


def test_the_bookkeeping_is_empty_when_all_calls_are_over() -> None:
    play = Play()
    for _ in range(3):
        caller = play.incoming()
        leg = play.dial(caller, "PJSIP/101")
        play.answer(caller, leg)
        play.far_end_hangs_up(caller, leg)
    assert not any(play.core.sizes().values())


@pytest.mark.parametrize("who", ["caller", "person"])
def test_who_hangs_up_before_the_bridge_is_told_has_ended_the_call_all_the_same(who: str) -> None:
    """Answered and ended within milliseconds: the hangup's event overtakes those of the bridge (22)."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.up(leg)
    play.end_dial(caller, leg, "ANSWER")
    play.up(caller)
    play.request_hangup(caller if who == "caller" else leg)
    play.bridge(leg, caller)
    play.wait(0.002)
    for channel in (caller, leg):
        play.hang_up(channel)
    call = play.only_call.call
    assert (call.result, call.ended_by) == ("answered", who)


@pytest.mark.parametrize("goes_first", ["caller", "mobile"])
def test_a_phone_that_went_up_is_sought_until_it_is_connected(goes_first: str) -> None:
    """FollowMe asks the mobile to press 1: it is in a bridge with a half of its Local channel, which nobody hears."""
    play = Play()
    caller = play.incoming()
    play.up(caller)
    one, two = play.local("989161234567", caller, "from-internal")
    play.begin_dial(caller, one, "989161234567")
    mobile = play.dial(two, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(mobile)
    play.wait(4)
    play.up(mobile)
    play.end_dial(two, mobile, "ANSWER")
    play.up(two)
    play.up(one)
    play.end_dial(caller, one, "ANSWER")
    play.bridge(mobile, two)
    (live,) = play.core.live_calls()
    assert live.state == "ringing"
    play.wait(3)
    if goes_first == "caller":
        play.far_end_hangs_up(caller, mobile, one, two)
    else:
        for channel in (mobile, one, two):
            play.hang_up(channel)
        play.wait(2)
        play.far_end_hangs_up(caller)
    call = play.only_call.call
    wanted = ("abandoned", 7, 4) if goes_first == "caller" else ("no_answer", 7, 4)
    assert (call.result, call.wait_s, call.ring_s) == wanted

"""What becomes of calls from the town."""

import pytest

from handlers.facts import CallAnswered, CallQueued, CallRang, CallStarted, QueueStayEnded
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


def test_holds_of_either_side_count_once_and_end_with_their_holder() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.hold(leg)
    play.wait(3)
    play.hold(caller)
    play.wait(1)
    play.unhold(leg)
    play.wait(2)
    (live,) = play.core.live_calls()
    assert live.state == "held"
    play.far_end_hangs_up(caller, leg)

    ended = play.only_call
    assert (ended.call.hold_s, ended.call.talk_s) == (6, 6)
    assert [(hold.by, hold.ended_at) for hold in ended.holds] == [("person", START + 4), ("caller", START + 6)]


def test_a_holding_bridge_is_no_talk() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(2)
    play.leave(caller)
    play.enter("lot", caller, "holding_bridge")
    play.hang_up(leg)
    play.wait(5)
    play.far_end_hangs_up(caller)
    assert (play.only_call.call.talk_s, play.only_call.call.total_s) == (2, 7)


def test_a_queue_call_names_its_queue_and_its_agent() -> None:
    play = Play()
    caller = play.incoming(did="7002")
    play.up(caller)
    play.wait(2)
    play.join(caller)
    first = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(4)
    play.end_dial(caller, first, "NOANSWER")
    play.end_dial(caller, first, "CANCEL")
    play.hang_up(first, 0)
    play.wait(1)
    second = play.call_agent(caller, "PJSIP/102", "Boris")
    play.wait(2)
    play.connect_agent(caller, second, "PJSIP/102", "Boris")
    play.wait(5)
    play.far_end_hangs_up(caller, second)

    ended = play.only_call
    call = ended.call
    assert (call.queue, call.queues, call.answered_by) == ("support", ("support",), "102")
    assert [(agent.device, agent.name) for agent in call.agents] == [("PJSIP/102", "Boris")]
    assert (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s) == (9, 2, 7, 6, 5)
    (stay,) = play.told(QueueStayEnded)
    assert isinstance(stay, QueueStayEnded)
    assert (stay.stay.outcome, stay.wait_s, stay.within_threshold, stay.stay.member) == ("answered", 7, True, "Boris")
    assert [type(fact) for fact in play.facts if isinstance(fact, CallQueued)] == [CallQueued]


def test_a_caller_who_hangs_up_in_a_queue_abandons_both() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(8)
    play.request_hangup(caller)
    play.leave_queue(caller, abandoned=True)
    play.end_dial(caller, leg, "CANCEL")
    play.hang_up(leg, 0)
    play.hang_up(caller)

    assert play.only_call.call.result == "abandoned"
    assert play.only_call.stays[0].outcome == "abandoned"


def test_a_queue_that_times_out_sends_abandon_too_and_is_no_abandon() -> None:
    """09-queue-timeout-voicemail."""
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(6)
    play.end_dial(caller, leg, "NOANSWER")
    play.leave_queue(caller, abandoned=True)
    play.variable(caller, "QUEUESTATUS", "TIMEOUT")
    play.hang_up(leg, 0)
    play.wait(10)
    play.far_end_hangs_up(caller)

    assert (play.only_call.call.result, play.only_call.call.wait_s) == ("no_answer", 6)
    assert play.only_call.stays[0].outcome == "timeout"


def test_without_the_dialplan_class_a_time_out_shows_by_the_caller_living_on() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    play.wait(6)
    play.leave_queue(caller, abandoned=True)
    play.wait(10)
    play.far_end_hangs_up(caller)
    assert (play.only_call.stays[0].outcome, play.only_call.call.result) == ("timeout", "no_answer")


def test_an_exit_by_key_has_no_event_of_its_own() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller, "support")
    play.wait(6)
    play.leave_queue(caller, "support")
    play.wait(1)
    play.join(caller, "sales")
    play.wait(6)
    play.request_hangup(caller)
    play.leave_queue(caller, "sales", abandoned=True)
    play.hang_up(caller)

    assert [stay.outcome for stay in play.only_call.stays] == ["left", "abandoned"]
    assert (play.only_call.call.queue, play.only_call.call.queues) == ("support", ("support", "sales"))


def test_a_queue_that_refuses_at_once_is_unavailable_and_not_named() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.variable(caller, "QUEUESTATUS", "JOINEMPTY")
    play.wait(3)
    play.hang_up(caller)

    call = play.only_call.call
    assert (call.result, call.missed, call.queue, call.wait_s) == ("unavailable", True, None, 3)


def test_a_busy_agent_of_a_queue_shows_by_the_cause_alone() -> None:
    """30-queue-agent-actions: DialEnd says NOANSWER."""
    play = Play()
    caller = play.incoming()
    play.join(caller)
    leg = play.channel("PJSIP/102", linkedid=caller)
    play.begin_dial(caller, leg, "PJSIP/102")
    play.refuse(caller, leg, 17, "NOANSWER")
    play.leave_queue(caller, abandoned=True)
    play.variable(caller, "QUEUESTATUS", "TIMEOUT")
    play.hang_up(caller)
    assert play.only_call.legs[1].result == "busy"
    assert play.only_call.call.result == "busy"


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
    assert play.core.sizes() == {"channels": 0, "bridges": 0, "calls": 0, "linkedids": 0}

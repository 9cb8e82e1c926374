"""The core's one door: time, order, and what is no event of calls."""

from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import CallEnded, EventDoubted, GapEnded
from handlers.rules import Rules
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY, events


def snapshot(*channels: ev.LiveChannel, boot: str = "2026-11-24T10:00:00", queues: tuple[str, ...] = ()) -> ev.Snapshot:
    return ev.Snapshot(boot, channels, (), (), (), queues, {})


def test_time_never_runs_backwards() -> None:
    """With several threads Asterisk's own stamps go back by up to 0.7 ms."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.up(leg)
    play.wait(-0.0007)
    play.answer(caller, leg)
    assert play.core.now == START + 2
    play.wait(3.0007)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.answered_at, call.wait_s, call.talk_s, call.total_s) == (START + 2, 2, 3, 5)


def test_a_clock_that_is_set_back_stops_time_and_turns_no_duration_negative() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)
    play.wait(-3600)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.wait_s, call.talk_s, call.total_s) == (2, 0, 2)
    assert play.core.now == START + 2


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
def test_now_is_the_latest_moment_told(steps: list[float]) -> None:
    core = Core(Rules())
    for step in steps:
        core.handle(ev.Tick(step))
    assert core.now == max(0.0, *steps)


def test_a_tick_says_nothing_and_where_nobody_calls_there_is_nothing_to_wait_for() -> None:
    play = Play()
    assert play.core.next_deadline is None
    caller = play.incoming()
    play.wait(3600)
    assert play.core.handle(ev.Tick(play.now)) == ()
    assert play.core.now == START + 3600
    play.hang_up(caller)
    assert play.core.next_deadline is None


def test_events_that_mean_nothing_for_calls_are_ignored() -> None:
    play = Play()
    caller = play.incoming()
    for event in (
        ev.ConnectedLineChanged(play.now, caller, "PJSIP/trunk-00000000", "101", "Anna"),
        ev.AgentRingNoAnswer(play.now, caller, "1.1", "support", "PJSIP/101", "Anna", 4.0),
        ev.AgentCompleted(play.now, caller, "support", "PJSIP/101", "Anna", "caller"),
        ev.AgentLoggedOff(play.now, "1001"),
        ev.MemberRemoved(play.now, "support", "PJSIP/101"),
        ev.PbxStopped(play.now, False),
    ):
        assert play.core.handle(event) == ()


def test_what_is_no_event_at_all_is_ignored() -> None:
    class Unheard(ev.Tick):
        """An event of a kind that the core was not taught."""

    assert Core(Rules()).handle(Unheard(5.0)) == ()


def test_an_event_of_an_unknown_channel_is_doubted_and_changes_nothing() -> None:
    core = Core(Rules())
    doubted = [EventDoubted(5.0, "unknown_channel")]
    for event in (
        ev.ChannelStateChanged(5.0, "9.9", "PJSIP/101-00000009", 6, "", None),
        ev.HangupRequested(5.0, "9.9", "PJSIP/101-00000009", 16, False),
        ev.ChannelHungUp(5.0, "9.9", "PJSIP/101-00000009", 16, None),
        ev.DialBegun(5.0, "9.8", "9.9", "PJSIP/101-00000009", None, None, "101"),
        ev.LocalBridged(5.0, "9.8", "9.9", False),
        ev.BridgeEntered(5.0, "b", "simple_bridge", "9.9", "9.9", "PJSIP/101-00000009", None),
        ev.BridgeLeft(5.0, "b", "9.9", "PJSIP/101-00000009"),
        ev.HoldStarted(5.0, "9.9", "PJSIP/101-00000009"),
        ev.HoldEnded(5.0, "9.9", "PJSIP/101-00000009"),
        ev.QueueJoined(5.0, "9.9", "PJSIP/101-00000009", "support", 1),
        ev.QueueLeft(5.0, "9.9", "PJSIP/101-00000009", "support"),
        ev.QueueAbandoned(5.0, "9.9", "PJSIP/101-00000009", "support"),
        ev.AgentLoggedIn(5.0, "9.9", "PJSIP/101-00000009", "1001"),
        ev.VariableSet(5.0, "9.9", "PJSIP/101-00000009", "DIALSTATUS", "BUSY"),
    ):
        assert list(core.handle(event)) == doubted, event
    assert core.sizes() == EMPTY


def test_what_may_come_late_is_not_doubted() -> None:
    """NewCallerid after the Hangup (asterisk: seen five times), ends of dials whose leg is gone."""
    core = Core(Rules())
    for event in (
        ev.CallerIdChanged(5.0, "9.9", "PJSIP/101-00000009", "79", None),
        ev.DialProgressed(5.0, "9.9", "RINGING"),
        ev.DialEnded(5.0, None, "9.9", "PJSIP/101-00000009", "CANCEL", None),
        ev.BridgeDestroyed(5.0, "b"),
        ev.BridgeMerged(5.0, "b", "c"),
        ev.AgentCalled(5.0, "9.8", "9.9", "support", "PJSIP/101", "Anna"),
        ev.AgentConnected(5.0, "9.8", "9.9", "support", "PJSIP/101", "Anna"),
    ):
        assert core.handle(event) == (), event
    assert core.sizes() == EMPTY


def test_live_calls_come_oldest_first() -> None:
    play = Play()
    callers = []
    for _ in range(3):
        callers.append(play.incoming())
        play.wait(1)
    assert [call.id for call in play.core.live_calls()] == callers
    play.hang_up(callers[1])
    assert [call.id for call in play.core.live_calls()] == [callers[0], callers[2]]
    assert all(call.state == "ivr" and call.ended_at is None for call in play.core.live_calls())


@pytest.mark.parametrize("name", ["07-ivr-queue-second-agent", "14-attended-transfer-replaces", "21-hold"])
def test_a_glance_at_a_call_shows_what_its_record_says(name: str) -> None:
    core, seen = Core(Rules()), set()
    shown = attrgetter("direction", "state", "state_since", "started_at", "queued_at", "rang_at", "answered_at")
    for event in events(name):
        core.handle(event)
        seen |= {call.state for call in core.glances()}
        assert list(map(shown, core.glances())) == list(map(shown, core.live_calls()))
        assert len(list(core.glances())) == core.live_count
    assert len(seen) >= 3


def test_a_gap_is_told_once_with_its_bounds() -> None:
    core = Core(Rules())
    assert core.handle(ev.StreamResumed(10.0, snapshot())) == ()
    assert core.handle(ev.StreamBroken(20.0)) == ()
    assert core.handle(ev.StreamBroken(25.0)) == ()
    assert core.handle(ev.StreamResumed(30.0, snapshot())) == (GapEnded(30.0, 20.0),)
    assert core.handle(ev.StreamResumed(40.0, snapshot())) == ()


def test_the_gap_is_told_before_what_became_of_the_calls_in_it() -> None:
    play = Play()
    play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(9)
    facts = play.core.handle(ev.StreamResumed(play.now, snapshot()))
    assert [type(fact) for fact in facts] == [GapEnded, CallEnded]


def test_a_call_during_a_break_of_the_stream_is_incomplete_at_once() -> None:
    play = Play()
    play.incoming()
    assert [call.incomplete for call in play.core.live_calls()] == [False]
    play.say(ev.StreamBroken(play.now))
    assert [call.incomplete for call in play.core.live_calls()] == [True]


def test_queues_are_those_of_the_settings_and_of_the_pbx() -> None:
    core = Core(Rules(queue_service_level_s={"sales": 10.0}))
    assert core.queues() == ["sales"]
    core.handle(ev.StreamResumed(1.0, snapshot(queues=("support", "accounts"))))
    core.handle(ev.StreamResumed(2.0, ev.Snapshot("", None, None, None, None, None, {})))
    assert core.queues() == ["accounts", "sales", "support"]


def test_a_live_channel_tells_its_bridge() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    assert play.core.bridge_of(caller) is None
    play.answer(caller, leg)
    assert play.core.bridge_of(caller) == play.core.bridge_of(leg) == "bridge-0"
    play.far_end_hangs_up(caller, leg)
    assert play.core.bridge_of(caller) is None


def test_facts_are_given_once() -> None:
    play = Play()
    caller = play.incoming()
    assert play.core.handle(ev.Tick(play.now)) == ()
    play.hang_up(caller)
    assert len(play.ended) == 1
    assert play.core.handle(ev.ChannelHungUp(play.now, caller, play.names[caller], 16, None)) == (
        EventDoubted(play.now, "unknown_channel"),
    )


def test_a_line_has_as_many_channels_as_live_on_it() -> None:
    play = Play()
    assert play.core.trunk_channels() == {}
    first, second = play.incoming(), play.incoming()
    play.dial(second, "PJSIP/101")
    (count,) = play.core.trunk_channels().values()
    assert count == 2
    play.far_end_hangs_up(first)
    assert list(play.core.trunk_channels().values()) == [1]
    play.far_end_hangs_up(second)
    assert play.core.trunk_channels() == {}

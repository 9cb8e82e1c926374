"""Live calls as documents, and back: what is taken up tells the story that would have been told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.calls.kept import NOT_PLAIN, KeptCall
from handlers.calls.live_call import LiveCall
from handlers.calls.unseen_answers import SoughtAnswer
from handlers.core import Core
from handlers.facts import CallEnded, Fact, GapEnded
from handlers.rules import Rules
from tests.handlers import taped
from tests.handlers.model_pbx import answered, is_told_less, snapshot_after
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, events, finished, told
from tests.handlers.taped import TAPES
from tests.recordings import NAMES

STREAMS = {
    **{name: events for name in NAMES},
    **{tape: taped.events for tape in TAPES if tape.startswith("22-")},
}


@pytest.mark.parametrize("of", NOT_PLAIN)
def test_every_field_is_plain_or_written_down_in_a_way_of_its_own(of: type) -> None:
    names = {"LiveCall": LiveCall, "SoughtAnswer": SoughtAnswer}
    strange = {name for name, hint in get_type_hints(of, localns=names).items() if not _is_plain(hint)}
    assert strange <= NOT_PLAIN[of], "say in handlers/calls/kept.py how it is written down, or that it need not be"


def _is_plain(hint: Any) -> bool:
    parts = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return all(part in (str, int, float, bool, NoneType) or get_origin(part) is Literal for part in parts)


def through_a_file(kept: Sequence[KeptCall]) -> list[KeptCall]:
    """As they come back from where they were kept."""
    return [each._replace(document=json.loads(json.dumps(each.document))) for each in kept]


def taken_up(kept: Sequence[KeptCall], at: float, reason: ev.GapReason = "killed") -> Core:
    """A core of a later run."""
    core = Core(Rules())
    facts, unread = core.restore_calls(through_a_file(kept), ev.StreamBroken(at, reason))
    assert (facts, unread) == ((), [])
    return core


def without_marks(ended: Iterable[CallEnded]) -> list[CallEnded]:
    """The calls without what says that something may not have been seen."""
    return [replace(each, call=replace(each.call, incomplete=False, boot="", case_id=None)) for each in ended]


def but_for_holds(at_once: Iterable[CallEnded], after: Iterable[CallEnded]) -> list[CallEnded]:
    """The same, without the end of a hold that went on at the cut and of which nothing was heard again: it may have been over."""
    doubted = {
        (each.call.id, hold.started_at, hold.by)
        for each in after
        if each.call.hold_s is None
        for hold in each.holds
        if hold.ended_at is None
    }
    found = []
    for each in at_once:
        holds = [
            replace(hold, ended_at=None) if (each.call.id, hold.started_at, hold.by) in doubted else hold
            for hold in each.holds
        ]
        is_doubted = tuple(holds) != each.holds
        call = replace(each.call, hold_s=None) if is_doubted else each.call
        found.append(replace(each, call=call, holds=tuple(holds)))
    return found


def _found(channel: ev.LiveChannel, before: Core, pools: Mapping[str, str]) -> ev.LiveChannel:
    """A channel of the snapshot, with what events don't tell (an attended transfer into a conference) or tell otherwise."""
    channel = channel._replace(bridge=before.bridge_of(channel.uniqueid))
    agent = pools.get(channel.uniqueid)
    return channel if agent is None else channel._replace(application="AgentLogin", data=agent)


def go_on(before: Core, core: Core, whole: Sequence[ev.Event], cut: int) -> list[Fact]:
    """What is told from the cut on, if nothing happened while nobody looked."""
    members = tuple(event for event in whole[:cut] if isinstance(event, ev.MemberSeen))
    at = whole[cut - 1].at
    pools = {event.uniqueid: event.agent for event in whole[:cut] if isinstance(event, ev.AgentLoggedIn)}
    snapshot = snapshot_after(whole[:cut])._replace(boot="", members=members)
    channels = tuple(_found(each, before, pools) for each in snapshot.channels or ())
    snapshot = snapshot._replace(channels=channels)
    back = told([ev.StreamResumed(at, snapshot)], core)
    return [*back, *told([*answered(back, whole[:cut]), *whole[cut:]], core)]


def is_known(whole: Sequence[ev.Event], cut: int) -> bool:
    """Do events tell what the PBX would answer at this cut?

    They don't of who waits in a queue in the place of another, and a phone of a pool's call that is made and not yet dialled,
    a fraction of a millisecond, belongs to nobody.
    """
    if any(isinstance(event, ev.AttendedTransferred) and event.dest_type == "App" for event in whole[:cut]):
        return False
    next_one = whole[cut]
    return not (
        isinstance(next_one, ev.DialBegun) and any(isinstance(event, ev.AgentLoggedIn) for event in whole[:cut])
    )


@pytest.mark.parametrize("name", STREAMS)
def test_a_daemon_that_dies_between_any_two_events_tells_the_same_calls(name: str) -> None:
    whole = STREAMS[name](name)
    at_once = without_marks(finished(told(whole, core := Core(Rules()))))
    assert core.sizes() == EMPTY or name == "26-reconnect-mid-call"
    step = max(1, len(whole) // 25)
    for cut in (each for each in range(1, len(whole), step) if is_known(whole, each)):
        first = Core(Rules())
        before = finished(told(whole[:cut], first))
        if first.sizes()["calls"] > first.live_count:
            continue  # Local halves without a device yet are told of by nothing, and kept by nothing
        second = taken_up(first.changed_calls(whole[cut - 1].at), first.now)
        after = finished(go_on(first, second, whole, cut))
        expected = but_for_holds(at_once, after)
        for found, true in zip(without_marks([*before, *after]), expected, strict=True):
            legs = [leg.uniqueid for leg in true.legs]
            is_less = is_told_less(found.call, true.call, whole[:cut], legs)
            assert found == true or is_less, (cut, whole[cut])


@pytest.mark.parametrize("name", [name for name in NAMES if events(name)])
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_whatever_events_were_lost_what_lives_is_taken_up_and_ends_once(name: str, data: st.DataObject) -> None:
    whole = events(name)
    lost = data.draw(st.sets(st.integers(0, len(whole) - 1), max_size=12))
    cut = data.draw(st.integers(1, len(whole)))
    first = Core(Rules())
    before = finished(told([event for index, event in enumerate(whole[:cut]) if index not in lost], first))
    second = taken_up(first.changed_calls(first.now), first.now)
    assert second.live_count == first.live_count
    assert {call.id for call in second.live_calls()} == {call.id for call in first.live_calls()}
    after = finished(told([ev.StreamResumed(first.now, snapshot_after(())), ev.Tick(first.now + 100_000)], second))
    assert_nothing_impossible(replace(each, talks=(), holds=()) for each in [*before, *after])
    assert {each.call.id for each in after} == {call.id for call in first.live_calls()}
    assert second.sizes() == EMPTY


def test_a_call_of_an_earlier_run_of_the_pbx_ends_unseen_and_that_of_the_last_run_goes_on() -> None:
    old, new = Play(), Play()
    old.say(ev.StreamResumed(old.now, snapshot_after(())._replace(boot="monday")))
    new.say(ev.StreamResumed(new.now, snapshot_after(())._replace(boot="tuesday")))
    old.incoming()
    lives = new.incoming()
    kept = [*old.core.changed_calls(old.now), *new.core.changed_calls(new.now + 1)]
    core = Core(Rules())
    facts, unread = core.restore_calls(through_a_file(kept), ev.StreamBroken(new.now + 1, "killed"))
    (ended,) = finished(facts)
    assert (ended.call.boot, ended.call.result, ended.call.end_seen) == ("monday", "unknown", False)
    assert [(call.id, call.boot, call.incomplete) for call in core.live_calls()] == [(lives, "tuesday", True)]
    assert unread == []


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
def test_a_clock_that_was_set_meanwhile_moves_what_lives_and_the_break_and_brings_no_deadline_nearer(
    by_s: float,
) -> None:
    old, core = Play(), Core(Rules())
    missed = old.incoming()
    leg = old.dial(missed, "PJSIP/101")
    old.ring(leg)
    old.wait(10)
    old.caller_cancels(missed, leg)
    lives = old.incoming()
    (case,) = old.core.waiting_cases()
    started_at = {call.id: call.started_at for call in old.core.live_calls()}[lives]
    starts_at = old.now + 60 + by_s
    core.restore_cases([case], starts_at, starts_at + 30)
    kept = through_a_file(old.core.changed_calls(old.now))
    facts, unread = core.restore_calls(kept, ev.StreamBroken(old.now, "killed"), by_s)
    assert (facts, unread) == ((), [])
    assert [(call.id, call.started_at) for call in core.live_calls()] == [(lives, started_at + by_s)]
    assert core.now == old.now + by_s
    (gap,) = [
        fact for fact in core.handle(ev.StreamResumed(starts_at, snapshot_after(()))) if isinstance(fact, GapEnded)
    ]
    assert (gap.since, gap.at) == (old.now + by_s, starts_at)


def test_what_cannot_be_read_is_given_back_and_the_others_are_taken_up() -> None:
    play = Play()
    play.incoming()
    (kept,) = play.core.changed_calls(play.now)
    broken = kept._replace(id="another", document={"call": {"id": "another"}})
    core = Core(Rules())
    facts, unread = core.restore_calls([broken, kept], ev.StreamBroken(play.now, "killed"))
    assert (facts, unread, core.live_count) == ((), [broken], 1)


def test_of_a_channel_that_two_calls_were_kept_with_the_later_one_has_it_and_the_other_is_over() -> None:
    """They were written down at different moments, and one has taken the other's channels over in between."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    earlier = play.dialling("104", "*8")
    old = play.core.changed_calls(play.now)
    play.wait(1)
    play.up(earlier)
    play.bridge(earlier, caller)
    play.hang_up(leg)
    new = play.core.changed_calls(play.now)
    (stale,) = (each for each in old if each.id == earlier)
    core = Core(Rules())
    facts, unread = core.restore_calls(through_a_file([stale, *new]), ev.StreamBroken(play.now, "killed"))
    assert [(call.id, call.state, call.answered_at) for call in core.live_calls()] == [(caller, "talking", play.now)]
    assert [(each.call.id, each.call.end_seen, each.call.result) for each in finished(facts)] == [
        (earlier, False, "unknown")
    ]
    assert unread == []
    told([ev.StreamResumed(play.now, snapshot_after(())), ev.Tick(play.now + 100_000)], core)
    assert core.sizes() == EMPTY


def test_a_call_of_which_a_part_cannot_be_read_leaves_nothing_behind() -> None:
    play = Play()
    play.incoming()
    (kept,) = through_a_file(play.core.changed_calls(play.now))
    kept.document["members"].append("of nobody")
    core = Core(Rules())
    assert core.restore_calls([kept], ev.StreamBroken(play.now, "killed")) == ((), [kept])
    assert core.sizes() == EMPTY


def test_fields_of_another_version_are_left_out_and_missing_ones_are_as_in_a_new_call() -> None:
    play = Play()
    caller = play.incoming()
    (kept,) = through_a_file(play.core.changed_calls(play.now))
    kept.document["call"] |= {"of_a_later_version": 1}
    kept.document["channels"][0] |= {"of_a_later_version": [1]}
    core = taken_up([kept], play.now)
    (call,) = core.live_calls()
    assert (call.id, call.state, call.answered_at) == (caller, "ivr", None)


def test_a_call_is_told_of_when_something_changed_and_the_more_seldom_the_longer_it_is() -> None:
    play = Play()
    caller = play.incoming()
    assert len(play.core.changed_calls(play.now)) == 1
    assert play.core.changed_calls(play.now + 1) == []
    for _ in range(60):
        play.dial(caller, "PJSIP/101")
    assert play.core.changed_calls(play.now + 2) == []
    assert [each.id for each in play.core.changed_calls(play.now + 3)] == [caller]


def test_the_time_in_which_nobody_looked_is_a_gap_like_any_other() -> None:
    play = Play()
    play.incoming()
    core = taken_up(play.core.changed_calls(play.now), play.now, "stopped")
    facts = told([ev.StreamResumed(play.now + 30, snapshot_after(()))], core)
    assert facts[0] == GapEnded(play.now + 30, play.now, "stopped")
    (ended,) = finished(facts)
    assert (ended.call.result, ended.call.incomplete, ended.call.total_s) == ("unknown", True, None)

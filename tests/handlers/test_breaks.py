"""The connection breaks anywhere in a recording, and the PBX then says what it is doing."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import CallEnded
from handlers.rules import Rules
from tests.handlers.model_pbx import answered, is_told_less, snapshot_after
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, events, finished, told
from tests.recordings import NAMES


def at_start(name: str) -> ev.StreamResumed:
    """An idle PBX, which knows the members of its queues."""
    members = tuple(event for event in events(name) if isinstance(event, ev.MemberSeen))
    return ev.StreamResumed(events(name)[0].at, snapshot_after(())._replace(members=members))


def with_a_break(name: str, begin: int, end: int) -> tuple[list[CallEnded], Core]:
    """The calls of a recording of which the events from `begin` up to `end` were not seen."""
    whole, core = events(name), Core(Rules())
    facts = told([at_start(name)], core)
    facts += told(whole[:begin], core)
    resumed = ev.StreamResumed(whole[end - 1].at, snapshot_after(whole[:end]))
    back = told([ev.StreamBroken(core.now), resumed], core)
    facts += [*back, *told([*answered(back, whole[:end]), *whole[end:]], core)]
    return finished(facts), core


def calls_of(name: str) -> dict[str, CallEnded]:
    """The calls of a recording without a break, by id, as the same run of the PBX tells them."""
    ended = finished(told([at_start(name), *events(name)]))
    return {each.call.id: each for each in ended}


def living(name: str, index: int) -> set[str]:
    """The calls that live when the events before `index` have happened."""
    core = Core(Rules())
    told(events(name)[:index], core)
    return {call.id for call in core.live_calls()}


def ids(ended: CallEnded) -> set[str]:
    """The channels of a call."""
    return {leg.uniqueid for leg in ended.legs}


WITH_CALLS = [name for name in NAMES if events(name) and calls_of(name)]


@pytest.mark.parametrize("name", WITH_CALLS)
def test_a_break_in_which_nothing_happened_changes_nothing_but_makes_the_living_incomplete(name: str) -> None:
    whole = calls_of(name)
    for cut in range(1, len(events(name)), 2):
        found, core = with_a_break(name, cut, cut)
        assert core.sizes() == EMPTY
        assert {ended.call.id for ended in found} == set(whole)
        for ended in found:
            assert ended.call.incomplete or ended.call.id not in living(name, cut)
            complete = replace(ended, call=replace(ended.call, incomplete=False))
            true = whole[ended.call.id]
            assert complete == true or is_told_less(ended.call, true.call, events(name)[:cut], ids(true))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_missed_in_a_break_nothing_stays_behind_and_nothing_is_invented(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(WITH_CALLS))
    whole, count = calls_of(name), len(events(name))
    begin = data.draw(st.integers(1, count - 1))
    end = data.draw(st.integers(begin + 1, count))
    found, core = with_a_break(name, begin, end)
    assert_nothing_impossible(found)
    assert core.sizes() == EMPTY
    touched = set().union(*(living(name, index) for index in range(begin, end + 1)))
    for ended in found:
        if ended.call.id in whole and ended.call.id not in touched:
            assert ended == whole[ended.call.id]
        if not ended.call.end_seen:
            assert (ended.call.total_s, ended.call.talk_s, ended.call.ended_at) == (None, None, None)
            assert not ended.call.missed
        assert ended.call.incomplete or ended.call.id not in touched


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_where_channels_may_not_be_seen_nothing_of_before_a_break_lives_on_after_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(WITH_CALLS))
    whole = events(name)
    cut = data.draw(st.integers(1, len(whole)))
    core = Core(Rules())
    blind = ev.Snapshot("", None, None, None, None, None, {})
    before = living(name, cut)
    facts = told([*whole[:cut], ev.StreamBroken(core.now), ev.StreamResumed(whole[cut - 1].at, blind)], core)
    assert core.sizes() == EMPTY
    assert {each.call.id for each in finished(facts) if not each.call.end_seen} == before
    facts += told(whole[cut:], core)
    assert core.sizes() == EMPTY
    assert_nothing_impossible(finished(facts))

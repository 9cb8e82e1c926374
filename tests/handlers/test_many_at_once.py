"""Many calls at once, and streams with holes: no call touches another, each ends once, nothing stays behind."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami.events import Event, MemberSeen, Snapshot, StreamBroken, StreamResumed
from handlers.case_facts import CaseFact, NumberForgotten, RequestAnswered
from handlers.core import Core
from handlers.facts import (
    AgentChanged,
    AgentGone,
    AnswersUnseen,
    CallEnded,
    CallRetracted,
    CallStarted,
    EventDoubted,
    Fact,
    GapEnded,
    QueueStayEnded,
    TrunkGuessed,
)
from handlers.rules import Rules
from tests import recordings
from tests.handlers import recorded, taped
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, finished, told

BASE = 1_800_000_000
NAMES = (*recordings.NAMES, *taped.TAPES)
IDS = (
    *(
        "uniqueid",
        "linkedid",
        "dest_uniqueid",
        "one",
        "two",
        "bridge",
        "source",
        "swap",
        "transferer",
        "second_transferer",
    ),
    *("transferee", "target", "retriever"),
)
NOBODY = Snapshot("", (), (), (), (), (), {})


def events(name: str) -> tuple[Event, ...]:
    """The events of a recording or a tape."""
    return taped.events(name) if name in taped.TAPES else recorded.events(name)


@cache
def members() -> tuple[Event, ...]:
    """All that the recordings tell of queue members: one PBX knows them all from its start."""
    return tuple(event._replace(at=0.0) for name in NAMES for event in events(name) if isinstance(event, MemberSeen))


def primed() -> Core:
    core = Core(Rules())
    told(members(), core)
    return core


def renamed(name: str, tag: str, starts_at: float) -> list[Event]:
    """A recording as if its channels and bridges had other names, and its first event came at `starts_at`."""
    stream, now = [], 0.0
    shift = starts_at - int(events(name)[0].at) if events(name) else 0.0
    for event in events(name):
        now = max(now, event.at + shift)
        changed: dict[str, object] = {"at": now}
        for field in event._fields:
            value = getattr(event, field)
            if field in IDS and value is not None:
                changed[field] = f"{tag}-{value}"
            elif field in {"channel", "dest_channel"}:
                changed[field] = re.sub(r"-..(.{6}(?:;\d)?)$", rf"-{tag}\1", value)
        stream.append(event._replace(**changed))  # type: ignore[arg-type]  # fields of whatever event this is
    return stream


def about(facts: Iterable[Fact], tag: str) -> list[Fact]:
    """What was said of the calls of one recording."""
    return [_by_itself(fact) for fact in facts if _call_id(fact).startswith(f"{tag}-")]


def _by_itself(fact: Fact) -> Fact:
    """Without its case: the same people call in many recordings, and missed calls of one number are one case."""
    return replace(fact, call=replace(fact.call, case_id=None)) if isinstance(fact, CallEnded) else fact


def _call_id(fact: Fact) -> str:
    if isinstance(
        fact,
        TrunkGuessed
        | EventDoubted
        | GapEnded
        | AnswersUnseen
        | AgentChanged
        | AgentGone
        | CaseFact
        | RequestAnswered
        | NumberForgotten,
    ):
        return ""
    return fact.call_id if isinstance(fact, QueueStayEnded) else fact.call.id


PARTS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 40)), min_size=2, max_size=7)


@pytest.mark.slow
@given(PARTS)
@settings(max_examples=60, deadline=None)
def test_recordings_that_happen_at_once_tell_the_same_as_each_alone(parts: list[tuple[str, int]]) -> None:
    streams = {f"{tag:02x}": renamed(name, f"{tag:02x}", BASE + offset) for tag, (name, offset) in enumerate(parts)}
    core = primed()
    facts = told(sorted((event for stream in streams.values() for event in stream), key=lambda event: event.at), core)
    for tag, stream in streams.items():
        assert about(facts, tag) == about(told(stream, primed()), tag)
    assert core.sizes() == EMPTY
    assert_each_call_ends_once(facts)


@pytest.mark.slow
def test_all_recordings_one_after_the_other_tell_the_same_as_each_alone() -> None:
    core = primed()
    for tag, name in enumerate(NAMES):
        stream = renamed(name, f"{tag:02x}", BASE + 1_000 * tag)
        assert about(told(stream, core), f"{tag:02x}") == about(told(stream, primed()), f"{tag:02x}")
        assert core.sizes() == EMPTY


def assert_each_call_ends_once(facts: Sequence[Fact]) -> None:
    started = Counter(fact.call.id for fact in facts if isinstance(fact, CallStarted))
    ended = Counter(fact.call.id for fact in facts if isinstance(fact, (CallEnded, CallRetracted)))
    assert started == ended
    assert set(ended.values()) <= {1}


def damaged(stream: Sequence[Event], random: Random, share: float) -> list[Event]:
    """The stream with a share of its events lost, told twice, or told late."""
    changed: list[tuple[int, Event]] = []
    for place, event in enumerate(stream):
        happens = random.choice(["lost", "doubled", "late"]) if random.random() < share else ""
        if happens != "lost":
            changed.append((place + random.randint(1, 30) if happens == "late" else place, event))
        if happens == "doubled":
            changed.append((place, event))
    return [event for _, event in sorted(changed, key=lambda each: each[0])]


@pytest.mark.slow
@given(PARTS, st.integers(0, 2**32), st.floats(0.01, 0.6))
@settings(max_examples=150, deadline=None)
def test_whatever_is_lost_doubled_or_late_an_idle_pbx_leaves_nothing_behind(
    parts: list[tuple[str, int]], seed: int, share: float
) -> None:
    whole = [event for tag, (name, offset) in enumerate(parts) for event in renamed(name, f"{tag:02x}", BASE + offset)]
    stream = damaged(sorted(whole, key=lambda event: event.at), Random(seed), share)
    core = primed()
    facts = told(stream, core)
    facts += told([StreamBroken(core.now), StreamResumed(core.now + 5, NOBODY)], core)
    assert core.sizes() == EMPTY
    assert list(core.live_calls()) == []
    assert_nothing_impossible(finished(facts))
    assert_each_call_ends_once(facts)


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_cut_anywhere_leaves_nothing_behind_and_invents_no_duration(name: str) -> None:
    """The PBX stopped and was started anew while we didn't look."""
    whole = events(name)
    for index in range(1, len(whole), 3):
        core = Core(Rules())
        facts = told([*whole[:index], StreamBroken(whole[index].at), StreamResumed(whole[index].at + 60, NOBODY)], core)
        assert core.sizes() == EMPTY
        assert_each_call_ends_once(facts)
        for ended in finished(facts):
            if ended.call.incomplete and ended.call.merged_into is None:
                assert (ended.call.talk_s, ended.call.total_s, ended.call.ended_at) == (None, None, None)
                assert ended.call.result in {"answered", "unknown"}
                assert not ended.call.missed

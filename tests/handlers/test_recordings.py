"""Every recording comes out as its phones saw it, through the whole stream and through the shipped account's filter."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.ami_account import passes_filter
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event, Tick
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import CallEnded, EventDoubted, Fact
from handlers.rules import Rules
from storage.call_json import call_json
from tests.asterisk.lab.compare import Report, compare_calls
from tests.recordings import NAMES, events, expected, messages


def told(stream: list[Event], core: Core | None = None) -> list[Fact]:
    core = core or Core(Rules())
    return [fact for event in stream for fact in core.handle(event)]


def finished(facts: list[Fact]) -> list[CallEnded]:
    return [fact for fact in facts if isinstance(fact, CallEnded)]


@pytest.mark.parametrize("filtered", [False, True], ids=["read=all", "shipped account"])
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_comes_out_as_its_phones_saw_it(
    name: str, filtered: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    framer, decoder, core = Framer(WANTED, banner=False), Decoder(), Core(Rules())
    facts: list[Fact] = []
    for entry in messages(name):
        assert entry.raw is not None
        if filtered and not passes_filter(entry.raw.decode("utf-8", "replace")):
            # A forged message shares its event's fate: what the PBX writes as one event is filtered as one.
            continue
        for block in framer.feed(entry.raw):
            event = decoder.decode(block, entry.t)
            facts += core.handle(event) if event is not None else ()
    if filtered and name.startswith("28b"):
        pytest.xfail("recorded blocks of torn events cannot be filtered one by one as the PBX filters whole events")
    report = Report(name)
    compare_calls(expected(name), [call_json(ended.call) for ended in finished(facts)], report, False)
    assert not report.hard, capsys.readouterr().out
    assert core.sizes() == {"channels": 0, "bridges": 0, "calls": 0, "linkedids": 0}
    assert not [fact for fact in facts if isinstance(fact, EventDoubted)]


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_call_fit_together(name: str) -> None:
    for ended in finished(told(events(name))):
        call = ended.call
        assert call.wait_s is not None
        assert (call.ivr_s or 0) + (call.queue_s or 0) <= call.wait_s + 0.002
        assert (call.hold_s or 0) <= (call.talk_s or 0) + 0.002
        assert all(leg.ended_at is not None or call.merged_into for leg in ended.legs)
        for one, other in pairwise(sorted(ended.talks, key=lambda talk: talk.started_at)):
            assert one.ended_at is not None
            assert one.ended_at <= other.started_at + 0.002


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", ["lost", "doubled", "swapped"])
def test_a_lost_doubled_or_swapped_event_never_raises_ends_a_call_twice_or_goes_negative(
    name: str, change: str
) -> None:
    stream = events(name)
    for index in range(len(stream)):
        changed = list(stream)
        if change == "lost":
            del changed[index]
        elif change == "doubled":
            changed.insert(index, stream[index])
        elif index:
            changed[index - 1], changed[index] = changed[index], changed[index - 1]
        core = Core(Rules())
        ended = finished(told(changed, core))
        ids = [each.call.id for each in ended]
        assert len(ids) == len(set(ids))
        for each in ended:
            durations = (each.call.wait_s, each.call.talk_s, each.call.hold_s, each.call.total_s, each.call.ring_s)
            assert all(duration is None or duration >= 0 for duration in durations)
        assert core.sizes()["channels"] <= 2


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_extra_ticks_never_change_the_story(data: st.DataObject) -> None:
    stream = events(data.draw(st.sampled_from(NAMES)))
    ticking: list[Event] = []
    for event in stream:
        if data.draw(st.booleans()):
            ticking.append(Tick(event.at))
        ticking.append(event)
    assert told(ticking) == told(stream)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_split_of_the_stream_changes_the_blocks(data: st.DataObject) -> None:
    whole = b"".join(entry.raw or b"" for entry in messages(data.draw(st.sampled_from(NAMES))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=40)))
    parts = [whole[a:b] for a, b in pairwise([0, *cuts, len(whole)])]
    framer, other = Framer(WANTED, banner=False), Framer(WANTED, banner=False)
    assert [block for part in parts for block in framer.feed(part)] == other.feed(whole)
    assert (framer.events, framer.bad) == (other.events, other.bad)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_the_smallest_segments_give_the_same_blocks(size: int) -> None:
    whole = b"".join(entry.raw or b"" for entry in messages("28b-injected-numbers"))
    framer, other = Framer(WANTED, banner=False), Framer(WANTED, banner=False)
    cut = [block for start in range(0, len(whole), size) for block in framer.feed(whole[start : start + size])]
    assert cut == other.feed(whole)

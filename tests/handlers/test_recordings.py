"""Every recording comes out as its phones saw it, through the whole stream and through the shipped account's filter."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.ami_account import passes_filter
from daemon.replay import facts_of
from handlers.ami.decode import WANTED
from handlers.ami.events import Event, Tick
from handlers.ami.framing import Framer
from handlers.ami.torn import breaks_off
from handlers.core import Core
from handlers.facts import EventDoubted
from handlers.rules import Rules
from storage.call_json import call_json
from tests.asterisk.lab.compare import Report, compare_calls
from tests.handlers.recorded import (
    EMPTY,
    assert_nothing_impossible,
    decoded,
    events,
    finished,
    messages,
    seen_by_the_shipped_account,
    told,
)
from tests.recordings import FOLDER, NAMES, expected, stream


@pytest.mark.parametrize("filtered", [False, True], ids=["read=all", "shipped account"])
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_comes_out_as_its_phones_saw_it(
    name: str, filtered: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = decoded(seen_by_the_shipped_account(messages(name))) if filtered else events(name)
    core, report = Core(Rules()), Report(name)
    facts = told(heard, core)
    compare_calls(expected(name), [call_json(ended.call) for ended in finished(facts)], report, False)
    assert not report.hard, capsys.readouterr().out
    assert core.sizes() == EMPTY
    assert not [fact for fact in facts if isinstance(fact, EventDoubted)]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_comes_out_right_where_no_abandon_is_short(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(name)
    ended = finished(told(events(name), Core(Rules(short_abandon_s=0))))
    compare_calls(expected(name), [call_json(each.call) for each in ended], report, True)
    assert not report.hard, capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_account_hears_all_that_the_core_does(name: str) -> None:
    sent = tuple(seen_by_the_shipped_account(messages(name)))
    assert len(sent) < len(messages(name))
    assert told(decoded(sent)) == told(events(name))


def test_a_torn_event_is_filtered_as_the_whole_that_the_pbx_made() -> None:
    """Its pieces would fare differently: the forged ones are told from true events by nothing but where they stand."""
    name = "28b-injected-numbers"
    torn = [entry for entry in messages(name) if breaks_off((entry.raw or b"").removesuffix(b"\r\n\r\n"))]
    sent = list(seen_by_the_shipped_account(messages(name)))
    assert any(entry in sent for entry in torn)
    assert any(entry not in sent for entry in torn)
    one_by_one = [entry for entry in messages(name) if passes_filter((entry.raw or b"").decode("utf-8", "replace"))]
    assert one_by_one != sent


@pytest.mark.parametrize("name", NAMES)
def test_what_is_replayed_is_what_the_oracle_was_made_for(name: str) -> None:
    assert [FOLDER / name / f"{each}.gz" for each in expected(name)["recordings"]] == [stream(name)]


def test_a_client_that_asks_everything_at_start_makes_no_call() -> None:
    """00-idle-snapshot holds three connections: a listener, one that asks, and one with few rights that asks."""
    paths = sorted((FOLDER / "00-idle-snapshot").glob("*.jsonl.gz"))
    core = Core(Rules())
    assert len(paths) == 3
    assert [fact for facts in facts_of(paths, core) for fact in facts] == []
    assert core.sizes() == EMPTY


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
def test_the_same_events_always_give_the_same_facts(name: str) -> None:
    """The order of a set is another one in every run of the program, and within one."""
    first = told(events(name))
    assert all(told(events(name)) == first for _ in range(5))


def _lost(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return stream[:index] + stream[index + 1 :]


def _doubled(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return stream[: index + 1] + stream[index:]


def _swapped(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return (*stream[:index], *reversed(stream[index : index + 2]), *stream[index + 2 :])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", [_lost, _doubled, _swapped])
def test_a_lost_doubled_or_swapped_event_never_raises_ends_a_call_twice_or_goes_negative(
    name: str, change: Callable[[tuple[Event, ...], int], tuple[Event, ...]]
) -> None:
    whole = events(name)
    for index in range(len(whole)):
        core = Core(Rules())
        assert_nothing_impossible(finished(told(change(whole, index), core)))
        assert core.sizes()["channels"] <= 2
        if change is _doubled:
            assert core.sizes() == EMPTY


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_extra_ticks_never_change_the_story(data: st.DataObject) -> None:
    whole = events(data.draw(st.sampled_from(NAMES)))
    after = data.draw(st.sets(st.integers(0, max(0, len(whole) - 1))))
    ticking: list[Event] = []
    for index, event in enumerate(whole):
        ticking.append(event)
        if index in after:
            ticking.append(Tick(event.at))
    assert told(ticking) == told(whole)


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
    assert (framer.events, framer.bad) == (other.events, other.bad)

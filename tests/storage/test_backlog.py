"""What waits for the writer: in order, bounded, and back in its place when a batch fails."""

from pathlib import Path

from handlers.facts import CallEnded, GapEnded
from storage.backlog import Backlog, Entry
from tests.storage.sample_calls import many
from tests.storage.test_live_calls import change, kept


def backlog(limit: int = 100) -> Backlog:
    return Backlog(Path("calls.db"), limit)


def entry(call: CallEnded | None, *gaps: GapEnded) -> Entry:
    return Entry(call, (), (), gaps)


def test_a_batch_that_failed_waits_as_before_and_first() -> None:
    calls, waits = many(4), backlog()
    for call in calls[:3]:
        waits.add(entry(call))
    waits.keep(change(kept("lives")))
    _, live = waits.take(2)
    waits.add(entry(calls[3]))
    waits.keep(change(kept("lives", "later")))
    waits.put_back(live)
    taken, live = waits.take(10)
    assert [each.call for each in taken] == calls
    assert live is not None
    assert list(live.calls.values()) == [kept("lives", "later")]
    assert (waits.waiting, waits.queued, waits.has_rows) == (4, 0, False)
    waits.done()
    assert waits.waiting == 0


def test_beyond_the_limit_a_call_goes_and_what_is_no_calls_becomes_part_of_the_next() -> None:
    waits, gap = backlog(limit=2), GapEnded(200.0, 100.0, "silent")
    assert [waits.add(each) for each in (entry(None, gap), *map(entry, many(3)))] == [False, False, False, True]
    taken, _ = waits.take(10)
    assert [each.call for each in taken] == many(2, first=1)
    assert taken[0].gaps == (gap,)
    assert (waits.dropped, waits.merged) == (1, 1)


def test_what_is_on_its_way_is_never_dropped_nor_the_only_one_behind_it() -> None:
    waits = backlog(limit=2)
    for call in many(2):
        waits.add(entry(call))
    taken, _ = waits.take(2)
    assert not waits.add(entry(many(3)[2]))
    assert (len(taken), waits.waiting, waits.dropped) == (2, 3, 0)


def test_all_live_calls_are_not_kept_anew_while_the_end_of_one_waits() -> None:
    waits, calls = backlog(), many(2)
    for call in calls:
        waits.add(entry(call))
    waits.keep(change(kept("lives"), whole=True))
    assert waits.take(1)[1] is None
    waits.done()
    assert waits.take(1)[1] == change(kept("lives"), whole=True)


def test_who_is_over_is_no_live_call_any_more() -> None:
    (call,), waits = many(1), backlog()
    waits.keep(change(kept(call.call.id), kept("lives")))
    waits.add(entry(call))
    _, live = waits.take(1)
    assert live is not None
    assert set(live.calls) == {"lives"}

"""The one writer: never in anybody's way, and nothing that it took is lost while there is a way to keep it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from handlers.facts import CallEnded, GapEnded
from storage import database
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import Database, writing
from storage.errors import StorageError
from storage.gaps import GapFilter, find_gaps
from storage.outbox import Changed
from storage.reading import reading
from storage.writer import BATCH, LINGER_S, Writer
from tests.storage.sample_calls import a_call, ended, many
from tests.storage.threads import no_thread_left

EVERYTHING = CallFilter(merged=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@pytest.fixture(autouse=True)
def quick_to_find_it_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WRITER_WAITS_S", 0.01)


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[Writer]:
    """The writer's task for the time of the block; ended as the daemon ends it."""
    task = asyncio.ensure_future(writer.run())
    try:
        yield writer
    finally:
        await writer.close(1.0)
        await task


async def stored(path: Path) -> list[str]:
    async with reading(path) as connection:
        return [call.id for call in await find_calls(connection, EVERYTHING)]


def ids(facts: Sequence[CallEnded]) -> list[str]:
    return [fact.call.id for fact in facts]


class Observed:
    """Counts the transactions, and says when there were so many."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._more = asyncio.Event()

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._more.set()

    async def count(self, wanted: int) -> None:
        while len(self.seconds) < wanted:
            self._more.clear()
            await self._more.wait()


async def test_a_call_is_durable_though_no_other_follows_and_waits_for_company_but_shortly(path: Path) -> None:
    """A quarter of a second is promised; how long the disk takes is the machine's affair."""
    assert LINGER_S <= 0.1
    observed = Observed()
    async with writing(path, now=0.0) as store, running(Writer(store, observe=observed)) as writer:
        for number in range(4):  # the first one finds no statement prepared
            writer.put(ended(a_call(number)))
            await observed.count(number + 1)
            assert await stored(path) == ids(many(number + 1))


async def test_put_only_takes(path: Path) -> None:
    async with writing(path, now=0.0) as store, running(Writer(store)) as writer:
        for fact in many(2000):
            writer.put(fact)
        assert writer.waiting == 2000
        assert await stored(path) == []


async def test_calls_that_end_together_are_one_transaction(path: Path) -> None:
    observed = Observed()
    async with writing(path, now=0.0) as store, running(Writer(store, observe=observed)) as writer:
        for fact in many(40):
            writer.put(fact)
        await observed.count(1)
        assert writer.health.written == 40
        assert len(observed.seconds) == 1


async def test_a_full_batch_does_not_wait_for_company(path: Path) -> None:
    observed = Observed()
    async with writing(path, now=0.0) as store, running(Writer(store, observe=observed, linger_s=3600)) as writer:
        for fact in many(2 * BATCH):
            writer.put(fact)
        await asyncio.wait_for(observed.count(2), 10)
        assert writer.health.written == 2 * BATCH


async def test_flush_waits_for_what_was_put_before_it_and_for_nothing_else(path: Path) -> None:
    async with writing(path, now=0.0) as store, running(Writer(store, linger_s=3600)) as writer:
        await writer.flush()
        for fact in many(BATCH + 3):
            writer.put(fact)
        await asyncio.wait_for(writer.flush(), 10)
        assert await stored(path) == ids(many(BATCH + 3))
        writer.put(ended(a_call(BATCH + 3)))
        assert writer.waiting == 1


async def test_a_replay_faster_than_the_disk_loses_nothing_when_it_flushes(path: Path) -> None:
    async with writing(path, now=0.0) as store, running(Writer(store, limit=100)) as writer:
        for number in range(10):
            for fact in many(100, first=100 * number):
                writer.put(fact)
            await writer.flush()
        assert writer.health.dropped == 0
    assert await stored(path) == ids(many(1000))


async def test_the_end_stores_what_waits_at_once(path: Path) -> None:
    with no_thread_left():
        async with writing(path, now=0.0) as store:
            writer = Writer(store, linger_s=3600)
            task = asyncio.ensure_future(writer.run())
            for fact in many(1500):
                writer.put(fact)
            assert await writer.close(10) == 0
            await task
    assert await stored(path) == ids(many(1500))


async def test_an_end_without_work_is_immediate_also_before_the_start(path: Path) -> None:
    async with writing(path, now=0.0) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        assert await asyncio.wait_for(writer.close(3600), 10) == 0
        await asyncio.wait_for(task, 10)
        await asyncio.wait_for(writer.close(3600), 10)
        writer.put(ended(a_call()))
        with pytest.raises(StorageError, match="the writer has ended"):
            await writer.flush()


async def test_cancelled_in_the_middle_of_a_transaction_it_finishes_that_and_counts_it(path: Path) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Database):
        async def write(self, *parts: Any) -> Changed:
            began.set()
            await go_on.wait()
            return await super().write(*parts)

    with no_thread_left():
        async with writing(path, now=0.0) as store:
            writer = Writer(Slow(path, store._connection, store._batches))
            task = asyncio.ensure_future(writer.run())
            writer.put(ended(a_call(0)))
            await began.wait()
            task.cancel()
            writer.put(ended(a_call(1)))
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert writer.health.written == 1
            assert await writer.close(10) == 1
    assert await stored(path) == ids(many(1))


# ---- when the database fails


@asynccontextmanager
async def locked(path: Path, _store: Database) -> AsyncIterator[str]:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield "is locked by another program; end the program that holds it"
    holder.close()


@asynccontextmanager
async def disk_full(_path: Path, store: Database) -> AsyncIterator[str]:
    pages = next(iter(await store._connection.execute_fetchall("PRAGMA page_count")))[0]
    await store._connection.execute(f"PRAGMA max_page_count = {pages}")
    yield "cannot grow: the disk (or the quota) is full; free some space"
    await store._connection.execute("PRAGMA max_page_count = 1073741823")


@asynccontextmanager
async def read_only(_path: Path, store: Database) -> AsyncIterator[str]:
    await store._connection.execute("PRAGMA query_only = ON")
    yield "cannot be written; give this user the right to write"
    await store._connection.execute("PRAGMA query_only = OFF")


@pytest.mark.parametrize("failure", [locked, disk_full, read_only])
async def test_a_failing_database_loses_nothing_and_is_told_once(
    path: Path, failure: Callable[[Path, Database], AbstractAsyncContextManager[str]]
) -> None:
    facts = many(BATCH + 40)
    observed = Observed()
    with structlog.testing.capture_logs() as told:
        async with writing(path, now=0.0) as store, running(Writer(store, observe=observed)) as writer:
            async with failure(path, store) as words:
                for fact in facts:
                    writer.put(fact)
                for _ in range(3):  # attempts, each of which fails
                    with pytest.raises(StorageError, match=r"calls\.db") as caught:
                        await writer.flush()
                    assert words in str(caught.value)
                health = writer.health
                assert (health.state, health.waiting, health.written) == ("degraded", len(facts), 0)
                assert health.reason == str(caught.value)
                assert not observed.seconds
            await writer.flush()
            assert writer.health.state == "ok"
            assert writer.health.reason is None
            assert writer.health.written == len(facts)
    assert await stored(path) == ids(facts)
    assert [(line["event"], line["log_level"]) for line in told] == [
        ("store_degraded", "error"),
        ("store_recovered", "info"),
    ]
    assert words in told[0]["reason"]


async def test_it_tries_again_by_itself(path: Path) -> None:
    observed = Observed()
    async with writing(path, now=0.0) as store, running(Writer(store, observe=observed)) as writer:
        async with locked(path, store):
            writer.put(ended(a_call()))
            with pytest.raises(StorageError):
                await writer.flush()
        await asyncio.wait_for(observed.count(1), 10)
        assert await stored(path) == ids(many(1))


async def test_beyond_the_limit_the_oldest_are_dropped_counted_and_told_once(path: Path) -> None:
    with structlog.testing.capture_logs() as told:
        async with writing(path, now=0.0) as store, running(Writer(store, limit=50)) as writer:
            async with locked(path, store):
                for fact in many(60):
                    writer.put(fact)
                with pytest.raises(StorageError):
                    await writer.flush()
                for fact in many(15, first=60):
                    writer.put(fact)
                assert writer.waiting == 50
                assert writer.health.dropped == 25
            await writer.flush()
    assert await stored(path) == ids(many(50, first=25))
    assert [line["event"] for line in told].count("calls_dropped") == 1


async def test_a_stop_while_the_database_fails_ends_in_time_and_tells_what_is_lost(path: Path) -> None:
    with structlog.testing.capture_logs() as told, no_thread_left():
        async with writing(path, now=0.0) as store, locked(path, store):
            writer = Writer(store)
            task = asyncio.ensure_future(writer.run())
            for fact in many(7):
                writer.put(fact)
            loop = asyncio.get_running_loop()
            stop_at = loop.time()
            assert await writer.close(0.2) == 7
            await task
            assert loop.time() - stop_at < 1.0
    assert told[-1]["event"] == "calls_lost"
    assert told[-1]["number"] == 7
    assert await stored(path) == []


async def test_a_stop_stores_everything_if_the_database_comes_back_in_time(path: Path) -> None:
    async with writing(path, now=0.0) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        async with locked(path, store):
            writer.put(ended(a_call()))
            with pytest.raises(StorageError):
                await writer.flush()
            closing = asyncio.ensure_future(writer.close(10))
            await asyncio.wait([closing], timeout=0.1)
        assert await closing == 0
        await task
    assert await stored(path) == ids(many(1))


async def test_a_call_that_no_table_holds_costs_only_itself(path: Path) -> None:
    good = many(BATCH - 2)
    bad = [ended(a_call(9001, started_at=float("inf"))), ended(a_call(9002, id=None))]
    facts = [*good[:100], bad[0], *good[100:400], bad[1], *good[400:]]
    with structlog.testing.capture_logs() as told:
        async with writing(path, now=0.0) as store, running(Writer(store)) as writer:
            for fact in facts:
                writer.put(fact)
            await writer.flush()
            health = writer.health
    assert (health.state, health.written, health.refused) == ("ok", len(good), 2)
    assert await stored(path) == ids(good)
    assert [(line["event"], line["call"]) for line in told] == [("call_refused", fact.call.id) for fact in bad]


async def test_a_connection_that_is_gone_is_told_and_ends_in_time(path: Path) -> None:
    async with writing(path, now=0.0) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        await store.close()
        writer.put(ended(a_call()))
        with pytest.raises(StorageError, match="cannot be used: "):
            await writer.flush()
        assert await writer.close(0.1) == 1
        await task


async def test_what_is_no_calls_is_never_dropped_and_whoever_keeps_live_calls_is_told_once_the_rest_is_stored(
    path: Path,
) -> None:
    told: list[int] = []
    async with writing(path, now=0.0) as store:
        writer = Writer(store, limit=4)
        writer.when_lost(lambda: told.append(writer.waiting))
        writer.put(None, gaps=[GapEnded(200.0, 100.0, "silent")])
        for fact in many(10):
            writer.put(fact)
        writer.put(None, gaps=[GapEnded(400.0, 300.0, "slow")])
        assert (writer.health.dropped, writer.waiting, told) == (7, 4, [])
        async with running(writer):
            await writer.flush()
    async with reading(path) as connection:
        assert [gap.reason for gap in await find_gaps(connection, GapFilter())] == ["silent", "slow"]
    assert await stored(path) == ids(many(3, first=7))
    assert told == [0]

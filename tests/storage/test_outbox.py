"""The outbox: kept with the fact it tells of, in order, until acknowledged; bounded; nothing where nothing is published."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from storage import outbox as outbox_module
from storage.batch import write
from storage.database import Database, writing
from storage.errors import StorageError
from storage.outbox import MOST_AT_ONCE, Change, Changed, Limits, Message, Outbox, messages_of, read_statement
from storage.writer import Writer
from tests.storage.memory import in_memory
from tests.storage.sample_calls import START, a_call, ended, many

ROOMY = Limits(age_s=7 * 86400, messages=1000)


def message(number: int, at: float = START) -> Message:
    return Message(f"office/1/{number}/ended", "event/call", at, f'{{"n":{number}}}')


def messages(count: int, first: int = 0, at: float = START) -> list[Message]:
    return [message(number, at) for number in range(first, first + count)]


def numbers_in(connection: sqlite3.Connection) -> list[str]:
    return [payload for (payload,) in connection.execute("SELECT payload FROM outbox ORDER BY id")]


async def test_a_message_is_there_if_and_only_if_its_call_is() -> None:
    async with in_memory() as (_, batches):
        write(batches, [ended(a_call())], Change([message(1)]))
        too_big = ended(a_call(1))
        broken = replace(too_big, legs=(replace(too_big.legs[0], cause=2**70),))
        with pytest.raises(OverflowError):
            write(batches, [broken], Change([message(2)]))
        with pytest.raises(OverflowError):
            write(batches, [ended(a_call(2))], Change([message(3, at=1e30)]))
        assert numbers_in(batches) == ['{"n":1}']
        assert batches.execute("SELECT count(*) FROM call").fetchone() == (1,)


async def test_more_messages_than_one_statement_takes_come_back_in_order() -> None:
    count = 2 * MOST_AT_ONCE + 1
    async with in_memory() as (_, batches):
        write(batches, [], Change(messages(count)))
        ((array,),) = batches.execute(*read_statement(0, 0.0, count + 5)).fetchall()
        found = messages_of(array)
        assert [each.id for each in found] == list(range(1, count + 1))
        assert [each.payload for each in found] == [f'{{"n":{number}}}' for number in range(count)]
        assert found[0].topic == "event/call"


async def test_one_change_removes_adds_and_keeps_to_the_bounds() -> None:
    async with in_memory() as (_, batches):
        assert write(batches, [], Change([*messages(3, at=START - 100), *messages(7, 3)])) == Changed()
        # Two acknowledged; of the eleven then left, one is too old and six are too many.
        change = Change(messages(3, 10), remove_up_to=2, oldest_at=START - 50, most=4)
        assert write(batches, [], change) == Changed(removed=2, too_old=1, too_many=6)
        assert numbers_in(batches) == [f'{{"n":{number}}}' for number in (9, 10, 11, 12)]


async def test_when_all_are_too_old_all_are_dropped_and_no_id_is_used_again() -> None:
    async with in_memory() as (_, batches):
        write(batches, [], Change(messages(5)))
        assert write(batches, [], Change(oldest_at=START + 1, most=10)) == Changed(too_old=5)
        write(batches, [], Change([message(9)]))
        assert batches.execute("SELECT id FROM outbox").fetchall() == [(6,)]


@dataclass
class Time:
    now: float = START

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def opened(path: Path, limits: Limits = ROOMY, now: Time | None = None) -> AsyncIterator[tuple[Outbox, Writer]]:
    """An outbox and its writer, running; everything that was put is stored when the block is left."""
    async with writing(path, now=0.0) as database:
        outbox = Outbox(database, limits, now or Time())
        await outbox.open()
        writer = Writer(database, outbox=outbox, linger_s=0.0)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writer.run())
            try:
                yield outbox, writer
            finally:
                await writer.close(5.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def put(writer: Writer, count: int, first: int = 0) -> None:
    for number, fact in enumerate(many(count, first), start=first):
        writer.put(fact, message(number))


def stored(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return numbers_in(connection)
    finally:
        connection.close()


async def test_messages_are_handed_out_once_in_order_and_leave_when_acknowledged(path: Path) -> None:
    woken = asyncio.Event()
    async with opened(path) as (outbox, writer):
        outbox.when_stored(woken.set)
        put(writer, 5)
        await writer.flush()
        assert woken.is_set()
        assert outbox.waiting == 5
        first = await outbox.next(3)
        rest = await outbox.next(3)
        assert [each.payload for each in first + rest] == [f'{{"n":{number}}}' for number in range(5)]
        assert await outbox.next(3) == []
        outbox.acknowledge(first[-1].id)
    assert outbox.waiting == 2
    assert stored(path) == ['{"n":3}', '{"n":4}']


async def test_what_was_handed_out_and_not_acknowledged_is_handed_out_again(path: Path) -> None:
    async with opened(path) as (outbox, writer):
        put(writer, 5)
        await writer.flush()
        found = await outbox.next(4)
        outbox.acknowledge(found[1].id)
        outbox.again()
        assert [each.id for each in await outbox.next(10)] == [3, 4, 5]


async def test_what_an_earlier_run_left_is_counted_and_comes_first(path: Path) -> None:
    async with opened(path) as (_, writer):
        put(writer, 3)
    async with opened(path) as (outbox, writer):
        assert outbox.waiting == 3
        put(writer, 2, first=3)
        await writer.flush()
        assert [each.payload for each in await outbox.next(10)] == [f'{{"n":{number}}}' for number in range(5)]


async def test_what_became_too_old_while_nobody_ran_is_dropped_at_the_start_and_counted(path: Path) -> None:
    async with opened(path) as (_, writer):
        put(writer, 3)
    async with opened(path, now=Time(START + 8 * 86400)) as (outbox, writer):
        assert (outbox.waiting, outbox.dropped) == (0, {"age": 3, "size": 0})
        assert await outbox.next(10) == []
    assert stored(path) == []


async def test_beyond_the_bound_the_oldest_are_dropped_and_counted(path: Path) -> None:
    async with opened(path, Limits(age_s=86400, messages=10)) as (outbox, writer):
        for first in range(0, 40, 4):
            put(writer, 4, first)
            await writer.flush()
            assert outbox.waiting <= 10
        assert (outbox.waiting, outbox.dropped) == (10, {"age": 0, "size": 30})
        assert [each.payload for each in await outbox.next(50)] == [f'{{"n":{number}}}' for number in range(30, 40)]


async def test_what_grows_old_while_the_daemon_runs_is_neither_told_nor_kept(path: Path) -> None:
    now = Time()
    async with opened(path, Limits(age_s=100, messages=1000), now) as (outbox, writer):
        put(writer, 3)
        await writer.flush()
        now.now += 101
        assert await outbox.next(10) == []
        writer.put(ended(a_call(9)), message(9, at=now.now))
        await writer.flush()
        assert (outbox.waiting, outbox.dropped["age"]) == (1, 3)


async def test_a_call_that_the_database_refuses_costs_its_message_too_and_no_other(path: Path) -> None:
    async with opened(path) as (outbox, writer):
        facts = many(5)
        facts[2] = replace(facts[2], legs=(replace(facts[2].legs[0], cause=2**70),))
        for number, fact in enumerate(facts):
            writer.put(fact, message(number))
        await writer.flush()
        assert [each.payload for each in await outbox.next(10)] == [f'{{"n":{number}}}' for number in (0, 1, 3, 4)]
        assert (outbox.waiting, writer.health.refused) == (4, 1)


async def test_a_failing_disk_keeps_what_is_to_be_removed_until_it_works_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Database.write
    fails = True

    async def failing(self: Database, *arguments: object) -> Changed:
        if fails:
            raise sqlite3.OperationalError("disk I/O error")
        return await real(self, *arguments)  # type: ignore[arg-type]  # whatever it was given

    async with opened(path) as (outbox, writer):
        put(writer, 2)
        await writer.flush()
        monkeypatch.setattr(Database, "write", failing)
        outbox.acknowledge((await outbox.next(1))[0].id)
        put(writer, 1, first=2)
        with pytest.raises(StorageError):
            await writer.flush()
        assert (outbox.waiting, outbox.has_work) == (2, True)
        fails = False
    assert (outbox.waiting, outbox.has_work) == (2, False)
    assert stored(path) == ['{"n":1}', '{"n":2}']


async def test_a_disk_that_is_full_at_the_start_is_no_reason_not_to_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(path) as (_, writer):
        put(writer, 3)
    real = Database.write

    async def full(_self: Database, *_arguments: object) -> Changed:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Database, "write", full)
    async with opened(path, Limits(age_s=7 * 86400, messages=2)) as (outbox, writer):
        assert outbox.waiting == 3
        monkeypatch.setattr(Database, "write", real)
        put(writer, 1, first=3)
        await writer.flush()
        assert (outbox.waiting, outbox.dropped["size"]) == (2, 2)


async def test_a_database_without_an_outbox_is_one_clear_line(path: Path) -> None:
    async with writing(path, now=0.0) as database:
        connection = sqlite3.connect(path)
        connection.execute("DROP TABLE outbox")
        connection.close()
        outbox = Outbox(database, ROOMY, Time())
        with pytest.raises(StorageError, match=r"calls\.db .*no such table"):
            await outbox.open()
        with pytest.raises(StorageError, match=r"calls\.db .*no such table"):
            await outbox.next(1)


async def test_without_an_outbox_nothing_is_written_to_it(path: Path) -> None:
    async with writing(path, now=0.0) as database, asyncio.TaskGroup() as tasks:
        writer = Writer(database)
        tasks.create_task(writer.run())
        for fact in many(3):
            writer.put(fact)
        await writer.close(5.0)
    assert stored(path) == []


async def test_dropping_is_told_once_until_nothing_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Log:
        def error(self, event: str, **_values: object) -> None:
            told.append(event)

    monkeypatch.setattr(outbox_module, "log", Log())
    async with opened(path, Limits(age_s=86400, messages=2)) as (outbox, writer):
        for first in (0, 3, 6):
            put(writer, 3, first)
            await writer.flush()
        assert told == ["messages_dropped"]
        outbox.acknowledge((await outbox.next(10))[-1].id)
        put(writer, 3, 9)
        await writer.flush()
    assert outbox.dropped["size"] == 8

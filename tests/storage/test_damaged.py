"""A damaged file is set aside whole, and what waits goes on in a new one."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog.testing

from handlers.facts import GapEnded
from storage.cases import CaseFilter, find_cases
from storage.database import writing
from storage.errors import DamagedError, StorageError
from storage.gaps import GapFilter, find_gaps
from storage.outbox import Limits, Message, Outbox
from storage.reading import reading
from storage.requests import Asked, ask, to_do
from storage.writer import Writer
from tests.storage.faults import DAMAGES, break_table, header, overwrite
from tests.storage.sample_calls import START, a_missed_call, ended, many
from tests.storage.sample_cases import a_case, missed
from tests.storage.storing import checkpoint, filled, ids, set_aside, sound, store_more, stored, storing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def content(path: Path) -> bytes:
    return path.read_bytes()


def message(number: int) -> Message:
    return Message(f"e{number}", "event/call", START, str(number))


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_that_is_damaged_while_it_is_open_is_set_aside_and_what_waits_goes_into_a_new_one(
    damage: Callable[[Path], None], path: Path
) -> None:
    told_of_another: list[bool] = []
    cases = [a_case(5), a_case(8, state="truly_missed")]
    with structlog.testing.capture_logs() as told:
        async with storing(path, standing=lambda: cases) as writer:
            writer.when_another(lambda: told_of_another.append(True))
            damage(path)
            damaged = content(path)
            await store_more(writer, 300)
            assert writer.health.state == "ok"
            assert writer.health.set_aside == 1
    assert await stored(path) == ids(10, first=300)
    assert sound(path)
    (aside,) = set_aside(path)
    assert aside.read_bytes() == damaged
    assert told_of_another == [True]
    async with reading(path) as connection:
        assert await find_cases(connection, CaseFilter()) == cases
    assert [line["event"] for line in told].count("database_set_aside") == 1
    (line,) = (line for line in told if line["event"] == "database_set_aside")
    assert line["aside"] == str(aside)
    assert line["cure"] == f"ringtally rescue {aside} saved.db"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_damaged_at_the_start_is_set_aside_whole(damage: Callable[[Path], None], path: Path) -> None:
    asyncio.run(filled(path))
    damage(path)
    os.utime(path, (START, START))
    damaged = path.read_bytes()
    with structlog.testing.capture_logs() as told:
        asyncio.run(filled(path, first=300))
    (aside,) = set_aside(path)
    assert aside.read_bytes() == damaged
    assert [line["event"] for line in told] == ["database_set_aside"]
    assert asyncio.run(stored(path)) == ids(300, first=300)


async def test_a_damaged_wal_is_set_aside_with_its_file(path: Path) -> None:
    async with storing(path) as writer:
        await store_more(writer, 300, 100)
        wal = path.with_name("calls.db-wal")
        overwrite(wal, 32, wal.stat().st_size - 32)
        for _ in range(2):
            with pytest.raises(DamagedError) as caught:
                await stored(path)
            writer.suspect(caught.value)
            await asyncio.sleep(0)
        await store_more(writer, 400)
    assert await stored(path) == ids(10, first=400)
    (aside,) = set_aside(path)
    assert aside.with_name(aside.name + "-wal").exists()
    assert sound(path)


async def test_what_waits_in_a_damaged_file_goes_on_in_the_new_one(path: Path) -> None:
    gap = GapEnded(START + 9, START, "silent")
    contact = Asked(kind="contact", subject="+79001112233", at=START, by="Anna")
    async with writing(path, now=START) as store:
        outbox = Outbox(store, Limits(3600, 100), lambda: START)
        writer = Writer(store, outbox=outbox)
        task = asyncio.ensure_future(writer.run())
        call = ended(a_missed_call(2))
        writer.put(call, message(1), [missed(a_case(2), call.call)])
        writer.put(None, message(2), gaps=[gap])
        for fact in many(300, first=10):
            writer.put(fact)
        await writer.flush()
        request = ask(path, contact, START)
        first = await outbox.next(1)
        checkpoint(path)
        break_table(path, "call")
        await store_more(writer, 400)
        assert len(set_aside(path)) == 1
        outbox.acknowledge(first[0].id)
        assert [each.payload for each in await outbox.next(10)] == ["1", "2"], "told again rather than never"
        assert outbox.waiting == 2
        assert await writer.close(2.0) == 0
        await task
    async with reading(path) as connection:
        assert await find_cases(connection, CaseFilter()) == [a_case(2)]
        assert await find_gaps(connection, GapFilter()) == [gap]
    assert [(each.id, each.asked) for each in to_do(path, 0)] == [(request, contact)]
    assert ask(path, Asked(kind="dismiss", subject="1", at=None, by="Anna"), START) > START


async def test_a_disk_that_damages_one_file_after_the_other_is_not_filled_with_them(path: Path) -> None:
    async with writing(path, now=START) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        await store_more(writer, 0, 300)
        checkpoint(path)
        header(path)
        await store_more(writer, 300)
        checkpoint(path)
        header(path)
        for fact in many(10, first=310):
            writer.put(fact)
        for _ in range(5):
            with pytest.raises(StorageError):
                await writer.flush()
        assert writer.health.state == "degraded"
        assert writer.waiting == 10
        await writer.close(0.1)
        await task
    assert len(set_aside(path)) == 1


def test_what_is_no_database_and_does_not_look_like_ours_is_left_where_it_is(path: Path) -> None:
    path.write_bytes(b"number;name\n" * 1000)
    with pytest.raises(StorageError, match="is not a database; name another file or move this one away"):
        asyncio.run(filled(path))
    assert path.read_bytes() == b"number;name\n" * 1000
    assert set_aside(path) == []

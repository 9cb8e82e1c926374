"""What happens to a database while the daemon has it: full disks, locks, damage, files taken away. Nothing that waited is lost."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from handlers.case_facts import Case
from handlers.facts import GapEnded
from storage import database, opening
from storage import writer as writer_module
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.cases import CaseFilter, find_cases
from storage.clients import store_clients
from storage.database import writing
from storage.errors import DamagedError, StorageError
from storage.gaps import GapFilter, find_gaps
from storage.outbox import Limits, Message, Outbox
from storage.reading import reading
from storage.requests import Asked, ask, to_do
from storage.writer import Writer
from tests.storage.sample_calls import START, a_missed_call, ended, many
from tests.storage.sample_cases import a_case, missed
from tests.storage.small_disk import own_mounts

ROOT = Path(__file__).parents[2]
PAGE = 4096
EVERYTHING = CallFilter(merged=True)
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
HOLDER_OF_ALL = HOLDER.replace(
    'connection.execute("BEGIN', 'connection.execute("PRAGMA locking_mode = EXCLUSIVE"); connection.execute("BEGIN'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@asynccontextmanager
async def storing(path: Path, **options: Any) -> AsyncIterator[Writer]:
    """A writer with 300 calls in the file, most of them out of the -wal."""
    async with writing(path, now=START) as store:
        writer = Writer(store, **options)
        task = asyncio.ensure_future(writer.run())
        for fact in many(300):
            writer.put(fact)
        await writer.flush()
        checkpoint(path)
        yield writer
        assert await writer.close(2.0) == 0
        await task


async def store_more(writer: Writer, first: int, count: int = 10) -> None:
    for fact in many(count, first=first):
        writer.put(fact)
    async with asyncio.timeout(10):
        while True:
            try:
                return await writer.flush()
            except StorageError:
                await asyncio.sleep(0)


def checkpoint(path: Path) -> None:
    """All there is gets into the file itself."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def stored(path: Path) -> list[str]:
    async with reading(path) as connection:
        return [call.id for call in await find_calls(connection, EVERYTHING)]


def ids(count: int, first: int = 0) -> list[str]:
    return [fact.call.id for fact in many(count, first=first)]


def set_aside(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.glob("*.damaged-*") if not each.name.endswith(("-wal", "-shm")))


def content(path: Path) -> bytes:
    return path.read_bytes()


def remove(path: Path) -> None:
    path.unlink()


def sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


# ---- the disk, and other programs


def on_a_small_disk(folder: Path, fault: str) -> list[Any]:
    command = [*own_mounts(), sys.executable, "-W", "error", "-m", "tests.storage.small_disk", str(folder), fault]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_while_the_disk_is_full_calls_wait_and_are_read_and_then_all_are_stored(tmp_path: Path) -> None:
    degraded, during, readable, recovered, after, are_all_there, integrity = on_a_small_disk(tmp_path, "full")
    assert degraded["event"] == "store_degraded"
    assert "cannot grow: the disk (or the quota) is full; free some space" in degraded["reason"]
    assert during == {"told": [degraded["reason"]] * 3, "state": "degraded", "waiting": 700}
    assert readable == 50
    assert (recovered["event"], recovered["dropped"]) == ("store_recovered", 0)
    assert after == {"state": "ok", "lost": 0}
    assert are_all_there
    assert integrity == "ok"


def test_a_disk_that_is_read_only_at_the_start_is_told_and_can_be_read(tmp_path: Path) -> None:
    refusal, readable = on_a_small_disk(tmp_path, "read_only")
    assert "calls.db cannot be opened for writing (Read-only file system)" in refusal
    assert readable == 50


@contextmanager
def held(path: Path, program: str = HOLDER) -> Iterator[subprocess.Popen[str]]:
    """Another program has the database to itself."""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder


async def test_a_lock_held_longer_than_any_time_out_only_makes_calls_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WRITER_WAITS_S", 0.05)
    with structlog.testing.capture_logs() as told:
        async with storing(path) as writer:
            with held(path) as holder:
                for fact in many(20, first=300):
                    writer.put(fact)
                for _ in range(3):
                    with pytest.raises(StorageError, match="is locked by another program"):
                        await writer.flush()
                assert writer.health.state == "degraded"
                assert await stored(path) == ids(300)
                holder.kill()
            await store_more(writer, 320)
    assert await stored(path) == ids(330)
    assert [line["event"] for line in told] == ["store_degraded", "store_recovered"]


async def test_a_start_while_another_program_writes_is_none_but_waiting(path: Path) -> None:
    await filled(path)
    with held(path) as holder:
        async with writing(path, now=START) as store:
            writer = Writer(store)
            task = asyncio.ensure_future(writer.run())
            for fact in many(10, first=300):
                writer.put(fact)
            with pytest.raises(StorageError, match="is locked by another program"):
                await writer.flush()
            holder.kill()
            await store_more(writer, 310)
            await writer.close(2.0)
            await task
    assert await stored(path) == ids(320)


async def test_a_start_while_another_program_keeps_readers_out_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_OPENING_WAITS_S", 0.1)
    await filled(path)
    with held(path, HOLDER_OF_ALL), pytest.raises(StorageError, match="is locked by another program"):
        async with writing(path, now=START):
            pass
    assert await stored(path) == ids(300)


# ---- damage


def overwrite(path: Path, start: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * count)


def header(path: Path) -> None:
    overwrite(path, 0, 100)


def first_page(path: Path) -> None:
    overwrite(path, 0, PAGE)


def all_but_the_first_page(path: Path) -> None:
    overwrite(path, PAGE, path.stat().st_size - PAGE)


def everything_and_shorter(path: Path) -> None:
    path.write_bytes(b"\x00" * 3 * PAGE)


DAMAGES = (header, first_page, all_but_the_first_page, everything_and_shorter)


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


async def filled(path: Path, first: int = 0) -> None:
    async with writing(path, now=START) as store:
        await store.write(many(300, first=first))


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


def message(number: int) -> Message:
    return Message(f"e{number}", "event/call", START, str(number))


def break_table(path: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    connection = sqlite3.connect(path)
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    connection.close()
    overwrite(path, PAGE * (page - 1), PAGE)


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


# ---- files that somebody takes away


async def noticed(writer: Writer, told: Sequence[Any], event: str) -> None:
    async with asyncio.timeout(10):
        while not any(line["event"] == event for line in told):
            await asyncio.sleep(0.01)


async def test_a_file_that_is_removed_is_begun_anew_before_anybody_calls(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "_LOOKS_EVERY_S", 0.05)
    standing: list[Case] = [a_case(5)]
    with structlog.testing.capture_logs() as told:
        async with storing(path, standing=lambda: standing) as writer:
            for each in path.parent.iterdir():
                each.unlink()
            await noticed(writer, told, "database_replaced")
            assert "move it back" in next(line["cure"] for line in told if line["event"] == "database_replaced")
            async with reading(path) as connection:
                assert await find_cases(connection, CaseFilter()) == standing
            await store_more(writer, 300)
    assert await stored(path) == ids(10, first=300)
    assert sound(path)


async def test_what_is_stored_just_as_the_file_is_removed_is_stored_again(path: Path) -> None:
    async with storing(path) as writer:
        remove(path)
        await store_more(writer, 300)
    assert await stored(path) == ids(10, first=300)
    assert sound(path)


async def test_a_backup_that_is_put_in_the_place_of_the_file_is_gone_on_with_and_not_mixed_with_the_old_wal(
    path: Path,
) -> None:
    backup = path.with_name("backup")
    await filled(backup, first=1000)
    async with storing(path) as writer:
        await store_more(writer, 300, 100)
        backup.rename(path)
        await store_more(writer, 400)
    assert await stored(path) == [*ids(10, first=400), *ids(300, first=1000)]
    assert sound(path)
    assert [each.name for each in path.parent.glob("*.replaced-*-wal")], "what was not in the old file yet is kept"


@pytest.mark.parametrize("gone", [("-wal",), ("-shm",), ("-wal", "-shm")])
async def test_a_wal_that_is_removed_costs_nothing(gone: Sequence[str], path: Path) -> None:
    async with storing(path) as writer:
        await store_more(writer, 300, 100)
        for end in gone:
            path.with_name(path.name + end).unlink()
        await store_more(writer, 400)
        assert await stored(path) == ids(410)
        assert set_aside(path) == []
    assert sound(path)


async def test_a_folder_that_is_gone_is_told_once_and_storing_goes_on_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "calls.db"
    with structlog.testing.capture_logs() as told:
        async with storing(path) as writer:
            folder.rename(tmp_path / "moved")
            for fact in many(10, first=300):
                writer.put(fact)
            for _ in range(3):
                with pytest.raises(StorageError, match="data is not a directory"):
                    await writer.flush()
            assert writer.health.state == "degraded"
            (tmp_path / "moved").rename(folder)
            await store_more(writer, 310)
    assert await stored(path) == ids(320)
    assert sound(path)
    events = [line["event"] for line in told]
    assert events.count("store_degraded") == 1
    assert events[-1] == "store_recovered"


# ---- those who write beside the writer


@pytest.mark.parametrize(
    "speak", [lambda path: to_do(path, 0), lambda path: store_clients(path, {"+7900": ("A", None)})]
)
def test_who_writes_beside_the_daemon_makes_no_database_and_fails_in_one_line(
    speak: Callable[[Path], object], path: Path
) -> None:
    with pytest.raises(StorageError, match="there is no database at"):
        speak(path)
    assert not path.exists()
    with pytest.raises(StorageError, match="cannot be looked for"):
        speak(path.with_name("x" * 300))


async def test_who_reads_where_nothing_can_be_looked_for_fails_in_one_line(path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be looked for"):
        async with reading(path.with_name("x" * 300)):
            pass

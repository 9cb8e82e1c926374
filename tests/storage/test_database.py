"""Opening, closing, and every way in which a database cannot be written: one line that says what to do."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import database, opening
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import to_the_end, writing
from storage.errors import SchemaTooNewError, StorageError
from storage.reading import reading
from storage.schema import MIGRATIONS, migrations
from tests.storage.sample_calls import many
from tests.storage.threads import no_thread_left
from tests.storage.unusable import NOW, REFUSED, a_directory, a_file_for_directory, newer, no_directory, open_and_close

EVERYTHING = CallFilter(merged=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


async def test_what_is_written_is_there_at_the_next_opening(path: Path) -> None:
    with no_thread_left():
        async with writing(path, now=NOW) as store:
            await store.write(many(3))
        async with writing(path, now=NOW) as store:
            await store.write(many(2, first=3))
        async with reading(path) as connection:
            assert await find_calls(connection, EVERYTHING) == [fact.call for fact in many(5)]


@pytest.mark.parametrize(("durability", "synchronous"), [("normal", 1), ("full", 2)])
async def test_the_settings_of_the_writing_connection(
    path: Path, durability: database.Durability, synchronous: int
) -> None:
    async with writing(path, now=NOW, durability=durability) as store:
        found = {}
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            rows = list(await store._connection.execute_fetchall(f"PRAGMA {name}"))
            found[name] = rows[0][0]
    assert found == {"journal_mode": "wal", "synchronous": synchronous, "foreign_keys": 1, "busy_timeout": 500}


def test_not_everybody_may_read_the_file(path: Path) -> None:
    asyncio.run(open_and_close(path))
    assert path.stat().st_mode & 0o007 == 0


async def test_the_moment_of_a_migration_is_the_one_given(path: Path) -> None:
    async with writing(path, now=NOW):
        pass
    async with reading(path) as connection:
        rows = await connection.execute_fetchall("SELECT applied_at FROM migration")
        assert [tuple(row) for row in rows] == [(1_795_450_294_013,)] * len(migrations())


async def test_two_that_open_a_new_database_at_once_make_it_once(path: Path) -> None:
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(
            *(stack.enter_async_context(writing(path, now=NOW)) for _ in range(4)), return_exceptions=False
        )
        for number, store in enumerate(stores):
            await store.write(many(1, first=number))
    async with reading(path) as connection:
        assert len(await find_calls(connection, EVERYTHING)) == 4


# ---- what cannot be used


UNUSABLE = [
    (a_directory, "is a directory; name a file in it"),
    (no_directory, "is not a directory; make it"),
    (a_file_for_directory, "is not a directory; make it"),
    *REFUSED,
]


@pytest.mark.parametrize(("make", "words"), UNUSABLE, ids=lambda value: getattr(value, "__name__", ""))
def test_a_database_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "data" / "calls.db"
    path.parent.mkdir()
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with no_thread_left(), pytest.raises(StorageError, match=words) as caught:
        asyncio.run(open_and_close(path))
    assert "\n" not in str(caught.value)
    assert str(path.parent) in str(caught.value)
    assert isinstance(caught.value, SchemaTooNewError) == (make is newer)
    assert before is None or path.read_bytes() == before


async def test_a_database_that_another_holds_is_told_to_be_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_OPENING_WAITS_S", 0.01)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with no_thread_left(), pytest.raises(StorageError, match=r"calls.db is locked by another program; .*fuser"):
        async with writing(path, now=NOW):
            pass
    holder.close()


def test_an_sqlite_without_strict_tables_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(StorageError, match=r"is too old; run Python with SQLite 3\.37\.0 or newer"):
        asyncio.run(open_and_close(path))
    assert not path.exists()


# ---- cancelled


@pytest.mark.parametrize("milliseconds", range(12))
async def test_cancelled_at_any_moment_of_opening_it_leaves_nothing_open(path: Path, milliseconds: int) -> None:
    with no_thread_left():
        for opening in (writing(path, now=NOW), reading(path)):
            task = asyncio.ensure_future(opening.__aenter__())
            await asyncio.wait([task], timeout=milliseconds / 1000)
            task.cancel()
            result = (await asyncio.gather(task, return_exceptions=True))[0]
            if not isinstance(result, BaseException):
                await opening.__aexit__(None, None, None)
        await open_and_close(path)


async def test_cancelled_in_the_middle_of_a_transaction_it_is_finished_and_closed(path: Path) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with writing(path, now=NOW) as store:
            entered.set()
            await to_the_end(store.write(many(2000)))

    with no_thread_left():
        task = asyncio.ensure_future(work())
        await entered.wait()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with reading(path) as connection:
        assert len(await find_calls(connection, EVERYTHING)) == 2000


async def test_what_must_be_finished_gives_its_result_or_its_error() -> None:
    async def good() -> int:
        return 7

    async def bad() -> int:
        raise ValueError("bad")

    assert await to_the_end(good()) == 7
    with pytest.raises(ValueError, match="bad"):
        await to_the_end(bad())


@pytest.mark.parametrize(
    "ending", ["raise KeyError('x')", "sys.exit(3)", "asyncio.current_task().cancel(); await asyncio.sleep(0)"]
)
def test_a_process_that_ends_in_the_middle_does_not_hang(tmp_path: Path, ending: str) -> None:
    script = f"""
        import asyncio, sys
        from pathlib import Path
        from storage.database import writing
        from storage.reading import reading
        async def main():
            path = Path({str(tmp_path / "calls.db")!r})
            async with writing(path, now=1.0), reading(path):
                {ending}
        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        timeout=20,
        check=False,
        cwd=MIGRATIONS.parent.parent,
        env=os.environ | {"PYTHONDEVMODE": "1"},
    )
    assert done.returncode in {1, 3}
    assert b"ResourceWarning" not in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["calls.db"]

"""Opening, closing, and every way in which a database cannot be used: one line that says what to do."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage import database, opening
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import reading, to_the_end, writing
from storage.errors import SchemaTooNewError, StorageError
from storage.schema import MIGRATIONS, migrations
from tests.storage.sample_calls import a_call, ended, many
from tests.storage.threads import no_thread_left

NOW = 1_795_450_294.013
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


async def test_readers_see_what_is_written_while_it_is_open(path: Path) -> None:
    async with writing(path, now=NOW) as store, reading(path) as connection:
        await store.write(many(1))
        assert len(await find_calls(connection, EVERYTHING)) == 1
        await store.write(many(1, first=1))
        assert len(await find_calls(connection, EVERYTHING)) == 2


async def test_a_reader_does_not_wait_for_a_writer_in_a_transaction(path: Path) -> None:
    async with writing(path, now=NOW) as store:
        await store.write(many(1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with reading(path) as connection:
            assert len(await find_calls(connection, EVERYTHING)) == 1
        other.close()


async def test_a_reader_cannot_write(path: Path) -> None:
    async with writing(path, now=NOW):
        pass
    async with reading(path) as connection:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await connection.execute("DELETE FROM call")


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


def a_directory(path: Path) -> None:
    path.mkdir()


def no_directory(path: Path) -> None:
    path.parent.rmdir()


def a_file_for_directory(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


def not_a_database(path: Path) -> None:
    path.write_text("this is no database, " * 100)


def of_another_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()


def newer(path: Path) -> None:
    asyncio.run(open_and_close(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def changed(path: Path) -> None:
    asyncio.run(open_and_close(path))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE migration SET sha256 = 'another'")
    connection.commit()
    connection.close()


def damaged(path: Path) -> None:
    asyncio.run(open_and_close(path))
    content = path.read_bytes()
    path.write_bytes(content[:200] + b"\xa5" * (len(content) - 200))


async def open_and_close(path: Path) -> None:
    async with writing(path, now=NOW):
        pass


def empty(path: Path) -> None:
    path.touch()


def absent(path: Path) -> None:
    assert not path.exists()


UNUSABLE_FOR_WRITING = [
    (a_directory, "is a directory; name a file in it"),
    (no_directory, "is not a directory; make it"),
    (a_file_for_directory, "is not a directory; make it"),
    (not_a_database, "is not a database; name another file"),
    (of_another_program, "is a database of another program; name another file"),
    (newer, r"was made by a newer ringtally \(schema 99, .*update ringtally"),
    (changed, r"was made with another 0001_calls\.sql than the one installed"),
]
UNUSABLE_FOR_READING = [
    (absent, "there is no database at .*; name it with --db"),
    (a_directory, "there is no database at"),
    (empty, "is empty; start ringtally run once"),
    (damaged, "is damaged; restore a backup"),
    *(case for case in UNUSABLE_FOR_WRITING if case[0] not in {a_directory, no_directory, a_file_for_directory}),
]


@pytest.mark.parametrize(("make", "words"), UNUSABLE_FOR_WRITING, ids=lambda value: getattr(value, "__name__", ""))
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


@pytest.mark.parametrize(("make", "words"), UNUSABLE_FOR_READING, ids=lambda value: getattr(value, "__name__", ""))
def test_a_database_that_cannot_be_read_is_one_clear_line(path: Path, make: Callable[[Path], None], words: str) -> None:
    make(path)

    async def read() -> None:
        async with reading(path):
            pass

    with no_thread_left(), pytest.raises(StorageError, match=words) as caught:
        asyncio.run(read())
    assert "\n" not in str(caught.value)
    assert make is not absent or not path.exists()


async def test_an_older_schema_is_not_read_before_the_daemon_has_brought_it_up_to_date(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing(path, now=NOW):
        pass
    later = tmp_path / "migrations"
    later.mkdir()
    for step in MIGRATIONS.glob("*.sql"):
        (later / step.name).write_bytes(step.read_bytes())
    (later / f"{len(migrations()) + 1:04}_more.sql").write_text("CREATE TABLE more (a INTEGER) STRICT;")
    for module in (database, opening):
        monkeypatch.setattr(module, "migrations", lambda: migrations(later))
    with pytest.raises(StorageError, match=r"has an older ringtally's schema .*; start ringtally run once"):
        async with reading(path):
            pass
    async with writing(path, now=NOW):
        pass
    async with reading(path) as connection:
        assert list(await connection.execute_fetchall("SELECT * FROM more")) == []


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


def as_somebody_without_rights(directory: Path, code: str) -> str:
    """Run code as a user who owns nothing here, and return what it prints. Root is not stopped by a file's mode."""
    script = f"""
        import asyncio, os, sys, tempfile
        from pathlib import Path
        from storage import database, opening
        from storage.call_filter import CallFilter
        from storage.calls import find_calls
        steps = database.migrations()
        database.migrations = lambda: steps
        async def write():
            async with database.writing(path, now=1.0):
                pass
        async def read():
            async with database.reading(path) as connection:
                return len(await find_calls(connection, CallFilter()))
        # Checkout and interpreter may be out of reach for that user: everything is imported before.
        with tempfile.TemporaryDirectory() as elsewhere:
            path = Path(elsewhere, "calls.db")
            asyncio.run(write())
            asyncio.run(read())
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        path = Path(sys.argv[1])
        try:
            print(asyncio.run({code}()))
        except database.StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), str(directory / "calls.db")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=MIGRATIONS.parent.parent,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture
def shown() -> Iterator[Path]:
    """A directory that everybody can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory
        directory.chmod(0o755)


def make_read_only(directory: Path) -> None:
    for file in directory.iterdir():
        file.chmod(0o444)
    directory.chmod(0o555)


def test_a_directory_that_may_not_be_written_is_told(shown: Path) -> None:
    shown.chmod(0o555)
    assert "calls.db cannot be opened for writing (Permission denied); give this user" in as_somebody_without_rights(
        shown, "write"
    )


def test_a_file_that_may_not_be_written_is_told(shown: Path) -> None:
    asyncio.run(open_and_close(shown / "calls.db"))
    (shown / "calls.db").chmod(0o444)
    assert "calls.db cannot be opened for writing (Permission denied)" in as_somebody_without_rights(shown, "write")


def test_a_file_that_may_not_be_read_is_told(shown: Path) -> None:
    asyncio.run(open_and_close(shown / "calls.db"))
    (shown / "calls.db").chmod(0o000)
    assert "calls.db cannot be opened; see that the path and the rights" in as_somebody_without_rights(shown, "read")


def test_who_may_only_read_reads_a_database_that_nobody_has_open(shown: Path) -> None:
    async def fill() -> None:
        async with writing(shown / "calls.db", now=NOW) as store:
            await store.write([ended(a_call())])

    asyncio.run(fill())
    make_read_only(shown)
    assert as_somebody_without_rights(shown, "read") == "1"


async def test_who_may_only_read_reads_beside_the_daemon(shown: Path) -> None:
    path = shown / "calls.db"
    async with writing(path, now=NOW) as store:
        await store.write([ended(a_call())])
        make_read_only(shown)
        assert await asyncio.to_thread(as_somebody_without_rights, shown, "read") == "1"


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
        from storage.database import reading, writing
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

"""Reading while a daemon writes, and every way in which a database cannot be read: one line that says what to do."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import opening
from storage import reading as reading_module
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.schema import MIGRATIONS, migrations
from tests.storage.sample_calls import many
from tests.storage.threads import no_thread_left
from tests.storage.unusable import NOW, REFUSED, a_directory, absent, damaged, empty

EVERYTHING = CallFilter(merged=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


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


UNUSABLE = [
    (absent, "there is no database at .*; name it with --db"),
    (a_directory, "there is no database at"),
    (empty, "is empty; start ringtally run once"),
    (damaged, "is damaged; restore a backup"),
    *REFUSED,
]


@pytest.mark.parametrize(("make", "words"), UNUSABLE, ids=lambda value: getattr(value, "__name__", ""))
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
    for module in (opening, reading_module):
        monkeypatch.setattr(module, "migrations", lambda: migrations(later))
    with pytest.raises(StorageError, match=r"has an older ringtally's schema .*; start ringtally run once"):
        async with reading(path):
            pass
    async with writing(path, now=NOW):
        pass
    async with reading(path) as connection:
        assert list(await connection.execute_fetchall("SELECT * FROM more")) == []


async def test_who_reads_where_nothing_can_be_looked_for_fails_in_one_line(path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be looked for"):
        async with reading(path.with_name("x" * 300)):
            pass

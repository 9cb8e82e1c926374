"""Opening and closing the database: one connection that writes, any number that read.

Whatever goes wrong at opening is a StorageError of one line that names the file and the cure. What was begun is
finished even if the task is cancelled meanwhile: since aiosqlite 0.22 a connection left open keeps its thread, and the
thread keeps the process, for good; and a transaction cut off from its task ends nobody knows how.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import aiosqlite

from handlers.case_facts import CaseFact
from handlers.facts import CallEnded, GapEnded
from storage.batch import BatchConnection
from storage.errors import StorageError, cure, primary_code
from storage.live_calls import LiveChange
from storage.outbox import Change, Changed, Waiting, messages_of, read_statement
from storage.schema import Migration, check, migrate, migrations, version

Durability = Literal["normal", "full"]

OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_OPENING_WAITS_S = 5.0
# The writer retries by itself, and a stop must not take longer than two seconds.
_WRITER_WAITS_S = 0.5
_READER_WAITS_S = 5.0
_WAL_STAYS_BYTES = 16 * 1024 * 1024
_WRITER_CACHE_KIB = 8 * 1024
_FILE_MODE = 0o640  # numbers and names are personal data: not for everybody on the machine
_T = TypeVar("_T")


class Database:
    """The writing connection. There is one in a process; only `writer.Writer` writes with it."""

    def __init__(self, path: Path, connection: aiosqlite.Connection, batches: BatchConnection) -> None:
        self.path = path
        self._connection = connection
        self._batches = batches

    async def write(
        self,
        facts: Sequence[CallEnded],
        outbox: Change | None = None,
        cases: Sequence[CaseFact] = (),
        gaps: Sequence[GapEnded] = (),
        live: LiveChange | None = None,
    ) -> Changed:
        """Store finished calls, facts about cases, gaps and live calls, and change the outbox, all or nothing, in one hop to the thread.

        One at a time, and to the end: never under a time-out, never cancelled. See `batch.write`.
        """
        self._batches.staged = facts, outbox or Change(), cases, gaps, live
        await self._connection.commit()
        return self._batches.changed

    async def read_outbox(self, after: int, oldest_at: float, limit: int) -> list[Waiting]:
        """The next messages after an id, not older than a moment; at any time, between two transactions.

        Raises StorageError.
        """
        try:
            ((array,),) = await self._connection.execute_fetchall(*read_statement(after, oldest_at, limit))
        except sqlite3.Error as error:
            raise StorageError(f"{self.path} {cure(error)}") from error
        return messages_of(array)

    async def count_outbox(self) -> int:
        """How many messages are in the outbox. Raises StorageError."""
        try:
            ((count,),) = await self._connection.execute_fetchall("SELECT count(*) FROM outbox")
        except sqlite3.Error as error:
            raise StorageError(f"{self.path} {cure(error)}") from error
        return int(count)

    async def close(self) -> None:
        """Finish what runs and close; also when cancelled meanwhile, and harmless when closed already."""
        await to_the_end(self._connection.close())


@asynccontextmanager
async def writing(path: Path, *, now: float, durability: Durability = "normal") -> AsyncIterator[Database]:
    """The database at `path` for writing: made or brought up to date first, closed at the end.

    `now` (epoch seconds) is noted with the migrations that this applies. `durability`: `normal` survives the death of
    the process, and a power cut without damage but perhaps without the last calls; `full` loses none of them, for an
    fsync each time. Raises StorageError, SchemaTooNewError. The directory must exist: a typing mistake makes none.
    """
    opened: list[Database] = []

    async def opening() -> None:
        await asyncio.to_thread(_prepare, path, now)
        opened.append(await _connect_writer(path, durability))

    try:
        await to_the_end(opening())
        yield opened[0]
    finally:
        for database in opened:
            await database.close()


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """The database at `path` for reading only, while a daemon writes to it or not; closed at the end.

    Raises StorageError where there is none, or none that this ringtally can read.
    """
    opened: list[aiosqlite.Connection] = []

    async def opening() -> None:
        address = await asyncio.to_thread(_readable_address, path)
        connection = await aiosqlite.connect(
            address, uri=True, timeout=_READER_WAITS_S, isolation_level=None, iter_chunk_size=500
        )
        opened.append(connection)
        await connection.execute("PRAGMA query_only = ON")
        await connection.execute("PRAGMA trusted_schema = OFF")

    try:
        await to_the_end(opening())
        yield opened[0]
    finally:
        for connection in opened:
            await to_the_end(connection.close())


async def to_the_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Await something that must not be left half done. A cancellation meanwhile is raised when it is over."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()


async def _connect_writer(path: Path, durability: Durability) -> Database:
    made: list[BatchConnection] = []

    def make(*args: Any, **options: Any) -> BatchConnection:
        made.append(BatchConnection(*args, **options))
        return made[0]

    connection = await aiosqlite.connect(path, timeout=_WRITER_WAITS_S, isolation_level=None, factory=make)
    try:
        for setting in (
            f"synchronous = {'FULL' if durability == 'full' else 'NORMAL'}",
            "foreign_keys = ON",
            f"journal_size_limit = {_WAL_STAYS_BYTES}",
            f"cache_size = -{_WRITER_CACHE_KIB}",
        ):
            await connection.execute(f"PRAGMA {setting}")
    except BaseException:
        await connection.close()
        raise
    return Database(path, connection, made[0])


def _prepare(path: Path, now: float) -> None:
    """Make the file if there is none, and bring its schema up to date."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise StorageError(f"SQLite {sqlite3.sqlite_version} is too old; run Python with SQLite {wanted} or newer")
    steps = migrations()
    _make_file(path)
    try:
        connection = sqlite3.connect(path, timeout=_OPENING_WAITS_S, isolation_level=None)
        try:
            check(connection, path, steps)  # before anything is changed: it may be another program's
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StorageError(f"{path} is on a file system without shared memory; put it on a local disk")
            migrate(connection, path, now, steps)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StorageError(f"{path} {cure(error)}") from error


def _make_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StorageError(f"{path.parent} is not a directory; make it (mkdir -p) or name another path")
    if path.is_dir():
        raise StorageError(f"{path} is a directory; name a file in it")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be opened for writing ({error.strerror}); give this user the right to write to it "
            "and to its directory, or name another path"
        ) from error


def _readable_address(path: Path) -> str:
    """The URI under which the database can be read, after a look at whether it is one of ours and of our age."""
    if not path.is_file():
        raise StorageError(f"there is no database at {path}; name it with --db, or start ringtally run to make it")
    steps = migrations()
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        present = _look(address, path, steps)
    except sqlite3.Error as error:
        # A reader of WAL needs the -wal and -shm beside the file, or the right to make them. Without a -wal there is
        # nobody writing and nothing to miss, and the file alone is the whole truth.
        wal = path.with_name(path.name + "-wal")
        if primary_code(error) not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY} or wal.exists():
            raise StorageError(f"{path} {cure(error)}") from error
        address += "&immutable=1"
        try:
            present = _look(address, path, steps)
        except sqlite3.Error as again:
            raise StorageError(f"{path} {cure(again)}") from again
    if present < len(steps):
        what = f"has an older ringtally's schema ({present}, this one reads {len(steps)})" if present else "is empty"
        raise StorageError(f"{path} {what}; start ringtally run once to bring it up to date")
    return address


def _look(address: str, path: Path, steps: Sequence[Migration]) -> int:
    connection = sqlite3.connect(address, uri=True, timeout=_READER_WAITS_S)
    try:
        check(connection, path, steps)
        return version(connection)
    finally:
        connection.close()

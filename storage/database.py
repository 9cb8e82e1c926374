"""Opening, mending and closing the database for writing: there is one connection that does.

Whatever goes wrong at opening is a StorageError of one line that names the file and the cure. What was begun is
finished even if the task is cancelled meanwhile: since aiosqlite 0.22 a connection left open keeps its thread, and the
thread keeps the process, for good; and a transaction cut off from its task ends nobody knows how.
"""

import asyncio
import math
import os
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Literal, TypeVar

import aiosqlite

from handlers.case_facts import Case, CaseFact
from handlers.facts import CallEnded, GapEnded
from storage.batch import BatchConnection
from storage.damaged import set_aside, set_aside_leftovers
from storage.errors import DamagedError, MovedError, StorageError, storage_error, tells_of_damage
from storage.going_on import go_on
from storage.last_heard import written_at
from storage.live_calls import LiveChange
from storage.opening import BROKEN_OFF, Mended, begin_anew, finish, prepare, tell_set_aside
from storage.outbox import Change, Changed, Waiting, messages_of, read_statement
from storage.place import Place

Durability = Literal["normal", "full"]

# The writer retries by itself, and a stop must not take longer than two seconds.
_WRITER_WAITS_S = 0.5
_WAL_STAYS_BYTES = 16 * 1024 * 1024
_WRITER_CACHE_KIB = 8 * 1024
# A file that fails twice within this is damaged; the first time what the connection remembers of it is read anew.
_AGAIN_WITHIN_S = 60.0
# A disk that damages each new file at once must not be filled with them.
_ASIDE_EVERY_S = 600.0
_T = TypeVar("_T")


class Database:
    """The writing connection. There is one in a process; only `writer.Writer` writes with it.

    `now` (epoch seconds) is the moment of its making: what is set aside later is named by the time since.
    """

    def __init__(
        self,
        path: Path,
        connection: aiosqlite.Connection,
        batches: BatchConnection,
        durability: Durability = "normal",
        now: float = 0.0,
    ) -> None:
        self.path = path
        self._connection = connection
        self._batches = batches
        self._durability = durability
        self._began = now - monotonic()
        self._is_open = True
        self._is_damaged = False
        self._doubted_at = self._set_aside_at = -math.inf
        self._seen: os.stat_result | None = None
        self._aside: Path | None = None

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

    async def look(self) -> None:
        """Look whether the files are still those that were opened. Raises MovedError."""
        await asyncio.to_thread(self._batches.look)

    async def mend(self, error: BaseException, cases: Iterable[Case] = ()) -> Mended | None:
        """Make usable again what failed so, where that is in our hands; None: it is not, or needs nothing but another try.

        A file that is gone, or another one, is opened anew. One that is damaged is set aside, and a new one begun: there go `cases`,
        as they stand, and what the damaged one still tells of what waits. Raises StorageError where the new one cannot be opened;
        ask again then.
        """
        self._is_damaged |= tells_of_damage(error)
        if self._is_open and not self._is_damaged and not isinstance(error, MovedError):
            return None
        return await to_the_end(self._mend(cases))

    async def _mend(self, cases: Iterable[Case]) -> Mended:
        place = self._batches.place
        changed = None if place is None else await asyncio.to_thread(place.changed)
        if changed == "wal":
            # The connection still has what others do not find any more.
            with suppress(sqlite3.Error, ValueError):
                await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
        elif changed is None and self._is_damaged:
            if self._is_open and monotonic() - self._doubted_at > _AGAIN_WITHIN_S:
                self._doubted_at, self._is_damaged = monotonic(), False
                await self._connection.execute_fetchall("PRAGMA shrink_memory")
                return Mended()
            # Before it is closed: then SQLite sees that it has moved, and writes nothing into it any more.
            await asyncio.to_thread(self._set_aside)
        if self._is_open:
            self._is_open = False
            with suppress(sqlite3.Error):
                await self._connection.close()
        mended = await asyncio.to_thread(self._make_usable, changed == "file", cases)
        opened = await _connect_writer(self.path, self._durability, self._now)
        self._connection, self._batches = opened._connection, opened._batches
        self._is_open, self._is_damaged, self._aside, self._seen = True, False, None, None
        return mended

    def _make_usable(self, is_another: bool, cases: Iterable[Case]) -> Mended:
        """Beside the loop, with the connection closed."""
        if is_another and self._aside is None:
            self._wait_for_rest()
        try:
            prepare(self.path, self._now)
            if not is_another and self._aside is None:
                return Mended()
            return Mended(True, self._aside, go_on(self.path, self._aside, self._now, cases))
        except sqlite3.Error as error:
            raise storage_error(self.path, error) from error

    def _set_aside(self) -> None:
        if monotonic() - self._set_aside_at < _ASIDE_EVERY_S:
            raise DamagedError(
                f"{self.path} is damaged again, so soon; see whether the disk is sound (the kernel's log)"
            )
        try:
            self._aside = set_aside(self.path, self._now)
        except OSError as error:
            raise StorageError(
                f"{self.path} is damaged, and cannot be renamed ({error.strerror}); move it away"
            ) from error
        self._set_aside_at, self._doubted_at = monotonic(), -math.inf

    def _wait_for_rest(self) -> None:
        """Another file is there: it may be being written. Raises MovedError until it rests; what was ours beside it goes aside."""
        found = self.path.stat() if self.path.exists() else None
        before, self._seen = self._seen, found
        if found is not None and (
            before is None or (before.st_size, before.st_mtime_ns) != (found.st_size, found.st_mtime_ns)
        ):
            raise MovedError(f"{self.path} was replaced; the new file is opened once nobody writes to it")
        if self._batches.place is not None:
            set_aside_leftovers(self._batches.place, self._now)

    @property
    def _now(self) -> float:
        return self._began + monotonic()

    async def read_outbox(self, after: int, oldest_at: float, limit: int) -> list[Waiting]:
        """The next messages after an id, not older than a moment; at any time, between two transactions.

        Raises StorageError.
        """
        try:
            ((array,),) = await self._connection.execute_fetchall(*read_statement(after, oldest_at, limit))
        except sqlite3.Error as error:
            raise storage_error(self.path, error) from error
        except ValueError as error:  # the connection is being opened anew
            raise StorageError(f"{self.path} is not open") from error
        return messages_of(array)

    async def count_outbox(self) -> int:
        """How many messages are in the outbox. Raises StorageError."""
        try:
            ((count,),) = await self._connection.execute_fetchall("SELECT count(*) FROM outbox")
        except sqlite3.Error as error:
            raise storage_error(self.path, error) from error
        except ValueError as error:
            raise StorageError(f"{self.path} is not open") from error
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
        last_written = await asyncio.to_thread(written_at, path)
        try:
            await _finish_what_was_begun(path, now)
            await asyncio.to_thread(prepare, path, now)
        except DamagedError as error:
            await begin_anew_after(error, path, now, last_written)
            await _finish_what_was_begun(path, now)
        opened.append(await _connect_writer(path, durability, now))

    try:
        await to_the_end(opening())
        yield opened[0]
    finally:
        for database in opened:
            await database.close()


async def begin_anew_after(error: DamagedError, path: Path, now: float, last_written: float | None) -> None:
    """Set a damaged database aside and begin a new one, with a line for the operator. Raises StorageError where that cannot be.

    `last_written`: what `last_heard.written_at` said before this start opened it.
    """
    mended = await asyncio.to_thread(begin_anew, path, now, last_written)
    tell_set_aside(mended, path, str(error))


async def _finish_what_was_begun(path: Path, now: float) -> None:
    for mended in await asyncio.to_thread(finish, path, now):
        tell_set_aside(mended, path, BROKEN_OFF)


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


async def _connect_writer(path: Path, durability: Durability, now: float) -> Database:
    made: list[BatchConnection] = []

    def make(*args: Any, **options: Any) -> BatchConnection:
        made.append(BatchConnection(*args, **options))
        return made[0]

    connection = await aiosqlite.connect(path, timeout=_WRITER_WAITS_S, isolation_level=None, factory=make)
    try:
        for setting in (
            f"synchronous = {'FULL' if durability == 'full' else 'NORMAL'}",
            "foreign_keys = ON",
            "secure_delete = ON",  # numbers that were deleted are in the file no more
            f"journal_size_limit = {_WAL_STAYS_BYTES}",
            f"cache_size = -{_WRITER_CACHE_KIB}",
        ):
            await connection.execute(f"PRAGMA {setting}")
        await connection.execute_fetchall("PRAGMA user_version")  # reads, and so opens what is beside the file
        made[0].place = await asyncio.to_thread(Place.of, path)
    except BaseException:
        await connection.close()
        raise
    return Database(path, connection, made[0], durability, now)

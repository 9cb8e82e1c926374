"""The one writer: takes finished calls without ever waiting, and stores them in short batches.

What it promises:

1.  `put` does no I/O, never waits and never raises.
2.  While the database keeps up, a call is durable within 250 ms of `put`: it waits at most 100 ms for company.
3.  A batch that fails (disk full, locked, read-only) is kept and tried again, oldest first, until it succeeds. That is
    told once when it begins and once when it is over; `health` tells it at any time.
4.  Memory is bounded: beyond a limit of waiting calls the oldest are dropped, counted and told.
5.  A call that the database refuses for what it says costs that call, not its batch.
6.  A file that is gone, replaced or damaged is noticed within seconds, and storing goes on in another one: see `Database.mend`.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from handlers.case_facts import Case, CaseFact
from handlers.facts import CallEnded, GapEnded
from storage.backlog import Backlog, Entry
from storage.batch import MOST_ROWS
from storage.database import Database, to_the_end
from storage.errors import MovedError, StorageError
from storage.flushes import Flushes
from storage.live_calls import LiveChange
from storage.mender import Mender
from storage.outbox import Message, Outbox

# A call with its time line takes 3 to 4 KB of memory: this is 80 MB, and days of a busy office.
WAITING_LIMIT = 20_000
BATCH = MOST_ROWS
LINGER_S = 0.1
_FIRST_RETRY_S = 0.25
_LAST_RETRY_S = 5.0
_CLOSING_RETRY_S = 0.05
# What is on its way to the disk when we give up has so long to get there, or not.
_LAST_ATTEMPT_S = 1.0
# How soon it is noticed, though nobody calls, that somebody has taken the file away.
_LOOKS_EVERY_S = 5.0
# What a call itself can be at fault for; everything else is the database's state, and passes.
_REFUSALS = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, TypeError, AttributeError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """How the storing goes: one line for the operator while degraded, and numbers of calls since the start."""

    state: Literal["ok", "degraded"]
    reason: str | None
    waiting: int
    written: int
    dropped: int
    refused: int
    set_aside: int
    """Files that were damaged."""


class Writer:
    """Stores finished calls behind the pump's back: `run` in a task of its own, ended by `close`.

    `observe` is told the seconds that each successful transaction took, for a metric. `standing` gives the cases that wait, for a
    new file in the place of a damaged one. Everything is called in the event loop's thread.
    """

    def __init__(
        self,
        database: Database,
        *,
        observe: Callable[[float], None] = lambda _seconds: None,
        outbox: Outbox | None = None,
        limit: int = WAITING_LIMIT,
        linger_s: float = LINGER_S,
        standing: Callable[[], Iterable[Case]] = tuple,
    ) -> None:
        self._database = database
        self._observe = observe
        self._outbox = outbox
        self._linger_s = linger_s
        self._backlog = Backlog(database.path, limit)
        self._mender = Mender(database, outbox, standing, lambda: self.waiting)
        self._taken = self._written = self._refused = 0
        self._has_lost_calls = False
        self._on_lost: list[Callable[[], None]] = []
        self._flushes = Flushes()
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ended = asyncio.Event()
        self._closing = self._giving_up = False
        if outbox is not None:
            outbox.when_acknowledged(self._wake.set)
            outbox.when_damaged(self.suspect)

    @property
    def waiting(self) -> int:
        """Calls taken and not yet stored."""
        return self._backlog.waiting

    @property
    def health(self) -> Health:
        """How the storing goes at this moment."""
        reason, set_aside = self._mender.reason, self._mender.set_aside
        state: Literal["ok", "degraded"] = "ok" if reason is None else "degraded"
        return Health(state, reason, self.waiting, self._written, self._backlog.dropped, self._refused, set_aside)

    def put(
        self,
        fact: CallEnded | None,
        message: Message | None = None,
        cases: Sequence[CaseFact] = (),
        more_messages: Sequence[Message] = (),
        gaps: Sequence[GapEnded] = (),
    ) -> None:
        """Take a finished call, what it meant to cases, and what is to be published: stored together or not at all.

        Without a call: what time alone, or somebody's word, meant to cases, or gaps that are over.

        Who makes calls faster than a disk takes them (a replay) awaits `flush` now and then, or the oldest are dropped.
        """
        self._taken += 1
        messages = more_messages if message is None else (message, *more_messages)
        self._has_lost_calls |= self._backlog.add(Entry(fact, cases, messages, gaps))
        self._wake.set()
        if self._backlog.queued >= BATCH and self._mender.reason is None:
            self._hurry.set()

    def when_another(self, call: Callable[[], None]) -> None:
        """Whom to tell when storing goes on in another file, in which nothing is of what was stored before."""
        self._mender.when_another(call)

    def when_lost(self, call: Callable[[], None]) -> None:
        """Whom to tell when calls were dropped or refused: what is kept of them, as if they lived, is to go."""
        self._on_lost.append(call)

    def suspect(self, error: Exception) -> None:
        """Somebody else could not read the database: is it still there, and sound?"""
        self._mender.trouble = error
        self._wake.set()

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """For the time of the block nothing is stored: what comes waits, in memory."""
        async with self._turn:
            yield

    def keep(self, change: LiveChange) -> None:
        """Take what is to be kept of live calls; of what waits already the latest counts, so it is never more than there are."""
        self._backlog.keep(change)
        self._wake.set()

    async def run(self) -> None:
        """Store what comes, until `close`. Cancelled, it ends after the transaction it is in."""
        retry_s = _FIRST_RETRY_S
        try:
            while await self._batch_waits():
                async with self._turn:
                    is_stored = await to_the_end(self._store_batch())
                if is_stored:
                    retry_s = _FIRST_RETRY_S
                else:
                    await self._pause(retry_s)
                    retry_s = min(retry_s * 2, _LAST_RETRY_S)
        finally:
            self._ended.set()
            self._flushes.fail("the writer has ended")

    async def flush(self) -> None:
        """Wait until all that was put before is settled: stored, or else counted as dropped or refused.

        Raises StorageError with the reason when an attempt fails; what waits is kept and tried again all the same.
        """
        if self._taken == self._settled:
            return
        if self._ended.is_set():
            raise StorageError("the writer has ended")
        self._hurry.set()
        await self._flushes.until(self._taken)

    async def finish(self, timeout_s: float) -> bool:
        """Store what waits and end `run`. False: that takes more than so many seconds; it goes on being tried until `close`."""
        self._closing = True
        self._wake.set()
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        return self._ended.is_set()

    async def close(self, timeout_s: float) -> int:
        """Store what waits and end `run`, within so many seconds. Returns how many calls are not known to be stored."""
        if not await self.finish(timeout_s):
            self._giving_up = True
            await self.finish(_LAST_ATTEMPT_S)
        if self.waiting:
            log.error("calls_lost", number=self.waiting, reason=self._mender.reason)
        return self.waiting

    @property
    def is_finished(self) -> bool:
        """Is `run` over, and nothing left that it could not store: calls, gaps, what is to be kept of live calls?"""
        return self._ended.is_set() and not self._backlog.has_rows

    @property
    def _settled(self) -> int:
        return self._written + self._backlog.dropped + self._refused + self._backlog.merged

    async def _batch_waits(self) -> bool:
        """Wait for a call, and a moment more for others. False when the writer's work is over."""
        if self._giving_up:
            return False
        if not self._has_work and not self._closing:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKS_EVERY_S):
                    await self._wake.wait()
        if self._mender.reason is None and self._has_rows:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._hurry.wait()
        return self._has_rows or not self._closing

    @property
    def _has_work(self) -> bool:
        return self._has_rows or self._mender.trouble is not None

    @property
    def _has_rows(self) -> bool:
        return self._backlog.has_rows or (self._outbox is not None and self._outbox.has_work)

    async def _pause(self, retry_s: float) -> None:
        """Wait before the next attempt. A flush or the stop comes first."""
        if self._closing:
            await asyncio.sleep(_CLOSING_RETRY_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(retry_s):
                await self._hurry.wait()

    async def _store_batch(self) -> bool:
        """Store the oldest that wait, and count them, or look after the file; False if it failed, and then they wait as before."""
        if self._mender.trouble is not None and not await self._mend(self._mender.trouble):
            return False
        if not self._has_work:
            return await self._look()
        entries, live = self._backlog.take(BATCH)
        clock = asyncio.get_running_loop().time
        began_at = clock()
        try:
            refused = await self._write(entries, live)
        except Exception as error:  # whatever it is, the calls are kept and the operator is told
            self._backlog.put_back(live)
            return await self._mend(error)
        self._written += len(entries) - refused
        self._refused += refused
        self._backlog.done()
        self._recover()
        self._observe(clock() - began_at)
        if self._has_lost_calls and not self._backlog.queued:
            self._has_lost_calls = False
            for call in self._on_lost:
                call()
        return True

    async def _look(self) -> bool:
        try:
            await self._database.look()
        except MovedError as error:
            return await self._mend(error)
        return True

    async def _mend(self, trouble: Exception) -> bool:
        """False: the database is not usable now, and whoever awaits a flush is told why."""
        if not await self._mender.mend(trouble):
            self._flushes.fail(self._mender.reason or str(trouble))
            if not self._closing:
                self._hurry.clear()
            return False
        if self._mender.reason is not None and not self._has_work:
            self._recover()
        return True

    async def _write(self, entries: Sequence[Entry], live: LiveChange | None = None) -> int:
        """Store them, and return how many the database refused for what they say, found by halving."""
        facts = [entry.call for entry in entries if entry.call is not None]
        cases = [fact for entry in entries for fact in entry.cases]
        gaps = [gap for entry in entries for gap in entry.gaps]
        try:
            if self._outbox is None:
                await self._database.write(facts, None, cases, gaps, live)
            else:
                change = self._outbox.change([message for entry in entries for message in entry.messages])
                self._outbox.changed(change, await self._database.write(facts, change, cases, gaps, live))
        except _REFUSALS as error:
            if not entries:
                raise
            if live is not None:
                await self._write((), live)
            if len(entries) == 1:
                return await self._refuse(entries[0], str(error))
            half = len(entries) // 2
            return await self._write(entries[:half]) + await self._write(entries[half:])
        return 0

    async def _refuse(self, entry: Entry, reason: str) -> int:
        """The database does not take it. What a refused call meant to its case is kept all the same."""
        if entry.call is not None:
            self._has_lost_calls = True
            log.error("call_refused", call=entry.call.call.id, reason=reason)
            if entry.cases or entry.gaps:
                await self._write([replace(entry, call=None)])
        else:
            log.error("case_refused", case=entry.cases[0].case.id if entry.cases else None, reason=reason)
        return 1

    def _recover(self) -> None:
        self._mender.recovered(self._backlog.dropped)
        self._flushes.settle(self._settled)
        if not (self._flushes or self._closing or self._backlog.queued >= BATCH):
            self._hurry.clear()

"""`storage.keep`: takes away what is older, at night and outside working hours, a short step at a time, behind whatever is to be stored."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config.sections import Settings
from daemon import clock
from daemon.rules import working_time
from storage.call_json import iso
from storage.errors import DamagedError, StorageError
from storage.retention import DAY_S, Cleared, Clearing, Kept, settle, settled, settled_in
from storage.writer import Writer

LOOKS_EVERY_S = 60.0
NIGHT = range(1, 5)
"""Hours of the site's day in which hardly anybody calls."""
# A machine that is off at night clears by day.
OVERDUE_S = 2 * DAY_S
# After a step others have the disk to themselves for so many times as long.
REST_TIMES = 9
REST_LEAST_S = 0.05
# By so much the clock may run ahead of what is believed before somebody is told.
_DOUBTED_S = 1.5 * DAY_S

log = structlog.get_logger()


class Clearer:
    """Clears one database: `run` in a task of its own.

    `settings` are asked at each look. A writer with calls that wait goes first, and so does everything by day, but where nothing was
    cleared for two days.
    """

    def __init__(
        self, database: Path, settings: Callable[[], Settings], writer: Writer, looks_every_s: float = LOOKS_EVERY_S
    ) -> None:
        self._database = database
        self._settings = settings
        self._writer = writer
        self._looks_every_s = looks_every_s
        self._clearing: Clearing | None = None
        self._trouble: str | None = None
        self._gone: Counter[str] = Counter()
        self._longest_s = 0.0
        self._by_day = False
        self._reckoned = self._done_for = 0.0

    async def run(self) -> None:
        """Look and clear until cancelled."""
        while True:
            try:
                pause_s = await self._turn()
                self._trouble = None
            except StorageError as error:
                self._tell(error)
                pause_s = self._looks_every_s
            await asyncio.sleep(pause_s)

    async def _turn(self) -> float:
        """One step, or a look whether it is time; the seconds until the next."""
        now = clock.now()
        if self._writer.waiting or self._writer.health.state != "ok":
            return REST_LEAST_S
        if self._clearing is None:
            kept = await asyncio.to_thread(settled_in, self._database)
            if kept is None:  # the first time, or a database begun anew: what there is says best what time it is
                kept = await asyncio.to_thread(settle, self._database, now)
            if not self._is_time(kept, now):
                return self._looks_every_s
            self._start(await asyncio.to_thread(settle, self._database, now), now)
            return 0.0
        if not (self._by_day or self._is_night(now)):
            return self._looks_every_s  # it goes on the next night
        step = await asyncio.to_thread(self._clearing.step, self._database)
        if step is None:
            self._finish()
            return self._looks_every_s
        self._count(step)
        return max(REST_LEAST_S, REST_TIMES * step.held_s)

    def _is_time(self, kept: Kept, now: float) -> bool:
        if settled(kept, now, None) is None and kept.believed_at == self._done_for:
            return False
        self._by_day = abs(now - kept.advanced_at) > OVERDUE_S
        return self._by_day or self._is_night(now)

    def _is_night(self, now: float) -> bool:
        settings = self._settings()
        hours = settings.working_hours
        is_open = hours is not None and working_time(hours, settings.zone).is_open(now)
        return not is_open and datetime.fromtimestamp(now, UTC).astimezone(settings.zone).hour in NIGHT

    def _start(self, kept: Kept, now: float) -> None:
        if kept.behind_s(now) > _DOUBTED_S:
            log.warning(
                "clock_doubted",
                it_says=iso(now),
                cleared_as_of=iso(kept.believed_at),
                cure="see that the clock is right; if ringtally was away for so long, none: it catches up, a day each day",
            )
        settings = self._settings()
        self._gone.clear()
        self._longest_s = 0.0
        self._reckoned = kept.believed_at
        self._clearing = Clearing(kept.believed_at - settings.storage.keep, outbox=settings.mqtt is None)

    def _count(self, step: Cleared) -> None:
        self._gone[step.table] += step.rows
        self._longest_s = max(self._longest_s, step.held_s)

    def _finish(self) -> None:
        assert self._clearing is not None  # noqa: S101 - only what goes on can be over
        if self._gone:
            gone = {table: count for table, count in self._gone.items() if count}
            log.info("cleared", before=iso(self._clearing.before), longest_s=round(self._longest_s, 3), **gone)
        self._done_for, self._clearing = self._reckoned, None

    def _tell(self, error: StorageError) -> None:
        if isinstance(error, DamagedError):
            self._writer.suspect(error)
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("not_cleared", reason=str(error), cure="none; it is tried again")

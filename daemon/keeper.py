"""Keeps the live calls durably, so that a later run can take them up: once a second what changed, at a stop everything."""

import asyncio
from collections.abc import Callable, Sequence

from daemon import clock
from daemon.pump import Pump
from handlers.ami.events import GapReason
from handlers.core import Core
from handlers.facts import CallEnded, CallRetracted, Fact, GapEnded
from storage.live_calls import CallInRun, Heard, LiveChange
from storage.writer import Writer

KEPT_EVERY_S = 1.0
# How much more may have been heard than is noted. The gap of a daemon that dies is told so much too long at most.
HEARD_EVERY_S = 10.0
# After a gap all calls have changed: ten thousand at once would hold up the reader for more than half a second.
AT_ONCE = 250


class Keeper:
    """Hands the writer what a later run must know.

    `has_met`: has the PBX said in this run what there is? `silent_s`: for how many seconds has nothing come from it? A line that
    is dead looks like one on which nothing happens, so the PBX was heard until its last byte, and not a moment longer.
    """

    def __init__(
        self, core: Core, writer: Writer, pump: Pump, has_met: Callable[[], bool], silent_s: Callable[[], float]
    ) -> None:
        self._core = core
        self._writer = writer
        self._pump = pump
        self._has_met = has_met
        self._silent_s = silent_s
        self._resumed: tuple[float, float] | None = None
        self._is_first = True
        self._heard: Heard | None = None
        self._is_due = False
        self._none: set[CallInRun] = set()

    async def run(self) -> None:
        """Keep what changed, once a second, until cancelled."""
        while True:
            pause_s = 0.0 if self.keep() else KEPT_EVERY_S
            await asyncio.sleep(pause_s)

    def take(self, facts: Sequence[Fact]) -> None:
        """A gap that is over is stored with what is heard since, or the next one would begin where this one did.

        And a call that was joined to another with the other one: a later run would take its channels for a call once more.
        """
        for fact in facts:
            if isinstance(fact, CallRetracted):
                self._none.add((fact.call.id, fact.call.boot))
                self._is_due = True
            elif isinstance(fact, GapEnded):
                self._is_due = True
                self._resumed = (fact.at, clock.monotonic())
                self.keep()
        if any(isinstance(fact, CallEnded) and fact.call.merged_into for fact in facts):
            self._is_due = True
            self.keep()

    def begin_anew(self) -> None:
        """What was kept is lost: keep everything, soon."""
        self._is_first = True
        self._core.keep_all_anew()

    def keep(self, reason: GapReason = "killed") -> bool:
        """Keep what has changed, and say whether there may be more; `reason` is why the next run finds a gap here.

        Before the PBX was ever heard there is nothing. The first time and the last it is everything: what is kept of an earlier
        run is replaced by it, or the run ends.
        """
        broken = self._core.broken
        if broken is None and not self._has_met():
            return False
        now = clock.now()
        until, why = (self._heard_until(now), reason) if broken is None else (broken.at, broken.reason)
        heard = Heard(until, why, clock.uptime(until))
        is_last, is_first = reason != "killed", self._is_first
        most = None if is_first or is_last else AT_ONCE
        calls = self._core.changed_calls(now, at_once=is_last, most=most)
        is_more = len(calls) == most
        if is_more and self._heard is not None:
            heard = self._heard  # what is kept of the others is not of now yet
        is_old = self._heard is None or abs(heard.until - self._heard.until) >= HEARD_EVERY_S
        is_news = self._is_due or self._heard is None or heard.reason != self._heard.reason
        if calls or is_first or is_last or is_old or is_news:
            self._is_first, self._heard, self._is_due = False, heard, is_more
            self._writer.keep(LiveChange({call.id: call for call in calls}, heard, is_first, frozenset(self._none)))
            self._none.clear()
        return is_more

    def _heard_until(self, now: float) -> float:
        """The moment of the last byte, or of the snapshot behind it; of what waits in the pump's backlog nothing is known yet.

        What was noted before holds good: no event comes for a long time on a quiet line, and `Core.now` stands still.
        """
        # Before we ask: whoever is held up in between tells too early a moment, never too late a one.
        mono = clock.monotonic()
        silent_s = self._silent_s()
        heard_until = now - silent_s
        if self._resumed is not None:
            resumed_at, told_at = self._resumed
            if mono - silent_s > told_at:
                self._resumed = None  # and something was heard since
            else:
                heard_until = max(heard_until, min(resumed_at, now))
        if not self._pump.backlog:
            return heard_until
        return min(heard_until, max(self._core.now, 0.0 if self._heard is None else self._heard.until))

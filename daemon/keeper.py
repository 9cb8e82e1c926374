"""Keeps the live calls durably, so that a later run can take them up: once a second what changed, at a stop everything."""

import asyncio
from collections.abc import Callable, Sequence

from daemon import clock
from daemon.pump import Pump
from handlers.ami.events import GapReason
from handlers.core import Core
from handlers.facts import CallEnded, CallRetracted, Fact, GapEnded
from storage.live_calls import Heard, LiveChange
from storage.writer import Writer

KEPT_EVERY_S = 1.0
# While nothing happens. The gap of a daemon that dies then is told so much too long at most.
HEARD_EVERY_S = 10.0
# After a gap all calls have changed: ten thousand at once would hold up the reader for more than half a second.
AT_ONCE = 250


class Keeper:
    """Hands the writer what a later run must know. `has_met`: has the PBX said in this run what there is?"""

    def __init__(self, core: Core, writer: Writer, pump: Pump, has_met: Callable[[], bool]) -> None:
        self._core = core
        self._writer = writer
        self._pump = pump
        self._has_met = has_met
        self._kept_at: float | None = None
        self._heard: Heard | None = None
        self._is_due = False
        self._none: set[str] = set()

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
                self._none.add(fact.call.id)
                self._is_due = True
        if any(isinstance(fact, GapEnded) or (isinstance(fact, CallEnded) and fact.call.merged_into) for fact in facts):
            self._is_due = True
            self.keep()

    def begin_anew(self) -> None:
        """What was kept is lost: keep everything, soon."""
        self._kept_at = None
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
        until = self._core.now if self._pump.backlog else now
        heard = Heard(until, reason) if broken is None else Heard(broken.at, broken.reason)
        is_last, is_first = reason != "killed", self._kept_at is None
        most = None if is_first or is_last else AT_ONCE
        calls = self._core.changed_calls(now, at_once=is_last, most=most)
        is_more = len(calls) == most
        if is_more and self._heard is not None:
            heard = self._heard  # what is kept of the others is not of now yet
        is_old = self._kept_at is None or abs(now - self._kept_at) >= HEARD_EVERY_S
        is_news = self._is_due or self._heard is None or heard.reason != self._heard.reason
        if calls or is_last or is_old or is_news:
            self._kept_at, self._heard, self._is_due = now, heard, is_more
            self._writer.keep(LiveChange({call.id: call for call in calls}, heard, is_first, frozenset(self._none)))
            self._none.clear()
        return is_more

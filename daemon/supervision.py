"""Keeps the service manager informed while the daemon runs: the status line, and a watchdog that only a turning pump feeds."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from daemon import clock
from daemon.ami_client import AmiState
from daemon.notify import Notifier

STATUS_EVERY_S = 1.0
LOOKS_PER_FEED = 2
FEEDS_PER_PATIENCE = 3
_PBX: dict[AmiState, str] = {
    "connecting": "PBX not yet connected",
    "unreachable": "PBX unreachable",
    "refused": "PBX refuses the login",
    "ready": "PBX connected",
    "lost": "PBX connection lost",
}

log = structlog.get_logger()


class Turning(Protocol):
    """What must never stand still: the pump."""

    turned_at: float

    def nudge(self) -> None:
        """Turn once, soon."""


def status_line(state: AmiState, live_calls: int, trouble: str | None = None) -> str:
    """What `systemctl status` shows: `PBX connected, 3 live calls`."""
    line = f"{_PBX[state]}, {live_calls} live call{'' if live_calls == 1 else 's'}"
    return line if trouble is None else f"{line}; {trouble}"


class Supervision:
    """Tells status changes, at most one a second, and feeds the watchdog.

    Each feeding nudges the pump, and the next one needs the pump to have turned since: an idle pump turns as often as the
    watchdog asks and no oftener, and one that is stuck, or whose task is gone, ends in our being killed and started again.
    """

    def __init__(self, notifier: Notifier, pump: Turning, status: Callable[[], str]) -> None:
        self._notifier = notifier
        self._pump = pump
        self._status = status
        self._told = ""
        self._nudged_at: float | None = None
        self._is_stuck = False
        patience_s = notifier.watchdog_s
        self._feed_every_s = None if patience_s is None else patience_s / FEEDS_PER_PATIENCE

    async def run(self) -> None:
        """Look again and again, until cancelled. Returns at once where nobody is to be told."""
        every_s = min(STATUS_EVERY_S, (self._feed_every_s or STATUS_EVERY_S) / LOOKS_PER_FEED)
        while self._notifier.is_heard:
            self.look(clock.monotonic())
            await asyncio.sleep(every_s)

    def look(self, now: float) -> None:
        """Tell what is to be told at `now`, monotonic seconds."""
        self._notifier.settle()
        status = self._status()
        if status != self._told and self._notifier.status(status):
            self._told = status
        if self._feed_every_s is None:
            return
        if self._nudged_at is None or now - self._nudged_at >= self._feed_every_s:
            self._feed(now)

    def _feed(self, now: float) -> None:
        if self._nudged_at is not None and self._pump.turned_at < self._nudged_at:
            if not self._is_stuck:
                self._is_stuck = True
                log.error(
                    "pump_stuck", for_s=round(now - self._pump.turned_at, 1), cure="the service manager restarts us"
                )
            return
        self._is_stuck = False
        self._nudged_at = now
        self._notifier.watchdog()
        self._pump.nudge()

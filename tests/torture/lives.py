"""The daemon's lives: one process after the other on the same settings and the same database, and how each of them ended."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon import clock
from tests.daemon.ringtally_process import Daemon, start
from tests.torture.sight import End

READY_WITHIN_S = 60.0
"""A start takes a second and a half, on a machine that has the time."""
STOPS_WITHIN_S = 15.0


class Lives:
    """At most one process at a time. All that they say on stderr is kept in `journal`."""

    def __init__(self, settings: Path, journal: Path, tasks: asyncio.TaskGroup) -> None:
        self.settings = settings
        self.ends: list[End] = []
        self.pauses: list[tuple[float, float]] = []
        """Since when until when it was frozen."""
        self.starts = 0
        self._journal = journal
        self._tasks = tasks
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._daemon: Daemon | None = None

    @property
    def daemon(self) -> Daemon:
        """The one that lives."""
        assert self._daemon is not None
        return self._daemon

    @property
    def lives(self) -> bool:
        """Does one run?"""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the program; it may be killed at any moment from here on."""
        assert not self.lives
        self.starts += 1
        self._process = await start("--config", self.settings, "run")
        self._daemon = Daemon(self._process)
        self._reading = self._tasks.create_task(self._daemon.read())

    async def ready(self) -> None:
        """It is logged in and has its snapshot; starts one where none lives."""
        if not self.lives:
            await self.start()
        try:
            await self.daemon.told("ami_ready", within_s=READY_WITHIN_S)
        except TimeoutError:
            raise AssertionError(f"not ready: {''.join(self.daemon.lines[-20:])}") from None
        self.daemon.port = int(self.daemon.events("started")[0]["http"].removeprefix("port "))

    async def connected(self, times: int) -> None:
        """It is ready for the so-manieth time in this life."""
        await self.daemon.told("ami_ready", times, READY_WITHIN_S)

    async def pause(self, seconds: float) -> None:
        """It is frozen for so long."""
        with self.paused():
            await asyncio.sleep(seconds)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It is frozen for the time of the block."""
        since = clock.now()
        self.daemon.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.daemon.send(signal.SIGCONT)
            self.pauses.append((since, clock.now()))

    async def ends_by_itself(self, within_s: float) -> bool:
        """Does it end within so many seconds?"""
        assert self._process is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._process.wait()
                return True
        return False

    async def kill(self) -> None:
        """SIGKILL."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        return await self._end(signal.SIGTERM)

    async def end(self) -> None:
        """Whatever runs is killed."""
        if self.lives:
            await self.kill()

    async def gone(self) -> int:
        """It ended by itself; the exit status."""
        return await self._end(None)

    async def _end(self, number: signal.Signals | None) -> int:
        assert self._process is not None
        assert self._reading is not None
        at = clock.now()
        if number is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
        async with asyncio.timeout(STOPS_WITHIN_S):
            status = await self._process.wait()
            self.ends.append(End(at, clock.now(), number is signal.SIGKILL))
            await self._reading
        with self._journal.open("a") as journal:
            journal.writelines(f"{line.rstrip()}\n" for line in self.daemon.lines)
        return status

    def last_words(self) -> str:
        """How the present life stands, and what it said last."""
        if self._process is None:
            return "never started"
        status = self._process.returncode
        said = "".join(self.daemon.lines[-15:])
        return f"{'it runs' if status is None else f'it ended with {status}'} and said last:\n{said}"

    def moments(self, event: str) -> list[float]:
        """When the lives that have ended told of an event; epoch seconds."""
        return [at for at, _ in self._told(event)]

    def stalls(self) -> list[tuple[float, float]]:
        """Since when until when they, or the line, stood still by their own word: on a busy machine nobody has to freeze them."""
        return [
            (at - float(str(line.get("stood_still_s") or line["line_stalled_s"])), at)
            for at, line in self._told("ami_read_late")
        ]

    def _told(self, event: str) -> list[tuple[float, dict[str, object]]]:
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        told: list[dict[str, Any]] = []
        for line in lines:
            with suppress(json.JSONDecodeError):  # who is killed may have been cut short
                told += [json.loads(line)] if line.startswith("{") else []
        return [
            (datetime.fromisoformat(line["timestamp"]).timestamp(), line) for line in told if line["event"] == event
        ]

"""Reports made beside the daemon: one at a time in a process of its own, which ends when nobody asks for a while."""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from daemon.report_worker import ReportTask
from storage.errors import StorageError

WITHIN_S = 60.0
"""So long one may take."""
TURN_WITHIN_S = 15.0
"""So long somebody waits for his turn."""
WAITING_MOST = 8
IDLE_S = 60.0
_HEADER_LONGEST = 100
log = structlog.get_logger()


class ReportBusyError(Exception):
    """Others are being made."""


class ReportTooSlowError(Exception):
    """It took longer than one may."""


class ReportTooLargeError(Exception):
    """It would list more calls than one may; the message says what would do."""


class ReportFaultError(Exception):
    """A fault of ours; the message says where, and nothing that a caller wrote."""


class ReportProcess:
    """The process, begun when somebody asks, and ended with the report that nobody waits for any more."""

    def __init__(
        self, within_s: float = WITHIN_S, turn_within_s: float = TURN_WITHIN_S, idle_s: float = IDLE_S
    ) -> None:
        self._within_s = within_s
        self._turn_within_s = turn_within_s
        self._idle_s = idle_s
        self._turn = asyncio.Lock()
        self._asking = 0
        self._process: Process | None = None
        self._leaving: Process | None = None
        """Told to end, and perhaps not gone yet."""
        self._idle: asyncio.TimerHandle | None = None

    @property
    def within_s(self) -> float:
        """So long a report may take."""
        return self._within_s

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    async def make(self, task: ReportTask) -> bytes:
        """The answer to a task. Raises this module's errors, and StorageError as of the database."""
        async with self._own_turn():
            try:
                async with asyncio.timeout(self._within_s):
                    outcome, body = await self._asked(task)
            except TimeoutError:
                await self.close()
                log.warning("report_too_slow", within_s=self._within_s)
                raise ReportTooSlowError from None
            except (OSError, EOFError, ValueError) as error:
                await self.close()
                raise ReportFaultError(f"the process that makes reports is gone: {type(error).__name__}") from None
            except BaseException:
                await self.close()  # nobody waits for it any more
                raise
            self._end_when_idle()
        return _told(outcome, body)

    async def close(self) -> None:
        """End the process, whatever it does."""
        if self._idle is not None:
            self._idle.cancel()
        for process in (self._process, self._leaving):
            if process is None:
                continue
            if process.returncode is None:
                process.kill()
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
        self._process = self._leaving = None

    @asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        if self._asking >= WAITING_MOST:
            raise ReportBusyError
        self._asking += 1
        try:
            try:
                async with asyncio.timeout(self._turn_within_s):
                    await self._turn.acquire()
            except TimeoutError:
                raise ReportBusyError from None
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._asking -= 1

    async def _asked(self, task: ReportTask) -> tuple[str, bytes]:
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
        written = pickle.dumps(task)
        process.stdin.write(b"%d\n%b" % (len(written), written))
        await process.stdin.drain()
        outcome, _, size = (await process.stdout.readline()).decode("ascii").partition(" ")
        return outcome, await process.stdout.readexactly(int(size))

    async def _running(self) -> Process:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._process is not None and self._process.returncode is not None:
            await self.close()
        if self._process is None:
            # -P: what lies where the daemon was started is no part of it.
            command = (sys.executable, "-P", "-m", "daemon.report_worker")
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        return self._process

    def _end_when_idle(self) -> None:
        def end() -> None:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()  # it ends by itself
                self._process, self._leaving = None, self._process

        self._idle = asyncio.get_running_loop().call_later(self._idle_s, end)


def _told(outcome: str, body: bytes) -> bytes:
    if outcome == "done":
        return body
    words = body.decode("utf-8", "replace")
    if outcome == "storage":
        raise StorageError(words)
    if outcome == "too_many":
        raise ReportTooLargeError(words)
    raise ReportFaultError(words)

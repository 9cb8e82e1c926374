"""`ringtally record` as a process of its own, as somebody at a terminal runs it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.daemon.ringtally_process import WITHIN_S, start


class Recorder:
    """A running recorder, what it says on stderr, and its file."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path) -> None:
        self._process = process
        self._turn = asyncio.Condition()
        self._looked_at = 0
        self._lines: list[str] = []
        self._is_over = False
        self.file = file

    @property
    def said(self) -> str:
        """All that it has said so far."""
        return "".join(self._lines)

    async def read(self) -> None:
        """Take what it says, to the end."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            async with self._turn:
                self._lines.append(line.decode())
                self._turn.notify_all()
        async with self._turn:
            self._is_over = True
            self._turn.notify_all()

    async def says(self, words: str) -> None:
        """It says this, after all that was waited for before."""

        def lines() -> list[int]:
            return [n for n, line in enumerate(self._lines) if n >= self._looked_at and words in line]

        try:
            async with asyncio.timeout(WITHIN_S), self._turn:
                await self._turn.wait_for(lambda: lines() or self._is_over)
        except TimeoutError:
            raise AssertionError(f"it never says {words!r}: {self.said}") from None
        assert lines(), f"it ended and had not said {words!r}: {self.said}"
        self._looked_at = lines()[0] + 1

    async def has(self, text: bytes, times: int = 1) -> None:
        """The file has this so many times: one that grows tells nobody."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while self.file.read_bytes().count(text) < times:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not {times} times in the recording: {self.said}") from None


@asynccontextmanager
async def recording(settings: Path, file: Path, *options: str) -> AsyncIterator[Recorder]:
    """It records for the time of the block, at whose end it is interrupted and must end well."""
    process = await start("--config", settings, "record", *options, file)
    recorder = Recorder(process, file)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(recorder.read())
        try:
            await recorder.says(f"recording to {file}")
            yield recorder
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(WITHIN_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
    assert process.returncode == 0, f"{process.returncode}: {recorder.said}"

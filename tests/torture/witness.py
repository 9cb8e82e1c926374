"""A second client of a real PBX, which nobody disturbs: it hears what the daemon could have heard, and keeps the diary."""

import asyncio
from contextlib import suppress
from pathlib import Path

from daemon import clock
from tests.asterisk.pbx import SECRET
from tests.torture.diary import Diary
from tests.torture.truth import RESTARTED

END = b"\r\n\r\n"
LOGIN_WITHIN_S = 10.0


class Witness:
    """Logs in with the account that ringtally ships. One connection for each run of the PBX."""

    def __init__(self, host: str, path: Path, diary: Diary, tasks: asyncio.TaskGroup) -> None:
        self._host = host
        self.path = path
        self._diary = diary
        self._tasks = tasks
        self._listening: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def listen(self) -> None:
        """Logged in when this returns."""
        async with asyncio.timeout(LOGIN_WITHIN_S):
            reader, self._writer = await asyncio.open_connection(self._host, 5038, limit=2**20)
            await reader.readline()
            self._writer.write(
                f"Action: Login\r\nUsername: ringtally\r\nSecret: {SECRET}\r\nActionID: witness\r\n\r\n".encode()
            )
            answer = await reader.readuntil(END)
        assert answer.startswith(b"Response: Success"), answer
        self._listening = self._tasks.create_task(self._read(reader), name="witness")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                raw = await reader.readuntil(END)
                self._diary.event(clock.now(), raw, {})

    async def pbx_died(self) -> None:
        """Its stream is over, and the PBX with it."""
        await self.close()
        self._diary.event(clock.now(), RESTARTED, {})

    async def close(self) -> None:
        """Leave."""
        if self._listening is not None:
            assert self._writer is not None
            self._writer.close()
            async with asyncio.timeout(LOGIN_WITHIN_S):
                await self._listening
            self._listening = None

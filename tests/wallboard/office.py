"""A daemon and its PBX, on which nobody calls between two tests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, event, hangup, run_of_headers
from tests.daemon.ringtally_process import Daemon, write_settings
from tests.mqtt.service import SITE, ids


def joins(uniqueid: str) -> bytes:
    """The caller joins the queue `support`."""
    return event("QueueCallerJoin", run_of_headers(uniqueid) + "Queue: support\r\nPosition: 1\r\nCount: 1\r\n")


def settings(folder: Path, pbx: FakeAsterisk, port: int) -> Path:
    """Of a daemon on the same port in all its lives."""
    path = write_settings(folder, "127.0.0.1", pbx.port, SECRET, SITE)
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'))
    return path


@dataclass(frozen=True, slots=True)
class Office:
    """What boards of several tests look at, one after the other."""

    pbx: FakeAsterisk
    daemon: Daemon
    _numbers: Iterator[int] = field(default_factory=lambda: count(0, 1000))

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.daemon.port}/"

    @property
    def board(self) -> str:
        """Where its wallboard is."""
        return f"{self.address}wallboard/"

    def send(self, *events: bytes) -> None:
        """They happen on the PBX."""
        self.pbx.sessions[-1].send(b"".join(events))

    @asynccontextmanager
    async def calls(self, number: int = 1) -> AsyncIterator[list[str]]:
        """The ids of so many calls, fewer than a thousand, for a test to begin; at the end of the block they are over."""
        theirs = ids(next(self._numbers), number)
        try:
            yield theirs
        finally:
            self.send(*map(hangup, theirs))
            await self.daemon.until("/api/v1/live", '"total":0')

"""The daemon as a process between a scripted PBX and a real broker."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, hangup, new_channel
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings

PATIENCE = "30s"
"""A broker may have to wait for a processor."""
LITTLE_PATIENCE = "2500ms"
"""Of who is to notice soon that an answer does not come."""
SITE = (
    '[[trunks]]\nname = "town"\nchannels = ["PJSIP/trunk-*"]\n'
    '[queues.support]\n[[departments]]\nname = "Поддержка"\nqueues = ["support"]\n'
)


def mqtt(port: int, more: str = "", patience: str = PATIENCE) -> str:
    """The section for a broker on this port."""
    return f'{SITE}[mqtt]\nport = {port}\ntimeout = "{patience}"\nreconnect_max = "200ms"\n{more}'


@asynccontextmanager
async def publishing(folder: Path, pbx: FakeAsterisk, section: str) -> AsyncIterator[Daemon]:
    """The daemon for the time of the block, logged in to its PBX. Nobody but itself may write on its stderr."""
    async with running_daemon(write_settings(folder, "127.0.0.1", pbx.port, SECRET, section)) as daemon:
        await daemon.until("/-/ready", "ready")
        yield daemon
    assert not [line for line in daemon.lines if not line.startswith("{")], "".join(daemon.lines)


@contextmanager
def paused(daemon: Daemon) -> Iterator[None]:
    """The daemon stands still for the time of the block, so that somebody can listen before it speaks."""
    daemon.send(signal.SIGSTOP)
    try:
        yield
    finally:
        daemon.send(signal.SIGCONT)


def short_calls(pbx: FakeAsterisk, ids: list[str]) -> None:
    """Calls that end as soon as they began."""
    pbx.sessions[-1].send(b"".join(new_channel(each) + hangup(each) for each in ids))


def ids(first: int, count: int) -> list[str]:
    """Ids of calls that began one after the other."""
    return [f"1795450260.{number}" for number in range(first, first + count)]

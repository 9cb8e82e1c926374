"""A real mosquitto of its own for one test: free port, own settings, killed, frozen and started again as a test says."""

import asyncio
import getpass
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.daemon.free_port import closed_port

WITHIN_S = 60.0
SHIPPED = Path(__file__).parents[2] / "config/mosquitto"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def program(name: str) -> str:
    """Where it is installed; the test fails without it."""
    found = shutil.which(name, path=_PATH)
    assert found is not None, f"no {name}: run scripts/real-parts"
    return found


def shipped(folder: Path, password: str) -> str:
    """The settings that we ship, with `ringtally`'s password; its files are in `folder`."""
    for path in SHIPPED.glob("*.acl"):
        (folder / path.name).write_bytes(path.read_bytes())
        (folder / path.name).chmod(0o600)
    passwords(folder, password)
    return (SHIPPED / "ringtally.conf").read_text().replace("/etc/mosquitto", str(folder))


def passwords(folder: Path, password: str) -> str:
    """The path of a file with `ringtally`'s password."""
    path = folder / "passwords"
    command: list[str | Path] = [program("mosquitto_passwd"), "-b", "-c", path, "ringtally", password]
    subprocess.run(command, check=True, capture_output=True)
    return str(path)


class Mosquitto:
    """One broker on ports that stay the same over its lives.

    Settings that name the listeners 1883 and 9001 get them on free ports; else there is one listener, on `port`.
    """

    def __init__(self, folder: Path, more: str = "allow_anonymous true\n") -> None:
        self.port = closed_port()
        self.websocket_port = closed_port()
        if "listener " in more:
            listeners = more.replace("listener 1883", f"listener {self.port} 127.0.0.1")
            listeners = listeners.replace("listener 9001", f"listener {self.websocket_port} 127.0.0.1")
        else:
            listeners = f"listener {self.port} 127.0.0.1\n{more}"
        self._ports = [port for port in (self.port, self.websocket_port) if f"listener {port} " in listeners]
        self._process: asyncio.subprocess.Process | None = None
        self._settings = folder / "mosquitto.conf"
        self._journal = folder / "mosquitto.log"
        self._settings.write_text(f"user {getpass.getuser()}\npersistence false\nlog_dest stderr\n{listeners}")

    @property
    def journal(self) -> str:
        """What it has logged so far, over all its lives."""
        return self._journal.read_text(errors="replace")

    async def start(self) -> None:
        """Start it; it listens when this returns."""
        with self._journal.open("ab") as journal:
            self._process = await asyncio.create_subprocess_exec(
                program("mosquitto"),
                "-v",
                "-c",
                self._settings,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
            )
        async with asyncio.timeout(WITHIN_S):
            while not all([await _listens(port) for port in self._ports]):
                assert self._process.returncode is None, self.journal
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End it at once, with all that it retained."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def freeze(self) -> None:
        """It lives, and does nothing; the kernel still takes connections for it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def until(self, words: str, times: int = 1) -> None:
        """Wait until its log has this so often: a line in a file is signalled by nothing."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while self.journal.count(words) < times:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{words!r} not {times} times in the broker's log: {self.journal}") from None


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@asynccontextmanager
async def mosquitto(folder: Path, more: str = "allow_anonymous true\n") -> AsyncIterator[Mosquitto]:
    """A broker for the time of the block."""
    broker = Mosquitto(folder, more)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.kill()

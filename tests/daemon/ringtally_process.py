"""The program as a process of its own, as an operator starts it."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from daemon.cli import main
from tests.documents.asking import asking

RINGTALLY = Path(sys.executable).with_name("ringtally")
WITHIN_S = 60.0
"""Nothing takes so long; a machine on which everybody else is busy may need some of it."""
_ONE_AT_A_TIME = threading.Lock()
STOPS_WITHIN_S = 8.0
"""From the signal to the exit, where something might hold that up: less than any patience that it must not wait for. Two seconds are
promised, to which a service manager holds it in `tests/systemd`; here a busy machine may need some more.
"""
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("RINGTALLY_")}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: its exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: str


async def ran(*words: str | Path) -> Ended:
    """A command, from its start to its end."""
    process = await start(*words)
    async with asyncio.timeout(WITHIN_S):
        stdout, stderr = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, stdout, stderr.decode())


async def ran_here(*words: str | Path) -> Ended:
    """The same within this process: a start of Python for each command would take most of the time where many are asked for."""
    return await asyncio.to_thread(_invoked, *words)


def _invoked(*words: str | Path) -> Ended:
    with _ONE_AT_A_TIME:  # stdout and stderr are the whole process's
        done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Ended(done.exit_code, done.stdout_bytes, done.stderr)


class Daemon:
    """A running `ringtally run` whose settings have `[log] format = "json"`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Condition()
        self._all_read = asyncio.Event()
        self.lines: list[str] = []
        self.port = 0

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Has it not ended?"""
        return self._process.returncode is None

    def events(self, name: str) -> list[dict[str, Any]]:
        """The lines so far that tell of one event."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line for line in found if line["event"] == name]

    async def told(self, name: str, times: int = 1, within_s: float = WITHIN_S) -> dict[str, Any]:
        """The so-manieth line of an event, once it is there."""
        async with asyncio.timeout(within_s), self._turn:
            await self._turn.wait_for(lambda: len(self.events(name)) >= times)
        return self.events(name)[times - 1]

    async def read(self) -> None:
        """Take what it says on stderr, to the end."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            async with self._turn:
                self.lines.append(line.decode())
                self._turn.notify_all()
        self._all_read.set()

    async def get(self, path: str) -> tuple[int, str]:
        """An answer of its HTTP server."""
        async with asking(f"http://127.0.0.1:{self.port}") as session, session.get(path) as answer:
            return answer.status, await answer.text()

    async def until(self, path: str, wanted: str, status: int = 200) -> None:
        """Ask until the answer has this in it."""
        found, text = 0, ""
        try:
            async with asyncio.timeout(WITHIN_S), asking(f"http://127.0.0.1:{self.port}") as session:
                while not (found == status and wanted in text):
                    async with session.get(path) as answer:
                        found, text = answer.status, await answer.text()
                    await asyncio.sleep(0.03)
                for _ in range(10):  # what it said before it answered is here too: it is read
                    await asyncio.sleep(0)
        except TimeoutError:
            raise AssertionError(
                f"{path} did not come to say {wanted!r} with {status}; it said {found}: {text}"
            ) from None

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    async def stop(self, number: signal.Signals = signal.SIGTERM, within_s: float = WITHIN_S) -> int:
        """Send a signal and give the exit status; TimeoutError if that takes longer."""
        self._process.send_signal(number)
        return await self.ended(within_s)

    async def ended(self, within_s: float = WITHIN_S) -> int:
        """The exit status of one that is ending, once all that it said is read; TimeoutError if its end takes longer."""
        async with asyncio.timeout(within_s):
            status = await self._process.wait()
        async with asyncio.timeout(WITHIN_S):
            await self._all_read.wait()
        return status


@asynccontextmanager
async def running_daemon(settings: Path) -> AsyncIterator[Daemon]:
    """The daemon for the time of the block; killed at its end if it still runs."""
    process = await start("--config", settings, "run")
    daemon = Daemon(process)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(daemon.read())
        try:
            daemon.port = int((await daemon.told("started"))["http"].removeprefix("port "))
            yield daemon
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def write_settings(folder: Path, host: str, port: int, secret: str, more: str = "") -> Path:
    """Settings of a daemon on this PBX, all else on free ports and in `folder`."""
    path = folder / "ringtally.toml"
    path.touch(mode=0o600)
    path.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\nlanguage = "en"\n'
        f'[ami]\nhost = "{host}"\nport = {port}\nsecret = "{secret}"\nreconnect_max = "1s"\n'
        f'[http]\nlisten = "127.0.0.1:0"\n[log]\nformat = "json"\n[storage]\npath = "{folder / "calls.db"}"\n{more}'
    )
    return path


async def start(*words: str | Path) -> asyncio.subprocess.Process:
    """The program with these words, its output in pipes."""
    return await asyncio.create_subprocess_exec(
        RINGTALLY,
        *words,
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

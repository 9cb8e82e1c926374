"""The broker beside the demo, in a process of its own: what it costs is not the daemon's, what it says never reaches the terminal.

It comes with an extra, `ringtally[demo]`; without it the demo runs all the same.
"""

import asyncio
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import orjson

HOST = "127.0.0.1"
USERNAME = "ringtally"
START_WITHIN_S = 15.0
END_WITHIN_S = 1.0
_LIBRARY = "amqtt"
# Not by -m, which would load the file twice; -P, so that no folder named like ours in the current one is taken for it.
_COMMAND = ("-P", "-c", "from daemon.demo.broker_process import main; main()")


@dataclass(frozen=True, slots=True)
class DemoBroker:
    """A broker that listens: MQTT 3.1.1 on `port`, over websockets on `websocket_port`. Who has the password may publish."""

    port: int
    websocket_port: int
    password: str

    @property
    def websocket(self) -> str:
        """Where browsers on this machine reach it."""
        return f"ws://{HOST}:{self.websocket_port}/"


@dataclass(frozen=True, slots=True)
class NoBroker:
    """There is none. `reason` None: its extra is not installed."""

    reason: str | None = None


@asynccontextmanager
async def demo_broker(folder: Path) -> AsyncIterator[DemoBroker | NoBroker]:
    """The broker for the time of the block. What it has to say is written to a file in `folder`."""
    if find_spec(_LIBRARY) is None:
        yield NoBroker()
        return
    journal = folder / "broker.log"
    with journal.open("wb") as errors:
        # In a session of its own: the terminal's Ctrl-C is the daemon's, which still has a word to say to the broker.
        process = await asyncio.create_subprocess_exec(
            sys.executable, *_COMMAND, stdin=PIPE, stdout=PIPE, stderr=errors, start_new_session=True
        )
    try:
        yield await _started(process, journal)
    finally:
        await _end(process)


async def _started(process: Process, journal: Path) -> DemoBroker | NoBroker:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    assert process.stdout is not None  # noqa: S101 - likewise
    password = secrets.token_urlsafe(16)
    process.stdin.write(f"{password}\n".encode())
    try:
        async with asyncio.timeout(START_WITHIN_S):
            line = await process.stdout.readline()
    except TimeoutError:
        return NoBroker("it did not start in time")
    if not line:
        return NoBroker(_last_line(journal) or "it did not start")
    ports = orjson.loads(line)
    return DemoBroker(ports["tcp"], ports["websocket"], password)


def _last_line(journal: Path) -> str:
    """What a program that failed said last."""
    return (journal.read_text(errors="replace").strip().splitlines() or [""])[-1]


async def _end(process: Process) -> None:
    """It ends with its stdin; one that does not is killed."""
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    process.stdin.close()
    try:
        async with asyncio.timeout(END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()

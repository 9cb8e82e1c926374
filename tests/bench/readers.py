"""The four readers: `python -m tests.bench.readers KIND PORT BYTES`, each run a fresh process; prints one JSON object.

Measured is the reading process alone, all its threads, from asking for the stream until everything in it is done with. Each imports
only what it needs: what lies about in memory costs the garbage collector time.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import CallEnded
from handlers.rules import Rules

if TYPE_CHECKING:
    from daemon.app import Running

LOGIN = b"Action: Login\r\nActionID: 1\r\nUsername: bench\r\nSecret: bench\r\nEvents: on\r\n\r\n"
ASK = b"Action: BenchStream\r\nActionID: 2\r\n\r\n"
WITHIN_S = 120.0


class Stopwatch:
    """CPU and wall time of this process."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self, **counts: int) -> dict[str, float]:
        """Seconds since it was made, and what was counted meanwhile."""
        return {"cpu_s": time.process_time() - self._cpu, "wall_s": time.perf_counter() - self._wall, **counts}


async def panoramisk(port: int, _size: int) -> dict[str, float]:
    """The library as it comes, a callback for every event that does nothing."""
    from panoramisk import Manager

    logging.disable()
    manager = Manager(host="127.0.0.1", port=port, username="bench", secret="bench", loop=asyncio.get_running_loop())
    manager.register_event("*", lambda _manager, _event: None)
    await manager.connect()
    while not manager.authenticated:
        await asyncio.sleep(0.01)
    watch = Stopwatch()
    await manager.send_action({"Action": "BenchStream"})
    measured = watch.read()
    manager.close()
    return measured


class _Reader(asyncio.Protocol):
    """Logs in, asks for the stream, hands it to `take`; `done` holds what was measured when its end has come."""

    calls = 0

    def __init__(self) -> None:
        self.done: asyncio.Future[dict[str, float]] = asyncio.get_running_loop().create_future()
        self.framer = Framer(WANTED)
        self._answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(LOGIN)

    def data_received(self, data: bytes) -> None:
        blocks = self.framer.feed(data)
        if not self._answers and blocks:
            self._answers = 1
            self._watch = Stopwatch()
            self._transport.write(ASK)
        elif blocks and blocks[-1].startswith(b"Response: "):
            self.take(blocks[:-1])
            self.done.set_result(self._watch.read(calls=self.calls))
            self._transport.close()
        else:
            self.take(blocks)

    def take(self, blocks: list[bytes]) -> None:
        """Framing alone: nothing."""


class _Tracker(_Reader):
    """Decodes, and tracks calls."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = Decoder()
        self._core = Core(Rules())

    def take(self, blocks: list[bytes]) -> None:
        at = time.time()  # noqa: TID251 - what the protocol would ask daemon.clock for
        for block in blocks:
            event = self._decoder.decode(block, at)
            if event is not None:
                for fact in self._core.handle(event):
                    self.calls += isinstance(fact, CallEnded)


async def _read(port: int, make: Callable[[], _Reader]) -> dict[str, float]:
    _, protocol = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port)
    return await protocol.done


async def framing(port: int, _size: int) -> dict[str, float]:
    """Our framing: events told apart, unwanted ones dropped by their first line."""
    return await _read(port, _Reader)


async def tracker(port: int, _size: int) -> dict[str, float]:
    """Framing, decoding, and the core with its calls."""
    return await _read(port, _Tracker)


async def daemon(port: int, size: int) -> dict[str, float]:
    """The daemon as `ringtally run` makes it, until the last call is in the database."""
    from config.sections import Settings
    from daemon.app import App
    from daemon.log import configure_log

    configure_log("error")
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings.model_validate(
            {
                "ami": {"port": port, "username": "bench", "secret": "bench", "ping_interval": 600},
                "storage": {"path": str(Path(directory, "calls.db"))},
                "http": {"listen": "127.0.0.1:0"},
            }
        )
        app = App(settings)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(app.run())
            measured = await _watched(await app.started, size)
            app.stop.set()
    return measured


async def _watched(running: "Running", size: int) -> dict[str, float]:
    while running.client.state != "ready":
        await asyncio.sleep(0.01)
    protocol = running.client.protocol
    assert protocol is not None
    assert protocol.transport is not None
    size += protocol.framer.bytes
    watch = Stopwatch()
    protocol.transport.write(ASK)
    while protocol.framer.bytes < size or running.pump.backlog:
        await asyncio.sleep(0.005)
    await running.writer.flush()
    return watch.read(calls=running.writer.health.written, lost=running.writer.health.dropped)


KINDS: Mapping[str, Callable[[int, int], Awaitable[dict[str, float]]]] = {
    "panoramisk": panoramisk,
    "framing": framing,
    "tracker": tracker,
    "daemon": daemon,
}


async def _run(kind: str, port: int, size: int) -> Any:
    async with asyncio.timeout(WITHIN_S):
        return await KINDS[kind](port, size)


if __name__ == "__main__":
    print(orjson.dumps(asyncio.run(_run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))).decode())

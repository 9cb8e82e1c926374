"""The daemon in a full house: `python -m tests.bench.housed PORT DATABASE`, a process of its own, which does what stdin says.

It prints the port of its HTTP server. Then each line is an order, and answered by a line of JSON once it is done: what an action asks
of the PBX (`BenchFill`), `drop` (the connection is lost; done when it is there again), `mark` (nothing). The JSON has what was
measured since the order before: CPU, and how late the loop was.
"""

import asyncio
import gc
import sys
import time
from pathlib import Path

import orjson

from config.sections import Settings
from daemon.app import App, Running, run_until_signalled
from daemon.log import configure_log
from tests.bench.flooded import Watch
from tests.bench.readers import Stopwatch

WITHIN_S = 600.0


async def housed(port: int, database: Path) -> None:
    """The daemon as `ringtally run` makes it, until stdin ends."""
    configure_log("error")
    settings = Settings.model_validate(
        {
            "ami": {"port": port, "username": "bench", "secret": "bench"},
            "storage": {"path": str(database)},
            "http": {"listen": "127.0.0.1:0"},
        }
    )
    app = App(settings)
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_until_signalled(app))
        running = await app.started
        await _ready(running)
        print(running.port, flush=True)
        await _obey(running)
        app.stop.set()


async def _ready(running: Running) -> None:
    while running.client.state != "ready" or running.pump.backlog:
        await asyncio.sleep(0.005)


async def _obey(running: Running) -> None:
    watch, stopwatch, pauses = Watch(running), Stopwatch(), Pauses()
    gc.callbacks.append(pauses)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(watch.look())
        while order := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await _done(running, order)
            await asyncio.sleep(0.1)
            found = watch.found() | stopwatch.read() | {"calls": running.core.live_count, "collected_s": pauses.most_s}
            print(orjson.dumps(found).decode(), flush=True)
            watch.late.clear()
            pauses.most_s = 0.0
            stopwatch = Stopwatch()
        looking.cancel()


class Pauses:
    """The longest that the garbage collector took."""

    def __init__(self) -> None:
        self.most_s = self._began = 0.0

    def __call__(self, phase: str, _about: object) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.most_s = max(self.most_s, time.perf_counter() - self._began)


async def _done(running: Running, order: str) -> None:
    protocol = running.client.protocol
    assert protocol is not None
    if order == "drop":
        running.client.drop()
        while running.client.state == "ready":
            await asyncio.sleep(0.005)
    elif order != "mark":
        await protocol.ask({"Action": order}, WITHIN_S)
    await _ready(running)
    await running.writer.flush()


if __name__ == "__main__":
    asyncio.run(housed(int(sys.argv[1]), Path(sys.argv[2])))

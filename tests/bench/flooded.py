"""The daemon in a flood: `python -m tests.bench.flooded PORT BYTES DATABASE STALL_AT STALL_S`, a process of its own.

Prints the port of its HTTP server when the stream begins, and one JSON object at its end. At a moment of the stream its disk
stalls: the thread that stores stands still in the middle of a commit.
"""

import asyncio
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson

from config.sections import Settings
from daemon.app import App, Running, run_until_signalled
from daemon.log import configure_log
from storage.batch import BatchConnection
from tests.bench.readers import ASK, Stopwatch

_LOOK_EVERY_S = 0.005
WITHIN_S = 600.0


class Watch:
    """The most of what there was while the daemon ran, looked for every 5 ms."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.backlog = self.waiting = self.live = 0
        self.late: list[float] = []
        self.degraded_s = 0.0

    async def look(self) -> None:
        """Look until cancelled."""
        running = self._running
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
            took_s = time.monotonic() - slept_at
            self.late.append(took_s - _LOOK_EVERY_S)
            self.backlog = max(self.backlog, running.pump.backlog)
            self.waiting = max(self.waiting, running.writer.waiting)
            self.live = max(self.live, running.core.sizes()["calls"])
            self.degraded_s += took_s if running.writer.health.state == "degraded" else 0.0

    def found(self) -> dict[str, float]:
        """As JSON. `late`: by how much the loop came too late to this look."""
        late = sorted(self.late)
        return {
            "backlog": self.backlog,
            "waiting": self.waiting,
            "live": self.live,
            "degraded_s": self.degraded_s,
            "late_p99_s": late[int(len(late) * 0.99)],
            "late_most_s": late[-1],
        }


def stall(at_s: float, seconds: float) -> None:
    """Let the next commit after `at_s` take so long, once."""
    due = threading.Event()
    commit = BatchConnection.commit

    def stalled(self: BatchConnection) -> None:
        if due.is_set():
            due.clear()
            time.sleep(seconds)
        commit(self)

    BatchConnection.commit = stalled  # type: ignore[method-assign]  # the disk's doing
    timer = threading.Timer(at_s, due.set)
    timer.daemon = True
    timer.start()


async def flooded(port: int, size: int, database: Path, stall_at: float, stall_s: float) -> dict[str, float]:
    """The daemon as `ringtally run` makes it, from the asking until the last call is stored."""
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
        running_app = tasks.create_task(run_until_signalled(app))
        running = await app.started
        while running.client.state != "ready":
            await asyncio.sleep(0.01)
        measured = await _measured(running, size, stall_at, stall_s)
        app.stop.set()
        await running_app
    return measured


async def _measured(running: Running, size: int, stall_at: float, stall_s: float) -> dict[str, float]:
    protocol = running.client.protocol
    assert protocol is not None
    assert protocol.transport is not None
    size += protocol.framer.bytes
    watch, stopwatch = Watch(running), Stopwatch()
    print(running.port, flush=True)
    stall(stall_at, stall_s)
    protocol.transport.write(ASK)
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(watch.look())
        while protocol.framer.bytes < size or running.pump.backlog:
            await asyncio.sleep(0.05)
        handled = stopwatch.read()
        looking.cancel()
    await running.writer.flush()
    health = running.writer.health
    counters = running.client.counters
    return {
        **stopwatch.read(stored=health.written, dropped=health.dropped, refused=health.refused),
        **watch.found(),
        "handled_s": handled["wall_s"],
        "connects": counters.connects,
        "bad": counters.bad.total(),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(port: str, size: str, database: str, stall_at: str, stall_s: str) -> Any:
    """One run."""
    return asyncio.run(flooded(int(port), int(size), Path(database), float(stall_at), float(stall_s)))


if __name__ == "__main__":
    print(orjson.dumps(main(*sys.argv[1:])).decode())

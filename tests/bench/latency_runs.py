"""The runs behind `tests.bench.latency`: a real daemon in a process of its own, between a scripted PBX and a real mosquitto."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from tests.bench.pace import Stretch, Told, play, stretch_of
from tests.bench.subscriber import Subscriber, subscribing
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, event, hangup, new_channel, run_of_headers
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings
from tests.mqtt.broker import Mosquitto

LAST_WITHIN_S = 10.0
# So long that no topic is held back: the list of live calls is told once a second at most.
QUIET_S = (1.2, 1.6)
_LOOK_EVERY_S = 0.005


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the daemon while so many events came."""

    cpu_s: float
    events: int

    @property
    def per_event_us(self) -> float:
        """Microseconds."""
        return self.cpu_s / self.events * 1e6


@dataclass(slots=True)
class AtRate:
    """What was measured at one rate, latencies in seconds.

    `live`: started, ringing, answered. `ended` comes through the outbox. `unheard`: messages that had to come and did not. `late`:
    by how much this process itself woke up too late, looking every 5 ms: what a busy machine adds.
    """

    rate: float
    per_s: float = 0.0
    live: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    unheard: int = 0
    off: list[Cost] = field(default_factory=list)
    on: list[Cost] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How many times the CPU an event takes with a broker: the median of the runs that followed each other."""
        return median(on.per_event_us / off.per_event_us for on, off in zip(self.on, self.off, strict=True))

    def note(self, stretch: Stretch, first: int, sent: list[float], heard: Mapping[Told, float]) -> None:
        """Take the latencies of what came about by the events from the `first` on."""
        for told, number in stretch.causes.items():
            if number < first:
                continue
            if told in heard:
                (self.ended if told[1] == "ended" else self.live).append(heard[told] - sent[number])
            else:
                self.unheard += 1


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, all its threads; to the nanosecond, which `stat` beside it is not."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@asynccontextmanager
async def _daemon(pbx: FakeAsterisk, section: str) -> AsyncIterator[Daemon]:
    """A fresh daemon, logged in to its PBX and to the broker where there is one."""
    with tempfile.TemporaryDirectory() as name:
        async with running_daemon(write_settings(Path(name), "127.0.0.1", pbx.port, SECRET, section)) as daemon:
            await daemon.until("/-/ready", "ready")
            if section:
                await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
            yield daemon
            await daemon.stop()


async def at_rate(rate: float, seconds: float, warm_s: float, rounds: int, broker: Mosquitto) -> AtRate:
    """Without a broker and with one in turn, on the same events; measured is what comes after the warm-up."""
    stretch = stretch_of(rate, warm_s + seconds)
    first = stretch.since(warm_s)
    found = AtRate(rate, (len(stretch.events) - first) / seconds)
    for _ in range(rounds):
        async with FakeAsterisk(steady=True) as pbx, _daemon(pbx, "") as daemon:
            cost, _ = await _played(stretch, first, pbx, daemon)
            found.off.append(cost)
        async with (
            FakeAsterisk(steady=True) as pbx,
            subscribing(broker.port) as subscriber,
            _daemon(pbx, f"[mqtt]\nport = {broker.port}\n") as daemon,
            _looking(found.late),
        ):
            cost, sent = await _played(stretch, first, pbx, daemon)
            await _last_heard(subscriber, stretch)
            found.on.append(cost)
            found.note(stretch, first, sent, subscriber.heard)
    return found


async def _played(stretch: Stretch, first: int, pbx: FakeAsterisk, daemon: Daemon) -> tuple[Cost, list[float]]:
    send, began = pbx.sessions[-1].send, time.monotonic()
    sent = await play(stretch.events[:first], send, began)
    before_s = cpu_s(daemon.pid)
    sent += await play(stretch.events[first:], send, began)
    return Cost(cpu_s(daemon.pid) - before_s, len(stretch.events) - first), sent


async def _last_heard(subscriber: Subscriber, stretch: Stretch) -> None:
    """The last messages are still on their way when the last event is sent; one that never comes ends the patience."""
    ends_at = time.monotonic() + LAST_WITHIN_S
    while not stretch.causes.keys() <= subscriber.heard.keys() and time.monotonic() < ends_at:
        await asyncio.sleep(0.01)


@asynccontextmanager
async def _looking(late: list[float]) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
            late.append(time.monotonic() - slept_at - _LOOK_EVERY_S)

    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look())
        try:
            yield
        finally:
            looking.cancel()


async def after_quiet(changes: int, broker: Mosquitto) -> list[float]:
    """How long the first change of a queue's retained state takes after a quiet time: a caller joins, or leaves."""
    random, taken = Random(1), list[float]()
    async with (
        FakeAsterisk(steady=True) as pbx,
        subscribing(broker.port) as subscriber,
        _daemon(pbx, f"[queues.support]\n[mqtt]\nport = {broker.port}\n"),
    ):
        for number in range(-(-changes // 2)):
            call = f"1795450260.{number}"
            place = run_of_headers(call) + "Queue: support\r\nPosition: 1\r\nCount: {}\r\n"
            joins = new_channel(call) + event("QueueCallerJoin", place.format(1))
            leaves = event("QueueCallerLeave", place.format(0)) + hangup(call)
            for waiting, raw in ((1, joins), (0, leaves)):
                await asyncio.sleep(random.uniform(*QUIET_S))
                sent_at = time.monotonic()
                pbx.sessions[-1].send(raw)
                async with asyncio.timeout(LAST_WITHIN_S):
                    taken.append(await subscriber.until("queue/support/state", "waiting", waiting) - sent_at)
    return taken

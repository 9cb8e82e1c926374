"""A week of a busy PBX in accelerated time: `python -m tests.bench.week`; does anything grow that should not?

The recordings as an account with every right is told of them, RTCP, VarSet and all, played with fresh ids and numbers so often that
a day has so many calls; time passes in the events. All the daemon's parts but the sockets: framing, decoding, pump, core, metrics,
board with one listener, database. In the middle of the second day some thousand talks begin whose ends never come.
"""

import asyncio
import gc
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from itertools import chain
from pathlib import Path
from random import Random
from unittest.mock import patch

import click

from config.sections import Settings
from daemon import clock
from daemon.log import configure_log
from daemon.parts import Parts, build
from daemon.sinks.live_metrics import Link
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import Framer
from handlers.facts import EventDoubted, Fact
from tests.bench.live_calls import talking
from tests.bench.stream import PLAYED, START, Serials, flow, template_of

DAY_S = 86_400.0
PHONES = 500
NEVER_ENDING = 10_000
# Rows that come of one play of each recording, those of calls that become part of another too.
CALLS_PER_ROUND = 37
_TOGETHER = 2_000
_FLUSH_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Day:
    """How things stand when a day of the events is over; the counts are those since the start."""

    day: int
    calls: int
    events: int
    doubted: int
    reaped: int
    rss_mb: float
    labels: int
    topics: int
    live: dict[str, int]
    """The tables of the core, without those that are empty."""
    waiting: int
    """Cases that somebody is to call back."""
    caches: int
    """Entries of all caches; none is beyond its bound."""
    database_mb: float
    scrape_ms: float
    cpu_s: float

    @property
    def bytes_per_call(self) -> float:
        """Of the database."""
        return self.database_mb * 1e6 / max(self.calls, 1)


class Doubts:
    """A sink that counts what was doubted, and the channels that were cleared after a day of silence."""

    def __init__(self) -> None:
        self.doubted = self.reaped = 0

    def take(self, facts: Iterable[Fact]) -> None:
        """Count the facts."""
        for fact in facts:
            if isinstance(fact, EventDoubted):
                self.reaped += fact.reason == "silent_call"
                self.doubted += fact.reason != "silent_call"


def stream(per_day: int, days: float, never_ending: int) -> Iterator[tuple[float, bytes]]:
    """So many days of events, and in the middle of the second one, talks without an end."""
    random = Random(1)
    templates = [template_of(name) for name in PLAYED]
    every_s = DAY_S / per_day * CALLS_PER_ROUND / len(templates)
    rounds = max(1, round(days * DAY_S / every_s / len(templates)))
    whole = flow(templates, Serials(random, PHONES), random, every_s, rounds)
    second_day = START + 1.5 * DAY_S
    for at, raw in whole:
        if at >= second_day:
            yield from ((second_day, begun) for _, begun in talking(never_ending))
            yield at, raw
            break
        yield at, raw
    yield from whole


class Week:
    """The daemon's parts, fed by hand; `at` is what time it is."""

    def __init__(self, parts: Parts, database: Path, doubts: Doubts) -> None:
        self._parts = parts
        self._database = database
        self._doubts = doubts
        self._framer, self._decoder = Framer(WANTED, banner=False), Decoder()
        self._listener = parts.stream.subscribe(full=True)
        self._batch: list[Event] = []
        self._caches = [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]
        self.events = 0
        self.at = START

    async def hear(self, at: float, raw: bytes) -> None:
        """One message."""
        self.events += 1
        for block in self._framer.feed(raw):
            event = self._decoder.decode(block, at)
            if event is not None:
                self._batch.append(event)
        if len(self._batch) >= _TOGETHER:
            await self.settle(at)
        if self.events % _FLUSH_EVERY == 0:
            await self._parts.writer.flush()

    async def settle(self, at: float) -> None:
        """What was heard is handled, and the listener hears of it."""
        self.at = at
        if self._batch:
            self._parts.pump.feed(self._batch)
            self._batch = []
        while self._parts.pump.backlog:
            await asyncio.sleep(0)
        if self._listener is not None:
            await self._listener.next_frames(0.0)

    async def look(self, day: int) -> Day:
        """How things stand."""
        parts = self._parts
        await parts.writer.flush()
        began = time.process_time()
        link: Link = parts.client.counters
        text, _ = await parts.metrics.render(link, self.at, "text/plain")
        scrape_ms = (time.process_time() - began) * 1000
        gc.collect()
        bounded = [each.cache_info() for each in self._caches]
        assert all(each.maxsize is None or each.currsize <= each.maxsize for each in bounded)
        return Day(
            day=day,
            calls=parts.writer.health.written,
            events=self.events,
            doubted=self._doubts.doubted,
            reaped=self._doubts.reaped,
            rss_mb=_resident_mb(),
            labels=sum(not line.startswith(b"#") for line in text.splitlines()),
            topics=len(parts.board.topics()),
            live={name: size for name, size in parts.core.sizes().items() if size},
            waiting=sum(1 for _ in parts.core.waiting_cases()),
            caches=sum(each.currsize for each in bounded),
            database_mb=self._database.stat().st_size / 1e6,
            scrape_ms=scrape_ms,
            cpu_s=time.process_time(),
        )


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


async def days(folder: Path, events: Iterator[tuple[float, bytes]], day_s: float) -> list[Day]:
    """Live through them; how things stood at the end of each."""
    configure_log("error")
    database, doubts, found = folder / "calls.db", Doubts(), list[Day]()
    settings = Settings.model_validate(
        {"ami": {"username": "bench", "secret": "bench"}, "storage": {"path": str(database)}, "queues": {"support": {}}}
    )
    first = next(events)
    async with AsyncExitStack() as stack:
        week: Week | None = None
        stack.enter_context(patch.object(clock, "now", lambda: START if week is None else week.at))
        parts = await build(lambda: settings, database, (doubts,), stack)
        week = Week(parts, database, doubts)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(parts.writer.run())
            pumping = tasks.create_task(parts.pump.run())
            at = START
            for at, raw in chain((first,), events):
                if at >= START + (len(found) + 1) * day_s:
                    await week.settle(at)
                    found.append(await week.look(len(found) + 1))
                    print(told(found[-1]), file=sys.stderr, flush=True)
                await week.hear(at, raw)
            await week.settle(at)
            found.append(await week.look(len(found) + 1))
            parts.pump.end()
            await pumping
            await parts.writer.close(60.0)
    return found


HEAD = (
    "day      calls        events  reaped  resident MB  label sets  topics  live calls  to call back  cached  "
    "database MB  bytes/call  scrape ms  CPU s"
)


def told(day: Day) -> str:
    """A row of the table."""
    return (
        f"{day.day:3}  {day.calls:9,}  {day.events:12,}  {day.reaped:6,}  {day.rss_mb:11.0f}  {day.labels:10,}  {day.topics:6}  "
        f"{day.live.get('calls', 0):10,}  {day.waiting:12,}  {day.caches:6,}  {day.database_mb:11.1f}  {day.bytes_per_call:10,.0f}  "
        f"{day.scrape_ms:9.0f}  {day.cpu_s:5.0f}"
    )


@click.command()
@click.option("--per-day", default=100_000, show_default=True, type=click.IntRange(min=100), help="Calls.")
@click.option("--days", "lasts", default=7, show_default=True, type=click.IntRange(min=1), help="Of the events' time.")
@click.option("--never-ending", default=NEVER_ENDING, show_default=True, help="Calls that never end.")
def main(per_day: int, lasts: int, never_ending: int) -> None:
    """A week of a busy PBX: does anything grow?"""
    with tempfile.TemporaryDirectory() as name:
        click.echo(HEAD)
        for day in asyncio.run(days(Path(name), stream(per_day, lasts, never_ending), DAY_S)):
            click.echo(told(day))


if __name__ == "__main__":
    main()

"""The one loop: next events, or next deadline, into the core; what it says, into the sinks."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from daemon import clock
from daemon.altered_calls import AlteredCalls
from handlers.ami.events import Event, StreamBroken, StreamResumed, Tick
from handlers.cases.requests import Said
from handlers.core import Core
from handlers.facts import Fact

# A deadline is wall time and the loop's timers are not: a stepped clock is noticed within this.
AT_MOST_S = 60.0
# So long events are taken before the loop gets a turn, far below the 100 ms at which Asterisk cuts a reader off. A segment that it
# reads in between may hold as much work again: whoever is behind reads on, and lets what was read wait in memory.
SLICE_S = 0.01
# Events of one segment that are taken before anybody looks at the clock.
AT_ONCE = 50
# More than this many events waiting means that we are hopelessly behind; a snapshot is cheaper than catching up.
BACKLOG_LIMIT = 1_000_000

log = structlog.get_logger()


class Sink(Protocol):
    """Somewhere facts go."""

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts; never waits, never raises."""


class Pump:
    """Feeds one core. Order is the truth: events leave in the order in which they came in.

    `feed` is called by the reader for each segment and only appends; `run` does the rest in slices, so that neither a burst
    nor a slow sink holds up the reader. `turned_at` (monotonic seconds) tells a watchdog that the loop still turns.
    """

    def __init__(self, core: Core, sinks: Sequence[Sink]) -> None:
        self._core = core
        self._sinks = sinks
        self._altered = AlteredCalls()
        self._overrun: Callable[[], None] = lambda: None
        self._is_holding: Callable[[], bool] = lambda: False
        self._batches: deque[Sequence[Event | Said]] = deque()
        self._wake = asyncio.Event()
        self._ending = False
        self.backlog = 0
        self.handled = 0
        self.turned_at = clock.monotonic()

    def on_overrun(self, call: Callable[[], None]) -> None:
        """Whom to tell when events had to be dropped: the reader, whose next snapshot settles what was lost."""
        self._overrun = call

    def on_step(self, is_holding: Callable[[], bool]) -> None:
        """Whom to ask before a step of the clock is taken over: does somebody hold back events of the clock before?"""
        self._is_holding = is_holding

    def feed(self, events: Sequence[Event | Said]) -> None:
        """Take the events of one segment. Beyond the limit of the backlog they are dropped and the reader is told.

        A break and what resumes the stream are never dropped: they settle what was.
        """
        if self.backlog + len(events) > BACKLOG_LIMIT and not isinstance(events[0], StreamBroken | StreamResumed):
            self._overrun()
            return
        self._batches.append(events)
        self.backlog += len(events)
        self._wake.set()

    def tell(self, facts: Sequence[Fact]) -> None:
        """Facts that came of no event of this run: of what an earlier one left."""
        self._hand_out(self._altered.pass_on(facts))

    def _hand_out(self, facts: Sequence[Fact]) -> None:
        if facts:
            for sink in self._sinks:
                sink.take(facts)

    def nudge(self) -> None:
        """Turn once, soon, though nothing came: `turned_at` then tells that we can."""
        self._wake.set()

    def end(self) -> None:
        """Nothing more comes: `run` returns when what is queued is handled."""
        self._ending = True
        self._wake.set()

    async def run(self) -> None:
        """Turn until `end`."""
        while True:
            while self._batches:
                self._slice()
                await asyncio.sleep(0)
            self.turned_at = clock.monotonic()
            if self._ending:
                self._hand_out(self._altered.rest())
                return
            self._settle_clock()
            self._wake.clear()
            deadline_s, altered_s = self._seconds_to_deadline(), max(self._altered.due_at - clock.monotonic(), 0.0)
            try:
                async with asyncio.timeout(min(deadline_s, altered_s)):
                    await self._wake.wait()
            except TimeoutError:
                self._handle([Tick(clock.now())] if deadline_s <= altered_s else ())

    def _settle_clock(self) -> None:
        """A step of the wall clock was kept out of what had come; now that all of it is handled, it is taken over."""
        stepped_s = clock.stepped_s()
        if stepped_s and not self._is_holding():
            clock.settle()
            self._core.set_clock(stepped_s)
            log.warning("clock_was_set", by_s=round(stepped_s, 3))

    def _seconds_to_deadline(self) -> float:
        deadline = self._core.next_deadline
        return AT_MOST_S if deadline is None else min(max(deadline - clock.now(), 0.0), AT_MOST_S)

    def _slice(self) -> None:
        until = clock.monotonic() + SLICE_S
        while self._batches:
            batch = self._batches.popleft()
            if len(batch) > AT_ONCE:
                self._batches.appendleft(batch[AT_ONCE:])
                batch = batch[:AT_ONCE]
            self.backlog -= len(batch)
            self.handled += len(batch)
            self._handle(batch)
            self.turned_at = clock.monotonic()
            if self.turned_at >= until:
                return

    def _handle(self, events: Sequence[Event | Said]) -> None:
        handle = self._core.handle
        facts: list[Fact] = []
        for event in events:
            facts += handle(event)
        self.tell(facts)

"""The pump: order kept, nothing waits for it and it for nothing, deadlines told, an overrun settled by a new snapshot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from daemon import clock
from daemon import pump as pump_module
from daemon.pump import AT_ONCE, Pump
from handlers.ami.events import Event, Snapshot, StreamBroken, StreamResumed, Tick
from handlers.cases.requests import Said
from handlers.core import Core
from handlers.facts import CallChanged, CallEnded, Fact
from handlers.rules import Rules
from tests.recordings import events
from tests.storage.sample_calls import a_call

NOTHING = Snapshot("", None, None, None, None, None, {})


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.turns = 0
        self.taken = asyncio.Event()

    def take(self, facts: Sequence[Fact]) -> None:
        self.turns += 1
        self.facts += facts
        self.taken.set()


class Heard(Core):
    """A core that notes the order of its events, and has a deadline once one is set."""

    def __init__(self) -> None:
        super().__init__(Rules())
        self.events: list[Event | Said] = []
        self.deadline: float | None = None

    @property
    def next_deadline(self) -> float | None:
        return self.deadline

    def handle(self, event: Event | Said) -> Sequence[Fact]:
        self.events.append(event)
        if self.deadline is not None and event.at >= self.deadline:
            self.deadline = None
        return super().handle(event)


@asynccontextmanager
async def turning(pump: Pump) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pump.run())
        yield
        pump.end()


async def test_what_comes_in_goes_through_the_core_to_every_sink_in_order() -> None:
    stream = events("20b-missed-then-calls-again")
    sinks = [Kept(), Kept()]
    pump = Pump(Core(Rules()), sinks)
    async with turning(pump):
        for start in range(0, len(stream), 7):
            pump.feed(stream[start : start + 7])
    core = Core(Rules())
    # What is new of a call is overtaken by what comes behind it at once: test_altered_calls.
    wanted = [fact for event in stream for fact in core.handle(event) if not isinstance(fact, CallChanged)]
    assert len([fact for fact in wanted if isinstance(fact, CallEnded)]) == 3
    assert [sink.facts for sink in sinks] == [wanted, wanted]
    assert (pump.backlog, pump.handled) == (0, len(stream))


async def test_what_was_fed_before_the_end_is_handled_after_it() -> None:
    core = Heard()
    pump = Pump(core, [])
    ticks = [Tick(float(at)) for at in range(5 * AT_ONCE)]
    pump.feed(ticks[:1])
    pump.feed(ticks[1:])
    pump.end()
    await pump.run()
    assert core.events == ticks


async def test_feeding_handles_nothing_so_the_reader_never_waits() -> None:
    core = Heard()
    pump = Pump(core, [])
    pump.feed([Tick(1.0)])
    assert (core.events, pump.backlog) == ([], 1)


async def test_between_two_slices_others_have_their_turn_however_much_comes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pump_module, "SLICE_S", 0.0)  # over as soon as anybody looks at the clock
    core = Heard()
    pump = Pump(core, [])
    ticks = [Tick(float(at)) for at in range(5 * AT_ONCE)]
    pump.feed(ticks[: 2 * AT_ONCE + 1])
    pump.feed(ticks[2 * AT_ONCE + 1 :])
    seen: list[int] = []

    async def other() -> None:
        while len(core.events) < len(ticks):
            seen.append(len(core.events))
            assert pump.backlog + len(core.events) == len(ticks)
            await asyncio.sleep(0)

    async with turning(pump), asyncio.TaskGroup() as tasks:
        tasks.create_task(other())
    assert core.events == ticks
    assert max(b - a for a, b in pairwise([*seen, len(ticks)])) <= AT_ONCE


async def test_a_deadline_is_told_by_a_tick_at_its_time_and_not_before() -> None:
    core = Heard()
    pump = Pump(core, [])
    async with turning(pump):
        core.deadline = clock.now() + 0.05
        due = core.deadline
        pump.feed([Tick(clock.now())])
        async with asyncio.timeout(60):
            while len(core.events) < 2:
                await asyncio.sleep(0.001)
    assert core.events[1].at >= due - 0.002


async def test_a_deadline_that_passed_while_events_came_is_told_at_once() -> None:
    core = Heard()
    core.deadline = 1.0
    pump = Pump(core, [])
    async with turning(pump), asyncio.timeout(60):
        while not core.events:
            await asyncio.sleep(0.001)
    assert isinstance(core.events[0], Tick)


async def test_a_pump_without_a_deadline_looks_at_the_clock_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "AT_MOST_S", 0.01)
    core = Heard()
    pump = Pump(core, [])
    async with turning(pump), asyncio.timeout(60):
        while not core.events:
            await asyncio.sleep(0.001)
    assert isinstance(core.events[0], Tick)


async def test_it_shows_a_watchdog_that_it_turns() -> None:
    pump = Pump(Core(Rules()), [])
    before = pump.turned_at = -1.0
    async with turning(pump):
        pump.feed([Tick(1.0)])
        async with asyncio.timeout(60):
            while pump.turned_at == before:
                await asyncio.sleep(0.001)
    assert pump.turned_at > before


async def test_a_nudge_makes_an_idle_pump_turn_and_nothing_happens_by_it() -> None:
    core = Heard()
    pump = Pump(core, [])
    async with turning(pump), asyncio.timeout(60):
        await asyncio.sleep(0)
        for _ in range(3):
            pump.turned_at = -1.0
            pump.nudge()
            while pump.turned_at < 0:
                await asyncio.sleep(0.001)
    assert core.events == []


async def test_too_long_a_backlog_drops_what_comes_and_tells_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "BACKLOG_LIMIT", 10)
    core, told = Heard(), []
    pump = Pump(core, [])
    pump.on_overrun(lambda: told.append(pump.backlog))
    for at in range(14):
        pump.feed([Tick(float(at))])
    assert told == [10, 10, 10, 10]
    # The break and the snapshot that settle it come through, however long the backlog is.
    pump.feed([StreamBroken(20.0)])
    pump.feed([StreamResumed(21.0, NOTHING), Tick(22.0)])
    assert len(told) == 4
    pump.end()
    await pump.run()
    assert [event.at for event in core.events] == [*map(float, range(10)), 20.0, 21.0, 22.0]


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
async def test_a_clock_that_was_set_is_taken_over_in_mid_call_and_changes_no_duration(
    monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    began, steady = clock.now(), clock.now
    recorded = events("01-direct-caller-hangs-up")
    stream = [event._replace(at=began + event.at - recorded[0].at) for event in recorded]
    half = len(stream) // 2
    told = Core(Rules())
    (truth,) = [fact.call for event in stream for fact in told.handle(event) if isinstance(fact, CallEnded)]
    stepped, holding = [step_s], [True]
    monkeypatch.setattr(clock, "stepped_s", lambda: stepped[-1])
    monkeypatch.setattr(clock, "settle", lambda: stepped.append(0.0))
    monkeypatch.setattr(clock, "now", lambda: steady() + (0.0 if stepped[-1] else step_s))
    core, kept = Core(Rules()), Kept()
    pump = Pump(core, [kept])
    pump.on_step(lambda: bool(holding))
    async with turning(pump), asyncio.timeout(60):
        pump.feed(stream[:half])
        await kept.taken.wait()
        for _ in range(3):
            pump.nudge()
            await asyncio.sleep(0)
        assert stepped == [step_s], "events of the clock before are held back"
        holding.clear()
        pump.nudge()
        while stepped[-1]:
            await asyncio.sleep(0.001)
        pump.feed([event._replace(at=event.at + step_s) for event in stream[half:]])
    (call,) = [fact.call for fact in kept.facts if isinstance(fact, CallEnded)]
    assert (call.wait_s, call.ring_s, call.talk_s, call.total_s) == pytest.approx(
        (truth.wait_s, truth.ring_s, truth.talk_s, truth.total_s), abs=0.001
    )
    assert call.started_at == pytest.approx(truth.started_at + step_s)
    assert call.ended_at == pytest.approx((truth.ended_at or 0.0) + step_s)


class Changing(Core):
    """A core whose every event means something new of one call."""

    def handle(self, event: Event | Said) -> Sequence[Fact]:
        return [CallChanged(event.at, a_call(state="held"))]


async def test_what_is_new_of_a_call_is_told_soon_though_nothing_comes_behind_it() -> None:
    sink = Kept()
    pump = Pump(Changing(Rules()), [sink])
    async with turning(pump), asyncio.timeout(20):
        pump.feed([Tick(1.0), Tick(2.0)])
        await sink.taken.wait()
        assert sink.facts == [CallChanged(2.0, a_call(state="held"))]


async def test_what_is_new_of_a_call_is_told_at_the_end_at_the_latest() -> None:
    sink = Kept()
    pump = Pump(Changing(Rules()), [sink])
    pump.feed([Tick(1.0)])
    pump.end()
    await pump.run()
    assert sink.facts == [CallChanged(1.0, a_call(state="held"))]

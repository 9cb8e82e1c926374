"""What the service manager is told while the daemon runs, and when the watchdog is fed: only while the pump turns."""

import asyncio

import structlog

from daemon.notify import Notifier
from daemon.pump import Pump
from daemon.supervision import Supervision, status_line
from handlers.ami.events import Tick
from handlers.core import Core
from handlers.rules import Rules
from tests.daemon.service_manager import Told

PATIENCE_S = 30.0


class Turner:
    """A pump that turns when it is nudged, until it is stuck."""

    def __init__(self) -> None:
        self.turned_at = 0.0
        self.now = 0.0
        self.nudges = 0
        self.is_stuck = False

    def nudge(self) -> None:
        self.nudges += 1
        if not self.is_stuck:
            self.turned_at = self.now


def watched(told: Told, turner: Turner, until_s: float) -> None:
    """Time goes on, a look every second."""
    supervisor = Supervision(told, turner, lambda: "PBX connected")
    for second in range(int(until_s) + 1):
        turner.now = 1000.0 + second
        supervisor.look(turner.now)


def fed(told: Told) -> int:
    return told.messages.count("WATCHDOG=1")


def test_a_turning_pump_feeds_the_watchdog_three_times_within_its_patience_and_no_oftener() -> None:
    told, turner = Told(PATIENCE_S), Turner()
    watched(told, turner, 10 * PATIENCE_S)
    assert fed(told) == turner.nudges == 31


def test_a_pump_that_stands_still_is_not_vouched_for_and_told_once() -> None:
    told, turner = Told(PATIENCE_S), Turner()
    with structlog.testing.capture_logs() as logs:
        supervisor = Supervision(told, turner, lambda: "PBX connected")
        supervisor.look(1000.0)
        turner.is_stuck = True
        for second in range(1, 60):
            supervisor.look(1000.0 + second)
        assert fed(told) == 1
        turner.turned_at = 1060.0
        supervisor.look(1060.0)
        assert fed(told) == 2, "it turns again"
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("pump_stuck", "error")


def test_the_status_is_told_when_it_changes_and_again_where_it_did_not_arrive() -> None:
    told, lines = Told(), ["PBX unreachable, 0 live calls"]
    supervisor = Supervision(told, Turner(), lambda: lines[-1])
    supervisor.look(1.0)
    supervisor.look(2.0)
    told.is_deaf = True
    lines.append("PBX connected, 1 live call")
    supervisor.look(3.0)
    told.is_deaf = False
    supervisor.look(4.0)
    supervisor.look(5.0)
    assert told.messages == ["STATUS=PBX unreachable, 0 live calls", "STATUS=PBX connected, 1 live call"]


def test_a_status_line_speaks_of_the_pbx_and_of_calls() -> None:
    assert status_line("ready", 3) == "PBX connected, 3 live calls"
    assert status_line("lost", 1) == "PBX connection lost, 1 live call"
    assert status_line("refused", 0) == "PBX refuses the login, 0 live calls"


async def test_without_a_service_manager_there_is_nothing_to_do() -> None:
    async with asyncio.timeout(60):
        await Supervision(Notifier(), Turner(), lambda: "PBX connected").run()


async def feeding(pump: Pump, told: Told, feeds: int) -> None:
    """Supervise until the watchdog was fed so often."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Supervision(told, pump, lambda: "PBX connected").run())
        await told.heard("WATCHDOG=1", feeds)
        task.cancel()


async def test_an_idle_pump_turns_as_often_as_the_watchdog_needs() -> None:
    told, pump = Told(watchdog_s=0.05), Pump(Core(Rules()), [])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pump.run())
        await feeding(pump, told, 5)
        pump.end()


async def test_a_pump_whose_task_is_gone_starves_the_watchdog_though_the_loop_lives() -> None:
    told, pump = Told(watchdog_s=0.03), Pump(Core(Rules()), [])
    pump.end()
    await pump.run()
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            supervised = tasks.create_task(Supervision(told, pump, lambda: "PBX connected").run())
            while not logs:
                await asyncio.sleep(0.001)
            supervised.cancel()
    assert [line["event"] for line in logs] == ["pump_stuck"]
    assert fed(told) == 1


async def test_the_daemon_feeds_on_while_events_pour_in() -> None:
    told, pump = Told(watchdog_s=0.05), Pump(Core(Rules()), [])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pump.run())

        async def pour() -> None:
            at = 0.0
            while fed(told) < 5:
                pump.feed([Tick(at := at + 1.0) for _ in range(500)])
                await asyncio.sleep(0)

        tasks.create_task(pour())
        await feeding(pump, told, 5)
        pump.end()

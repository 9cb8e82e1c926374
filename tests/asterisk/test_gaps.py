"""The line to a real Asterisk is cut in mid-call and comes back: what is told in the end is what the phones saw, or nothing."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.sections import Ami, Http, Settings, Storage
from daemon.app import App, Running
from handlers.facts import CallEnded
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import each_time_line
from storage.reading import reading
from tests.asterisk.gap_situations import SITUATIONS, Told
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.truth import between
from tests.daemon.app_service import Ledger
from tests.torture.proxy import Line, line_to

AT_ONCE = 10
# What the contract says: a moment asked of the PBX is exact, the start of a call met in a snapshot is true to a second.
TOLERANCE_S = 0.5
MET_TOLERANCE_S = 1.5
BY_START = ("wait_s", "total_s", "queue_s", "ivr_s")


def settings_for(line: Line, database: Path) -> Settings:
    """The account that is shipped, through the line."""
    return Settings(
        ami=Ami(host="127.0.0.1", port=line.port, secret=SecretStr(SECRET), ping_interval=1.0, reconnect_max=1.0),
        http=Http(listen="127.0.0.1:0"),
        storage=Storage(path=str(database)),
    )


async def until_listening(daemon: Running, connects: int = 1) -> None:
    """Until the daemon is ready, has taken what the PBX does, and has asked what it wanted to know."""
    async with asyncio.timeout(60):
        while daemon.client.counters.connects < connects or daemon.client.state != "ready":
            await asyncio.sleep(0.02)
        while daemon.pump.backlog or daemon.client.is_asking:
            await asyncio.sleep(0.02)


async def live_states(daemon: Running, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """How the calls look, once they look as they should or have had the time to."""
    found: tuple[str, ...] = ()
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while (found := tuple(sorted(call.state for call in daemon.core.live_calls()))) != wanted:
                await asyncio.sleep(0.02)
    return found


def differences(told: Told, calls: list[dict[str, Any]], pbx: Pbx, tolerance_by_start: float) -> list[str]:
    """What was told and should not have been, or the other way round."""
    wrong = []
    counted = [call for call in calls if not call["merged_into"] and call["result"] is not None]
    counted.sort(key=lambda call: str(call["started_at"]))
    if len(counted) < len(told.calls) or (not told.calls and counted):
        return [f"{len(counted)} calls"]
    for wanted, call in zip(told.calls, counted, strict=False):
        for field, value in wanted.items():
            got = call[field]
            if field == "agents":
                got = [agent["device"].rpartition("/")[2] for agent in got]
            if field.endswith("_s") and value is not None and got is not None:
                seen = between(value, pbx.truth) if isinstance(value, str) else value
                tolerance = tolerance_by_start if field in BY_START else TOLERANCE_S
                if abs(got - seen) > tolerance:
                    wrong.append(f"{field}: the phones saw {seen:.3f}, told {got:.3f}")
            elif got != value:
                wrong.append(f"{field}: expected {value}, told {got}")
    return wrong


def _parked_s(ended: CallEnded) -> float | None:
    """How long the call's only stay in a lot lasted."""
    (parked,) = [hold for hold in ended.holds if hold.by == "lot"] or (None,)
    return None if parked is None or parked.ended_at is None else parked.ended_at - parked.started_at


async def play(version: int, number: int, name: str, knows: bool, folder: Path) -> list[str]:
    """One situation on a fresh Asterisk; `knows`: the daemon was there before. What is wrong with what was told."""
    situation = SITUATIONS[name]
    told = situation.gap if knows else situation.met
    database = folder / f"{version}-{name}-{knows}.db"
    async with running_pbx(version, number) as pbx, line_to(pbx.ip, 5038) as line, asyncio.TaskGroup() as tasks:
        ledger = Ledger()
        app = App(settings_for(line, database), [ledger])
        if knows:
            running = tasks.create_task(app.run())
            daemon = await app.started
            await until_listening(daemon)
        playing = situation.play(pbx)
        await anext(playing)
        if knows:
            await line.refuse()
            async with asyncio.timeout(60):
                while daemon.client.state == "ready":
                    await asyncio.sleep(0.02)
        await anext(playing)
        if knows:
            await line.restore()
        else:
            running = tasks.create_task(app.run())
            daemon = await app.started
        await until_listening(daemon, 2 if knows else 1)
        states = await live_states(daemon, told.live)
        await anext(playing, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while list(daemon.core.live_calls()):
                    await asyncio.sleep(0.02)
        app.stop.set()
        await running
    async with reading(database) as connection:
        calls = [
            call_json(ended.call) | {"parked_s": _parked_s(ended)}
            async for ended in each_time_line(connection, CallFilter(merged=True))
        ]
    wrong = differences(told, calls, pbx, TOLERANCE_S if knows else MET_TOLERANCE_S)
    return wrong if states == told.live else [f"live {states}", *wrong]


@pytest.mark.parametrize("knows", [True, False], ids=["known before", "met afterwards"])
@pytest.mark.parametrize("version", [22, 16])
async def test_what_is_told_of_a_call_with_a_gap_in_it_is_what_the_phones_saw(
    version: int, knows: bool, tmp_path: Path
) -> None:
    free = list(range(1, AT_ONCE + 1))
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, number: int, folder: Path) -> list[str]:
        try:
            return await play(version, number, name, knows, folder)
        except ExceptionGroup as error:
            return [repr(error)]

    async def among_others(name: str) -> list[str]:
        async with slots:
            number = free.pop()
            try:
                return await one(name, number, tmp_path)
            finally:
                free.append(number)

    found = await asyncio.gather(*map(among_others, SITUATIONS))
    # So many at once on two cores: what drifted is played again with nothing beside it, and must agree then.
    (tmp_path / "alone").mkdir()
    told: list[str] = []
    for name in [name for name, wrong in zip(SITUATIONS, found, strict=True) if wrong]:
        told += [f"{name}: {each}" for each in await one(name, 1, tmp_path / "alone")]
    assert not told, "\n".join(told)

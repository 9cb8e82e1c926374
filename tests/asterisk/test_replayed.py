"""A recording beside the daemon on a real Asterisk: what it replays is what the daemon stored, gaps and loose ends included."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.sections import Settings
from daemon.app import App, Running
from daemon.replay import replay
from daemon.rules import rules_of
from handlers.facts import Call
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.reading import reading
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.test_commands import add_account
from tests.asterisk.test_live_calls import settings_for, until_ready
from tests.daemon.recorder_process import Recorder, recording
from tests.daemon.ringtally_process import write_settings

VERSIONS = [22, 16]
# Two sessions hear one event within milliseconds of each other, but the age of a channel met is told to the second, and
# each asks at a moment of its own.
HEARD_TWICE_S = 0.3
MET_S = 1.0 + HEARD_TWICE_S
BRIDGED = b'"raw":"Event: BridgeEnter'
ANSWER_TOLD = rb"CALLERID(dnid)\r\nValue"


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)  # neither a growing file nor a changed core tells anybody


@asynccontextmanager
async def running_app(pbx: Pbx, database: Path, settings: Settings | None = None) -> AsyncIterator[Running]:
    """The daemon with the shipped account, connected; stopped in order at the end."""
    async with asyncio.TaskGroup() as tasks:
        app = App(settings or settings_for(pbx, database))
        tasks.create_task(app.run())
        running = await app.started
        await until_ready(running.port)
        try:
            yield running
        finally:
            app.stop.set()


@asynccontextmanager
async def records(pbx: Pbx, file: Path) -> AsyncIterator[Recorder]:
    """`ringtally record`, connected."""
    async with recording(write_settings(file.parent, pbx.ip, 5038, SECRET), file) as recorder:
        await recorder.says("ami_ready")
        yield recorder


def states(daemon: Running) -> list[str]:
    return [call.state for call in daemon.core.live_calls()]


async def stored(database: Path) -> list[Call]:
    async with reading(database) as connection:
        return await find_calls(connection, CallFilter(merged=True))


async def talks(pbx: Pbx) -> Any:
    """A caller who has reached 101, and stays."""
    caller = pbx.incoming("7001")
    await pbx.up(caller)
    return caller


def assert_same(one: Call, other: Call) -> None:
    """The same row, but for what two sessions cannot hear at one moment."""
    first, second = call_json(one), call_json(other)
    within_s = MET_S if one.incomplete else HEARD_TWICE_S
    for name, value in first.items():
        seconds, others = _seconds(name, value), _seconds(name, second[name])
        if seconds is None or others is None:
            assert value == second[name], name
        else:
            assert abs(seconds - others) <= within_s, name


def _seconds(name: str, value: Any) -> float | None:
    if value is None or not name.endswith(("_at", "_s")):
        return None
    return datetime.fromisoformat(value).timestamp() if name.endswith("_at") else float(value)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_replay_tells_what_the_daemon_stored(version: int, tmp_path: Path) -> None:
    """One call lives at connect, one when the PBX is killed, one is whole, one lives at the end."""
    database = tmp_path / "live.db"
    async with running_pbx(version, 50) as pbx:
        pbx.p["101"].behave = answer(0.5)
        met = await talks(pbx)
        async with running_app(pbx, database) as daemon, records(pbx, tmp_path / "stream.jsonl") as recorder:
            assert len(states(daemon)) == 1
            await until(lambda: all(call.answered_at and call.did for call in daemon.core.live_calls()))
            await recorder.has(ANSWER_TOLD, 2)
            await met.bye()
            await until(lambda: not states(daemon))
            cut = await talks(pbx)
            await until(lambda: states(daemon) == ["talking"])
            await recorder.has(BRIDGED, 2)
            await pbx.kill()
            cut.end("the PBX is gone")
            await until(lambda: daemon.client.state != "ready")
            await pbx.boot()
            await until_ready(daemon.port)
            await recorder.says("ami_ready")
            whole = await talks(pbx)
            await whole.bye()
            await until(lambda: not states(daemon))
            lasting = await talks(pbx)
            await until(lambda: states(daemon) == ["talking"])
            await recorder.has(BRIDGED, 6)
        lasting.end("the test is over")
        settings = settings_for(pbx, database)
        await replay([recorder.file], rules_of(settings), tmp_path / "replayed.db", 0.0)
    live, replayed = await stored(database), await stored(tmp_path / "replayed.db")
    assert [(call.result, call.end_seen, call.incomplete) for call in live] == [
        ("answered", True, True),
        ("answered", False, True),
        ("answered", True, False),
    ]
    # A replay has nobody who takes up what lives at its end: that is told as it stands.
    *replayed, last = replayed
    assert (last.result, last.end_seen, last.incomplete) == ("answered", False, True)
    assert [(call.id, call.pbx, call.boot) for call in replayed] == [(call.id, call.pbx, call.boot) for call in live]
    assert len({call.boot for call in live}) == 2
    for one, other in zip(live, replayed, strict=True):
        assert_same(one, other)


async def test_a_call_that_outlives_the_daemon_has_one_row_whichever_way_it_ends(tmp_path: Path) -> None:
    """Two calls live when the daemon is stopped; one ends before it is back, the other afterwards."""
    database = tmp_path / "live.db"
    async with running_pbx(22, 51) as pbx:
        pbx.p["101"].behave = answer(0.5)
        async with running_app(pbx, database) as daemon:
            first, second = await talks(pbx), await talks(pbx)
            await until(lambda: states(daemon) == ["talking"] * 2)
            lived = [(call.id, call.boot, call.started_at, call.answered_at) for call in daemon.core.live_calls()]
        assert await stored(database) == [], "no end was heard of"
        await first.bye()
        async with running_app(pbx, database) as daemon:
            await second.bye()
            await until(lambda: not states(daemon))
    ended = await stored(database)
    assert [(call.id, call.boot) for call in ended] == [(id_, boot) for id_, boot, *_ in lived]
    for call, (_, _, started_at, answered_at) in zip(ended, lived, strict=True):
        assert (call.started_at, call.answered_at) == pytest.approx((started_at, answered_at), abs=0.001)
    assert (ended[0].result, ended[0].end_seen, ended[0].total_s) == ("answered", False, None)
    assert (ended[1].result, ended[1].end_seen, ended[1].total_s is not None) == ("answered", True, True)


async def test_who_may_not_see_channels_has_no_ghosts_after_a_break(tmp_path: Path) -> None:
    database = tmp_path / "live.db"
    async with running_pbx(22, 52) as pbx:
        await add_account(pbx, "ringtally2", "read = system,call,agent,dialplan", "write =")
        pbx.p["101"].behave = answer(0.5)
        settings = settings_for(pbx, database)
        settings = settings.model_copy(update={"ami": settings.ami.model_copy(update={"username": "ringtally2"})})
        async with running_app(pbx, database, settings) as daemon:
            caller = await talks(pbx)
            await until(lambda: states(daemon) == ["talking"])
            daemon.client.drop()
            await until(lambda: daemon.client.counters.connects == 2)
            await until(lambda: not states(daemon))
            await caller.bye()
            await talks(pbx)
            await until(lambda: states(daemon) == ["talking"])
            assert [call.answered_at is not None for call in daemon.core.live_calls()] == [True]
    (lost,) = await stored(database)
    assert (lost.result, lost.end_seen, lost.total_s) == ("answered", False, None)

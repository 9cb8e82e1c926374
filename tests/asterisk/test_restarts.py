"""Asterisk dies, is stopped, is reloaded, loses its queues, with calls in progress: what is told of them is what was seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daemon import ami_questions
from daemon.app import App, Running
from handlers.ami.events import ChannelCreated
from handlers.facts import CallStarted, EventDoubted, GapEnded
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.reading import reading
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx, running_pbx
from tests.asterisk.scenarios.words import rings, talking
from tests.asterisk.test_gaps import settings_for, until_listening
from tests.asterisk.truth import between
from tests.daemon.app_service import Ledger
from tests.torture.proxy import Line, line_to


@dataclass(slots=True)
class Site:
    """A PBX, the line to it, the daemon, and what it told."""

    pbx: Pbx
    line: Line
    daemon: Running
    ledger: Ledger
    database: Path
    stop: Any

    @property
    def gaps(self) -> list[str]:
        """Why something was not seen, each time."""
        return [fact.reason for fact in self.ledger.facts if isinstance(fact, GapEnded)]

    def begun(self, call_id: str) -> bool:
        """Was it told that this call began?"""
        return any(isinstance(fact, CallStarted) and fact.call.id == call_id for fact in self.ledger.facts)

    @property
    def doubts(self) -> list[str]:
        return [fact.reason for fact in self.ledger.facts if isinstance(fact, EventDoubted)]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.02)  # a live daemon's state has no signal

    async def lives(self, *states: str) -> None:
        """Until the calls that live look so."""
        await self.until(lambda: sorted(call.state for call in self.daemon.core.live_calls()) == sorted(states))

    async def stored(self) -> list[dict[str, Any]]:
        """The calls, oldest first, once the daemon has stopped."""
        await self.stop()
        async with reading(self.database) as connection:
            calls = [call_json(call) for call in await find_calls(connection, CallFilter())]
        return sorted(calls, key=lambda call: str(call["started_at"]))


@asynccontextmanager
async def watched(version: int, number: int, folder: Path) -> AsyncIterator[Site]:
    """A site with a daemon that listens."""
    async with running_pbx(version, number) as pbx, line_to(pbx.ip, 5038) as line, asyncio.TaskGroup() as tasks:
        ledger, database = Ledger(), folder / "calls.db"
        app = App(settings_for(line, database), [ledger])
        running = tasks.create_task(app.run())

        async def stop() -> None:
            app.stop.set()
            await running

        daemon = await app.started
        await until_listening(daemon)
        try:
            yield Site(pbx, line, daemon, ledger, database, stop)
        finally:
            app.stop.set()


async def one_talks_and_one_rings(site: Site) -> None:
    """101 has answered a caller, and 103 rings for another."""
    await talking(site.pbx)
    site.pbx.incoming("7009", cid="79005556677")
    await rings(await site.pbx.reached("103"))
    await site.lives("talking", "ringing")


async def call_again(site: Site) -> None:
    """One whole call in the new run, over when it returns."""
    site.pbx.p["103"].behave = answer(0.5)
    call = site.pbx.incoming("7009", cid="79008889900")
    assert await site.pbx.up(call) == 200
    await site.lives("talking")
    await call.bye()
    await site.lives()


@pytest.mark.parametrize("version", [22, 16])
async def test_a_crash_ends_what_lived_unseen_and_the_new_runs_calls_are_others(version: int, tmp_path: Path) -> None:
    async with watched(version, 21, tmp_path) as site:
        await one_talks_and_one_rings(site)
        await site.pbx.kill()
        await site.until(lambda: site.daemon.client.state != "ready")
        await site.pbx.boot()
        await until_listening(site.daemon, 2)
        await site.lives()
        await call_again(site)
        talked, rang, new = await site.stored()
    assert (talked["result"], talked["end_seen"], talked["talk_s"], talked["total_s"]) == (
        "answered",
        False,
        None,
        None,
    )
    assert (rang["result"], rang["end_seen"], rang["missed"], rang["wait_s"]) == ("unknown", False, False, None)
    assert talked["incomplete"]
    assert rang["incomplete"]
    assert (new["result"], new["end_seen"], new["incomplete"]) == ("answered", True, False)
    assert site.gaps == ["pbx_restarted"]
    ended = {call.id: call.boot for call in site.ledger.ended}
    assert len(ended) == 3
    assert ended[new["id"]] not in {ended[talked["id"]], ended[rang["id"]]}


@pytest.mark.parametrize("version", [22, 16])
async def test_core_stop_now_says_how_each_call_ended_before_it_goes(version: int, tmp_path: Path) -> None:
    async with watched(version, 22, tmp_path) as site:
        await one_talks_and_one_rings(site)
        with suppress(ConnectionResetError):  # it may be gone before it has answered
            await site.pbx.ctl.act("Command", Command="core stop now")
        await site.until(lambda: site.daemon.client.state != "ready")
        await site.pbx.kill()
        await site.pbx.boot()
        await until_listening(site.daemon, 2)
        await site.lives()
        await call_again(site)
        talked, rang, new = await site.stored()
    assert (talked["result"], talked["end_seen"], talked["ended_by"]) == ("answered", True, "pbx")
    assert abs(talked["talk_s"] - between("101 answer - 101 end", site.pbx.truth)) < 0.5
    assert (rang["end_seen"], rang["result"]) == (True, "no_answer")
    assert not talked["incomplete"]
    assert not rang["incomplete"]
    assert not new["incomplete"]
    assert site.gaps == ["pbx_restarted"]


@pytest.mark.parametrize("version", [22, 16])
async def test_a_network_cut_is_no_restart(version: int, tmp_path: Path) -> None:
    async with watched(version, 23, tmp_path) as site:
        await talking(site.pbx)
        await site.lives("talking")
        site.line.cut()
        await until_listening(site.daemon, 2)
        await site.lives("talking")
        assert site.gaps == ["connection_lost"]


@pytest.mark.parametrize("version", [22, 16])
async def test_core_reload_touches_neither_calls_nor_the_line(version: int, tmp_path: Path) -> None:
    async with watched(version, 24, tmp_path) as site:
        call, _agent = await talking(site.pbx)
        await site.lives("talking")
        await site.pbx.ctl.act("Command", Command="core reload")
        await asyncio.sleep(2)  # whatever a reload does it does meanwhile
        await site.lives("talking")
        await call.bye()
        await site.lives()
        (row,) = await site.stored()
    assert (row["result"], row["incomplete"], row["end_seen"]) == ("answered", False, True)
    assert (site.gaps, site.doubts, site.daemon.client.counters.connects) == ([], [], 1)


@pytest.mark.parametrize("version", [22, 16])
async def test_app_queue_unloaded_and_loaded_again_leaves_a_served_caller_his_call(
    version: int, tmp_path: Path
) -> None:
    """Asterisk does not unload a module that serves a call; forced or not, what is told is what the phones saw."""
    async with watched(version, 25, tmp_path) as site:
        site.pbx.p["101"].behave = answer(0.5)
        call = site.pbx.incoming("7003")
        await site.pbx.up(call)
        await site.lives("talking")
        await site.pbx.ctl.act("Command", Command="module unload app_queue.so")
        await asyncio.sleep(0.5)
        if call.state == "up":
            await call.bye()
        await site.lives()
        await site.pbx.ctl.act("Command", Command="module unload app_queue.so")
        await site.pbx.ctl.act("Command", Command="module load app_queue.so")
        again = site.pbx.incoming("7003", cid="79005556677")
        await site.pbx.up(again)
        await site.lives("talking")
        await again.bye()
        await site.lives()
        first, second = await site.stored()
    assert (first["result"], first["queue"], first["end_seen"]) == ("answered", "support", True)
    assert abs(first["talk_s"] - between("101 answer - caller end", site.pbx.truth)) < 0.5
    assert (second["result"], second["queue"], second["answered_by"]) == ("answered", "support", "101")
    assert site.doubts == []


@pytest.mark.parametrize("version", [22, 16])
async def test_a_channel_that_asterisk_lists_no_more_is_reaped_and_one_that_it_lists_stays(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_questions, "CHANNELS_EVERY_S", 0.5)
    async with watched(version, 26, tmp_path) as site:
        call, _agent = await talking(site.pbx)
        await site.lives("talking")
        now = site.daemon.core.now
        born = ChannelCreated(
            now - 5, "1700000000.1", "1700000000.1", "PJSIP/trunk-ffffffff", 4, "79", None, "from-trunk", "7001", ""
        )
        site.daemon.pump.feed([born])
        await site.until(lambda: site.begun(born.uniqueid))  # it is reaped with the next list, half a second later
        await site.lives("talking")
        await asyncio.sleep(3)  # three more lists
        await site.lives("talking")
        await call.bye()
        await site.lives()
        assert site.doubts == ["ghost_channel"]


@pytest.mark.parametrize("version", [22, 16])
async def test_a_black_hole_between_us_and_asterisk_is_silence_and_the_call_goes_on(
    version: int, tmp_path: Path
) -> None:
    async with watched(version, 27, tmp_path) as site:
        call, _agent = await talking(site.pbx)
        await site.lives("talking")
        site.line.black_hole()
        await site.until(lambda: site.daemon.client.state != "ready")
        await site.line.restore()
        await until_listening(site.daemon, 2)
        await call.bye()
        await site.lives()
        (row,) = await site.stored()
    assert site.gaps == ["silent"]
    assert abs(row["talk_s"] - between("101 answer - caller end", site.pbx.truth)) < 0.5

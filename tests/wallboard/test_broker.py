"""The board on a broker: what it says when broker or daemon are gone, and that nobody can make it say something else."""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import pytest_asyncio
from playwright.async_api import expect

from daemon.web_pages import WEB
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.ringtally_process import Daemon
from tests.mqtt.broker import Mosquitto, mosquitto, shipped
from tests.mqtt.listener import ROOT, listening
from tests.mqtt.service import ids, mqtt, publishing
from tests.wallboard.browser import IN_ONE_BROWSER, Board, board

pytestmark = IN_ONE_BROWSER
PASSWORD = "no-one-must-see-this"
A_CALL = ids(0, 1)[0]
_numbers = count(1, 2)


@dataclass(frozen=True, slots=True)
class Office:
    """All that a board depends on, and a board that shows one live call."""

    pbx: FakeAsterisk
    broker: Mosquitto
    daemon: Daemon
    page: Board
    another: str
    """The id of a call that has not begun yet."""


def section(broker: Mosquitto) -> str:
    return mqtt(
        broker.port,
        f'username = "ringtally"\npassword = "{PASSWORD}"\nwebsocket = "ws://127.0.0.1:{broker.websocket_port}/"\n',
    )


Parts = tuple[FakeAsterisk, Mosquitto, Daemon]


@asynccontextmanager
async def parts_in(folder: Path) -> AsyncIterator[Parts]:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(folder, shipped(folder, PASSWORD)) as broker,
        publishing(folder, pbx, section(broker)) as daemon,
    ):
        yield pbx, broker, daemon


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    """For tests that leave all of them alive."""
    async with parts_in(tmp_path_factory.mktemp("parts")) as made:
        yield made


@asynccontextmanager
async def looking_at(parts: Parts) -> AsyncIterator[Office]:
    """A board of these, until nobody calls any more."""
    pbx, broker, daemon = parts
    async with board(f"http://127.0.0.1:{daemon.port}/wallboard/?board=table") as page:
        await page.link_is("live")
        await page.shows("#call-list ul", "no calls")
        call, another = ids(next(_numbers), 2)
        pbx.sessions[-1].send(new_channel(call))
        await page.has("#call-list ul", "7900•••2233")
        yield Office(pbx, broker, daemon, page, another)
    if daemon.is_alive:
        pbx.sessions[-1].send(hangup(call) + hangup(another))
        await daemon.until("/api/v1/live", '"total":0')


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    """All of a test's own."""
    async with parts_in(folder) as made, looking_at(made) as on:
        yield on


async def test_a_dead_broker_is_told_and_its_return_seen(parts: Parts) -> None:
    async with looking_at(parts) as on:
        await on.broker.kill()
        await on.page.link_is("no_broker")
        await on.page.says("No connection to the broker")
        await on.page.knows_nothing_of_now()
        await on.broker.start()
        await on.page.link_is("live")
        await on.page.has("#call-list ul", "7900•••2233")


async def test_the_broker_may_serve_the_board_itself(tmp_path: Path) -> None:
    """Mosquitto's http_dir says of no file what it is, and there is no daemon to ask."""
    settings = shipped(tmp_path, PASSWORD) + f"http_dir {WEB}\n"
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, settings) as broker,
        publishing(tmp_path, pbx, section(broker)),
        board(f"http://127.0.0.1:{broker.websocket_port}/wallboard/?board=table&theme=light") as page,
    ):
        await page.link_is("live")
        await page.shows("#site", "office")
        pbx.sessions[-1].send(new_channel(A_CALL))
        await page.has("#call-list ul", "7900•••2233")
        await page.page.click("#boards a >> nth=1")
        await expect(page.page.locator("body")).to_have_attribute("data-board", "agents")
        await page.link_is("live")
        await page.shows("#agent-list .cells", "no agents are known")
        await broker.kill()
        await page.says("No connection to the broker")
        await page.knows_nothing_of_now()
        told = [each for each in page.faults if "MIME type" not in each and "404" not in each]
        page.faults.clear()
        assert told == []


async def test_what_happens_to_a_call_is_drawn_before_the_list_tells_it(parts: Parts) -> None:
    """The daemon's own list says nothing of this one."""
    nothing = dict.fromkeys(("queue", "answered_by", "answered_at", "queued_at", "rang_at", "called"))
    call: dict[str, object] = {
        "id": "1.1",
        "direction": "in",
        "caller": "7916•••0000",
        "did": "7001",
        "state": "ivr",
        "waits_in": [],
    }
    call |= nothing | dict.fromkeys(("started_at", "state_since"), "2026-11-23T16:11:34.000Z")
    async with (
        looking_at(parts) as on,
        aiomqtt.Client("127.0.0.1", on.broker.port, username="ringtally", password=PASSWORD) as other,
    ):
        for seq, type_, listed in ((1000, "started", 2), (1001, "ended", 1)):
            event = {"v": 1, "ts": "2026-11-23T16:11:34.000Z", "type": type_, "seq": seq, "call": call}
            await other.publish(f"{ROOT}event/call", json.dumps(event), qos=1)
            await expect(on.page.page.locator("#call-list li")).to_have_count(listed)
        await on.page.link_is("live")


async def test_a_frozen_broker_is_told(parts: Parts) -> None:
    async with looking_at(parts) as on:
        on.broker.freeze()
        await on.page.link_is("no_broker")
        await on.page.knows_nothing_of_now()
        on.broker.thaw()
        await on.page.link_is("live")


async def test_of_a_daemon_that_died_the_brokers_last_will_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        on.daemon.send(signal.SIGKILL)
        await on.page.link_is("no_daemon")
        await on.page.says("Ringtally is not running")
        await on.page.knows_nothing_of_now()
        await on.page.has("#bar", "Figures are of")


async def test_a_daemon_that_was_stopped_is_told_and_its_return_seen(tmp_path: Path) -> None:
    async with office(tmp_path) as on:
        on.daemon.send(signal.SIGTERM)
        await on.page.link_is("no_daemon")
        assert await on.daemon.ended() == 0
        async with publishing(tmp_path, on.pbx, section(on.broker)):
            await on.page.link_is("live")


async def test_a_pbx_that_is_gone_is_told(parts: Parts) -> None:
    async with looking_at(parts) as on:
        own = on.pbx.port
        await on.pbx.go_down()
        await on.page.link_is("no_pbx")
        await on.page.says("The PBX is not connected")
        await on.page.knows_nothing_of_now()
        await on.pbx.listen(own)
        await on.page.link_is("live")


async def test_a_broker_that_knows_no_daemon_shows_none(tmp_path: Path) -> None:
    """It forgot all that it retained, and the daemon died meanwhile."""
    async with office(tmp_path) as on:
        await on.broker.kill()
        on.daemon.send(signal.SIGKILL)
        await on.page.link_is("no_broker")
        await on.broker.start()
        await on.page.link_is("no_daemon")
        await on.page.knows_nothing_of_now()


async def test_whoever_may_only_read_cannot_make_the_board_say_something(parts: Parts) -> None:
    async with looking_at(parts) as on:
        async with aiomqtt.Client("127.0.0.1", on.broker.websocket_port, transport="websockets") as stranger:
            await stranger.publish(f"{ROOT}bridge/state", b"offline", qos=1, retain=True)
        on.pbx.sessions[-1].send(new_channel(on.another, number="74951234567"))
        await on.page.has("#call-list ul", "7495•••4567")
        await on.page.link_is("live")


async def test_what_is_no_message_of_ours_changes_nothing(parts: Parts) -> None:
    async with looking_at(parts) as on:
        async with aiomqtt.Client("127.0.0.1", on.broker.port, username="ringtally", password=PASSWORD) as other:
            for payload in (b"{", b"\xff\xfe", b"null", b"[]", b"17"):
                await other.publish(f"{ROOT}queue/support/state", payload, qos=1)
                await other.publish(f"{ROOT}agent/anna/state", payload, qos=1)
        on.pbx.sessions[-1].send(new_channel(on.another, number="74951234567"))
        await on.page.has("#call-list ul", "7495•••4567")
        await on.page.link_is("live")


async def test_a_message_that_cannot_be_shown_leaves_no_old_picture(parts: Parts) -> None:
    account: dict[str, Any] = {"username": "ringtally", "password": PASSWORD}
    broken = b'{"v":1,"total":1,"calls":[null]}'
    async with looking_at(parts) as on:
        async with (
            listening(on.broker.port, f"{ROOT}calls/active", of_others=[broken], **account) as listener,
            aiomqtt.Client("127.0.0.1", on.broker.port, **account) as other,
        ):
            # A call is told before the list that has it: that one would be the next to be shown.
            await listener.until(lambda: listener.heard and listener.heard[-1].json["total"] == 1)
            await other.publish(f"{ROOT}calls/active", broken, qos=1)
        await on.page.link_is("broken")
        await on.page.says("cannot show")
        await on.page.knows_nothing_of_now()
        on.pbx.sessions[-1].send(new_channel(on.another))
        await on.page.link_is("live")
        assert len(on.page.faults) == 1
        assert "TypeError" in on.page.faults.pop()

"""The board while phones call through a real Asterisk, over a real broker, and while each of these dies and returns."""

import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings
from tests.mqtt.broker import Mosquitto, documented, mosquitto
from tests.wallboard.browser import Board, board

pytestmark = pytest.mark.slow
PASSWORD = "no-one-must-see-this"
QUEUE = "7003"
# Members of queues that are in reach: four phones, and one that leads into another queue; on 16 two of chan_sip's too.
AGENTS = {22: 5, 16: 7}
MIN_TALK_S = 3


@asynccontextmanager
async def publishing(folder: Path, pbx: Pbx, broker: Mosquitto, port: int = 0) -> AsyncIterator[Daemon]:
    """The daemon on this PBX and this broker."""
    more = (
        f'[follow_up]\nmin_talk_out = "{MIN_TALK_S}s"\n'
        f'[mqtt]\nport = {broker.port}\nusername = "ringtally"\npassword = "{PASSWORD}"\nreconnect_max = "200ms"\n'
        f'websocket = "ws://127.0.0.1:{broker.websocket_port}/"\n'
    )
    path = write_settings(folder, pbx.ip, 5038, SECRET, more)
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'))
    async with running_daemon(path) as daemon:
        await daemon.until("/-/ready", "ready")
        yield daemon


def seconds(shown: str) -> int:
    """`1:05` as seconds."""
    minutes, rest = shown.split(":")
    return int(minutes) * 60 + int(rest)


async def waits_as_long_as(page: Board, since: float) -> None:
    """The longest wait on the board is what has passed since this moment (monotonic): a second more or less, no more."""
    least = time.monotonic() - since
    shown = seconds(await page.text("#longest b"))
    most = time.monotonic() - since
    assert least - 1.5 <= shown <= most + 1.5


async def answered_call(pbx: Pbx, page: Board) -> None:
    """Somebody waits in the queue, is answered by the second agent, and hangs up."""
    pbx.p["101"].behave = pbx.p["102"].behave = no_answer()
    call = pbx.incoming(QUEUE, cid="79001112233")
    await pbx.reached("101")
    joined = time.monotonic()
    await page.shows("#waiting b", "1")
    await page.has("#waiting-list ul", "7900•••2233")
    await page.has("#waiting-list ul", "support")
    await page.has("#agent-list .agent-ringing", "Anna")
    await page.shows("#agents-free b", str(AGENTS[pbx.version] - 1))
    await page.shows("#longest b", re.compile("0:0[2-9]"))
    await waits_as_long_as(page, joined)
    await page.picture("waiting")
    agent = await pbx.reached("102")
    await waits_as_long_as(page, joined)
    agent.accept()
    await page.shows("#waiting b", "0")
    await page.has("#call-list ul", "talking")
    await page.has("#agent-list .agent-talking", "Boris")
    await page.shows("#longest b", "0:00")
    await page.picture("talking")
    await call.bye()
    await page.shows("#call-list ul", "no calls")
    await page.shows("#today .figure-answered dd", "1")
    await page.shows("#today .figure-missed dd", "0")


async def missed_call(pbx: Pbx, page: Board) -> None:
    """Somebody waits in the queue, and gives up."""
    pbx.p["101"].behave = no_answer()
    call = pbx.incoming(QUEUE, cid="74951234567")
    await pbx.reached("101")
    await page.shows("#waiting b", "1")
    await call.cancel()
    await page.shows("#waiting b", "0")
    await page.shows("#today .figure-missed dd", "1")
    await page.shows("#today .figure-missed_share dd", "50 %")
    await page.shows("#missed b", "1")
    await page.has("#missed ul", "7495•••4567")
    await page.picture("missed")


async def call_back(pbx: Pbx, page: Board) -> None:
    """Who was missed is called back: too shortly first, which counts for nothing, then as long as it takes."""
    pbx.trunk.behave = answer(0.1)
    short = pbx.p["102"].call("974951234567")
    await pbx.up(short)
    await short.bye()  # at once: what the page takes to show it would count as talk
    await page.shows("#call-list ul", "no calls")
    await page.shows("#missed b", "1")
    long = pbx.p["102"].call("974951234567")
    await pbx.up(long)
    await page.has("#call-list ul", "talking")
    await long.sleep(MIN_TALK_S + 0.5)
    await long.bye()
    await page.shows("#missed b", "0")
    await page.shows("#missed ul", "everybody was reached")


@pytest.mark.parametrize("version", [22, 16])
async def test_the_board_shows_what_the_phones_do_and_never_what_nobody_knows(version: int, tmp_path: Path) -> None:
    async with (
        running_pbx(version, 55) as pbx,
        mosquitto(tmp_path, documented(tmp_path, PASSWORD)) as broker,
        publishing(tmp_path, pbx, broker) as daemon,
        board(f"http://127.0.0.1:{daemon.port}/wallboard/?lang=en", size=(1920, 1080)) as page,
    ):
        await page.link_is("live")
        await page.shows("#waiting b", "0")
        await page.shows("#agents-free b", str(AGENTS[version]))
        await page.shows("#agents-free p", f"of {AGENTS[version]}")
        await answered_call(pbx, page)
        await missed_call(pbx, page)
        await call_back(pbx, page)

        await broker.kill()
        await page.link_is("no_broker")
        await page.knows_nothing_of_now()
        await page.picture("no-broker")
        await broker.start()
        await page.link_is("live")
        await page.shows("#today .figure-in dd", "2")

        await pbx.kill()
        await page.link_is("no_pbx")
        await page.knows_nothing_of_now()
        await page.picture("no-pbx")
        await pbx.boot()
        await page.link_is("live")

        daemon.send(signal.SIGKILL)
        await page.link_is("no_daemon")
        await page.knows_nothing_of_now()
        await page.picture("no-daemon")
        async with publishing(tmp_path, pbx, broker, daemon.port):
            await page.link_is("live")
            await page.shows("#today .figure-in dd", "2")
            await page.shows("#today .figure-missed dd", "1")

"""The board while phones call through a real Asterisk, over a real broker, and while each of these dies and returns."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from daemon import clock
from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_phone import Manner, answer, no_answer
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.daemon.free_port import closed_port
from tests.daemon.ringtally_process import Daemon, running_daemon, write_settings
from tests.mqtt.broker import Mosquitto, mosquitto, shipped
from tests.wallboard.browser import IN_ONE_BROWSER, Board, board

pytestmark = IN_ONE_BROWSER
PASSWORD = "no-one-must-see-this"
QUEUE = "7003"
# Members of queues that are in reach: four phones, and one that leads into another queue; on 16 two of chan_sip's too.
AGENTS = {22: 5, 16: 7}
MIN_TALK_S = 3
ALARM_S = 3
"""The first phone rings for four seconds."""


@asynccontextmanager
async def publishing(folder: Path, pbx: Pbx, broker: Mosquitto, port: int) -> AsyncIterator[Daemon]:
    """The daemon on this PBX and this broker, on the same port in all its lives."""
    more = (
        f'[wallboard]\nwait_alarm = "{ALARM_S}s"\n[follow_up]\nmin_talk_out = "{MIN_TALK_S}s"\n'
        f'[mqtt]\nport = {broker.port}\nusername = "ringtally"\npassword = "{PASSWORD}"\nreconnect_max = "200ms"\n'
        f'websocket = "ws://127.0.0.1:{broker.websocket_port}/"\n'
    )
    path = write_settings(folder, pbx.ip, 5038, SECRET, more)
    path.write_text(path.read_text().replace('listen = "127.0.0.1:0"', f'listen = "127.0.0.1:{port}"'))
    async with running_daemon(path) as daemon:
        await daemon.until("/-/ready", "ready")
        yield daemon


@dataclass(frozen=True, slots=True)
class Boards:
    """All three, side by side."""

    tiles: Board
    agents: Board
    table: Board

    @property
    def all(self) -> tuple[Board, ...]:
        """Each of them."""
        return self.tiles, self.agents, self.table

    async def link_is(self, link: str) -> None:
        """All say so."""
        for each in self.all:
            await each.link_is(link)

    async def know_nothing_of_now(self, name: str) -> None:
        """None shows what may not be so any more; each is kept as a picture of this name."""
        for each, kind in zip(self.all, ("tiles", "agents", "table"), strict=True):
            await each.knows_nothing_of_now()
            await each.picture(f"{name}-{kind}")

    async def pictures(self, name: str) -> None:
        """Keep one of each."""
        for each, kind in zip(self.all, ("tiles", "agents", "table"), strict=True):
            await each.picture(f"{name}-{kind}")


def seconds(shown: str) -> int:
    """`1:05` as seconds."""
    minutes, rest = shown.split(":")
    return int(minutes) * 60 + int(rest)


# A second that is shown began up to a second ago; and each learns the other's clock by asking for it.
CLOCKS_DIFFER_S = 2.0
NOTE_WAITS = """
const [waiting, longest] = ["#waiting b", "#longest b"].map((where) => document.querySelector(where));
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const watch = (place, note) => new MutationObserver(note).observe(place, { childList: true, characterData: true, subtree: true });
window.noted = { heard: null, waits: [] };
watch(waiting, () => { noted.heard ??= now(); });
watch(longest, () => noted.waits.push([longest.textContent, now()]));
"""


async def queued_at(daemon: Daemon) -> float:
    """Since when the only caller waits, as the daemon has it."""
    (call,) = json.loads((await daemon.get("/api/v1/live"))[1])["calls"]
    return datetime.fromisoformat(call["queued_at"]).timestamp()


async def waited_since(page: Board, since: float) -> None:
    """Each time that the longest wait changed, it was what had passed since this moment, as well as a page knows that hears so late of it."""
    noted = await page.page.evaluate("noted")
    late_s = noted["heard"] - since
    told = [(seconds(shown), at) for shown, at in noted["waits"] if shown not in {"0:00", "–"}]
    assert len(told) > 1
    for shown, at in told:
        assert abs(at - since - shown) <= CLOCKS_DIFFER_S + late_s, (told, since, late_s)


def answer_once(asked: asyncio.Event) -> Manner:
    """Ring; answer whatever rings once that is asked for."""

    async def manner(leg: CalledLeg) -> None:
        leg.ring()
        await asked.wait()
        leg.accept()

    return manner


async def answered_call(pbx: Pbx, daemon: Daemon, on: Boards) -> None:
    """Somebody waits in the queue until it alarms, is answered by the second agent, and hangs up."""
    may_answer = asyncio.Event()
    pbx.p["101"].behave, pbx.p["102"].behave = no_answer(), answer_once(may_answer)
    for each in on.all:
        await each.page.evaluate(NOTE_WAITS)
    await on.tiles.watch("#agents-free b")
    await on.agents.watch("#agent-list .cells")
    placed = clock.now()
    call = pbx.incoming(QUEUE, cid="79001112233")
    await pbx.reached("101")
    await on.tiles.shows("#waiting b", "1")
    since = await queued_at(daemon)
    assert placed - CLOCKS_DIFFER_S <= since <= clock.now() + CLOCKS_DIFFER_S
    await on.table.has("#waiting-list ul", "7900•••2233")
    await on.table.has("#waiting-list ul", "support")
    await on.agents.had("#agent-list .cells", "Annaringing")
    await on.tiles.had("#agents-free b", str(AGENTS[pbx.version] - 1))
    await on.tiles.shows("#longest b", re.compile(r"^0:(0[2-9]|[1-5]\d)$"))
    for each in on.all:
        await each.level_is("#longest", "crit")
    await on.tiles.level_is(".queue:first-child", "crit")
    await on.tiles.shows(".queue:first-child bdi", "support")
    await on.table.level_is("tbody tr:first-child", "crit")
    await on.pictures("waiting")
    may_answer.set()
    await on.tiles.shows("#waiting b", "0")
    for each in on.all:
        await waited_since(each, since)
    await on.table.has("#call-list ul", "talking")
    await on.agents.has("#agent-list .cells .agent-talking", "Boris")
    await on.tiles.shows("#longest b", "0:00")
    await on.pictures("talking")
    await call.bye()
    await on.table.shows("#call-list ul", "no calls")
    await on.tiles.shows("#today .figure-answered dd", "1")
    await on.tiles.shows("#today .figure-missed dd", "0")


async def missed_call(pbx: Pbx, on: Boards) -> None:
    """Somebody waits in the queue, and gives up."""
    pbx.p["101"].behave = pbx.p["102"].behave = no_answer()
    call = pbx.incoming(QUEUE, cid="74951234567")
    await pbx.reached("101")
    await on.tiles.shows("#waiting b", "1")
    await call.cancel()
    await on.tiles.shows("#waiting b", "0")
    await on.tiles.shows("#today .figure-missed dd", "1")
    await on.table.shows("#missed-share b", "50 %")
    await on.tiles.shows("#missed b", "1")
    await on.tiles.has("#missed ul", "7495•••4567")
    await on.table.has("#missed ul", "7495•••4567")
    await on.pictures("missed")


async def call_back(pbx: Pbx, on: Boards) -> None:
    """Who was missed is called back: too shortly first, which counts for nothing, then as long as it takes."""
    pbx.trunk.behave = answer(0.1)
    short = pbx.p["102"].call("974951234567")
    await pbx.up(short)
    await short.bye()  # at once: what the page takes to show it would count as talk
    await on.tiles.shows("#today .figure-out dd", "1")
    await on.tiles.shows("#missed b", "1")
    long = pbx.p["102"].call("974951234567")
    await pbx.up(long)
    await on.table.has("#call-list ul", "talking")
    await long.sleep(MIN_TALK_S + 0.5)
    await long.bye()
    await on.tiles.shows("#missed b", "0")
    await on.tiles.shows("#missed ul", "everybody was reached")


@pytest.mark.parametrize("version", [22, 16])
async def test_the_boards_show_what_the_phones_do_and_never_what_nobody_knows(version: int, tmp_path: Path) -> None:
    async with (
        running_pbx(version, 55) as pbx,
        mosquitto(tmp_path, shipped(tmp_path, PASSWORD)) as broker,
        publishing(tmp_path, pbx, broker, port := closed_port()) as daemon,
        board(f"http://127.0.0.1:{daemon.port}/wallboard/?lang=en", size=(1920, 1080)) as page,
    ):
        beside = [await page.beside(f"{page.page.url}&board={name}") for name in ("agents", "table")]
        on = Boards(page, *beside)
        await on.link_is("live")
        await page.shows("#waiting b", "0")
        await page.shows("#agents-free b", str(AGENTS[version]))
        await page.shows("#agents-free .note p", f"of {AGENTS[version]}")
        await answered_call(pbx, daemon, on)
        await missed_call(pbx, on)
        await call_back(pbx, on)
        if version != max(AGENTS):
            return  # what dies after this does so alike

        await broker.kill()
        await on.link_is("no_broker")
        await on.know_nothing_of_now("no-broker")
        await broker.start()
        await on.link_is("live")
        await page.shows("#today .figure-in dd", "2")

        await pbx.kill()
        await on.link_is("no_pbx")
        await on.know_nothing_of_now("no-pbx")
        await pbx.boot()
        await on.link_is("live")

        daemon.send(signal.SIGKILL)
        await on.link_is("no_daemon")
        await on.know_nothing_of_now("no-daemon")
        async with publishing(tmp_path, pbx, broker, port):
            await on.link_is("live")
            await page.shows("#today .figure-in dd", "2")
            await page.shows("#today .figure-missed dd", "1")

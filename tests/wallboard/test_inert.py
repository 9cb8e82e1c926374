"""A board that shows all, among callers, agents and queues who all mean harm: text, and nothing that runs or turns the board."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from playwright.async_api import expect

from daemon.log import harmless
from handlers.agents.identity import key_of
from handlers.ami.message import text_of
from handlers.calls.names import presented
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk
from tests.daemon.ringtally_process import running_daemon, write_settings
from tests.daemon.test_inert import event, member, members, on_one_line, run_of, wire
from tests.hostile import HOSTILE, is_inert
from tests.mqtt.broker import mosquitto, shipped
from tests.mqtt.service import mqtt
from tests.wallboard.browser import IN_ONE_BROWSER, Board, board

pytestmark = IN_ONE_BROWSER
PASSWORD = "no-one-must-see-this"
TEXTS = [text[:30_000] for text in HOSTILE.values()]
AT_ONCE = 7
"""A list has eight rows."""
# Two endpoints that differ behind a "/" alone are one.
AGENTS = len({key_of(f"PJSIP/{text_of(on_one_line(text))}") for text in TEXTS})


def began(uniqueid: str, text: str) -> bytes:
    said = on_one_line(text)
    run = run_of(uniqueid, said, said, b"7001")
    return event(b"Newchannel", run) + event(
        b"QueueCallerJoin", run + b"Queue: " + said + b"\r\nPosition: 1\r\nCount: 1\r\n"
    )


def over(uniqueid: str) -> bytes:
    return event(b"Hangup", run_of(uniqueid, b"1", b"1", b"7001") + b"Cause: 16\r\nCause-txt: Normal Clearing\r\n")


async def shown(page: Board, where: str) -> list[str]:
    found: list[str] = await page.page.evaluate(
        f"[...document.querySelectorAll('{where}')].map((each) => each.textContent)"
    )
    return found


def blank(text: str) -> str:
    """A browser shows any blank as one; a terminal might not."""
    return re.sub(r"[^\S\r\n\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]", " ", text)


async def elements(page: Board) -> set[str]:
    found: list[str] = await page.page.evaluate(
        "[...document.body.querySelectorAll('*')].map((each) => each.localName)"
    )
    return set(found)


async def show(page: Board, pbx: FakeAsterisk, number: int, texts: Sequence[str]) -> None:
    """So many callers wait at once, are looked at, and go."""
    ids = [f"1795450260.{number + n}" for n in range(len(texts))]
    for uniqueid, text in zip(ids, texts, strict=True):
        pbx.sessions[-1].send(began(uniqueid, text))
    await page.shows("#waiting b", str(len(texts)))
    await expect(page.page.locator("#call-list li .who bdi")).to_have_count(len(texts))
    rows = await shown(page, "#call-list li .who bdi")
    told = [presented(text_of(on_one_line(text))) for text in texts]
    for row, wanted in zip(reversed(rows), told, strict=True):
        assert len(row) <= 121 * 10
        assert is_inert(f"\u2068{blank(row)}\u2069"), row
        if wanted is None:
            assert row == "anonymous"
        elif len(wanted) < 100 and harmless(wanted) == wanted:
            assert row == wanted
    pbx.sessions[-1].send(b"".join(map(over, ids)))
    await page.shows("#waiting b", "0")
    await page.shows("#call-list ul", "no calls")


@asynccontextmanager
async def everything_shown(folder: Path) -> AsyncIterator[tuple[FakeAsterisk, Board]]:
    """A board on a broker that is told numbers and names in full."""
    async with FakeAsterisk(steady=True) as pbx, mosquitto(folder, shipped(folder, PASSWORD)) as broker:
        account = f'username = "ringtally"\npassword = "{PASSWORD}"\nnumbers = "full"\n'
        section = mqtt(broker.port, f'{account}websocket = "ws://127.0.0.1:{broker.websocket_port}/"\n')
        async with running_daemon(write_settings(folder, "127.0.0.1", pbx.port, SECRET, section)) as daemon:
            await daemon.until("/-/ready", "ready")
            async with board(
                f"http://127.0.0.1:{daemon.port}/wallboard/?board=table&lang=en", size=(1920, 1080)
            ) as page:
                await page.link_is("live")
                yield pbx, page


async def test_whatever_they_are_called_the_board_shows_text(tmp_path: Path) -> None:
    async with everything_shown(tmp_path) as (pbx, page):
        before = await elements(page)
        texts = iter(TEXTS)
        number = 0
        while some := list(islice(texts, AT_ONCE)):
            await show(page, pbx, number, some)
            number += AT_ONCE
        agents = [member(text) for text in TEXTS]
        pbx.answers["QueueStatus"] = members(agents)
        pbx.sessions[-1].send(b"".join(agents))
        await page.has("#agents-free .note p", f"of {AGENTS}")
        assert await elements(page) - before <= {"bdi", "li", "span", "time", "div", "tr", "th", "td", "i"}
        await page.fits()
        missed = await page.page.locator("#missed-open b").inner_text()
        for name in await shown(page, "#queue-table bdi"):
            assert is_inert(f"\u2068{blank(name)}\u2069"), name
        for other in ("agents", "tiles"):
            beside = await page.beside(page.page.url.replace("table", other))
            await beside.link_is("live")
            # What a broker keeps comes topic by topic.
            await beside.has("#agents-free .note p", f"of {AGENTS}")
            if other == "tiles":
                await beside.shows("#missed b", missed)
            await beside.fits()
            names = await shown(beside, "main bdi")
            assert len(names) > (AT_ONCE if other == "agents" else 0)
            for name in names:
                assert is_inert(f"\u2068{blank(name)}\u2069"), name
            await expect(beside.page.locator("main :is(img, script, iframe, form, a)")).to_have_count(0)
            await beside.picture(f"inert-{other}")


async def test_what_turns_the_direction_of_writing_turns_its_own_name_alone(tmp_path: Path) -> None:
    async with everything_shown(tmp_path) as (pbx, page):
        pbx.sessions[-1].send(began("1795450260.1", HOSTILE["bidi-override"]))
        await page.shows("#call-list li .who", "→ \\u202egnp.exe\\u202d")
        pbx.sessions[-1].send(began("1795450260.2", HOSTILE["right-to-left"]))
        await page.has("#call-list ul", HOSTILE["right-to-left"])
        rows = page.page.locator("#call-list li")
        row = rows.filter(has_text=re.compile("42"))
        arrow, name = (
            await row.locator(".who").evaluate(
                "(each) => { const r = document.createRange(); r.selectNode(each.firstChild); return r.getBoundingClientRect().left; }"
            ),
            await row.locator(".who bdi").evaluate("(each) => each.getBoundingClientRect().left"),
        )
        assert arrow < name  # the arrow stays before the name, on the left
        assert wire(await row.locator(".who bdi").inner_text()) == wire(HOSTILE["right-to-left"])

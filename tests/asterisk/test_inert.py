"""Hostile callers and agents of a real Asterisk, and every way by which what they wrote comes out: it does nothing anywhere."""

import asyncio
import csv
import io
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import orjson
import pytest
from playwright.async_api import expect

from handlers.ami.texts import TEXT_LIMIT
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.daemon.recorder_process import recording
from tests.daemon.reports.test_printed import opened
from tests.daemon.ringtally_process import Daemon, ran, ran_here, running_daemon, write_settings
from tests.daemon.test_inert import wire
from tests.hostile import HOSTILE, is_inert
from tests.mqtt.broker import mosquitto, shipped
from tests.mqtt.listener import Listener, listening
from tests.prometheus.server import promtool
from tests.wallboard.browser import WITHIN_MS, Board, board
from tests.wallboard.test_inert import blank, shown

pytestmark = pytest.mark.slow
PASSWORD = "no-one-must-see-this"
TOKEN = "right-token"
AT_ONCE = 7
PACKET = 1000
"""Bytes of a name that a packet has room for; Asterisk keeps fewer."""
TOLD_WHOLE = (
    *(
        "script",
        "image",
        "template",
        "percent-format",
        "jndi",
        "drop-table",
        "at",
        "minus",
        "topic-levels",
        "right-to-left",
    ),
    *("rich-markup", "bidi-override", "emoji"),
)
TOPICS = re.compile(
    r"bridge/(state|info|health)|calls/active|stats/today|missed/(count|open)|event/(call|missed)|"
    r"(queue|trunk|department|agent)/[a-z0-9-]+/state"
)
# A call of two parties, with the parts of its time line, each text as long as it may be and each character escaped.
CALL_MOST = 60 * TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that tells of calls, all of it told in full."""

    pbx: Pbx
    daemon: Daemon
    listener: Listener
    page: Board
    settings: Path
    database: Path


@asynccontextmanager
async def office(version: int, folder: Path) -> AsyncIterator[Office]:
    """A PBX, the daemon at debug level, a broker and a board on it."""
    async with running_pbx(version, 71) as pbx, mosquitto(folder, shipped(folder, PASSWORD)) as broker:
        more = (
            '[[trunks]]\nname = "town"\nchannels = ["PJSIP/trunk-*"]\n'
            f'[mqtt]\nport = {broker.port}\nusername = "ringtally"\npassword = "{PASSWORD}"\nnumbers = "full"\n'
            f'websocket = "ws://127.0.0.1:{broker.websocket_port}/"\n'
        )
        path = write_settings(folder, pbx.ip, 5038, SECRET, more)
        text = path.read_text().replace('format = "json"', 'format = "json"\nlevel = "debug"')
        path.write_text(text.replace("[http]\n", f'[http]\nread_token = "{TOKEN}"\n'))
        account: dict[str, Any] = {"username": "ringtally", "password": PASSWORD}
        async with listening(broker.port, **account) as listener, running_daemon(path) as daemon:
            await daemon.until("/-/ready", "ready")
            address = f"http://127.0.0.1:{daemon.port}/wallboard/?board=table&lang=en"
            async with board(address, size=(1920, 1080)) as page:
                await page.link_is("live")
                yield Office(pbx, daemon, listener, page, path, folder / "calls.db")


def name_of(text: str) -> bytes:
    """A display name as a phone writes it; what ends a line or a text is beyond any SIP parser."""
    kept = wire(re.sub("[\r\n\0]", "", text))[:PACKET]
    return kept.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def number_of(text: str) -> str:
    """The same as the user of an address: every byte can be in it."""
    return quote(wire(text)[: PACKET // 3], safe="") or "anonymous"


async def call_at_once(on: Office, texts: list[str]) -> None:
    """They call the town's number, are looked at on the board while they talk, and hang up."""
    legs = [on.pbx.incoming("7100", cid=number_of(text), name=name_of(text)) for text in texts]
    await settled(legs)
    talking = sum(leg.state == "up" for leg in legs)
    # Who is told of is told by number; a list without calls has one row that says so.
    await expect(on.page.page.locator("#call-list li .who")).to_have_count(talking, timeout=WITHIN_MS)
    for row in await shown(on.page, "#call-list li bdi"):
        assert is_inert(f"\u2068{blank(row)}\u2069"), row
    await hung_up(legs)


async def settled(legs: list[CallerLeg]) -> None:
    """Each is answered or refused; what Asterisk's SIP parser drops has no answer."""
    await asyncio.wait([leg.final for leg in legs], timeout=3)
    for leg in legs:
        if leg.state == "new":
            leg.end("never_answered_by_asterisk")


async def hung_up(legs: list[CallerLeg]) -> None:
    for leg in legs:
        if leg.state == "up":
            await leg.bye()
        elif leg.state != "ended":
            await leg.cancel()


async def hostile_agents(pbx: Pbx) -> int:
    """Members of a queue whose names and reasons are hostile, as a dialplan or a program may add them."""
    added = 0
    for number, text in enumerate(HOSTILE.values()):
        said = re.sub("[\r\n\0]", " ", text[:60]).encode("utf-8", "replace").decode()
        interface = f"PJSIP/x{number}"
        answered = await pbx.ctl.act("QueueAdd", Queue="support", Interface=interface, MemberName=said or "x")
        added += answered["Response"] == "Success"
        await pbx.ctl.act("QueuePause", Queue="support", Interface=interface, Paused="true", Reason=said)
    return added


async def call_of_a_dialplan_that_sets_anything(pbx: Pbx) -> None:
    """Who calls is given a name longer than any phone could send, while it rings for him."""
    pbx.p["106"].behave = no_answer()
    leg = pbx.incoming("7100", cid="74951230000")
    while leg.state != "ringing":
        await asyncio.sleep(0.02)  # nothing signals a leg's state
    channels = (await pbx.command("core show channels concise")).split()
    (channel,) = [line.partition("!")[0] for line in channels if line.startswith("PJSIP/trunk-")]
    answered = await pbx.ctl.act("Setvar", Channel=channel, Variable="CALLERID(name)", Value="x" * 900)
    assert answered["Response"] == "Success"
    await leg.cancel()


async def everything_hostile(on: Office) -> int:
    """All of them call, are called and are agents; how many legs got as far as a call."""
    on.pbx.p["106"].behave = on.pbx.trunk.behave = answer(0.1)
    added = await hostile_agents(on.pbx)
    assert added > len(HOSTILE) - 5
    texts = iter(HOSTILE.values())
    while some := list(islice(texts, AT_ONCE)):
        await call_at_once(on, some)
    texts = iter(HOSTILE.values())
    while some := list(islice(texts, AT_ONCE)):
        legs = [on.pbx.p["102"].call(f"91{number_of(text[:20])}") for text in some]
        await settled(legs)
        await hung_up(legs)
    await call_of_a_dialplan_that_sets_anything(on.pbx)
    await on.daemon.until("/api/v1/live", '"total":0')
    return sum(record.get("t_got_answer") is not None for record in on.pbx.recs if record["kind"] == "caller")


async def read(on: Office, *words: str) -> bytes:
    ended = await ran("--config", on.settings, *words)
    assert ended.status == 0, ended.stderr
    assert all(is_inert(line) for line in ended.stderr.split("\n"))
    return ended.stdout


async def read_here(on: Office, *words: str) -> bytes:
    """The same without a process of its own."""
    ended = await ran_here("--config", on.settings, *words)
    assert ended.status == 0, ended.stderr
    assert all(is_inert(line) for line in ended.stderr.split("\n"))
    return ended.stdout


def cells_of(text: str, delimiter: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter):
        yield from row


async def forms_are_inert(on: Office, folder: Path, words: tuple[str, ...]) -> None:
    """A list or report in every form that there is."""
    for line in (await read_here(on, *words)).decode().split("\n"):
        assert is_inert(line), line
    for form in ("json", "jsonl"):
        told = (await read_here(on, *words, "--format", form)).decode()
        assert all(character == "\n" or character.isprintable() for character in told)
        for value in [told] if form == "json" else told.splitlines():
            orjson.loads(value)
    for form, delimiter, other in (("csv", ",", ";"), ("csv-excel", ";", ",")):
        told = (await read_here(on, *words, "--format", form)).decode()
        for cell in [*cells_of(told, delimiter), *cells_of(told, other)]:
            assert not cell.lstrip().startswith(("=", "@", "-", "＝")), cell
            assert not cell.startswith("+") or cell[1:].isdigit(), cell
    for sheet in openpyxl.load_workbook(io.BytesIO(await read_here(on, *words, "--format", "xlsx"))):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and (cell.hyperlink is None or not cell.hyperlink.target) for cell in row)
    browser = on.page.page.context.browser
    assert browser is not None
    async with opened(browser, (await read_here(on, *words, "--format", "html")).decode(), folder) as page:
        assert await page.locator("script, img, iframe, object, form, base, link, svg script").count() == 0


async def told_to_strangers(on: Office) -> bytes:
    """All that is told of callers without a token. What our own phones dial is no stranger's: an extension may have letters."""
    calls = orjson.loads((await on.daemon.get("/api/v1/calls?limit=100"))[1])["calls"]
    said = [(await on.daemon.get(path))[1].encode() for path in ("/api/v1/live", "/api/v1/cases", "/", "/-/ready")]
    return b"\n".join([*said, *(orjson.dumps(call) for call in calls if call["direction"] == "in")])


@pytest.mark.parametrize("version", [22, 16])
async def test_nothing_that_they_write_does_anything_anywhere(version: int, tmp_path: Path) -> None:
    async with office(version, tmp_path) as on:
        kept = tmp_path / "anonymised.jsonl"
        async with recording(on.settings, kept, "--anonymise") as recorder:
            await recorder.says("ami_ready")
            answered = await everything_hostile(on)
        assert answered > len(HOSTILE) * 1.5
        await on.page.link_is("live")
        told = orjson.loads(await read(on, "calls", "--from", "2020-01-01", "--format", "json"))
        # The API, the database and the command line tell the same calls; and those that answered are all there.
        assert len([call for call in told if call["result"] == "answered"]) >= answered
        names = {call["caller_name"] for call in told}
        assert {HOSTILE[name] for name in TOLD_WHOLE} <= names
        assert all(len(orjson.dumps(call)) < CALL_MOST for call in told)
        (cut,) = [call["caller_name"] for call in told if call["caller"] == "74951230000"]
        assert cut == "x" * (TEXT_LIMIT - 1) + "…"
        await tells_nothing_but_text(on, tmp_path)
        assert_nothing_left(kept)
        assert await on.daemon.stop() == 0
        with sqlite3.connect(on.database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT count(*) FROM call WHERE merged_into IS NULL").fetchone() == (len(told),)
        connection.close()


async def tells_nothing_but_text(on: Office, folder: Path) -> None:
    """Log, metrics, broker, API, lists and reports."""
    assert all(
        line.removesuffix("\n").isprintable() and orjson.loads(line) for line in on.daemon.lines if line.startswith("{")
    )
    assert "evil.example" not in "".join(on.daemon.lines)
    status, metrics = await on.daemon.get("/metrics")
    assert status == 200
    assert await promtool("check", "metrics", given=metrics.encode()) == (0, "", "")
    assert set(re.findall(r'trunk="([^"]*)"', metrics)) == {"", "town", "other"}
    assert "alert" not in re.sub(r'(agent|name)="(?:[^"\\]|\\.)*"', "", metrics)  # agents are the PBX's own
    for heard in on.listener.heard:
        assert TOPICS.fullmatch(heard.topic), heard.topic
        if heard.payload and heard.topic not in {"bridge/state", "missed/count"}:
            orjson.loads(heard.payload)
        assert len(heard.payload) < 200_000, heard.topic
    ours = b'<script src="common/theme.js"></script>'
    strangers = (await told_to_strangers(on)).replace(ours, b"")
    for word in (b"<script", b"HYPERLINK", b"DROP TABLE", b"jndi", b"onerror"):
        assert word not in strangers, strangers[strangers.index(word) - 200 :][:400]
    calls = ("calls", "--from", "2020-01-01")
    for words in (calls, ("report", "missed")):
        await forms_are_inert(on, folder, words)
    for call in orjson.loads(await read_here(on, *calls, "--format", "json")):
        assert all(is_inert(line) for line in (await read_here(on, "call", call["id"])).decode().split("\n"))
    assert all(is_inert(line) for line in (await read(on, *calls)).decode().split("\n"))


def assert_nothing_left(kept: Path) -> None:
    """What is there to show around bears nothing of what anybody wrote."""
    text = kept.read_text()
    assert "Hangup" in text
    for word in (
        "script>",
        "HYPERLINK",
        "DROP TABLE",
        "jndi",
        "onerror",
        "evil.example",
        "\\u202e",
        "\u202e",
        "\\u05e9",
        "ש",
    ):
        assert word not in text, word

"""No surface tells strangers who called: recorded calls of a known caller through the real daemon, and every byte that it says."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, new_channel
from tests.daemon.ringtally_process import Daemon, ran, running_daemon, write_settings
from tests.documents.asking import asking
from tests.documents.validity import check_stream
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import mqtt

NUMBER, NAME, CLIENT = "79052846173", "Святослав Непомнящий", "ООО «Василёк-Трейд»"
SPELLED = "8 905 284-61-73"
RECORDED = re.compile(rb"(\+?[78])9001112233")
UNNAMED = re.compile(
    rb"((?:CallerID|ConnectedLine)Num: \+?[78]9052846173\r\n(?:CallerID|ConnectedLine)Name: )<unknown>"
)
RECORDINGS = (
    *(
        "05-direct-caller-abandons",
        "07-ivr-queue-second-agent",
        "12-blind-transfer-answered",
        "14-attended-transfer-replaces",
    ),
    *(
        "17-outgoing-answered",
        "18-outgoing-busy-and-unanswered",
        "20-missed-then-callback",
        "21-hold",
        "23-forward-302",
    ),
)
LIVE = "1795999999.1"
WRITE, READ = "write-token", "read-token"
PATHS = (
    *(
        "/",
        "/metrics",
        "/-/healthy",
        "/-/ready",
        "/wallboard/",
        "/api/v1/live",
        "/api/v1/gaps",
        "/nothing",
        "/api/v1/nothing",
    ),
    *("/api/v1/calls?limit=100", "/api/v1/calls?missed=true", "/api/v1/cases", "/api/v1/cases?open=true"),
    *("/api/v1/calls?direction=x", "/api/v1/cases?clients=known"),
)


def theirs(raw: bytes) -> bytes:
    """The recorded caller is ours, and has a name."""
    return UNNAMED.sub(rb"\g<1>" + NAME.encode(), RECORDED.sub(rb"\g<1>9052846173", raw))


def found_in(said: bytes) -> list[str]:
    """What of him is in there: six digits of his number in a row, or a name, also as JSON escapes it."""
    digits = [NUMBER[i : i + 6] for i in range(len(NUMBER) - 5)]
    words = [*NAME.split(), "Василёк"]
    spelled = [each for word in words for each in (word.encode(), word.encode("unicode_escape"), word.encode("cp1251"))]
    return [repr(each) for each in [*(digit.encode() for digit in digits), *spelled] if each in said]


@asynccontextmanager
async def office(folder: Path, port: int, more: str = "") -> AsyncIterator[tuple[Daemon, FakeAsterisk]]:
    """The daemon at debug level, with a directory that knows the caller."""
    (folder / "clients.csv").write_text(f"phone;name\n{SPELLED};{CLIENT}\n")
    section = f'{mqtt(port, more)}[clients]\nfile = "{folder / "clients.csv"}"\n'
    async with FakeAsterisk(steady=True) as pbx:
        settings = write_settings(folder, "127.0.0.1", pbx.port, SECRET, section)
        text = settings.read_text().replace("[log]", '[log]\nlevel = "debug"')
        settings.write_text(text.replace("[http]", f'[http]\nread_token = "{READ}"\nwrite_token = "{WRITE}"'))
        async with running_daemon(settings) as daemon:
            await daemon.until("/-/ready", "ready")
            await daemon.told("clients_read")
            yield daemon, pbx
            assert await daemon.stop() == 0


async def happen(daemon: Daemon, pbx: FakeAsterisk) -> None:
    """All those calls, and one that goes on."""
    for name in RECORDINGS:
        pbx.sessions[-1].send(b"".join(lines(name, theirs)))
    pbx.sessions[-1].send(new_channel(LIVE, NUMBER, NAME))
    await daemon.until("/api/v1/live", LIVE)


async def answers(daemon: Daemon, token: str = "") -> bytes:
    """Whatever HTTP says, lists, single calls and cases, refusals and mistakes."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    said = b""
    async with asking(f"http://127.0.0.1:{daemon.port}", headers=headers) as session:

        async def get(path: str) -> bytes:
            async with session.get(path) as answer:
                return str(answer.headers).encode() + await answer.read()

        for path in PATHS:
            said += await get(path)
        for kind in ("calls", "cases"):
            for found in orjson.loads((await get(f"/api/v1/{kind}?limit=100")).partition(b">")[2])[kind]:
                said += await get(f"/api/v1/{kind}/{found['id']}")
        for path in (f"/api/v1/calls?number={NUMBER}", f"/api/v1/cases?number={NUMBER}", f"/api/v1/calls/{NUMBER}"):
            said += await get(path)
        for body in (
            b"{",
            orjson.dumps({"number": NUMBER, "by": NAME, "extra": 1}),
            orjson.dumps({"number": NUMBER, "by": ""}),
        ):
            for writes in ({}, {"Authorization": f"Bearer {WRITE}"}):
                async with session.post("/api/v1/contacts", data=body, headers=writes) as answer:
                    said += await answer.read()
    return said


async def streamed(daemon: Daemon, within: asyncio.Event) -> bytes:
    """What the stream tells a stranger until somebody says that it is enough."""
    said = b""
    async with (
        asking(f"http://127.0.0.1:{daemon.port}") as session,
        session.get("/api/v1/stream") as answer,
    ):
        while not (within.is_set() and LIVE.encode() in said):
            said += await answer.content.readany()
    check_stream(said)
    return said


def heard(listener: Listener) -> bytes:
    return b"\n".join(each.topic.encode() + each.payload for each in listener.heard)


async def test_strangers_learn_of_nobody_who_called(tmp_path: Path) -> None:
    async with (
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        office(tmp_path, broker.port) as (daemon, pbx),
    ):
        await listener.hears("bridge/state", b"online")
        enough = asyncio.Event()
        stream = asyncio.ensure_future(streamed(daemon, enough))
        await happen(daemon, pbx)
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
        noted = await ran("--config", tmp_path / "ringtally.toml", "contact", SPELLED, "--by", "Anna", "--note", NAME)
        assert noted.status == 0
        await listener.until(lambda: LIVE.encode() in heard(listener))
        await listener.until(lambda: len(listener.of("event/call")) > 20 and len(listener.of("event/missed")) > 2)
        enough.set()
        surfaces = {
            "HTTP": await answers(daemon),
            "HTTP with a wrong token": await answers(daemon, "wrong"),
            "stream": await stream,
            "MQTT": heard(listener),
            "log": "".join(daemon.lines).encode(),
        }
    for name, said in surfaces.items():
        assert len(said) > 500, name
        assert found_in(said) == [], name
    assert found_in("".join(daemon.lines).encode()) == []  # to its end


async def test_with_the_token_and_full_numbers_the_same_look_finds_him(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    more = 'numbers = "full"\n'
    async with (
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        office(tmp_path, broker.port, more) as (daemon, pbx),
    ):
        await listener.hears("bridge/state", b"online")
        await happen(daemon, pbx)
        await listener.until(lambda: LIVE.encode() in heard(listener))
        for said in (await answers(daemon, READ), heard(listener)):
            assert len(found_in(said)) >= 9  # six of digits, and both his names and the directory's


@pytest.mark.parametrize("hostile", [f"{NUMBER} {NAME}", f"tel:+{NUMBER}", f"+7 (905) 284-61-73 <{NAME}>"])
async def test_a_number_within_a_name_or_a_number_that_is_none_is_masked_too(tmp_path: Path, hostile: str) -> None:
    async with (
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        office(tmp_path, broker.port) as (daemon, pbx),
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(new_channel("1795999999.2", hostile, hostile) + new_channel(LIVE, hostile, hostile))
        await daemon.until("/api/v1/live", LIVE)
        await listener.until(lambda: LIVE.encode() in heard(listener))
        said = {"HTTP": await answers(daemon), "MQTT": heard(listener), "log": "".join(daemon.lines).encode()}
    for name, each in said.items():
        assert found_in(each) == [], name

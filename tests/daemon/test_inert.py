"""One daemon, and callers, queues, agents and people who all mean harm: what it tells of them by HTTP is text and nothing else."""

import io
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import SecretStr

from config.sections import Http, Queue
from daemon.app import Running
from daemon.board.agents import AGENTS_LIMIT
from daemon.case_words import NAME_LONGEST, TEXT_LONGEST
from daemon.sinks.agent_metrics import AGENT_LABELS_LIMIT
from daemon.sinks.label_names import LABELS_LIMIT
from handlers.ami.message import text_of
from handlers.ami.texts import TEXT_LIMIT
from tests.daemon.app_service import FULL, TOKEN, ready, replay, settings_for
from tests.daemon.fake_asterisk import Action, Answer, FakeAsterisk, Session, answer
from tests.daemon.http_service import said_to
from tests.documents.validity import check_streamed
from tests.hostile import HOSTILE

WRITE_TOKEN = "may-write"
WRITES = {"Authorization": f"Bearer {WRITE_TOKEN}"}
# A line of 64 KiB and more is dropped as a whole, and counted.
TEXTS = [text[:30_000] for text in HOSTILE.values()]
IDS = [f"1795450260.{n}" for n in range(len(TEXTS))]
_C_ESCAPES = dict(zip("\a\b\f\n\r\t\v\\'\"?", ("\\" + code for code in "abfnrtv\\'\"?"), strict=True))
_TOPIC = re.compile(r"[a-z]+/[a-z0-9-]+(/[a-z]+)?")
_LABEL = r'[a-zA-Z_]+="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"[a-z]+_[a-z_]+(?:\{{{_LABEL}(?:,{_LABEL})*\}})? [-+0-9.eInfNa]+")


def wire(text: str) -> bytes:
    """The bytes of a text; half a character is none that UTF-8 has."""
    return text.encode("utf-8", "surrogatepass")


def escaped(text: str) -> bytes:
    """As Asterisk writes a name."""
    return wire("".join(_C_ESCAPES.get(character, character) for character in text))


def event(name: bytes, headers: bytes) -> bytes:
    privilege = b"agent" if name.startswith(b"Queue") else b"call"
    return b"Event: " + name + b"\r\nPrivilege: " + privilege + b",all\r\n" + headers + b"\r\n"


def run_of(uniqueid: str, number: bytes, name: bytes, exten: bytes) -> bytes:
    head = b"Channel: PJSIP/trunk-0000000a\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\nCallerIDNum: "
    more = b"\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\nAccountCode: \r\nContext: from-trunk"
    ids = f"\r\nPriority: 1\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n".encode()
    return head + number + b"\r\nCallerIDName: " + name + more + b"\r\nExten: " + exten + ids


def on_one_line(text: str) -> bytes:
    """For what a caller has no hand in: Asterisk writes it on one line."""
    return wire(re.sub("[\r\n]", " ", text))


def life(uniqueid: str, text: str) -> bytes:
    """A call: from somebody with this name and number, to this extension, into a queue of this name, and over."""
    run = run_of(uniqueid, on_one_line(text), escaped(text), on_one_line(text))
    queue = b"Queue: " + on_one_line(text) + b"\r\nPosition: 1\r\nCount: 1\r\n"
    return b"".join(
        (
            event(b"Newchannel", run),
            event(b"QueueCallerJoin", run + queue),
            event(b"QueueCallerAbandon", run + queue),
            event(b"Hangup", run + b"Cause: 16\r\nCause-txt: Normal Clearing\r\n"),
        )
    )


def member(text: str, queue: str = "support") -> bytes:
    """Somebody in a queue who is called so, whose device is called so, and who has a reason to be paused."""
    said = on_one_line(text)
    headers = (
        *(b"Queue: " + queue.encode(), b"MemberName: " + said, b"Interface: PJSIP/" + said),
        *(b"StateInterface: PJSIP/" + said, b"Membership: dynamic", b"Penalty: 0", b"CallsTaken: 0", b"LastCall: 0"),
        *(b"LastPause: 0", b"InCall: 0", b"Status: 1", b"Paused: 1", b"PausedReason: " + said, b"Ringinuse: 0"),
    )
    return event(b"QueueMemberStatus", b"\r\n".join(headers) + b"\r\n")


def members(told: Iterable[bytes]) -> Answer:
    """Who is in the queues, as the PBX answers it each minute: those of whom these events of `member` tell. All others are gone then."""
    names = (
        (b": QueueMemberStatus\r\nPrivilege: agent,all", b": QueueMember"),
        (b"\r\nMemberName: ", b"\r\nName: "),
        (b"\r\nInterface: ", b"\r\nLocation: "),
    )
    items = list(told)
    for old, new in names:
        items = [item.replace(old, new, 1) for item in items]

    def queues(_session: Session, action: Action) -> bytes:
        mine = f"ActionID: {action['ActionID']}\r\n".encode()
        found = b"".join(item.removesuffix(b"\r\n") + mine + b"\r\n" for item in items)
        end = b"Event: QueueStatusComplete\r\n" + mine + b"EventList: Complete\r\nListItems: %d\r\n\r\n" % len(items)
        return answer(action, EventList="start", Message="Queue status will follow") + found + end

    return queues


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[tuple[FakeAsterisk, Running, aiohttp.ClientSession]]:
    """A daemon to whom all of them have called, and all of them are agents."""
    http = Http(listen="127.0.0.1:0", read_token=SecretStr(TOKEN), write_token=SecretStr(WRITE_TOKEN))
    async with (
        FakeAsterisk() as pbx,
        ready(settings_for(tmp_path, pbx.port, http=http, queues={"support": Queue()})) as (running, client),
    ):
        for uniqueid, text in zip(IDS, TEXTS, strict=True):
            await replay(pbx, running, [life(uniqueid, text), member(text)])
        await running.writer.flush()
        yield pbx, running, client


async def body_of(client: aiohttp.ClientSession, path: str, **options: Any) -> bytes:
    async with client.get(path, **options) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


def frames(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The events of a stream, by the rules of the HTML standard: every line end counts, and a field that is unknown is a fault here."""
    for frame in re.split(rb"\n\n", raw.removesuffix(b"\n\n")):
        if frame.startswith(b": "):
            continue
        first, second = re.split(rb"\r\n|\r|\n", frame)
        assert first.startswith(b"event: ")
        assert second.startswith(b"data: ")
        topic, data = first[7:].decode(), second[6:]
        check_streamed(topic, data)
        yield topic, data


async def stream_of(client: aiohttp.ClientSession, **options: Any) -> dict[str, bytes]:
    """What somebody is told first who listens: all states there are, and then, after a while, that nothing is new."""
    async with client.get("/api/v1/stream", **options) as answer:
        raw = b""
        while not raw.endswith(b": still here\n\n"):
            raw += await answer.content.readany()
        return dict(frames(raw))


async def test_a_call_is_told_with_the_text_that_came_bounded_and_to_strangers_with_none_of_it(daemon: Any) -> None:
    _, _, client = daemon
    told = {
        call["id"]: call
        for call in orjson.loads(await body_of(client, "/api/v1/calls?limit=1000", headers=FULL))["calls"]
    }
    for uniqueid, text in zip(IDS, TEXTS, strict=True):
        call, came = told[uniqueid], text_of(wire(text))
        wanted = None if text == "<unknown>" else came
        assert call["caller_name"] == wanted or (call["caller_name"] or "").endswith("…"), text
        assert all(len(call[name] or "") <= TEXT_LIMIT for name in ("caller", "caller_name", "called", "did", "queue"))
        assert call["queue"] in {text_of(on_one_line(text)), text_of(on_one_line(text))[: TEXT_LIMIT - 1] + "…"}
        one = await body_of(client, f"/api/v1/calls/{uniqueid}", headers=FULL)
        assert len(one) < 30 * TEXT_LIMIT * 6
    for path in ("/api/v1/calls?limit=100", "/api/v1/live", "/api/v1/cases"):
        masked = await body_of(client, path)
        for call in orjson.loads(masked).get("calls", ()):
            assert len(call["caller_name"] or "") <= 4, call["caller_name"]


async def test_metrics_are_whole_lines_with_the_labels_that_there_were_before(daemon: Any) -> None:
    pbx, running, client = daemon
    for accept in ("text/plain;version=0.0.4", "application/openmetrics-text;version=1.0.0"):
        body = (await body_of(client, "/metrics", headers={"Accept": accept})).decode()
        for line in body.removesuffix("\n").split("\n"):
            assert line.startswith("# ") or _SAMPLE.fullmatch(line), line
        assert "forged_total{" not in re.sub(_LABEL, "", body)
    families = text_string_to_metric_families(body)  # type: ignore[no-untyped-call]  # theirs
    labels: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    # What a caller chose is in none; who is an agent and which queues there are the PBX says, and no more than so many.
    assert labels["trunk"] == {"", "town", "other"}
    assert labels["queue"] == {"support", "other"}
    assert f"PJSIP/{HOSTILE['image']}" in labels["agent"]
    assert all(len(value) <= TEXT_LIMIT for value in labels["agent"] | labels["name"])
    await replay(pbx, running, [member(f"agent-{n}") for n in range(AGENTS_LIMIT + 500)])
    body = (await body_of(client, "/metrics")).decode()
    assert (
        len(set(re.findall(r'ringtally_agent_state_seconds_total\{agent="((?:[^"\\]|\\.)*)"', body)))
        == AGENT_LABELS_LIMIT + 1
    )
    assert len(set(re.findall(r'queue="((?:[^"\\]|\\.)*)"', body))) <= LABELS_LIMIT + 1


async def test_topics_are_plain_and_no_more_than_so_many_and_frames_hold_what_they_should(daemon: Any) -> None:
    pbx, running, client = daemon
    for options in ({}, {"headers": FULL}):
        told = await stream_of(client, **options)
        assert "calls/active" in told
        for topic, data in told.items():
            assert _TOPIC.fullmatch(topic), topic
            if data:
                orjson.loads(data)
    await replay(pbx, running, [member(f"agent {n} +#/", f"queue {n}") for n in range(AGENTS_LIMIT + 500)])
    topics = (await stream_of(client)).keys()
    assert sum(topic.startswith("agent/") for topic in topics) == AGENTS_LIMIT
    assert (
        sum(topic.startswith("queue/") for topic in topics) == 1
    )  # an event names no queue that the PBX has not listed
    assert all(map(_TOPIC.fullmatch, topics))


async def test_no_question_is_more_than_a_question(daemon: Any, tmp_path: Path) -> None:
    _, _, client = daemon
    fields = {
        "calls": (
            "queue",
            "trunk",
            "number",
            "direction",
            "result",
            "missed",
            "clients",
            "from",
            "to",
            "period",
            "limit",
        ),
        "cases": (
            "queue",
            "trunk",
            "number",
            "department",
            "source",
            "state",
            "open",
            "clients",
            "from",
            "to",
            "limit",
        ),
        "gaps": ("from", "to", "period", "limit"),
    }
    for what, names in fields.items():
        for text in TEXTS:
            said = quote(wire(text[:200]), safe="")
            for name in (*names, said):
                async with client.get(f"/api/v1/{what}?{name}={said}", headers=FULL) as answer:
                    body = await answer.read()
                    assert answer.status in {200, 400}, (what, name, text, body)
                    orjson.loads(body)
    for text in TEXTS:
        said = quote(wire(text[:200]), safe="")
        for path in (f"/api/v1/calls/{said}", f"/api/v1/cases/{said}", f"/wallboard/{said}", f"/{said}"):
            async with client.get(path, headers=FULL) as answer:
                assert answer.status in {200, 400, 404, 308, 405}, (path, answer.status)
    assert_unharmed(tmp_path / "calls.db", len(TEXTS))


def assert_unharmed(path: Path, calls: int) -> None:
    """Nobody took anything out of the database or put anything into it but what he was to."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM call").fetchone() == (calls,)
        assert connection.execute("SELECT count(*) FROM note").fetchone() is not None
    connection.close()


async def test_what_people_write_is_told_as_they_wrote_it_or_refused(daemon: Any, tmp_path: Path) -> None:
    _, _, client = daemon
    kept = []
    for text in TEXTS:
        body = {"by": text[:NAME_LONGEST], "text": text[:TEXT_LONGEST]}
        async with client.post(f"/api/v1/calls/{IDS[0]}/notes", data=_json(body), headers=WRITES) as answer:
            assert answer.status in {200, 201, 400}, (text, await answer.text())
            if answer.status == 201:
                kept.append((" ".join(body["by"].split()), body["text"].strip()))
        for path, said in (
            ("contacts", {"number": text, "by": text, "note": text, "at": text}),
            ("contacts", {text: text}),
            (f"cases/{quote(wire(text[:200]), safe='')}/claim", {"by": "Anna", "for": text}),
            (f"cases/{quote(wire(text[:200]), safe='')}/dismiss", {"by": "Anna", "why": text[:TEXT_LONGEST]}),
        ):
            async with client.post(f"/api/v1/{path}", data=io.BytesIO(_json(said)), headers=WRITES) as answer:
                assert answer.status in {200, 202, 400, 404, 405, 409, 413}, (path, text, await answer.text())
    one = orjson.loads(await body_of(client, f"/api/v1/calls/{IDS[0]}", headers=FULL))
    assert [(note["by"], note["text"]) for note in one["notes"]] == kept
    assert len(kept) > len(TEXTS) - 10
    assert orjson.loads(await body_of(client, f"/api/v1/calls/{IDS[0]}"))["notes"] == []
    async with client.post(
        "/api/v1/contacts", data=io.BytesIO(b'{"by":"' + b"x" * 1_000_000 + b'"}'), headers=WRITES
    ) as answer:
        assert answer.status == 413
    assert_unharmed(tmp_path / "calls.db", len(TEXTS))


def _json(value: Any) -> bytes:
    """As a program would send it; half a character as JSON's escape of it."""
    return json.dumps(value).encode()


async def test_a_request_that_is_none_is_answered_without_an_echo(daemon: Any) -> None:
    _, running, _ = daemon
    for text in TEXTS:
        raw = wire(text[:2000]).replace(b"\r", b"").replace(b"\n", b"")
        for request in (
            b"GET /" + raw + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX-" + raw + b": 1\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: " + raw + b"\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + raw + b"\r\nConnection: close\r\n\r\n",
        ):
            answer = await said_to(running.port, request)
            assert b"HTTP/1.1 5" not in answer[:12], (text, answer[:200])
            # What is no HTTP is answered by aiohttp, which names what it did not understand: as plain text.
            assert raw[:20] not in answer or len(raw) < 5 or b"\r\nContent-Type: text/plain" in answer, answer


def test_the_texts_are_as_many_as_their_names() -> None:
    assert not [one for one, other in pairwise(sorted(TEXTS)) if one == other]

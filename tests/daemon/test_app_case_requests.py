"""Cases by HTTP through the whole daemon: listed, claimed, dismissed, noted on; masked for strangers, written by who may."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from pydantic import SecretStr

from config.sections import Http
from daemon import http_cases
from daemon.app import Running
from tests.daemon.app_service import FULL, TOKEN, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import next_frame, until
from tests.daemon.test_app_cases import as_another, topics

BOTH = "both-token"
WRITING, READING = {"Authorization": f"Bearer {BOTH}"}, FULL
HTTP = Http(listen="127.0.0.1:0", read_token=SecretStr(TOKEN), write_token=SecretStr(BOTH))


@dataclass
class Office:
    """A daemon with one caller who waits."""

    daemon: Running
    client: aiohttp.ClientSession
    pbx: FakeAsterisk

    @property
    def case_id(self) -> str:
        (case,) = self.daemon.core.waiting_cases()
        return case.id

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        async with self.client.get(path, **options) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: Any = None, headers: Any = WRITING, **options: Any) -> tuple[int, Any]:
        async with self.client.post(path, json=body, headers=headers, **options) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port, http=HTTP)) as (daemon, client):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        await daemon.writer.flush()
        yield Office(daemon, client, pbx)


async def test_cases_are_listed_and_found_masked_for_strangers(office: Office) -> None:
    case_id = office.case_id
    status, told = await office.get("/api/v1/cases")
    assert (status, told["v"], len(told["cases"])) == (200, 1, 1)
    assert (told["cases"][0]["id"], told["cases"][0]["number"]) == (case_id, "+7900•••2233")
    assert (await office.get("/api/v1/cases", headers=READING))[1]["cases"][0]["number"] == "+79001112233"
    assert (await office.get(f"/api/v1/cases/{case_id}"))[1] == told["cases"][0]
    assert (await office.get(f"/api/v1/cases/{case_id}", headers=READING))[1]["number"] == "+79001112233"
    assert await office.get("/api/v1/cases/1.1") == (404, {"error": "no such case"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("open=true", 1),
        ("open=true&limit=1&trunk=town", 1),
        ("open=false", 1),
        ("state=open", 1),
        ("state=truly_missed", 0),
        ("department=x", 0),
        ("source=google", 0),
        ("queue=support", 0),
        ("clients=unknown", 1),
        ("clients=known", 0),
        ("period=today", 1),
        ("period=yesterday", 0),
        ("trunk=' OR 1=1 --", 0),
    ],
)
async def test_by_what_cases_are_found(office: Office, query: str, found: int) -> None:
    status, told = await office.get(f"/api/v1/cases?{query}")
    assert (status, len(told["cases"])) == (200, found)


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("colour=red", 400, "unknown parameter colour; there are clients, department,"),
        ("open=yes", 400, "open is one of false, true"),
        ("state=closed", 400, "state is one of dismissed, open,"),
        ("limit=0", 400, "limit is a number from 1 to 1000"),
        ("limit=101", 400, "limit is at most 100 without the read token"),
        ("period=sometime", 400, "'sometime' is no period"),
        ("number=%2B79001112233", 403, "number may be asked for with the read token only"),
    ],
)
async def test_what_cannot_be_asked_is_told(office: Office, query: str, status: int, told: str) -> None:
    got, answer = await office.get(f"/api/v1/cases?{query}")
    assert got == status
    assert answer["error"].startswith(told)
    assert len((await office.get("/api/v1/cases?number=89001112233&limit=1000", headers=READING))[1]["cases"]) == 1


async def test_a_claim_is_there_for_everybody_at_once_and_over_by_itself(office: Office) -> None:
    path = f"/api/v1/cases/{office.case_id}/claim"
    status, told = await office.post(path, {"by": "Анна", "for": 2})
    assert (status, told["outcome"], told["case"]["claimed_by"], told["case"]["number"]) == (
        *(200, "done", "Анна"),
        "+7900•••2233",
    )
    until_moment = told["case"]["claimed_until"]
    (case,) = (await topics(office.client, "missed/open"))["missed/open"]["cases"]
    assert (case["claimed_by"], case["claimed_until"]) == ("Анна", until_moment)
    assert (await office.get("/api/v1/cases"))[1]["cases"][0]["claimed_by"] == "Анна"
    status, told = await office.post(path, {"by": "Олег"})
    assert (status, told["case"]["claimed_by"]) == (409, "Анна")
    assert told["error"].startswith("somebody else calls this one back")
    await until(lambda: next(office.daemon.core.waiting_cases()).claimed_by is None)
    (case,) = (await topics(office.client, "missed/open"))["missed/open"]["cases"]
    assert (case["claimed_by"], case["claimed_until"]) == (None, None)
    assert (await office.get("/api/v1/cases"))[1]["cases"][0]["claimed_by"] is None
    assert (await office.post(path, {"by": "Олег"}))[0] == 200
    status, told = await office.post(path, {"by": "Олег", "release": True})
    assert (status, told["case"]["claimed_by"]) == (200, None)


async def test_who_listens_is_told_of_a_claim_as_an_event_and_as_the_new_list(office: Office) -> None:
    heard: list[Any] = []
    async with asyncio.timeout(60), office.client.get("/api/v1/stream") as stream:
        await office.post(f"/api/v1/cases/{office.case_id}/claim", {"by": "Анна", "for": "1500ms"})
        while not (len(heard) > 2 and heard[-1] == ("list", None)):
            topic, data = await next_frame(stream.content)
            if topic in {"event/missed", "missed/open"}:
                told = orjson.loads(data)
                case = told["case"] if "case" in told else told["cases"][0]
                heard.append((told.get("type", "list"), case["claimed_by"]))
    events = [each for each in heard if each[0] != "list"]
    assert events == [("claimed", "Анна"), ("released", None)]
    assert ("list", "Анна") in heard


async def test_a_dismissed_case_is_gone_and_dismissed_again_it_still_is(office: Office) -> None:
    path = f"/api/v1/cases/{office.case_id}/dismiss"
    for headers in (WRITING, WRITING):
        status, told = await office.post(path, {"by": "Олег", "why": "спам"}, headers=headers)
        assert (status, told["outcome"], told["case"]["state"]) == (200, "done", "dismissed")
        assert told["case"]["dismissed_why"] is None  # what people write is for who may read
    assert list(office.daemon.core.waiting_cases()) == []
    status, told = await office.post(path.replace("dismiss", "claim"), {"by": "Олег"})
    assert (status, told["error"]) == (409, "the case waits no longer: it is dismissed")


async def test_who_was_reached_elsewhere_is_told_of_by_his_case_alone_and_told_again_it_is_the_same(
    office: Office,
) -> None:
    case_id = office.case_id
    path = f"/api/v1/cases/{case_id}/contact"
    status, told = await office.post(path, {"by": "Анна", "at": 1_000_000_000})
    assert (status, told["error"]) == (409, "he was missed after that; at is when he was reached")
    for _ in range(2):
        status, told = await office.post(path, {"by": "Анна", "note": "по почте"})
        assert (status, told["outcome"], told["case"]["contact"], told["case"]["number"]) == (
            *(200, "done", "external"),
            "+7900•••2233",
        )
    assert list(office.daemon.core.waiting_cases()) == []
    (note,) = (await office.get(f"/api/v1/cases/{case_id}", headers=READING))[1]["notes"]
    assert (note["by"], note["text"]) == ("Анна", "по почте")
    status, told = await office.post(path, {"by": "Олег"})
    assert (status, told["error"]) == (409, "the case waits no longer: it is recovered")


async def test_the_history_of_a_case_tells_who_did_what_in_order_and_strangers_less(office: Office) -> None:
    case_id = office.case_id
    await office.post(f"/api/v1/cases/{case_id}/claim", {"by": "Анна"})
    await office.post(f"/api/v1/cases/{case_id}/claim", {"by": "Анна", "release": True})
    await office.post(f"/api/v1/cases/{case_id}/dismiss", {"by": "Олег", "why": "спам"})
    await office.daemon.writer.flush()
    found = []
    for headers in (READING, {}):
        status, told = await office.get(f"/api/v1/cases/{case_id}/history", headers=headers)
        assert (status, told["v"]) == (200, 1)
        found.append([(step["kind"], step["call"], step["result"], step["by"]) for step in told["history"]])
    in_full, masked = found
    before = [("missed", case_id, None, None), ("claimed", None, None, "Анна"), ("claimed", None, None, None)]
    assert in_full == [*before, ("dismissed", None, "спам", "Олег")]
    assert masked == [*before, ("dismissed", None, None, "О•••")]


async def test_a_page_finds_out_what_its_token_allows(office: Office) -> None:
    for headers, reads_all, writes in (
        ({}, False, False),
        (READING, True, False),
        ({"X-Ringtally-Token": BOTH}, False, True),
        (READING | {"X-Ringtally-Token": BOTH}, True, True),
        ({"X-Ringtally-Token": "wrong"}, False, False),
    ):
        told = await office.get("/api/v1/access", headers=headers)
        assert told == (200, {"v": 1, "reads_all": reads_all, "writes": writes})


async def test_a_case_that_somebody_reached_cannot_be_dismissed(office: Office) -> None:
    case_id = office.case_id
    await replay(office.pbx, office.daemon, lines("01-direct-caller-hangs-up", as_another))
    await office.daemon.writer.flush()
    status, told = await office.post(f"/api/v1/cases/{case_id}/dismiss", {"by": "Олег"})
    assert (status, told["error"]) == (409, "the case waits no longer: it is recovered")


async def test_notes_on_calls_and_cases_are_shown_to_who_may_read_and_live_at_once(office: Office) -> None:
    case_id = office.case_id
    for path in (f"/api/v1/cases/{case_id}/notes", f"/api/v1/calls/{case_id}/notes"):
        body = {"by": "Анна", "text": f"ждёт письма <script> {path}"}
        assert await office.post(path, body) == (201, {"v": 1, "outcome": "noted"})
        assert await office.post(path, body) == (200, {"v": 1, "outcome": "there"})
    for path, headers, notes in (("cases", READING, 2), ("calls", READING, 2), ("cases", {}, 0), ("calls", {}, 0)):
        assert len((await office.get(f"/api/v1/{path}/{case_id}", headers=headers))[1]["notes"]) == notes
    await until(lambda: len(next(office.daemon.core.waiting_cases()).notes) == 2)
    (case,) = (await topics(office.client, "missed/open"))["missed/open"]["cases"]
    assert [note["by"] for note in case["notes"]] == ["Анна", "Анна"]


async def test_notes_of_before_are_on_the_list_after_a_restart(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port, http=HTTP)
        async with ready(settings) as (daemon, client):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
            await daemon.writer.flush()
            here = Office(daemon, client, pbx)
            await here.post(f"/api/v1/cases/{here.case_id}/notes", {"by": "Анна", "text": "ждёт"})
        async with ready(settings) as (daemon, client):
            assert [note.text for note in next(daemon.core.waiting_cases()).notes] == ["ждёт"]


BODIES: tuple[tuple[str, Any, str], ...] = (
    ("claim", [], "the body is an object with by, for, release, v, and nothing else"),
    ("claim", {"by": "Анна", "colour": 1}, "the body is an object with"),
    ("claim", {"by": ""}, "by is a name"),
    ("claim", {"by": "Анна", "for": "soon"}, "for is how long"),
    ("claim", {"by": "Анна", "for": "8d"}, "for is how long"),
    ("claim", {"by": "Анна", "for": 0}, "for is how long"),
    ("claim", {"by": "Анна", "for": True}, "for is how long"),
    ("claim", {"by": "Анна", "release": "yes"}, "release is true"),
    ("dismiss", {"why": "спам"}, "by is a name"),
    ("dismiss", {"by": "Олег", "why": "x" * 2001}, "why is a text of at most 2000 characters"),
    ("notes", {"by": "Олег"}, "text is what is to be noted"),
    ("notes", {"by": "Олег", "text": "  "}, "text is what is to be noted"),
    ("notes", {"by": "Олег", "text": "x" * 2001}, "text is a text of at most 2000 characters"),
    ("contact", {"by": "Олег", "number": "+79001112233"}, "the body is an object with at, by, note, v"),
    ("contact", {"by": "Олег", "at": "2999-01-01T00:00:00Z"}, "at is in the future"),
    ("contact", {"note": "x"}, "by is a name"),
)


async def test_what_cannot_be_understood_is_told_and_changes_nothing(office: Office) -> None:
    before = office.case_id
    for what, body, told in BODIES:
        status, answer = await office.post(f"/api/v1/cases/{before}/{what}", body)
        assert status == 400, (what, body)
        assert answer["error"].startswith(told)
    async with office.client.post(f"/api/v1/cases/{before}/claim", data=b"\xff{", headers=WRITING) as answer:
        assert answer.status == 400
    async with office.client.post(f"/api/v1/cases/{before}/claim", data=b" " * 70_000, headers=WRITING) as answer:
        assert answer.status == 413
    (case,) = office.daemon.core.waiting_cases()
    assert (case.id, case.claimed_by, case.notes) == (before, None, ())


async def test_nobody_writes_without_the_write_token(office: Office) -> None:
    for what in ("cases/{}/claim", "cases/{}/contact", "cases/{}/dismiss", "cases/{}/notes", "calls/{}/notes"):
        for headers in ({}, READING, {"Authorization": "Bearer "}):
            status, told = await office.post(f"/api/v1/{what.format(office.case_id)}", {"by": "Анна"}, headers=headers)
            assert (status, told) == (403, {"error": "this is taken with the write token only"})


async def test_of_what_is_not_there_nothing_is_said(office: Office) -> None:
    assert await office.get("/api/v1/cases/1.1/history") == (404, {"error": "no such case"})
    for what, text in (("claim", {}), ("contact", {}), ("dismiss", {}), ("notes", {"text": "x"})):
        body = {"by": "А", **text}
        assert await office.post(f"/api/v1/cases/1.1%00%ff/{what}", body) == (404, {"error": "no such case"})
    assert await office.post("/api/v1/calls/1.1/notes", {"by": "А", "text": "x"}) == (404, {"error": "no such call"})
    async with office.client.get(f"/api/v1/cases/{office.case_id}/claim") as answer:
        assert answer.status == 405


async def test_what_is_not_answered_in_time_is_noted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_cases, "ANSWER_WITHIN_S", 0.0)
    told = await office.post(f"/api/v1/cases/{office.case_id}/claim", {"by": "Анна"})
    assert told == (202, {"v": 1, "outcome": "noted"})
    await until(lambda: next(office.daemon.core.waiting_cases()).claimed_by == "Анна")

"""What the daemon tells over HTTP of calls that happened: the same everywhere, masked for strangers, harmless to a reader."""

import asyncio
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from storage.call_json import call_json
from storage.masking import masked
from tests.daemon.app_service import FULL, Ledger, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.http_service import next_frame, until

# Of different moments, so that their ids differ as those of one PBX do.
DAY = (
    "01-direct-caller-hangs-up",
    "07-ivr-queue-second-agent",
    "08-queue-abandon",
    "15-pickup",
    "17-outgoing-answered",
    "19-internal",
)
HOSTILE = b"<script>alert(1)</script>\"'\\&{{7*7}}\x1b[2J\t=cmd|\xe2\x80\xae"


async def get(client: Any, path: str, **options: Any) -> Any:
    async with client.get(path, **options) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_the_calls_that_happened_are_told_in_full_to_whoever_has_the_token_and_masked_to_others(
    tmp_path: Path,
) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port), [ledger]) as (daemon, client):
        for name in DAY:
            await replay(pbx, daemon, lines(name))
        await daemon.writer.flush()
        told = {call["id"]: call for call in (await get(client, "/api/v1/calls", headers=FULL))["calls"]}
        as_of_now = {call_id: call | {"contacted_at": None} for call_id, call in told.items()}
        assert as_of_now == {call.id: orjson.loads(orjson.dumps(call_json(call))) for call in ledger.calls}
        strangers = (await get(client, "/api/v1/calls"))["calls"]
        assert strangers == [masked(told[call["id"]]) for call in strangers]
        assert "79001112233" in str(told)
        assert "79001112233" not in str(strangers)
        for call_id, call in told.items():
            one = await get(client, f"/api/v1/calls/{call_id}", headers=FULL)
            assert one | call == one
            assert one["legs"]
            hidden = await get(client, f"/api/v1/calls/{call_id}")
            assert hidden == masked(one)
            assert "79001112233" not in str(hidden)


async def test_a_live_call_is_told_as_it_stands(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        await replay(pbx, daemon, [new_channel("1795450260.1")])
        live = await get(client, "/api/v1/live", headers=FULL)
        assert (live["v"], live["total"]) == (1, 1)
        (call,) = live["calls"]
        assert (call["state"], call["caller"], call["trunk"]) == ("ivr", "79001112233", "town")
        assert call["state_since"] == call["started_at"]
        assert call["result"] is None
        assert (await get(client, "/api/v1/live"))["calls"][0]["caller"] == "7900•••2233"
        await replay(pbx, daemon, [hangup("1795450260.1")])
        assert (await get(client, "/api/v1/live"))["total"] == 0


async def test_of_many_live_calls_the_oldest_are_told_and_how_many_there_are(tmp_path: Path) -> None:
    ids = [f"1795450260.{number}" for number in range(250)]
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        await replay(pbx, daemon, map(new_channel, ids))
        live = await get(client, "/api/v1/live")
        assert live["total"] == 250
        assert [call["id"] for call in live["calls"]] == ids[:200]


FOUND = (
    ("", 7),
    ("limit=1", 1),
    ("limit=100", 7),
    ("missed=true", 1),
    ("missed=false", 6),
    ("direction=internal", 2),
    ("result=answered", 5),
    ("direction=in&result=answered&queue=support", 1),
    ("queue=no+such+queue", 0),
    ("trunk=town", 5),
    ("trunk=%00%ff'%20OR%201=1--", 0),
    ("period=today", 7),
    ("period=yesterday", 0),
    ("from=2020-01-01&to=9998-01-01", 7),
    ("to=2020-01-01T00:00:00Z", 0),
    ("from=2020-01-01T00:00", 7),
    ("to=9999-12-31", 7),
)
TOPICS = {
    *("bridge/info", "bridge/health", "calls/active", "stats/today", "missed/count", "missed/open"),
    *("queue/support/state", "trunk/town/state", "trunk/other/state"),
}
REFUSED = (
    ("colour=red", "unknown parameter colour; there are clients, direction, from,"),
    ("%3Cscript%3E=1&%ff=2", "unknown parameter <script>,"),
    ("missed=yes", "missed is one of false, true"),
    ("direction=sideways", "direction is one of in, internal, out"),
    ("result=", "result is one of abandoned,"),
    *((f"limit={limit}", "limit is a number from 1 to 1000") for limit in ("0", "1001", "-1", "1e2", "", "%D9%A1")),
    ("limit=" + "0" * 5000 + "1", "limit is a number from 1 to 1000"),
    *((f"limit={limit}", "limit is at most 100 without the read token") for limit in ("101", "1000")),
    ("limit=1&limit=2", "each parameter can be given once"),
    ("period=sometime", "'sometime' is no period; there are today, yesterday"),
    ("period=today&from=2026-01-01", "give a period, or from and to, not both"),
    ("from=yesterday", "'yesterday' is no day or moment; write e.g. 2026-11-23"),
    ("from=9999-12-31T23:59:59-23:00", "'9999-12-31T23:59:59-23:00' is no day or moment"),
    ("from=2026-02-01&to=2026-01-01", "2026-02-01 to 2026-01-01 is no period"),
)


async def test_calls_are_found_by_what_they_have_in_common(day: Any) -> None:
    for query, found in FOUND:
        assert len((await get(day, f"/api/v1/calls?{query}"))["calls"]) == found, query
    assert len((await get(day, "/api/v1/calls?limit=1000", headers=FULL))["calls"]) == 7


async def test_a_question_that_cannot_be_understood_is_told_what_would_be(day: Any) -> None:
    for query, message in REFUSED:
        async with day.get(f"/api/v1/calls?{query}") as answer:
            assert (answer.status, answer.content_type) == (400, "application/json"), query
            assert (await answer.json())["error"].startswith(message), query


async def test_a_number_may_be_asked_for_by_whoever_would_see_it_and_by_nobody_else(day: Any) -> None:
    for number in ("%2B79001112233", "89001112233", "8+(900)+111-22-33"):
        found = await get(day, f"/api/v1/calls?number={number}", headers=FULL)
        assert len(found["calls"]) == 4
        async with day.get(f"/api/v1/calls?number={number}") as answer:
            assert answer.status == 403
            assert await answer.json() == {"error": "number may be asked for with the read token only"}


@pytest.fixture
async def day(tmp_path: Path) -> Any:
    """A client of a daemon that has seen a few calls."""
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        for name in DAY:
            await replay(pbx, daemon, lines(name))
        await daemon.writer.flush()
        yield client


async def test_a_database_that_is_gone_is_told_and_the_daemon_goes_on(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (_, client):
        (tmp_path / "calls.db").rename(tmp_path / "elsewhere.db")
        for path in ("/api/v1/calls", "/api/v1/calls/1.2"):
            async with client.get(path) as answer:
                assert answer.status == 503
                assert str(tmp_path) not in await answer.text()
        async with client.get("/metrics") as answer:
            assert answer.status == 200
        (tmp_path / "elsewhere.db").rename(tmp_path / "calls.db")
        assert (await get(client, "/api/v1/calls"))["calls"] == []


def hostile(raw: bytes) -> bytes:
    return raw.replace(b"CallerIDName: <unknown>", b"CallerIDName: " + HOSTILE)


async def test_what_a_caller_calls_himself_is_inert_everywhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = HOSTILE.decode()
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        async with client.get("/api/v1/stream", headers=FULL) as stream:
            await replay(pbx, daemon, lines("01-direct-caller-hangs-up", hostile))
            await daemon.writer.flush()
            told = await frames_until_ended(stream.content)
            types = [event["type"] for event in told if event["type"] != "changed"]
            assert types == ["started", "ringing", "answered", "ended"]
            assert {event["call"]["caller_name"] for event in told} == {name}
        (call,) = (await get(client, "/api/v1/calls", headers=FULL))["calls"]
        assert call["caller_name"] == name
        for path in ("/", "/metrics", "/-/ready", "/api/v1/calls", "/api/v1/live", f"/api/v1/calls/{call['id']}"):
            async with client.get(path) as answer:
                text = await answer.text()
                assert "<script" not in text.replace('<script src="common/theme.js"></script>', "")
                assert "{{7" not in text
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.content_type in {"text/html", "text/plain", "application/json"}
    logged = "".join(capfd.readouterr())
    assert "<script" not in logged
    assert "79001112233" not in logged


async def frames_until_ended(content: Any) -> list[Any]:
    """The stream's events, each of which must be one line of JSON between its topic and an empty line."""
    told: list[Any] = []
    async with asyncio.timeout(60):
        while not told or told[-1]["type"] != "ended":
            name, data = await next_frame(content)
            payload = orjson.loads(data)
            if name == "event/call":
                told.append(payload)
            else:
                assert name in TOPICS or re.fullmatch(r"event/missed|agent/[a-z0-9-]+/state", name)
    return told


async def test_injected_events_and_numbers_harm_neither_metrics_nor_stream_nor_json(tmp_path: Path) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port), [ledger]) as (daemon, client):
        async with client.get("/api/v1/stream", headers=FULL) as stream:
            for name in ("28-strange-names", "28b-injected-numbers"):
                await replay(pbx, daemon, lines(name))
            await daemon.writer.flush()
            ended = 0
            while ended < len(ledger.calls):
                ended += sum(event["type"] == "ended" for event in await frames_until_ended(stream.content))
        calls = (await get(client, "/api/v1/calls", headers=FULL))["calls"]
        assert len(calls) == len(ledger.calls) > 5
        async with client.get("/metrics") as answer:
            words = await answer.text()
        assert not [call for call in calls if call["caller"] and f'"{call["caller"]}"' in words]
        await until(lambda: daemon.pump.backlog == 0)

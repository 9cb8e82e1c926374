"""Missed callers through the whole daemon: told live, kept, and taken up again after a restart."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from config.sections import FollowUp, Mqtt
from daemon import clock
from handlers.case_facts import CASE_FACTS
from tests.daemon.app_service import TOKEN, Ledger, lines, ready, replay, running, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import next_frame, until

FULL = {"Authorization": f"Bearer {TOKEN}"}


async def topics(client: aiohttp.ClientSession, *wanted: str) -> dict[str, Any]:
    """What the topics say to somebody who comes now."""
    found: dict[str, Any] = {}
    async with asyncio.timeout(60), client.get("/api/v1/stream", headers=FULL) as stream:
        while not found.keys() >= set(wanted):
            topic, data = await next_frame(stream.content)
            found[topic] = orjson.loads(data)
    return found


async def count_becomes(client: aiohttp.ClientSession, number: int) -> None:
    """Who listens is told so many before long: a topic is told anew once a second."""
    async with asyncio.timeout(60), client.get("/api/v1/stream") as stream:
        while await next_frame(stream.content) != ("missed/count", b"%d" % number):
            pass


def rows(folder: Path, question: str) -> list[Any]:
    connection = sqlite3.connect(folder / "calls.db")
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def as_another(raw: bytes) -> bytes:
    """Recordings of different days share ids; on one PBX calls do not."""
    return raw.replace(b"1795450254.", b"1795450999.")


def kinds(ledger: Ledger) -> list[str]:
    return [type(fact).__name__ for fact in ledger.facts if isinstance(fact, CASE_FACTS)]


async def test_who_is_missed_waits_on_the_list_over_a_restart_until_he_is_reached(tmp_path: Path) -> None:
    before, after = Ledger(), Ledger()
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port, mqtt=Mqtt(port=closed_port(), reconnect_max=0.05))
        async with ready(settings, [before]) as (daemon, client):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
            told = await topics(client, "missed/count", "missed/open", "stats/today")
        (case,) = told["missed/open"]["cases"]
        assert (told["missed/count"], told["missed/open"]["total"]) == (1, 1)
        assert (case["number"], case["state"], case["calls"]) == ("+79001112233", "open", 1)
        assert told["stats/today"]["missed_cases"] == 1
        async with ready(settings, [after]) as (daemon, client):
            again = await topics(client, "missed/count", "missed/open", "stats/today")
            assert again["missed/open"]["cases"] == [case]
            for name in ("missed_cases", "truly_missed_cases"):
                assert again["stats/today"][name] == told["stats/today"][name]
            await replay(pbx, daemon, lines("08-queue-abandon"))
            await replay(pbx, daemon, lines("01-direct-caller-hangs-up", as_another))
            await count_becomes(client, 0)
    assert kinds(before) == ["CaseMissed"]
    assert kinds(after) == ["CaseMissed", "CaseRecovered"]
    assert rows(tmp_path, "SELECT kind FROM case_fact ORDER BY n") == [("missed",), ("missed",), ("recovered",)]
    payloads = [orjson.loads(row[0]) for row in rows(tmp_path, "SELECT payload FROM outbox ORDER BY id")]
    missed = [payload for payload in payloads if "case" in payload]
    assert [(event["type"], event["case"]["calls"]) for event in missed] == [
        ("missed", 1),
        ("missed", 2),
        ("recovered", 2),
    ]
    assert len({event["event_id"] for event in missed}) == 3


async def test_a_deadline_that_passes_while_the_daemon_is_down_is_told_at_its_own_moment_once(tmp_path: Path) -> None:
    ledgers = [Ledger(), Ledger(), Ledger()]
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port, follow_up=FollowUp(window=2.0))
        async with ready(settings, [ledgers[0]]) as (daemon, _):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
            (case,) = daemon.core.waiting_cases()
        assert case.due_at is not None
        await until(lambda: clock.now() > (case.due_at or 0))
        for ledger in ledgers[1:]:
            async with ready(settings, [ledger]) as (daemon, client):
                await until(lambda: next(daemon.core.waiting_cases()).state == "truly_missed")
                assert (await topics(client, "missed/count"))["missed/count"] == 1
    assert [kinds(ledger) for ledger in ledgers] == [["CaseMissed"], ["CaseTrulyMissed"], []]
    assert rows(tmp_path, "SELECT at FROM case_fact WHERE kind = 'truly_missed'") == [(round(case.due_at * 1000),)]


async def test_a_deadline_is_told_while_the_pbx_is_away(tmp_path: Path) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port, follow_up=FollowUp(window=2.0))
        async with ready(settings, [ledger]) as (daemon, _):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
            pbx.sessions[-1].close()
            await until(lambda: kinds(ledger) == ["CaseMissed", "CaseTrulyMissed"])


async def test_a_database_without_cases_begins_with_none(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path, closed_port())) as (daemon, client):
        assert list(daemon.core.waiting_cases()) == []
        told = await topics(client, "missed/count", "missed/open")
        assert (told["missed/count"], told["missed/open"]["cases"]) == (0, [])

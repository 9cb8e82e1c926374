"""Taking turns: strangers at the database, and long lists within the loop. What runs at once is counted, not timed."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from config.web_hashes import token_hash
from daemon import http_refusals, http_sources, http_turns
from daemon.board.call_events import render_call
from daemon.http_access import Tokens
from daemon.http_refusals import Refusals
from daemon.http_server import Guard, Sources
from tests.daemon.app_service import FULL, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import Service, logged, serving, until

TOKENS = Tokens(token_hash("reads"), token_hash("writes"))


@dataclass
class Slow(Service):
    """Its calls are read until a test lets them be."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most: int = 0

    def sources(self) -> Sources:
        async def calls(_query: Mapping[str, str], full: bool) -> dict[str, Any]:
            if full:
                return {"calls": []}
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            try:
                await self.gate.wait()
            finally:
                self.at_once -= 1
            return {"calls": []}

        return replace(super().sources(), calls=calls)


async def asked(client: Any, path: str, **headers: str) -> tuple[int, str | None]:
    async with client.get(path, headers=headers) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After")


async def test_strangers_read_the_database_two_at_once_and_those_with_a_token_go_past_them() -> None:
    service, guard = Slow(), Guard(TOKENS)
    async with serving(service, guard=guard) as client:
        flood = asyncio.gather(*(asked(client, "/api/v1/calls") for _ in range(30)))
        await until(lambda: service.at_once == 2)
        assert await asked(client, "/-/healthy") == (200, None)
        assert await asked(client, "/api/v1/live") == (200, None)
        assert await asked(client, "/api/v1/calls", **{"X-Ringtally-Token": "reads"}) == (200, None)
        assert await asked(client, "/api/v1/calls/1.2", **{"X-Ringtally-Token": "writes"}) == (200, None)
        service.gate.set()
        assert await flood == [(200, None)] * 30
        assert service.most == 2


async def test_whoever_leaves_while_he_waits_or_is_answered_takes_no_turn_with_him() -> None:
    service = Slow()
    async with serving(service, guard=Guard(TOKENS)) as client:
        flood = asyncio.gather(*(asked(client, "/api/v1/calls") for _ in range(6)))
        await until(lambda: service.at_once == 2)
        flood.cancel()
        with suppress(asyncio.CancelledError):
            await flood
        await until(lambda: service.at_once == 0)
        service.gate.set()
        assert await asked(client, "/api/v1/calls") == (200, None)


async def test_a_stranger_to_whom_no_turn_comes_is_told_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_turns, "WAITS_S", 0.05)
    service, refusals = Slow(), Refusals()
    with logged(monkeypatch, http_refusals) as told:
        async with serving(service, guard=Guard(TOKENS, refusals=refusals)) as client:
            first = asyncio.gather(*(asked(client, "/api/v1/calls") for _ in range(2)))
            await until(lambda: service.at_once == 2)
            for path in ("/api/v1/calls", "/api/v1/calls/1.2"):
                assert await asked(client, path) == (503, "1")
            assert refusals.counts["no_turn"] == 2
            service.gate.set()
            assert await first == [(200, None)] * 2
    assert [line["reason"] for line in told] == ["no_turn"]


async def test_a_list_of_calls_is_made_by_parts_and_the_loop_turns_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, made_in, ended = 0, [], asyncio.Event()
    render = render_call

    def noted(*words: Any) -> Any:
        made_in.append(turn)
        return render(*words)

    async def turning() -> None:
        nonlocal turn
        while not ended.is_set():
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(http_sources, "render_call", noted)
    monkeypatch.setattr(http_turns, "PART", 1)
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        for name in ("01-direct-caller-hangs-up", "17-outgoing-answered", "19-internal"):
            await replay(pbx, daemon, lines(name))
        await daemon.writer.flush()
        task = asyncio.gather(turning())
        async with client.get("/api/v1/calls", headers=FULL) as answer:
            told = (await answer.json())["calls"]
        ended.set()
        await task
    assert len(told) == len(made_in) == len(set(made_in)) >= 3


async def test_what_is_made_by_parts_is_all_there_and_in_order() -> None:
    made = await http_turns.made_of_each(http_turns.one_by_one(range(3 * http_turns.PART + 1)), str)
    assert made == [str(each) for each in range(3 * http_turns.PART + 1)]

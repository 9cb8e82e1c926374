"""The account changes while the client runs: another login, by the ordinary way of a lost connection."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.daemon.fake_asterisk import (
    FakeAsterisk,
    Heard,
    account,
    captured_logs,
    listening,
    new_channel,
    refused,
    silence,
)
from tests.daemon.free_port import closed_port


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


async def test_a_connection_that_stands_is_lost_and_the_next_uses_the_new_account() -> None:
    async with FakeAsterisk() as one, FakeAsterisk() as two, listening(account(one.port)) as heard:
        await heard.ready()
        one.sessions[0].send(new_channel("1795450254.1"))
        await heard.events_count(2)
        heard.client.change_account(account(two.port))
        await heard.ready(2)
        assert heard.kinds == ["StreamResumed", "ChannelCreated", "StreamBroken", "StreamResumed"]
        assert heard.states == ["ready", "lost", "ready"]
        await one.sessions[0].left()
        assert (len(one.sessions), len(two.sessions)) == (1, 1)


async def test_a_refused_login_is_tried_again_at_once_with_another_secret(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, secret="wrong")) as heard:
        await heard.turn.until(lambda: "refused" in heard.states)
        heard.client.change_account(account(pbx.port))
        await heard.ready()
    assert [line["event"] for line in logs] == ["ami_refused", "ami_ready"]


async def test_who_waits_to_try_again_waits_no_longer() -> None:
    async with FakeAsterisk() as pbx, listening(account(closed_port())) as heard:
        await heard.turn.until(lambda: "unreachable" in heard.states)
        for port in (closed_port(), pbx.port):
            heard.client.change_account(account(port))
        await heard.ready()


async def test_a_login_under_way_is_given_up_without_a_word(logs: list[Any]) -> None:
    async with FakeAsterisk() as one, FakeAsterisk() as two, listening(account(one.port)) as heard:
        one.answers["Login"] = silence
        await (await one.session()).asked_for("Login")
        heard.client.change_account(account(two.port))
        await heard.ready()
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_a_connection_that_was_being_made_to_the_old_address_is_not_kept() -> None:
    heard = Heard()
    async with FakeAsterisk() as one, FakeAsterisk() as two:
        one.answers["Login"] = refused
        async with listening(account(one.port), heard):
            await asyncio.sleep(0)  # the connection is asked for, and is not there yet
            assert not one.sessions
            heard.client.change_account(account(two.port))
            await heard.ready()
        assert all("Login" not in session.names for session in one.sessions)


async def test_an_account_may_change_for_the_next_connection_only() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        heard.client.change_account(replace(account(pbx.port), ping_interval_s=7.0), reconnect=False)
        pbx.sessions[0].send(new_channel("1795450254.1"))
        await heard.events_count(2)
        assert heard.states == ["ready"]

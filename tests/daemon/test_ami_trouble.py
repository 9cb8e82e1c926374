"""A PBX that is down, refuses, falls silent or talks nonsense: told once, and never given up."""

import asyncio
import socket
from collections.abc import Iterator
from math import inf
from typing import Any

import pytest

from daemon import ami_protocol, clock
from daemon.settling import SETTLE_MOST_S
from handlers.ami.events import StreamBroken
from tests.daemon.fake_asterisk import (
    Action,
    FakeAsterisk,
    Heard,
    Session,
    account,
    captured_logs,
    hangup,
    listening,
    new_channel,
    refused,
    silence,
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


class Waits:
    """Stands in for the waits between tries: notes how long they would be, and has none of them take long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []
        self.now = 1000.0
        really = asyncio.sleep

        async def sleep(seconds: float) -> None:
            self.seconds.append(seconds)
            await really(0.002)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        monkeypatch.setattr(clock, "monotonic", lambda: self.now)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    monkeypatch.setattr(ami_protocol, "LATE_S", inf)  # this clock jumps, and nobody stands still
    return Waits(monkeypatch)


async def test_a_refused_login_is_told_once_and_retried_slowly(logs: list[Any], waits: Waits) -> None:
    async with FakeAsterisk() as pbx:
        async with listening(account(pbx.port, secret="wrong")) as heard:
            await pbx.session(6)
            assert set(heard.states) == {"refused"}
        assert [session.names for session in pbx.sessions[:5]] == [["Login"]] * 5
    assert [line["event"] for line in logs] == ["ami_refused"]
    assert logs[0]["reason"] == "Authentication failed"
    assert waits.seconds[0] >= 30
    assert waits.seconds[4] >= 300
    assert max(waits.seconds) <= 600


async def test_the_right_secret_ends_the_refusals(logs: list[Any], waits: Waits) -> None:
    async with FakeAsterisk() as pbx:
        log_in = pbx.answers["Login"]
        pbx.answers["Login"] = refused
        async with listening(account(pbx.port)) as heard:
            await pbx.session(3)
            pbx.answers["Login"] = log_in
            await heard.ready()
            pbx.answers["Login"] = refused
            pbx.sessions[-1].hang_up()
            await heard.turn.until(lambda: heard.states[-1] == "refused")
            await heard.turn.until(lambda: len(pbx.sessions) > 6)
        refusals = [seconds for seconds in waits.seconds if seconds > 10]
    assert [line["event"] for line in logs] == ["ami_refused", "ami_ready", "ami_lost", "ami_refused"]
    assert min(refusals[2:]) <= 60  # slow again, but from the beginning


async def test_a_pbx_that_is_down_is_told_once_and_connected_to_when_it_comes(logs: list[Any], waits: Waits) -> None:
    pbx = FakeAsterisk()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with listening(account(port)) as heard:
        await heard.turn.until(lambda: heard.states.count("unreachable") >= 5)
        await pbx.listen(port)
        await heard.ready()
        assert heard.kinds == ["StreamResumed"]
        assert len(pbx.sessions) == 1
    await pbx.go_down()
    assert [line["event"] for line in logs] == ["ami_unreachable", "ami_ready"]
    assert logs[0]["reason"] == "Connection refused"


async def test_waits_grow_with_every_failure_up_to_a_minute(waits: Waits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with listening(account(port)) as heard:
        await heard.turn.until(lambda: len(waits.seconds) >= 10)
    for number, seconds in enumerate(waits.seconds[:10]):
        full = min(2.0**number, 60.0)
        assert full / 2 <= seconds <= full


async def test_a_line_that_was_good_is_taken_up_at_once_and_a_bad_one_slower_each_time(waits: Waits) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        for number in range(1, 6):
            await heard.ready(number)
            pbx.sessions[-1].hang_up()
        await heard.ready(6)
        assert waits.seconds[4] >= 8  # it never lasted
        waits.now += 61
        pbx.sessions[-1].hang_up()
        await heard.ready(7)
        assert waits.seconds[5] <= 1


async def test_an_idle_pbx_is_pinged_and_stays(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.005)) as heard:
        await heard.ready()
        await pbx.sessions[0].asked_for("Ping", 6)
        assert heard.states == ["ready"]
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_an_unanswered_ping_ends_the_connection_and_the_gap_begins_when_the_pbx_was_last_heard(
    logs: list[Any], waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01, ping_timeout_s=0.1)) as heard:
        await heard.ready()
        pbx.answers["Ping"] = silence
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 1)
        now[0] = 115.0
        waits.now += 15.0
        await heard.turn.until(lambda: "lost" in heard.states)
        pbx.answers["Ping"] = FakeAsterisk().answers["Ping"]
        await heard.ready(2)
        assert heard.events[1] == StreamBroken(100.0, "silent")
        assert heard.client.counters.gap_s == 15.0
    assert [line["event"] for line in logs][:3] == ["ami_ready", "ami_ping_unanswered", "ami_lost"]


async def test_a_pbx_that_sends_events_lives_though_its_answer_to_a_ping_is_late(logs: list[Any]) -> None:
    def busy(session: Session, _action: Action) -> bytes:
        return new_channel(f"1795450254.{session.names.count('Ping')}") + hangup("1795450254.0")

    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01, ping_timeout_s=0.1)) as heard:
        await heard.ready()
        pbx.answers["Ping"] = busy
        await heard.events_count(7)
        assert heard.states == ["ready"]
        assert len(pbx.sessions) == 1
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_bad_messages_are_told_by_reason_once_a_minute_and_never_shown(logs: list[Any], waits: Waits) -> None:
    hostile = new_channel("evil") + b"Orphan: evil\r\n\r\n"
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.005)) as heard:
        await heard.ready()

        async def send_and_ping() -> None:
            pbx.sessions[0].send(hostile)
            await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 3)

        await send_and_ping()
        waits.now += 59
        await send_and_ping()
        # What lives is asked for again each time.
        assert [line["event"] for line in logs if line["event"] != "ami_asked_again"] == [
            "ami_ready",
            "ami_bad_messages",
        ]
        waits.now += 1
        await send_and_ping()
        assert heard.client.counters.bad == {"malformed": 3, "orphan": 3}
        # After a minute the members are asked for again, and what lives is compared.
        assert set(heard.kinds) <= {"StreamResumed", "ChannelsListed"}
    told = [line for line in logs if line["event"] == "ami_bad_messages"]
    assert [line["reasons"] for line in told] == [{"malformed": 1, "orphan": 1}, {"malformed": 2, "orphan": 2}]
    assert [line["total"] for line in told] == [2, 4]
    assert "evil" not in repr(logs)


async def test_what_fails_in_our_own_reader_is_counted_beside_them(logs: list[Any]) -> None:
    class Failing(Heard):
        def tap(self, data: bytes) -> None:
            super().tap(data)
            if b"Hangup" in data:
                raise OSError("disk full")

    async with FakeAsterisk() as pbx, listening(account(pbx.port), Failing()) as heard:
        await heard.ready()
        pbx.sessions[0].send(hangup("1795450254.1"))
        await heard.events_count(2)
        assert heard.client.counters.bad == {"reader": 1}
    assert [line["event"] for line in logs] == ["ami_ready", "ami_reader_failed", "ami_bad_messages"]


async def test_nonsense_instead_of_an_answer_to_the_login_is_counted_and_tried_again(
    logs: list[Any], waits: Waits
) -> None:
    def nonsense(_session: Session, _action: Action) -> bytes:
        return b"\x00\xff nonsense\r\n\r\n" * 3

    async with FakeAsterisk() as pbx:
        pbx.answers["Login"] = nonsense
        async with listening(account(pbx.port, timeout_s=0.05)) as heard:
            await pbx.session(2)
            assert heard.client.counters.bad["orphan"] >= 3
            assert heard.events == []
    assert [line["event"] for line in logs] == ["ami_bad_messages", "ami_unreachable"]


@pytest.mark.parametrize("why", ["a message that was none", "an event of nobody"])
async def test_what_cannot_be_of_the_pbx_has_it_say_again_what_lives_and_breaks_nothing(
    waits: Waits, logs: list[Any], why: str
) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        session = pbx.sessions[0]
        for asked in (2, 3):
            waits.now += SETTLE_MOST_S / 2
            if why == "an event of nobody":
                heard.client.settle("unknown_channel")
            else:
                session.send(b"Orphan: evil\r\n\r\n")
            await session.asked_for("BridgeList", asked)
        await heard.events_count(3)
        assert heard.kinds == ["StreamResumed"] * 3
        reason = "unknown_channel" if why == "an event of nobody" else "orphan"
        assert heard.client.counters.bad == {reason: 2}
        assert heard.states == ["ready"]
    assert "evil" not in repr(logs)

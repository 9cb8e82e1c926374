"""A PBX whose clock is elsewhere: told once, and taken out of what it stamps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from daemon.replay import events_of
from handlers.ami.events import ChannelHungUp
from handlers.ami.recording import message_line
from handlers.steady_time import SteadyTime
from tests.daemon.fake_asterisk import FakeAsterisk, account, captured_logs, hangup, listening


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


def stamped(at: float) -> bytes:
    return hangup("1795450254.1").replace(b"\r\nChannel: ", f"\r\nTimestamp: {at:.6f}\r\nChannel: ".encode(), 1)


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0, 0.0])
async def test_what_it_stamps_happens_by_our_clock(ahead_s: float, logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.ahead_s = ahead_s
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            pbx.sessions[0].send(stamped(clock.now() + ahead_s))
            await heard.events_count(2)
            event = heard.events[-1]
    assert isinstance(event, ChannelHungUp)
    assert abs(event.at - clock.now()) < 5
    told = [line for line in logs if line["event"] == "pbx_clock_differs"]
    assert [line["ahead_s"] for line in told] == ([pytest.approx(ahead_s, abs=1)] if ahead_s else [])


async def test_a_clock_that_is_set_while_we_listen_is_noticed_at_the_next_ping(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        await heard.ready()
        pbx.ahead_s = -7200.0
        pings = pbx.sessions[0].names.count("Ping")
        await pbx.turn.until(lambda: pbx.sessions[0].names.count("Ping") >= pings + 3)
        pbx.sessions[0].send(stamped(clock.now() - 7200))
        await heard.events_count(2)
        assert abs(heard.events[-1].at - clock.now()) < 5
    assert [line["event"] for line in logs].count("pbx_clock_differs") == 1


async def test_that_the_clocks_agree_again_is_no_warning(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.ahead_s = -3600.0
        async with listening(account(pbx.port, ping_interval_s=0.01)) as heard:
            await heard.ready()
            pbx.ahead_s = 0.0
            await pbx.turn.until(lambda: [line for line in logs if line["event"] == "pbx_clock_agrees"])
    told = [(line["event"], line["log_level"]) for line in logs if line["event"].startswith("pbx_clock")]
    assert told == [("pbx_clock_differs", "warning"), ("pbx_clock_agrees", "info")]


def test_a_recording_of_such_a_pbx_tells_the_same(tmp_path: Path) -> None:
    pong = b"Response: Success\r\nActionID: 1\r\nPing: Pong\r\nTimestamp: 1795446650.000000\r\n\r\n"
    recording = tmp_path / "behind.jsonl"
    recording.write_bytes(
        message_line(pong, 1_795_450_250.0, 10.0) + message_line(stamped(1_795_446_655.0), 1_795_450_255.01, 15.01)
    )
    (event,) = events_of(recording, SteadyTime())
    assert event.at == pytest.approx(1_795_450_255.0)

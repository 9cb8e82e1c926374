"""A line that stalls and loses nothing: told as a gap that begins with what was heard last before it, until an answer comes at once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from daemon import ami_line, ami_protocol, clock
from daemon.late_line import LateLine
from handlers.ami.events import StreamBroken, StreamResumed
from tests.daemon.fake_asterisk import FakeAsterisk, Heard, account, captured_logs, hangup, listening, new_channel
from tests.torture.proxy import Line, line_to

CHANNEL = "1795450254.1"
LATE_S = 0.3


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(ami_protocol, "LATE_S", LATE_S)
    with captured_logs(monkeypatch) as lines:
        yield lines


def stamped(block: bytes) -> bytes:
    return block.replace(b"\r\nPrivilege: call,all", b"\r\nPrivilege: call,all\r\nTimestamp: %.6f" % clock.now())


async def stalled(pbx: FakeAsterisk, line: Line, heard: Heard, *sent: bytes) -> float:
    """The line stalls while this is sent, and goes on: since when it stood."""
    line.stall()
    since = clock.now()
    async with asyncio.timeout(60):
        while not heard.client.is_asking:
            await asyncio.sleep(0.005)
    for block in sent:
        pbx.sessions[0].send(block)
    await asyncio.sleep(LATE_S + 0.1)
    await line.restore()
    return since


@pytest.mark.parametrize("is_stamped", [False, True], ids=["without stamps", "with stamps"])
async def test_what_a_stalled_line_brings_is_told_between_a_break_and_a_snapshot_unless_the_pbx_stamps_its_events(
    logs: list[Any], is_stamped: bool
) -> None:
    block = new_channel(CHANNEL)
    async with (
        FakeAsterisk() as pbx,
        line_to("127.0.0.1", pbx.port) as line,
        listening(account(line.port, ping_interval_s=0.05)) as heard,
    ):
        await heard.ready()
        since = await stalled(pbx, line, heard, stamped(block) if is_stamped else block)
        await heard.turn.until(lambda: "ChannelCreated" in heard.kinds)
        if is_stamped:
            await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 3)
            assert heard.kinds == ["StreamResumed", "ChannelCreated"]
            return
        await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
        assert heard.kinds == ["StreamResumed", "StreamBroken", "ChannelCreated", "StreamResumed"]
        broken = heard.events[1]
        assert isinstance(broken, StreamBroken)
        assert (broken.reason, broken.is_late) == ("slow", True)
        assert since - 0.1 < broken.at <= since + 0.01
        assert heard.states == ["ready"]
        assert heard.client.counters.gap_s > LATE_S
    told = [line for line in logs if line["event"] == "ami_read_late"]
    assert [line["line_stalled_s"] > LATE_S for line in told] == [True]
    assert "timestampevents = yes" in told[0]["cure"]


async def test_an_event_behind_a_late_answer_is_late_until_an_answer_comes_at_once(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.05)) as heard:
        await heard.ready()
        answer_ping = pbx.answers["Ping"]
        pbx.answers["Ping"] = lambda _session, _action: b""
        pings = pbx.sessions[0].names.count("Ping")
        ping = await pbx.sessions[0].asked_for("Ping", pings + 1)
        await asyncio.sleep(LATE_S + 0.1)
        pbx.sessions[0].send(answer_ping(pbx.sessions[0], ping))
        again = await pbx.sessions[0].asked_for("Ping", pings + 2)  # at once
        pbx.sessions[0].send(new_channel(CHANNEL))
        await heard.turn.until(lambda: "ChannelCreated" in heard.kinds)
        assert heard.kinds == ["StreamResumed", "StreamBroken", "ChannelCreated"]
        pbx.answers["Ping"] = answer_ping
        pbx.sessions[0].send(answer_ping(pbx.sessions[0], again))
        await heard.turn.until(lambda: heard.kinds[-1] == "StreamResumed")
        pbx.sessions[0].send(hangup(CHANNEL))
        await heard.turn.until(lambda: heard.kinds[-1] == "ChannelHungUp")
        assert heard.kinds.count("StreamBroken") == 1


async def test_where_nothing_but_an_answer_was_late_there_is_no_gap(logs: list[Any]) -> None:
    async with (
        FakeAsterisk() as pbx,
        line_to("127.0.0.1", pbx.port) as line,
        listening(account(line.port, ping_interval_s=0.05)) as heard,
    ):
        await heard.ready()
        await stalled(pbx, line, heard)
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 3)
        pbx.sessions[0].send(new_channel(CHANNEL))
        await heard.turn.until(lambda: "ChannelCreated" in heard.kinds)
        assert heard.kinds == ["StreamResumed", "ChannelCreated"]


async def test_a_line_that_stays_late_is_one_gap_and_no_snapshot_is_asked_for_before_it_is_in_time(
    logs: list[Any],
) -> None:
    """Each answer and each event comes 0.4 s after it was sent, for some while."""
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.05)) as heard:
        await heard.ready()
        (session,) = pbx.sessions
        answer_ping = pbx.answers["Ping"]
        pbx.answers["Ping"] = lambda _session, _action: b""
        snapshots, pings = session.names.count("CoreShowChannels"), session.names.count("Ping")
        for number in range(1, 5):
            ping = await session.asked_for("Ping", pings + number)
            await asyncio.sleep(LATE_S + 0.1)
            session.send(new_channel(f"1795450254.{number}") + answer_ping(session, ping))
        ping = await session.asked_for("Ping", pings + 5)
        assert session.names.count("CoreShowChannels") == snapshots
        pbx.answers["Ping"] = answer_ping
        session.send(answer_ping(session, ping))
        await heard.turn.until(lambda: heard.kinds[-1] == "StreamResumed" and heard.kinds.count("StreamResumed") == 2)
    assert heard.kinds == ["StreamResumed", "StreamBroken", *["ChannelCreated"] * 4, "StreamResumed"]


async def test_a_line_that_is_late_for_ever_has_a_snapshot_each_minute_and_not_more(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_line, "LATE_EVERY_S", 0.5)
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.05)) as heard:
        await heard.ready()
        (session,) = pbx.sessions
        answer_ping = pbx.answers["Ping"]
        pbx.answers["Ping"] = lambda _session, _action: b""
        pings = session.names.count("Ping")
        for number in range(1, 4):
            ping = await session.asked_for("Ping", pings + number)
            await asyncio.sleep(LATE_S + 0.1)
            session.send(new_channel(f"1795450254.{number}") + answer_ping(session, ping))
            if isinstance(heard.events[-1], StreamResumed) and number > 1:
                break
        await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
        assert heard.kinds.count("StreamBroken") == 1


def test_a_long_list_that_goes_on_coming_is_not_late_and_a_question_behind_it_is_waited_for_from_then_on() -> None:
    line = LateLine(2.0)
    line.asked(100.0, 99.5)
    for second in range(1, 6):
        line.reads(100.0 + second)
        line.answered(100.0 + second, 100.0)
    assert not line.is_late
    line.reads(107.5)
    assert (line.is_late, line.late_by_s(108.0)) == (True, 3.0)


def test_a_question_that_was_given_up_makes_nothing_late() -> None:
    line = LateLine(2.0)
    line.asked(100.0, 99.5)
    line.waits_for_nothing()
    line.reads(110.0)
    assert not line.is_late

"""Standing still and reading late: told as a gap, with a snapshot behind it, once for each time, and not too often."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from daemon import ami_protocol, ami_questions, clock
from daemon.late_reading import LATE_EVERY_S, LATE_LONG_S, LateReading
from handlers.ami.events import StreamBroken
from tests.daemon.fake_asterisk import (
    Action,
    FakeAsterisk,
    Session,
    account,
    captured_logs,
    listening,
    new_channel,
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Both clocks go by the last moment in here."""
    moments = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: moments[-1])
    monkeypatch.setattr(clock, "now", lambda: moments[-1])
    return moments


def test_of_one_standing_still_the_first_segment_alone_is_told(clocks: list[float], logs: list[Any]) -> None:
    late = LateReading()
    assert late.break_for(4.0) == StreamBroken(996.0, "slow", is_late=True)
    clocks.append(1000.05)
    assert late.break_for(4.05) is None
    assert [line["stood_still_s"] for line in logs] == [4.0]


@pytest.mark.parametrize(
    ("after_s", "late_s", "is_told"),
    [
        (LATE_EVERY_S - 1, LATE_LONG_S - 0.1, False),
        (LATE_EVERY_S - 1, LATE_LONG_S, True),
        (LATE_EVERY_S, LATE_LONG_S - 0.1, True),
    ],
    ids=["short and soon", "long and soon", "short and later"],
)
def test_a_second_standing_still_within_a_minute_is_told_if_it_is_long(
    clocks: list[float], after_s: float, late_s: float, is_told: bool
) -> None:
    late = LateReading()
    late.break_for(2.0)
    clocks.append(1000.0 + after_s)
    assert (late.break_for(late_s) is not None) == is_told


@pytest.mark.parametrize("stamped", [False, True], ids=["without stamps", "with stamps"])
async def test_what_is_read_late_is_told_between_a_break_and_a_snapshot_unless_the_pbx_stamps_its_events(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch, stamped: bool
) -> None:
    monkeypatch.setattr(ami_protocol, "LATE_S", 0.2)
    stamp = f"\r\nTimestamp: {clock.now():.6f}".encode() if stamped else b""
    sent = new_channel("1795450254.1").replace(b"\r\nPrivilege: call,all", b"\r\nPrivilege: call,all" + stamp)
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        pbx.sessions[0].send(sent)
        await heard.events_count(2)
        began = clock.now()
        pbx.sessions[0].send(sent)
        threading.Event().wait(0.5)
        await heard.turn.until(lambda: heard.kinds.count("ChannelCreated") == 2)
        if stamped:
            assert heard.kinds == ["StreamResumed", "ChannelCreated", "ChannelCreated"]
            return
        await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
        assert heard.kinds == ["StreamResumed", "ChannelCreated", "StreamBroken", "ChannelCreated", "StreamResumed"]
        broken = heard.events[2]
        assert isinstance(broken, StreamBroken)
        assert (broken.reason, abs(broken.at - began) < 0.2) == ("slow", True)
        assert "ami_read_late" in {line["event"] for line in logs}
        assert heard.client.counters.gap_s > 0.2


async def test_what_is_read_late_while_something_was_asked_for_is_told_behind_the_answer_and_a_snapshot_follows(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_protocol, "LATE_S", 0.2)
    monkeypatch.setattr(ami_questions, "MEMBERS_EVERY_S", 0.0)
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        answer_members = pbx.answers["QueueStatus"]

        def freezing(session: Session, action: Action) -> bytes:
            pbx.answers["QueueStatus"] = answer_members
            session.send(new_channel("1795450254.1"))
            threading.Event().wait(0.5)
            return answer_members(session, action)

        pbx.answers["QueueStatus"] = freezing
        heard.client.ask_for_answers([])
        await heard.turn.until(lambda: "StreamBroken" in heard.kinds and heard.kinds[-1] == "StreamResumed")
    kinds = heard.kinds[heard.kinds.index("StreamBroken") - 1 :]
    assert kinds[:3] == ["StreamResumed", "StreamBroken", "ChannelCreated"]
    assert "StreamResumed" in kinds[3:]


async def test_the_first_event_of_a_pbx_that_stamps_its_events_is_no_gap_however_late_it_is_read(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_protocol, "LATE_S", 0.2)
    stamp = f"\r\nTimestamp: {clock.now():.6f}".encode()
    sent = new_channel("1795450254.1").replace(b"\r\nPrivilege: call,all", b"\r\nPrivilege: call,all" + stamp)
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        pbx.sessions[0].send(sent)
        threading.Event().wait(0.5)
        await heard.events_count(2)
        assert heard.kinds == ["StreamResumed", "ChannelCreated"]


async def test_where_nothing_but_an_answer_waited_nothing_happened(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_protocol, "LATE_S", 0.2)
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.05)) as heard:
        await heard.ready()
        answer_ping = pbx.answers["Ping"]

        def freezing(session: Session, action: Action) -> bytes:
            pbx.answers["Ping"] = answer_ping
            threading.Event().wait(0.5)
            return answer_ping(session, action)

        pbx.answers["Ping"] = freezing
        await heard.turn.until(lambda: pbx.answers["Ping"] is answer_ping)
        await pbx.sessions[0].asked_for("Ping", pbx.sessions[0].names.count("Ping") + 2)
        assert heard.kinds == ["StreamResumed"]

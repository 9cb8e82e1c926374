"""The life of the connection, against a scripted PBX over real TCP."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from daemon import ami_client, ami_questions, held_events
from handlers.ami.events import ChannelCreated, ChannelHungUp, Snapshot, StreamBroken, StreamResumed
from tests.daemon.fake_asterisk import (
    BOOTED,
    SECRET,
    Action,
    FakeAsterisk,
    Heard,
    Session,
    account,
    answer,
    captured_logs,
    hangup,
    listed,
    listening,
    new_channel,
    silence,
    unknown,
)

UNASKED = (
    "Login",
    "ListCommands",
    "Ping",
    "DeviceStateList",
    "CoreStatus",
    "CoreShowChannels",
    "BridgeList",
    "QueueStatus",
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


@pytest.fixture(autouse=True)
def quick_reconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)


def snapshot(heard: Heard, number: int = 0) -> Snapshot:
    return [each for each in heard.events if isinstance(each, StreamResumed)][number].snapshot


async def test_after_the_login_it_asks_what_lives_and_is_ready(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        assert heard.kinds == ["StreamResumed"]
        assert snapshot(heard).boot == "2026-11-24T08:00:00"
        assert snapshot(heard).channels == ()
        assert tuple(pbx.sessions[0].names) == UNASKED
        assert heard.client.counters.connected
        assert heard.client.counters.connects == 1
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_events_that_come_during_the_snapshot_follow_it_in_order() -> None:
    """Even those in the same segment as the answer to the login."""

    def log_in(_session: Session, action: Action) -> bytes:
        return answer(action, Message="Authentication accepted") + BOOTED + new_channel("1795450254.1")

    def channels(_session: Session, action: Action) -> bytes:
        head, *rest = listed(action, "CoreShowChannelsComplete").split(b"\r\n\r\n")
        return b"\r\n\r\n".join([head, new_channel("1795450254.2").rstrip(), *rest]) + hangup("1795450254.1")

    async with FakeAsterisk() as pbx:
        pbx.answers |= {"Login": log_in, "CoreShowChannels": channels}
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            pbx.sessions[0].send(hangup("1795450254.2"))
            await heard.events_count(5)
            assert heard.kinds == [
                "StreamResumed",
                "ChannelCreated",
                "ChannelCreated",
                "ChannelHungUp",
                "ChannelHungUp",
            ]
            assert [e.uniqueid for e in heard.events if isinstance(e, ChannelCreated | ChannelHungUp)] == [
                "1795450254.1",
                "1795450254.2",
                "1795450254.1",
                "1795450254.2",
            ]


async def test_an_answer_cut_anywhere_is_one_answer() -> None:
    """Each byte a segment of its own: the next is sent when the client has the one before."""
    heard = Heard()

    async def trickle(session: Session, data: bytes) -> None:
        for at in range(len(data)):
            before = heard.bytes
            session.send(data[at : at + 1])
            await heard.turn.until(lambda: heard.bytes > before)  # noqa: B023 - awaited within the turn

    async with FakeAsterisk() as pbx:
        pbx.answers["CoreStatus"] = silence
        async with listening(account(pbx.port), heard):
            session = await pbx.session()
            asked = await session.asked_for("CoreStatus")
            await trickle(session, answer(asked, CoreStartupDate="2026-11-24", CoreStartupTime="09:30:00"))
            await heard.ready()
            assert snapshot(heard).boot == "2026-11-24T09:30:00"


async def test_without_the_right_to_see_fully_booted_nothing_is_waited_for() -> None:
    async with FakeAsterisk(booted=False) as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        await heard.ready()
        session = pbx.sessions[0]
        assert tuple(session.names[: len(UNASKED)]) == UNASKED
        await session.asked_for("Ping", 4)
        assert heard.kinds == ["StreamResumed"]  # and the first snapshot stands


async def test_a_pbx_that_boots_late_is_asked_again() -> None:
    async with FakeAsterisk(booted=False) as pbx:
        pbx.answers["QueueStatus"] = unknown
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            assert snapshot(heard).queues is None
            await pbx.sessions[0].asked_for("QueueStatus", 2)  # and from now on only FullyBooted can tell
            pbx.answers["QueueStatus"] = FakeAsterisk().answers["QueueStatus"]
            pbx.sessions[0].send(BOOTED + new_channel("1795450254.1"))
            await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
            assert heard.kinds == ["StreamResumed", "ChannelCreated", "StreamResumed"]
            assert snapshot(heard, 1).queues == ()
            assert heard.states == ["ready"]
            assert heard.client.counters.connects == 1


async def test_a_line_lost_while_it_is_asked_again_loses_no_event_that_was_seen() -> None:
    async with FakeAsterisk(booted=False) as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        pbx.answers["BridgeList"] = silence
        session = pbx.sessions[0]
        session.send(BOOTED)
        await session.asked_for("BridgeList", 2)
        session.send(new_channel("1795450254.1"))
        session.hang_up()
        await heard.events_count(3)
        assert heard.kinds == ["StreamResumed", "ChannelCreated", "StreamBroken"]


async def test_fully_booted_in_the_middle_of_the_snapshot_has_it_taken_again() -> None:
    def queues(_session: Session, action: Action) -> bytes:
        return unknown(_session, action) + BOOTED

    async with FakeAsterisk(booted=False) as pbx:
        pbx.answers["QueueStatus"] = queues
        async with listening(account(pbx.port)) as heard:
            await heard.turn.until(lambda: heard.kinds.count("StreamResumed") == 2)
            assert heard.states == ["ready"]


async def test_queues_that_come_unannounced_are_noticed(logs: list[Any]) -> None:
    """No right to see FullyBooted, and app_queue is loaded after the snapshot."""
    async with FakeAsterisk(booted=False) as pbx:
        pbx.answers["QueueStatus"] = unknown
        async with listening(account(pbx.port, ping_interval_s=0.01)) as heard:
            await heard.ready()
            await pbx.sessions[0].asked_for("QueueStatus", 3)
            assert heard.kinds == ["StreamResumed"]
            pbx.answers["QueueStatus"] = FakeAsterisk().answers["QueueStatus"]
            await heard.events_count(2)
            assert snapshot(heard, 1).queues == ()
    assert [line["event"] for line in logs] == ["ami_ready", "ami_actions_unknown", "ami_asked_again"]


async def test_a_reload_has_the_members_asked_for_again_and_nothing_else(logs: list[Any]) -> None:
    """`module reload app_queue.so` says that it happened, and nothing of the members that came and went."""
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        asked = len(pbx.sessions[0].names)
        pbx.sessions[0].send(
            b"Event: Reload\r\nPrivilege: system,all\r\nModule: All\r\nStatus: 0\r\n\r\n" + new_channel("1795450254.1")
        )
        await heard.events_count(3)
        assert pbx.sessions[0].names[asked:] == ["QueueStatus"]
        assert sorted(heard.kinds[1:]) == ["ChannelCreated", "StreamResumed"]
        told = next(each for each in reversed(heard.events) if isinstance(each, StreamResumed)).snapshot
        assert (told.members, told.queues, told.channels, told.entries, told.devices) == ((), (), None, None, None)
        assert heard.states == ["ready"]
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_members_are_asked_for_each_minute_for_a_reload_of_queues_says_nothing(
    logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_questions, "MEMBERS_EVERY_S", 0.05)
    async with FakeAsterisk() as pbx, listening(account(pbx.port, ping_interval_s=0.01)) as heard:
        await heard.ready()
        await heard.turn.until(lambda: heard.kinds.count("StreamResumed") >= 3)
        assert pbx.sessions[0].names.count("CoreShowChannels") == 1
    assert [line["event"] for line in logs] == ["ami_ready"]


async def test_a_lost_connection_is_told_and_taken_up_again(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        pbx.sessions[0].send(new_channel("1795450254.1"))
        await heard.events_count(2)
        pbx.sessions[0].hang_up()
        await heard.ready(2)
        assert heard.kinds == ["StreamResumed", "ChannelCreated", "StreamBroken", "StreamResumed"]
        assert heard.states == ["ready", "lost", "ready"]
        broken, resumed = heard.events[2:]
        assert isinstance(broken, StreamBroken)
        assert heard.client.counters.connects == 2
        assert heard.client.counters.gap_s == pytest.approx(resumed.at - broken.at, abs=0.001)
        assert heard.client.counters.gap_s > 0
        assert heard.client.counters.events["Newchannel"] == 1
    assert [line["event"] for line in logs] == ["ami_ready", "ami_lost", "ami_ready"]


async def test_half_a_message_of_a_lost_connection_is_never_completed_by_the_next() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        whole = hangup("1795450254.1")
        pbx.sessions[0].send(whole[:200])
        pbx.sessions[0].hang_up()
        await heard.ready(2)
        pbx.sessions[1].send(whole[200:] + new_channel("1795450254.2"))
        await heard.turn.until(lambda: "ChannelCreated" in heard.kinds)
        assert "ChannelHungUp" not in heard.kinds


async def test_it_may_be_told_to_give_the_connection_up() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        heard.client.drop()
        await heard.ready(2)
        assert heard.kinds == ["StreamResumed", "StreamBroken", "StreamResumed"]


async def test_a_pbx_that_floods_a_snapshot_that_does_not_end_is_dropped(
    monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    monkeypatch.setattr(held_events, "HELD_LIMIT", 10)
    async with FakeAsterisk() as pbx:
        pbx.answers["CoreShowChannels"] = silence
        async with listening(account(pbx.port)) as heard:
            session = await pbx.session()
            await session.asked_for("CoreShowChannels")
            session.send(b"".join(new_channel(f"1795450254.{n}") for n in range(11)))
            await session.left()
            pbx.answers = FakeAsterisk().answers
            await heard.ready()
            assert heard.kinds == ["StreamResumed"]
    assert logs[0]["event"] == "ami_snapshot_too_slow"


async def test_stopping_leaves_nothing_and_breaks_nothing() -> None:
    before = asyncio.all_tasks()
    async with FakeAsterisk() as pbx:
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
        await pbx.sessions[0].left()
        assert heard.kinds == ["StreamResumed"]
        assert heard.states == ["ready"]
        assert heard.client.counters.gap_s == 0
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("during", ["Login", "CoreShowChannels"])
async def test_it_can_be_stopped_at_any_moment(during: str) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers[during] = silence
        async with listening(account(pbx.port)) as heard:
            session = await pbx.session()
            await session.asked_for(during)
        await session.left()
        assert heard.events == []


def test_the_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(account(5038))
    assert SECRET not in repr(replace(account(5038), md5=True))

"""What the PBX is asked after the login, and what of it becomes a snapshot."""

from collections.abc import Iterator
from typing import Any

import pytest

from daemon import clock
from handlers.ami.events import Snapshot, StreamResumed
from tests.daemon.fake_asterisk import (
    Action,
    FakeAsterisk,
    Heard,
    Session,
    account,
    answer,
    captured_logs,
    denied,
    listed,
    listening,
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


def snapshot(heard: Heard) -> Snapshot:
    (resumed,) = heard.events
    assert isinstance(resumed, StreamResumed)
    return resumed.snapshot


async def test_its_snapshot_shows_channels_bridges_members_and_waiting_callers() -> None:
    def channels(_session: Session, action: Action) -> bytes:
        item = (
            "CoreShowChannel\r\nActionID: {id}\r\nChannel: PJSIP/a-1\r\nChannelState: 6\r\nCallerIDNum: 101\r\n"
            "Uniqueid: 1795450254.7\r\nLinkedid: 1795450254.6\r\nDuration: 00:01:05\r\nBridgeId: b-1"
        )
        return listed(action, "CoreShowChannelsComplete", [item])

    def queues(_session: Session, action: Action) -> bytes:
        params = "QueueParams\r\nQueue: sales\r\nMax: 0\r\nActionID: {id}"
        member = (
            "QueueMember\r\nQueue: sales\r\nName: Ann\r\nLocation: PJSIP/101\r\nStateInterface: PJSIP/101\r\n"
            "Membership: static\r\nPenalty: 0\r\nStatus: 1\r\nPaused: 0\r\nPausedReason: \r\nActionID: {id}"
        )
        entry = "QueueEntry\r\nQueue: sales\r\nPosition: 1\r\nUniqueid: 1795450254.9\r\nWait: 12\r\nActionID: {id}"
        return listed(action, "QueueStatusComplete", [params, member, entry])

    async with FakeAsterisk() as pbx:
        pbx.answers |= {"CoreShowChannels": channels, "QueueStatus": queues}
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            found = snapshot(heard)
            assert found.channels is not None
            assert [(c.uniqueid, c.bridge) for c in found.channels] == [("1795450254.7", "b-1")]
            assert found.queues == ("sales",)
            assert found.entries is not None
            assert [(e.uniqueid, e.wait_s) for e in found.entries] == [("1795450254.9", 12.0)]


async def test_the_age_of_a_channel_is_of_the_moment_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [900.0]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def status(_session: Session, action: Action) -> bytes:
        now[0] = 1000.0  # slow to answer
        return answer(action)

    def queues(_session: Session, action: Action) -> bytes:
        now[0] = 1009.0  # and again
        return listed(action, "QueueStatusComplete")

    async with FakeAsterisk() as pbx:
        item = "CoreShowChannel\r\nActionID: {id}\r\nChannel: PJSIP/a-1\r\nUniqueid: 1795450254.7\r\nDuration: 00:00:05"
        pbx.answers |= {
            "CoreStatus": status,
            "CoreShowChannels": lambda _session, action: listed(action, "CoreShowChannelsComplete", [item]),
            "QueueStatus": queues,
        }
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            assert heard.events[0].at == 1009.0
            assert [channel.created_at for channel in snapshot(heard).channels or ()] == [995.0]


async def test_rights_that_are_missing_are_told_and_the_rest_is_used(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers |= {"CoreShowChannels": denied, "CoreStatus": denied}
        async with listening(account(pbx.port)) as heard:
            await heard.ready()
            assert snapshot(heard).channels is None
            assert snapshot(heard).boot == ""
            assert snapshot(heard).queues == ()
            assert heard.client.counters.denied == {"CoreStatus", "CoreShowChannels"}
    assert logs[-1]["event"] == "ami_rights_missing"
    assert logs[-1]["actions"] == "CoreStatus, CoreShowChannels"

"""What a subscriber hears: the topics of the contract's table, retained or not, with their QoS, and nothing of anybody's number."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import mqtt, publishing, short_calls

STATES = {
    "bridge/state": 1,
    "bridge/info": 1,
    "bridge/health": 1,
    "calls/active": 0,
    "queue/support/state": 1,
    "trunk/town/state": 1,
    "trunk/other/state": 1,
    "department/podderzhka/state": 1,
    "department/none/state": 1,
    "stats/today": 1,
    "missed/count": 1,
    "missed/open": 1,
}
AGENTS = {"agent/anna/state": 1, "agent/boris/state": 1}
"""Whom 07-ivr-queue-second-agent tells of."""
HOSTILE = b'</script><script>alert("x")</script>\\ {{7*7}} \xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd'


async def retained(port: int) -> dict[str, Any]:
    """What somebody is told who comes now."""
    async with listening(port) as newcomer:
        # What is told while he listens comes besides.
        await newcomer.until(lambda: _topics(newcomer, only_retained=True) >= STATES.keys() | AGENTS.keys())
        assert not any(each.retained for each in newcomer.heard if each.topic.startswith("event/"))
        return {each.topic: each for each in newcomer.heard}


def _topics(listener: Listener, only_retained: bool = False) -> set[str]:
    return {each.topic for each in listener.heard if each.retained or not only_retained}


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_states_are_retained_events_are_not_and_each_has_its_qos(tmp_path: Path, version: str) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, f'version = "{version}"\n')),
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(b"".join(lines("07-ivr-queue-second-agent")))
        await listener.until(lambda: listener.ended)
        # What changed is told only where nothing comes behind it soon.
        types = [event["type"] for event in listener.events if event["type"] != "changed"]
        assert types == ["started", "queued", "ringing", "answered", "ended"]
        assert [event["seq"] for event in listener.events] == list(range(1, len(listener.events) + 1))
        assert {(each.qos, each.retained) for each in listener.of("event/call")} == {(1, False)}
        await listener.until(lambda: listener.of("stats/today")[-1].json["answered"] == 1)
        await listener.until(lambda: _topics(listener) >= STATES.keys() | AGENTS.keys())
        found = await retained(broker.port)
        assert {topic: each.qos for topic, each in found.items()} == STATES | AGENTS
        assert f"as ringtally-office (p{'5' if version == '5' else '2'}," in broker.journal
        assert found.pop("bridge/state").payload == b"online"
        assert found.pop("missed/count").payload == b"0"
        for each in found.values():
            assert each.json["v"] == 1
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each.json["ts"])


async def test_the_figures_are_those_of_the_calls(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        for name in ("07-ivr-queue-second-agent", "08-queue-abandon", "17-outgoing-answered"):
            pbx.sessions[-1].send(b"".join(lines(name)))
        await listener.until(lambda: len(listener.ended) == 3 and listener.of("stats/today")[-1].json["calls"] == 3)
        today = listener.of("stats/today")[-1].json
        assert (today["in"], today["out"], today["answered"], today["missed"]) == (2, 1, 1, 1)
        assert today["missed_share"] == 0.5
        await listener.until(lambda: _as_told(listener) == (0, None, 1, 1))
        queue = listener.of("queue/support/state")[-1].json
        await listener.until(lambda: listener.of("department/podderzhka/state")[-1].json["today"]["in"] == 2)
        assert listener.of("department/podderzhka/state")[-1].json["name"] == "Поддержка"
        # The same after a restart: they are counted again from the database.
        assert await daemon.stop() == 0
        await listener.hears("bridge/state", b"offline")
        today, before = listener.of("stats/today")[-1].json, len(listener.heard)
        async with publishing(tmp_path, pbx, mqtt(broker.port)):
            await listener.until(lambda: any(each.topic == "stats/today" for each in listener.heard[before:]))
            again = listener.of("stats/today")[-1].json
            assert again | {"ts": None} == today | {"ts": None}
            await listener.until(lambda: any(each.topic == "queue/support/state" for each in listener.heard[before:]))
            assert listener.of("queue/support/state")[-1].json["today"] == queue["today"]


def _as_told(listener: Listener) -> tuple[object, ...]:
    """Who waits in the queue, since when, and of today who was offered and who left soon."""
    queue = listener.of("queue/support/state")[-1].json
    return queue["waiting"], queue["oldest_since"], queue["today"]["offered"], queue["today"]["short_abandoned"]


def said(listener: Listener) -> str:
    return b"\n".join(each.payload for each in listener.heard).decode()


@pytest.mark.parametrize("numbers", ["masked", "full"])
async def test_what_a_caller_wrote_is_inert_and_masked_unless_told_otherwise(tmp_path: Path, numbers: str) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, f'numbers = "{numbers}"\n')) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(new_channel("1795450260.1", "79001112233", HOSTILE.decode()))
        await listener.until(lambda: any(each.json["total"] == 1 for each in listener.of("calls/active")))
        pbx.sessions[-1].send(hangup("1795450260.1"))
        for name in ("28-strange-names", "28b-injected-numbers"):
            pbx.sessions[-1].send(b"".join(lines(name)))
        short_calls(pbx, ["1795450299.1"])
        await listener.until(lambda: "1795450299.1" in listener.ended)
        names = {event["call"]["caller_name"] for event in listener.events if event["call"]["id"] == "1795450260.1"}
        live = next(each.json for each in listener.of("calls/active") if each.json["total"] == 1)
        if numbers == "full":
            assert names == {HOSTILE.decode()}
            assert live["calls"][0]["caller"] == "79001112233"
        else:
            assert names == {"s•••"}
            assert live["calls"][0]["caller"] == "7900•••2233"
            assert "79001112233" not in said(listener)
            assert "script" not in said(listener)
        topics = {each.topic for each in listener.heard if not each.topic.startswith("agent/")}
        assert topics == STATES.keys() | {"event/call"}
        assert not any("79001112233" in line for line in daemon.lines)

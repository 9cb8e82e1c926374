"""Agents on a real broker: retained while they are there, cleared when they go, unknown while the PBX isn't heard."""

from pathlib import Path
from typing import Any

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import mqtt, publishing

ANNA, QUEUE = "agent/anna/state", "queue/support/state"


def member(name: str, event: str = "QueueMemberStatus", paused: str = "", queue: str = "support") -> bytes:
    return (
        f"Event: {event}\r\nPrivilege: agent,all\r\nQueue: {queue}\r\nMemberName: {name}\r\nInterface: PJSIP/101\r\n"
        "StateInterface: PJSIP/101\r\nMembership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\nLastCall: 0\r\nLastPause: 0\r\n"
        f"LoginTime: 0\r\nInCall: 0\r\nStatus: 1\r\nPaused: {int(bool(paused))}\r\nPausedReason: {paused}\r\nRinginuse: 0\r\n"
        "Wrapuptime: 0\r\n\r\n"
    ).encode()


def last(listener: Listener, topic: str) -> Any:
    heard = listener.of(topic)
    return heard[-1].json if heard and heard[-1].payload else None


async def test_an_agent_is_there_for_who_comes_later_and_cleared_when_gone(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)),
    ):
        pbx.sessions[-1].send(member("Anna", "QueueMemberAdded") + member("Anna", "QueueMemberPause", "lunch: long"))
        await listener.until(lambda: (last(listener, ANNA) or {}).get("state") == "paused")
        agent = last(listener, ANNA)
        assert (agent["name"], agent["device"], agent["reason"]) == ("Anna", "PJSIP/101", "lunch: long")
        assert agent["queues"] == [{"queue": "support", "paused": True, "reason": "lunch: long"}]
        await listener.until(lambda: (last(listener, QUEUE) or {}).get("members", {}).get("paused") == 1)
        async with listening(broker.port) as newcomer:
            await newcomer.until(lambda: newcomer.of(ANNA))
            assert newcomer.of(ANNA)[0].retained
            assert newcomer.of(ANNA)[0].qos == 1

        pbx.sessions[-1].send(member("Vera"))  # another name is another topic
        await listener.until(lambda: last(listener, "agent/vera/state") and listener.of(ANNA)[-1].payload == b"")
        pbx.sessions[-1].send(member("Vera", "QueueMemberRemoved"))
        await listener.until(lambda: listener.of("agent/vera/state")[-1].payload == b"")
        await listener.until(lambda: not any(last(listener, QUEUE)["members"].values()))
        async with listening(broker.port) as newcomer:
            await newcomer.until(lambda: newcomer.of(QUEUE))
            assert not [each.topic for each in newcomer.heard if each.topic.startswith("agent/")]


async def test_while_the_pbx_is_not_heard_no_state_passes_for_a_live_one(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)),
    ):
        pbx.sessions[-1].send(b"".join(lines("07-ivr-queue-second-agent")))
        await listener.until(lambda: listener.ended and (last(listener, ANNA) or {}).get("state") == "available")
        pbx.answers["Login"] = lambda _session, _action: b""
        pbx.sessions[-1].close()
        await listener.until(lambda: last(listener, ANNA)["state"] is None)
        assert last(listener, ANNA)["since"] is None
        await listener.until(lambda: last(listener, QUEUE)["members"] is None)

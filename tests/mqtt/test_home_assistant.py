"""Home Assistant's discovery on a real broker: told, told anew, and taken back, also by a daemon that was down meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.documents.validity import HOME_ASSISTANT, check_message
from tests.mqtt.broker import Mosquitto, mosquitto, passwords
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import mqtt, publishing

CONFIG = "homeassistant/device/ringtally-office/config"
STATUS = "homeassistant/status"
ON = "home_assistant = true\n"


@asynccontextmanager
async def home_assistant(broker: Mosquitto, **options: Any) -> AsyncIterator[Listener]:
    """Somebody who looks for devices; what he finds is one, or cleared."""
    async with listening(broker.port, "homeassistant/device/#", is_checked=False, **options) as found:
        yield found
    for each in found.heard:
        check_message(each.topic.removeprefix("homeassistant/"), each.payload, each.qos, each.retained, HOME_ASSISTANT)


async def test_the_device_is_kept_told_anew_when_home_assistant_starts_and_says_nothing_of_callers(
    tmp_path: Path,
) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        home_assistant(broker) as found,
        publishing(tmp_path, pbx, mqtt(broker.port, ON + 'numbers = "full"\n')) as daemon,
        aiomqtt.Client("127.0.0.1", broker.port) as other,
    ):
        await listener.hears("bridge/state", b"online")
        await found.until(lambda: found.heard)
        (first,) = found.heard
        told = first.json
        assert told["availability_topic"] == "ringtally/office/bridge/state"
        assert told["device"]["identifiers"] == ["ringtally-office"]
        assert {"waiting", "missed_open", "pbx", "queue_support_available"} <= told["components"].keys()
        for component in told["components"].values():
            assert listener.of(component["state_topic"].removeprefix("ringtally/office/"))
        pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
        await listener.until(lambda: listener.of("event/missed"))
        await other.publish(STATUS, b"online", qos=1)
        await found.until(lambda: len(found.heard) == 2)
        assert found.heard[1].payload == first.payload
        async with home_assistant(broker) as late:
            await late.until(lambda: late.heard)
            assert late.heard[0].retained
        assert await daemon.stop() == 0
        assert len(found.heard) == 2, "it stays, and is unavailable"


async def test_turned_off_while_the_daemon_was_down_it_is_taken_back(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker, home_assistant(broker) as found:
        async with publishing(tmp_path, pbx, mqtt(broker.port, ON)) as daemon:
            await found.until(lambda: found.heard)
            assert await daemon.stop() == 0
        async with publishing(tmp_path, pbx, mqtt(broker.port)) as daemon:
            await found.until(lambda: found.heard[-1].payload == b"")
            assert await daemon.stop() == 0
        async with (
            listening(broker.port) as newcomer,
            home_assistant(broker) as late,
            publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
        ):
            await newcomer.hears("bridge/state", b"online")
            assert not late.heard
            assert not [each for each in newcomer.heard if "discovery" in each.topic]
            assert await daemon.stop() == 0


async def test_off_it_leaves_no_trace_and_asks_for_nothing_but_its_own(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)),
    ):
        await listener.hears("bridge/state", b"online")
        assert not listener.of("bridge/discovery/state")
        assert "homeassistant" not in broker.journal


async def test_queues_that_are_no_more_go_with_their_sensors(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker, home_assistant(broker) as found:
        async with publishing(tmp_path, pbx, mqtt(broker.port, ON) + "[queues.sales]\n") as daemon:
            await found.until(lambda: found.heard)
            assert await daemon.stop() == 0
        async with publishing(tmp_path, pbx, mqtt(broker.port, ON)):
            await found.until(lambda: len(found.heard) == 3)
        _, removing, plain = (each.json["components"] for each in found.heard)
        assert removing["queue_sales_waiting"] == {"platform": "sensor"}
        assert "queue_sales_waiting" not in plain


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_broker_that_does_not_allow_it_gets_all_the_rest(tmp_path: Path, version: str) -> None:
    acl = tmp_path / "acl"
    acl.write_text("user ringtally\ntopic readwrite ringtally/#\n")
    acl.chmod(0o600)
    rules = f"allow_anonymous false\npassword_file {passwords(tmp_path, 'right')}\nacl_file {acl}\n"
    account = 'username = "ringtally"\npassword = "right"\n'
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path, rules) as broker,
        listening(broker.port, username="ringtally", password="right") as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, f'{ON}{account}version = "{version}"\n')) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(b"".join(lines("08-queue-abandon")))
        await listener.until(lambda: listener.ended)
        if version == "5":
            await daemon.told("mqtt_home_assistant_refused")
        refused = daemon.events("mqtt_home_assistant_refused")
        assert [CONFIG in each["cure"] for each in refused] == ([True] if version == "5" else [])
        assert not daemon.events("mqtt_refused")
        await listener.until(lambda: listener.of("bridge/health")[-1].json["mqtt"] == "connected")

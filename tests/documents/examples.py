"""Messages that were really published, for the documentation. `python -m tests.documents.examples` gathers them anew.

A daemon, masked as it is by default, between recorded traffic of a real Asterisk and a real broker.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiomqtt
import orjson

from daemon.schemas.topics import CHANNELS
from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk, new_channel
from tests.documents.written import ROOT
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Heard, Listener, listening
from tests.mqtt.service import mqtt, publishing
from tests.recordings import messages

EXAMPLES = ROOT / "docs/sources/mqtt-examples.json"
CALLER = "79001112233"
_CONFIG = "homeassistant/device/ringtally-office/config"
# Which of the messages of a topic shows the most.
_TELLING: Mapping[str, Callable[[Any], object]] = {
    "callsActive": lambda said: said["total"],
    "eventCall": lambda said: said["type"] == "ended" and said["call"]["queue"],
    "eventMissed": lambda said: said["type"] == "missed",
    "missedOpen": lambda said: said["total"],
    "missedCount": lambda said: said,
    "agentState": lambda said: said["state"] == "talking",
    "statsToday": lambda said: said["missed"] and said["answered"],
    "queueState": lambda said: said["today"]["answered"],
    "departmentState": lambda said: said["today"]["answered"],
    "trunkState": lambda said: said["today"]["in"] and said["name"] != "other",
}


async def gathered(folder: Path) -> dict[str, Any]:
    """By the channel's name, a topic and what was said on it."""
    section = "accept_contacts = true\nhome_assistant = true\n"
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(folder) as broker,
        listening(broker.port) as listener,
        listening(broker.port, "homeassistant/#", is_checked=False) as home,
        publishing(folder, pbx, mqtt(broker.port, section)) as daemon,
        aiomqtt.Client("127.0.0.1", broker.port) as other,
    ):
        await listener.hears("bridge/state", b"online")
        async with asyncio.TaskGroup() as tasks:
            for name in ("07-ivr-queue-second-agent", "08-queue-abandon", "05-direct-caller-abandons"):
                tasks.create_task(play(pbx, name))
        await listener.until(lambda: len(listener.ended) == 3 and len(listener.of("event/missed")) > 1)
        pbx.sessions[-1].send(new_channel("1795450999.7", CALLER))
        await listener.until(lambda: any(each.json["total"] for each in listener.of("calls/active")))
        await listener.until(lambda: any(each.json["missed"] for each in listener.of("stats/today")))
        at = listener.of("event/call")[-1].json["ts"]
        contact = {"number": "+7 900 111-22-33", "by": "Anna", "at": at, "note": "by e-mail"}
        await other.publish("ringtally/office/contact/in", orjson.dumps(contact), qos=1)
        await other.publish("homeassistant/status", b"online", qos=1)
        await listener.until(lambda: listener.of("contact/in"))
        await home.until(lambda: [each.topic for each in home.heard].count(_CONFIG) > 1)
        assert await daemon.stop() == 0
        await listener.until(lambda: listener.heard[-1].payload == b"offline")
        return chosen(listener, home)


async def play(pbx: FakeAsterisk, name: str) -> None:
    """A recording, as fast as it happened."""
    entries, told = list(messages(name)), set(lines(name))
    loop = asyncio.get_running_loop()
    begun = loop.time() - entries[0].t
    for entry in entries:
        if entry.raw in told:
            await asyncio.sleep(begun + entry.t - loop.time())
            pbx.sessions[-1].send(entry.raw)


def chosen(*listeners: Listener) -> dict[str, Any]:
    """One message of each channel."""
    from tests.documents.validity import HOME_ASSISTANT, SITE, channel_of

    found: dict[str, list[Heard]] = {}
    for root, listener in zip((SITE, HOME_ASSISTANT), listeners, strict=True):
        for each in listener.heard:
            topic = each.topic.removeprefix("homeassistant/")
            if each.payload:
                found.setdefault(channel_of(topic, root).channel.name, []).append(each)
    return {channel.name: _best(channel.name, channel.content_type, found[channel.name]) for channel in CHANNELS}


def _best(name: str, content_type: str, heard: list[Heard]) -> dict[str, Any]:
    said = [each.payload.decode() if content_type == "text/plain" else each.json for each in heard]
    telling = [pair for pair in zip(heard, said, strict=True) if _TELLING.get(name, lambda _: True)(pair[1])]
    each, payload = (telling or list(zip(heard, said, strict=True)))[0 if name == "bridgeState" else -1]
    whole = each.topic if each.topic.startswith("homeassistant/") else f"ringtally/office/{each.topic}"
    return {"topic": whole, "payload": payload}


async def _gather() -> None:
    with tempfile.TemporaryDirectory() as folder:
        examples = await gathered(Path(folder))
    EXAMPLES.write_text(json.dumps(examples, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(_gather())

"""Somebody who listens to the broker, keeps all that he hears, and holds it to the documents."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiomqtt
import orjson

from daemon.sinks.mqtt import CONTACT_IN
from tests.documents.validity import check_message

WITHIN_S = 60.0
ROOT = "ringtally/office/"


@dataclass(frozen=True, slots=True)
class Heard:
    """One message; `topic` below the root."""

    topic: str
    payload: bytes
    qos: int
    retained: bool

    @property
    def json(self) -> Any:
        """What it says."""
        return orjson.loads(self.payload)


class Listener:
    """What was heard, in order; what is not as documented is told when the block of `listening` ends.

    Not held to anything are payloads that the test itself publishes (`of_others`), and what the daemon listens to.
    """

    def __init__(self, of_others: Collection[bytes] = (), is_checked: bool = True) -> None:
        self.heard: list[Heard] = []
        self.faults: list[str] = []
        self._of_others = of_others
        self._is_checked = is_checked
        self._turn = asyncio.Condition()

    async def listen(self, client: aiomqtt.Client) -> None:
        """Keep what comes until the broker is gone."""
        try:
            async for message in client.messages:
                async with self._turn:
                    assert isinstance(message.payload, bytes)
                    below = str(message.topic).removeprefix(ROOT)
                    self.heard.append(Heard(below, message.payload, message.qos, message.retain))
                    self._check(self.heard[-1])
                    self._turn.notify_all()
        except aiomqtt.MqttError:
            pass

    def _check(self, heard: Heard) -> None:
        if self._is_checked and heard.payload not in self._of_others and heard.topic != CONTACT_IN:
            try:
                check_message(heard.topic, heard.payload, heard.qos, heard.retained)
            except AssertionError as fault:
                self.faults.append(str(fault))

    def of(self, topic: str) -> list[Heard]:
        """The messages of one topic."""
        return [each for each in self.heard if each.topic == topic]

    @property
    def events(self) -> list[Any]:
        """What was told of calls."""
        return [each.json for each in self.of("event/call")]

    @property
    def ended(self) -> list[str]:
        """The calls whose ends were told, in order."""
        return [event["call"]["id"] for event in self.events if event["type"] == "ended"]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what a message makes true."""
        try:
            async with asyncio.timeout(WITHIN_S), self._turn:
                await self._turn.wait_for(condition)
        except TimeoutError:
            told = "\n".join(f"{each.topic} {each.payload[:200]!r}" for each in self.heard[-40:])
            raise AssertionError(f"not heard; the last was\n{told}") from None

    async def hears(self, topic: str, payload: bytes) -> None:
        """Wait until the last word on a topic is this."""
        await self.until(lambda: (last := self.of(topic)) and last[-1].payload == payload)


@asynccontextmanager
async def listening(
    port: int, pattern: str = f"{ROOT}#", of_others: Collection[bytes] = (), is_checked: bool = True, **options: Any
) -> AsyncIterator[Listener]:
    """A subscriber with QoS 1 for the time of the block. AssertionError at its end for messages that are not as documented."""
    listener = Listener(of_others, is_checked)
    async with aiomqtt.Client("127.0.0.1", port, **options) as client, asyncio.TaskGroup() as tasks:
        await client.subscribe(pattern, qos=1)
        task = tasks.create_task(listener.listen(client))
        try:
            yield listener
        finally:
            task.cancel()
    assert not listener.faults, "\n".join(dict.fromkeys(listener.faults))

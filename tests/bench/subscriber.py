"""Who listens to the broker and notes when he heard what: `event/call` by call and kind, states by topic."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import orjson

from tests.bench.pace import Told

ROOT = "ringtally/office/"


class Subscriber:
    """`heard`: when each message came first. `states`: what was said last on each topic, and when."""

    def __init__(self) -> None:
        self.heard: dict[Told, float] = {}
        self.states: dict[str, tuple[float, Any]] = {}
        self._turn = asyncio.Event()

    async def listen(self, client: aiomqtt.Client) -> None:
        """Until cancelled."""
        async for message in client.messages:
            at = time.monotonic()
            topic, payload = str(message.topic).removeprefix(ROOT), message.payload
            assert isinstance(payload, bytes)
            if topic == "event/call":
                event = orjson.loads(payload)
                self.heard.setdefault((event["call"]["id"], event["type"]), at)
            elif topic.startswith("queue/"):
                self.states[topic] = at, orjson.loads(payload)
            self._turn.set()

    async def until(self, topic: str, key: str, value: Any) -> float:
        """The moment at which a state came to say this."""
        while topic not in self.states or self.states[topic][1][key] != value:
            self._turn.clear()
            await self._turn.wait()
        return self.states[topic][0]


@asynccontextmanager
async def subscribing(port: int) -> AsyncIterator[Subscriber]:
    """A subscriber with QoS 1 for the time of the block."""
    subscriber = Subscriber()
    async with aiomqtt.Client("127.0.0.1", port) as client, asyncio.TaskGroup() as tasks:
        await client.subscribe(f"{ROOT}#", qos=1)
        listening = tasks.create_task(subscriber.listen(client))
        try:
            yield subscriber
        finally:
            listening.cancel()

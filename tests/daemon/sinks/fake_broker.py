"""A broker that is a list, in place of the connection: it takes, refuses, hangs or breaks as a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiomqtt import Topic

from daemon.mqtt_link import Broker, MqttError
from storage.errors import StorageError
from storage.outbox import Waiting

ROOT = "ringtally/office/"


@dataclass
class FakeBroker:
    """Connecting and publishing, each as often as `refuses` and `breaks_at` let it."""

    refuses: list[MqttError] = field(default_factory=list)
    """One for each attempt, from the first; when they are used up it lets in."""
    breaks_at: Callable[[str], bool] = lambda _topic: False
    hangs_at: Callable[[str], bool] = lambda _topic: False
    denies: bool = False
    """Takes what it is told, as mosquitto does, and throws it away."""
    may_read: bool = True
    retained: dict[str, bytes] = field(default_factory=dict)
    told: list[tuple[str, bytes, int, bool]] = field(default_factory=list)
    attempts: int = 0
    farewells: int = 0

    def __post_init__(self) -> None:
        self.turn = asyncio.Condition()
        self.is_lost = False
        self._lost: Callable[[], None] = lambda: None
        self._patterns: list[str] = []
        self._heard: Callable[[str, bytes, bool], None] = lambda _topic, _payload, _retained: None

    @asynccontextmanager
    async def session(
        self, _to: Broker, heard: Callable[[str, bytes, bool], None], lost: Callable[[], None]
    ) -> AsyncIterator["FakeBroker"]:
        """In place of `mqtt_session`."""
        self.attempts += 1
        await self._happened()
        if self.refuses:
            raise self.refuses.pop(0)
        self.is_lost, self._lost, self._heard = False, lost, heard
        self._patterns.clear()
        yield self
        self.farewells += 1

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        below = topic.removeprefix(ROOT)
        assert below != topic
        if self.hangs_at(below):
            await asyncio.Event().wait()
        if self.is_lost or self.breaks_at(below):
            raise MqttError("the line is cut")
        self.told.append((below, payload, qos, retain))
        if not self.denies and any(Topic(topic).matches(pattern) for pattern in self._patterns):
            self._heard(topic, payload, False)
        await self._happened()

    async def subscribe(self, pattern: str, qos: int = 0) -> bool:
        del qos
        if not self.may_read:
            return False
        self._patterns.append(pattern)
        for topic, payload in self.retained.items():
            if Topic(ROOT + topic).matches(pattern):
                self._heard(ROOT + topic, payload, True)
        return True

    async def unsubscribe(self, pattern: str) -> None:
        if self.is_lost:
            raise MqttError("the line is cut")
        self._patterns.remove(pattern)

    def cut(self) -> None:
        """The connection is over."""
        self.is_lost = True
        self._lost()

    async def _happened(self) -> None:
        async with self.turn:
            self.turn.notify_all()
        await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what an attempt or a message makes true."""
        async with asyncio.timeout(60), self.turn:
            await self.turn.wait_for(condition)

    def topics(self) -> list[str]:
        return [topic for topic, *_ in self.told]


class FakeOutbox:
    """Messages in a list; what is acknowledged is kept apart."""

    def __init__(self) -> None:
        self.messages: list[Waiting] = []
        self.acknowledged: list[int] = []
        self.read_up_to = 0
        self.fails = False
        self.dropped = {"age": 0, "size": 0}
        self._stored: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> int:
        return len(self.messages) - len(self.acknowledged)

    def when_stored(self, call: Callable[[], None]) -> None:
        self._stored = call

    def store(self, *ids: int) -> None:
        self.messages += [Waiting(each, "event/call", f'{{"id":{each}}}') for each in ids]
        self._stored()

    async def next(self, limit: int) -> list[Waiting]:
        if self.fails:
            raise StorageError("the disk")
        found = [each for each in self.messages if each.id > self.read_up_to][:limit]
        self.read_up_to = found[-1].id if found else self.read_up_to
        return found

    def again(self) -> None:
        self.read_up_to = max(self.acknowledged, default=0)

    def acknowledge(self, message_id: int) -> None:
        self.acknowledged.append(message_id)


class Naps:
    """Backoffs that are only written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def backoff(self, first_s: float, most_s: float) -> Any:
        naps = self

        class Written:
            def __init__(self) -> None:
                self.tries = 0

            def next_s(self) -> float:
                naps.slept.append(min(first_s * 2**self.tries, most_s))
                self.tries += 1
                return 0.0

            def reset(self) -> None:
                self.tries = 0

        return Written()

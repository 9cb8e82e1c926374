"""The broker: dead, frozen, restarted; and the daemon killed while it publishes. Each finished call is told once, in the end."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.mqtt.broker import Mosquitto
from tests.mqtt.listener import ROOT, Listener, listening
from tests.torture.arena import Arena
from tests.torture.faults.fault import Fault
from tests.torture.rows import rows_of

TOLD_WITHIN_S = 20.0


class Subscriber:
    """Somebody who listens over all lives of the broker: what each of its connections heard."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        self._heard: list[Listener] = []

    @asynccontextmanager
    async def listens(self) -> AsyncIterator[None]:
        """For the time of the block."""
        async with listening(self._broker.port, f"{ROOT}event/call") as listener:
            self._heard.append(listener)
            yield

    @property
    def told(self) -> dict[str, set[str]]:
        """The event ids by which the end of each call was told."""
        found: dict[str, set[str]] = defaultdict(set)
        for listener in self._heard:
            for event in listener.events:
                if event["type"] == "ended":
                    found[event["call"]["id"]].add(event["event_id"])
        return found


async def dead(arena: Arena) -> None:
    """Killed, and started again after seconds."""
    subscriber = _subscriber(arena)
    for _ in arena.turns():
        async with _broker_lives(arena, subscriber):
            await arena.pass_time(1.0, 3.0)
            await _broker(arena).kill()
        await arena.pass_time(1.0, 3.0)
    await _told_in_the_end(arena, subscriber)


async def frozen(arena: Arena) -> None:
    """SIGSTOP: it takes connections, and answers nothing."""
    subscriber = _subscriber(arena)
    async with _broker_lives(arena, subscriber):
        for _ in arena.turns():
            await arena.pass_time(1.0, 3.0)
            _broker(arena).freeze()
            await arena.pass_time(0.3, 4.0)
            _broker(arena).thaw()
        await _settle(arena, subscriber)


async def killed_publishing(arena: Arena) -> None:
    """The daemon is killed while it publishes."""
    subscriber = _subscriber(arena)
    async with _broker_lives(arena, subscriber):
        for _ in arena.turns():
            await arena.lives.ready()
            await arena.pass_time(0.0, 2.0)
            await arena.lives.kill()
            await arena.lives.start()
        await _settle(arena, subscriber)


@asynccontextmanager
async def _broker_lives(arena: Arena, subscriber: Subscriber) -> AsyncIterator[None]:
    """The broker runs, and somebody listens before the daemon can say a word."""
    await arena.lives.ready()
    with arena.lives.paused():
        await _broker(arena).start()
        listens = subscriber.listens()
        await listens.__aenter__()
    try:
        yield
    finally:
        await listens.__aexit__(None, None, None)


async def _told_in_the_end(arena: Arena, subscriber: Subscriber) -> None:
    async with _broker_lives(arena, subscriber):
        await _settle(arena, subscriber)


async def _settle(arena: Arena, subscriber: Subscriber) -> None:
    """All calls end, all of them are told; then each once."""
    await arena.quiet()
    await arena.lives.daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
    ended = {row.id for row in rows_of(arena.database)}
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            while not ended <= subscriber.told.keys():
                await asyncio.sleep(0.05)
    except TimeoutError:
        arena.verdict.lost += [f"{id_}: stored, and its end never told" for id_ in ended - subscriber.told.keys()]
    arena.verdict.invented += [f"{id_}: told, and not stored" for id_ in subscriber.told.keys() - ended]
    arena.verdict.doubled += [f"{id_}: told as {ids}" for id_, ids in subscriber.told.items() if len(ids) > 1]


def _broker(arena: Arena) -> Mosquitto:
    assert arena.broker is not None
    return arena.broker


def _subscriber(arena: Arena) -> Subscriber:
    return Subscriber(_broker(arena))


FAULTS = (
    Fault("broker-dead", dead, needs_broker=True),
    Fault("broker-frozen", frozen, short=1, needs_broker=True),
    Fault("killed-publishing", killed_publishing, weight=2, short=2, needs_broker=True),
)

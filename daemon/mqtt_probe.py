"""Whether the broker keeps what we tell it: only our own message, heard back, proves that.

MQTT 3.1.1 has no word for a broker that lets in and lets nothing be written: mosquitto acknowledges a message that its ACL forbids,
and throws it away.
"""

import asyncio
from contextlib import suppress

from daemon.mqtt_link import MqttDeniedError, MqttSession

CURE = "let the broker's ACL give this account readwrite on all that is below mqtt.prefix: it reads back what it writes"


class Probe:
    """Publishes a retained message and hears it come back within `within_s`; for one connection after the other."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._awaited = ""
        self._news = asyncio.Event()

    def heard(self, topic: str, retained: bool) -> bool:
        """To be told of every message. Was it about the probe? A retained one may be of an earlier run, and proves nothing."""
        if topic != self._awaited:
            return False
        if not retained:
            self._awaited = ""
            self._news.set()
        return True

    def lost(self) -> None:
        """The connection is over: there is nothing to wait for."""
        self._news.set()

    async def prove(self, session: MqttSession, topic: str, payload: bytes) -> None:
        """Raises MqttDeniedError where it does not come back, MqttError where the broker gives no answers at all.

        A broker that stands still is no refusal: it does not answer what follows either.
        """
        self._awaited = topic
        self._news.clear()
        if not await session.subscribe(topic):
            raise MqttDeniedError("we may not read what we publish")
        await session.publish(topic, payload, qos=1, retain=True)
        await self._hear(session)
        await session.unsubscribe(topic)
        await self._hear(session)
        if self._awaited:
            raise MqttDeniedError("what we publish does not come back")

    async def _hear(self, session: MqttSession) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within_s):
                while self._awaited and not session.is_lost:
                    await self._news.wait()
                    self._news.clear()

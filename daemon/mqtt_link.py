"""The connection to the broker, and the only file that knows aiomqtt.

aiomqtt connects in a thread that nobody can interrupt (name, TCP and TLS handshake, up to several seconds each), and a stop
would wait for it. So the socket is made here, without a thread, and handed over when it is ready. A connection that is stuck is
cut without a farewell: the broker then tells our last will, as it should.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import aiomqtt

from daemon.mqtt_socket import dial, secured

# How often the broker is pinged, seconds: one that froze is noticed within two of these.
KEEPALIVE_S = 10
FAREWELL_WITHIN_S = 0.3
# What others may have left on our topics is looked at on connecting; a broker that tells more is not heard out.
HEARD_LIMIT = 2000
# aiomqtt would log on its own account, beside what is told once.
_SILENT = logging.Logger("silent")
_SILENT.addHandler(logging.NullHandler())
_VERSIONS = {"3.1.1": aiomqtt.ProtocolVersion.V311, "5": aiomqtt.ProtocolVersion.V5}
# MQTT 3.1.1 counts refusals from 1, MQTT 5 from 128; these mean that we are not let in, the others that it cannot just now.
_NOT_LET_IN = frozenset({1, 2, 4, 5, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C})
_SUBSCRIPTION_FAILED = 0x80

Version = Literal["3.1.1", "5"]


class MqttError(Exception):
    """The broker cannot be reached, or the connection is lost; the message says why, in words of ours or the system's."""


class MqttTlsError(MqttError):
    """No secure connection: whose certificate, and what is wrong with it."""


class MqttCertificateError(MqttTlsError):
    """The broker ends the connection for want of a certificate of ours, or so it seems."""


class MqttRefusedError(MqttError):
    """The broker answers and does not let us in."""


class MqttDeniedError(MqttRefusedError):
    """The broker lets us in, and not do what we are there for."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Whom to connect to, and as whom; `timeout_s` bounds every single answer. `will`: topic and payload, QoS 1, retained."""

    host: str
    port: int
    client_id: str
    will: tuple[str, bytes]
    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    version: Version = "3.1.1"
    timeout_s: float = 3.0


class MqttSession:
    """One connection while it lasts. Everything raises MqttError when it is over."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._refusal: str | None = None
        self.is_lost = False
        self._acknowledged: Callable[..., None] | None = client._client.on_publish
        client._client.on_publish = self._noted  # aiomqtt takes every acknowledgement for a yes

    def _noted(self, paho: Any, userdata: Any, mid: int, reason: Any, properties: Any) -> None:
        if reason is not None and reason.is_failure:
            self._refusal = str(reason)
        if self._acknowledged is not None:
            self._acknowledged(paho, userdata, mid, reason, properties)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message, one at a time; with QoS 1 it is the broker's when this returns.

        Raises MqttDeniedError where the broker says that we may not (it can in MQTT 5 alone).
        """
        try:
            await self._client.publish(topic, payload, qos=qos, retain=retain)
        except (aiomqtt.MqttError, ValueError) as error:
            raise MqttError(_words(error)) from None
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            raise MqttDeniedError(f"{refusal} to publish")

    async def subscribe(self, pattern: str, qos: Literal[0, 1] = 0) -> bool:
        """Ask for messages; they come to the link's `heard`. Does the broker say yes?"""
        try:
            granted = await self._client.subscribe(pattern, qos=qos)
        except (aiomqtt.MqttError, ValueError) as error:
            raise MqttError(_words(error)) from None
        return all(getattr(code, "value", code) < _SUBSCRIPTION_FAILED for code in granted)

    async def unsubscribe(self, pattern: str) -> None:
        """Ask for no more of them."""
        try:
            await self._client.unsubscribe(pattern)
        except (aiomqtt.MqttError, ValueError) as error:
            raise MqttError(_words(error)) from None

    async def listen(self, heard: Callable[[str, bytes, bool], None], lost: Callable[[], None]) -> None:
        """Hand on what comes, until the connection is over; then tell that it is."""
        try:
            async for message in self._client.messages:
                payload = message.payload
                heard(str(message.topic), payload if isinstance(payload, bytes) else b"", message.retain)
        except (aiomqtt.MqttError, OSError):
            pass
        finally:
            self.is_lost = True
            lost()


@asynccontextmanager
async def mqtt_session(
    broker: Broker,
    heard: Callable[[str, bytes, bool], None] = lambda _topic, _payload, _retained: None,
    lost: Callable[[], None] = lambda: None,
) -> AsyncIterator[MqttSession]:
    """A connection for the time of the block: at its end a farewell, so that no last will is told; cut if the block fails.

    `heard` is told topic, payload and whether it was retained; `lost` that the connection is over, whoever ended it. Raises MqttTlsError, MqttRefusedError, MqttError where it does not come about.
    """
    sock = await _connected_socket(broker)
    client = _client_of(broker, sock)
    session = MqttSession(client)
    try:
        await _enter(client, is_secured=broker.tls is not None)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(session.listen(heard, lost), name="mqtt-messages")
            try:
                yield session
                await _bid_farewell(client)
            finally:
                listening.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    finally:
        _cut(client, sock)


def _client_of(broker: Broker, sock: socket.socket) -> aiomqtt.Client:
    topic, payload = broker.will
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=broker.client_id,
        username=broker.username or None,
        password=broker.password or None,
        protocol=_VERSIONS[broker.version],
        will=aiomqtt.Will(topic, payload, qos=1, retain=True),
        timeout=broker.timeout_s,
        keepalive=KEEPALIVE_S,
        max_queued_incoming_messages=HEARD_LIMIT,
        logger=_SILENT,
    )
    client._client._create_socket = lambda: sock  # type: ignore[method-assign]  # see above: paho has no public way
    client._client.on_socket_register_write = partial(_register_write, client, asyncio.get_running_loop())
    return client


def _register_write(
    client: aiomqtt.Client, loop: asyncio.AbstractEventLoop, paho: Any, _userdata: Any, sock: Any
) -> None:
    """Write as soon as the socket takes something.

    aiomqtt's own asks for that a turn of the loop later, by a number that may be another's by then: of a socket cut meanwhile.
    """

    def write() -> None:
        try:
            paho.loop_write()
        except Exception as error:
            if not client._disconnected.done():
                client._disconnected.set_exception(error)

    def register() -> None:
        if sock.fileno() >= 0:
            loop.add_writer(sock.fileno(), write)

    loop.call_soon_threadsafe(register)


async def _enter(client: aiomqtt.Client, is_secured: bool) -> None:
    try:
        await client.__aenter__()
    except aiomqtt.MqttCodeError as error:
        code = getattr(error.rc, "value", error.rc)
        if code in _NOT_LET_IN:
            raise MqttRefusedError(_words(error)) from None
        raise MqttError(_words(error)) from None
    except aiomqtt.MqttError as error:
        if client._client.socket() is not None:
            raise MqttError(_words(error)) from None
        # In TLS 1.3 a client thinks all is well until it reads that the broker does not like its certificate.
        kind = MqttCertificateError if is_secured else MqttError
        raise kind("the broker ended the connection before it answered") from None


async def _bid_farewell(client: aiomqtt.Client) -> None:
    with suppress(aiomqtt.MqttError, TimeoutError):
        async with asyncio.timeout(FAREWELL_WITHIN_S):
            await client.__aexit__(None, None, None)


def _cut(client: aiomqtt.Client, sock: socket.socket) -> None:
    """Close whatever is still open, with the reader, the writer and the task that belong to it."""
    client._client._sock_close()  # type: ignore[no-untyped-call,unused-ignore]  # paho's own end of a connection, without a DISCONNECT
    sock.close()
    for future in (client._connected, client._disconnected):
        if future.done() and not future.cancelled():
            future.exception()  # it is told already; asyncio would log one that nobody has looked at


async def _connected_socket(broker: Broker) -> socket.socket:
    """A socket to the broker, TLS included, that does not block."""
    try:
        async with asyncio.timeout(broker.timeout_s):
            sock = await dial(broker.host, broker.port)
            if broker.tls is None:
                return sock
            return await secured(sock, broker.tls, broker.host)
    except TimeoutError:
        raise MqttError("no answer in time") from None
    except ssl.SSLError as error:
        told = getattr(error, "verify_message", "") or error.reason or "no TLS"
        raise (MqttCertificateError if "_ALERT_" in told else MqttTlsError)(told) from None
    except OSError as error:
        raise MqttError(_system_words(error)) from None


def _words(error: Exception) -> str:
    """What a person can do something with."""
    if isinstance(error, aiomqtt.MqttCodeError):
        return str(error).partition("] ")[2] or str(error)
    text = str(error)
    return "no answer in time" if text == "Operation timed out" else text or type(error).__name__


def _system_words(error: OSError) -> str:
    """The system's word for it; asyncio's own has the address in it, and a failed look-up a negative number."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)

"""The demo's broker, as a process of its own: MQTT 3.1.1 over TCP and over websockets, on free ports of loopback.

The only file that knows amqtt. It is told the publisher's password by the first line of stdin, tells its two ports as one line
of JSON on stdout, and ends when stdin does: with the demo, however that ended.
"""

import asyncio
import hmac
import json
import logging
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter, WebSocketsReader, WebSocketsWriter
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig, ListenerType
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

LOOPBACK = "127.0.0.1"
_LISTENER = "default"
_END_WITHIN_S = 0.5


class Access(BaseAuthPlugin, BaseTopicPlugin):  # type: ignore[misc]  # amqtt has no types
    """Who has the password may publish; everybody else is anonymous and only reads. A wrong password is refused."""

    @dataclass
    class Config:
        """What amqtt hands over to this plugin."""

        password: str

    async def authenticate(self, *, session: Session) -> bool:
        """May this one connect?"""
        if session.username is None and session.password is None:
            session.is_anonymous = True
            return not session.will_flag  # a last will would be published unasked
        told, right = session.password or "", self.context.config.password
        return hmac.compare_digest(told.encode(), right.encode())

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """May this one read or write there?"""
        del topic
        return action != Action.PUBLISH or (session is not None and not session.is_anonymous)


async def _over_tcp(broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), _LISTENER)
    finally:
        writer.close()


async def _over_websocket(broker: Broker, connection: ServerConnection) -> None:
    await broker.external_connected(WebSocketsReader(connection), WebSocketsWriter(connection), _LISTENER)


async def _run() -> None:
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    password = (await stdin.readline()).decode().rstrip("\n")
    broker = Broker(
        BrokerConfig(
            # "External": the sockets are opened here, so that their ports are ours to know.
            listeners={_LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)},
            # These instead of amqtt's own: no $SYS topics, no log of each packet.
            plugins={f"{__name__}.{Access.__name__}": {"password": password}},
        )
    )
    await broker.start()
    tcp = await asyncio.start_server(partial(_over_tcp, broker), LOOPBACK, 0)
    web = await serve(partial(_over_websocket, broker), LOOPBACK, 0, subprotocols=[Subprotocol("mqtt")])
    ports = {"tcp": tcp.sockets[0].getsockname()[1], "websocket": next(iter(web.sockets)).getsockname()[1]}
    print(json.dumps(ports), flush=True)
    await stdin.read()
    tcp.close()
    web.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_WITHIN_S):
            await broker.shutdown()


def main() -> None:
    """Serve until stdin ends."""
    logging.disable()
    warnings.simplefilter("ignore")
    asyncio.run(_run())

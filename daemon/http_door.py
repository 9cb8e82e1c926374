"""The door of the HTTP server: how many connections there may be, how long one may say nothing, and TLS for each as it comes.

asyncio takes connections without end and aiohttp lets them be silent for a long time: whoever opens thousands would use up the
process's files, and calls could no longer be stored.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from config.fields import is_loopback
from daemon.http_failures import shared_address
from daemon.http_refusals import Refusals

CONNECTIONS_MOST = 500
OF_ONE_ADDRESS_MOST = 200
# So many of all are for addresses that have but `FEW` open: who comes from three addresses does not shut out the rest.
KEPT_FREE = 50
FEW = 10
_THIS_MACHINE = "127.0.0.0/8"
HANDSHAKE_WITHIN_S = 10.0
HEAD_WITHIN_S = 10.0
"""From its beginning to the end of its first request's headers."""
UNREAD_WITHIN_S = 30.0
"""For so long who takes nothing of an answer is waited for."""
_CURE = "see who connects; a proxy before http.listen can limit each client"


class Door:
    """Takes connections and hands them to aiohttp, as `handler` makes one for each.

    `tls` is asked for each connection; `accepts` looks at a client's certificate, as `getpeercert` gives it.
    """

    def __init__(
        self,
        handler: Callable[[], asyncio.Protocol],
        refusals: Refusals,
        tls: Callable[[], ssl.SSLContext] | None = None,
        accepts: Callable[[Any], bool] = lambda _certificate: True,
    ) -> None:
        self._handler = handler
        self._refusals = refusals
        self._tls = tls
        self._accepts = accepts
        self._open: dict[asyncio.Transport, str] = {}
        self._silent: dict[object, asyncio.TimerHandle] = {}
        self._handshakes: set[asyncio.Task[None]] = set()

    def __call__(self) -> asyncio.Protocol:
        """For asyncio: a new connection."""
        return _Arrival(self)

    def close(self) -> None:
        """No handshake goes on, and none is waited for."""
        for timer in self._silent.values():
            timer.cancel()
        for task in self._handshakes:
            task.cancel()

    def spoke(self, request: web.Request) -> None:
        """A request has come whole, but for its body."""
        transport = request.transport
        timer = None if transport is None else self._silent.pop(transport.get_extra_info("peername"), None)
        if timer is not None:
            timer.cancel()

    def arrived(self, transport: asyncio.Transport) -> None:
        """Take the connection, or end it."""
        peer = transport.get_extra_info("peername")
        address = place_of(str(peer[0])) if peer else ""
        self._forget_closed()
        if not self._has_room_for(address):
            self._refusals.count("too_many_connections")
            self._refusals.tell("too_many_connections", _CURE, address=address)
            transport.abort()
            return
        self._open[transport] = address
        _bound_unread(transport)
        loop = asyncio.get_running_loop()
        self._silent[peer] = loop.call_later(HEAD_WITHIN_S, self._said_nothing, peer, transport)
        if self._tls is None:
            self._hand_over(transport, transport)
        else:
            transport.pause_reading()  # what comes is for TLS
            task = loop.create_task(self._shake_hands(transport, self._tls()), name="http-tls")
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    def _has_room_for(self, address: str) -> bool:
        theirs = Counter(self._open.values())[address]
        most = CONNECTIONS_MOST if theirs < FEW else CONNECTIONS_MOST - KEPT_FREE
        return len(self._open) < most and theirs < OF_ONE_ADDRESS_MOST

    def _hand_over(self, transport: asyncio.Transport, carrier: asyncio.Transport) -> None:
        handler = self._handler()
        carrier.set_protocol(handler)
        handler.connection_made(transport)

    async def _shake_hands(self, transport: asyncio.Transport, tls: ssl.SSLContext) -> None:
        handler = self._handler()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, handler, tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_WITHIN_S
            )
        except (OSError, asyncio.CancelledError):  # ssl.SSLError is one
            self._refusals.count("tls")
            transport.abort()
            return
        if secured is None:
            return
        certificate = secured.get_extra_info("peercert")
        if certificate and not self._accepts(certificate):
            self._refusals.count("tls")
            secured.abort()
            return
        handler.connection_made(secured)

    def _said_nothing(self, peer: object, transport: asyncio.Transport) -> None:
        if self._silent.pop(peer, None) is not None and not transport.is_closing():
            self._refusals.count("silent")
            transport.abort()

    def _forget_closed(self) -> None:
        """A connection that is closing keeps its file until what was written is sent."""
        for transport in [each for each in self._open if _file(each) < 0]:
            del self._open[transport]


class _Arrival(asyncio.Protocol):
    """A connection before it is anybody's."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a server over TCP
        self._door.arrived(transport)


class DoorSite(web.BaseSite):
    """An address that aiohttp's runner listens on, with a door before it."""

    def __init__(self, runner: web.AppRunner, door: Door, host: str, port: int) -> None:
        super().__init__(runner)
        self._door = door
        self._host = host
        self._asked_port = port

    @property
    def name(self) -> str:
        """For aiohttp."""
        return f"{self._host}:{self._asked_port}"

    async def start(self) -> None:
        """Listen. OSError."""
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(self._door, self._host, self._asked_port)

    async def stop(self) -> None:
        """Listen no more."""
        self._door.close()
        await super().stop()


def place_of(address: str) -> str:
    """What one who connects cannot change at will; of this machine's own addresses he has sixteen million."""
    shared = shared_address(address)
    return _THIS_MACHINE if is_loopback(address) or is_loopback(shared) else shared


def _file(transport: asyncio.Transport) -> int:
    found: socket.socket | None = transport.get_extra_info("socket")
    return -1 if found is None else found.fileno()


def _bound_unread(transport: asyncio.Transport) -> None:
    """Have the kernel end the connection of who takes nothing."""
    found = transport.get_extra_info("socket")
    with suppress(OSError, AttributeError):  # no Linux
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_WITHIN_S * 1000))

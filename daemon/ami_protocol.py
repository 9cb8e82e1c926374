"""Our own protocol class for panoramisk's Manager: the reader that waits for nothing, and answers to what we asked.

panoramisk's framing alters messages and a failing callback ends its connection; its Manager reconnects, replays and pings on its
own. So each connection gets a fresh Manager that does none of this: `Connection` opens it, asks under a time-out, and reports
its loss once. Asterisk cuts off a reader that makes it wait 100 ms: `data_received` only frames, decodes and hands over.
"""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.actions import Action

from daemon import clock
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import Framer
from handlers.ami.message import Message

log = structlog.get_logger()
LIST_LIMIT = 100_000
_ACTION_ID = b"\r\nActionID: "


class AmiError(Exception):
    """The PBX did not answer as it should; the message says what was asked and what came."""


class AmiLostError(AmiError):
    """The connection is gone."""


class _Ask:
    """One action on its way: its answer, and the list that may follow."""

    def __init__(self, future: asyncio.Future[list[bytes]]) -> None:
        self.future = future
        self.blocks: list[bytes] = []

    def take(self, block: bytes) -> None:
        """One block of the answer; resolves with the last one."""
        self.blocks.append(block)
        if len(self.blocks) == 1:
            message = Message(block)
            more = (message.get("EventList") or "").lower() == "start" or "will follow" in (
                message.get("Message") or ""
            )
            done = not more or message.get("Response") != "Success"
        else:
            done = b"EventList: Complete" in block or len(self.blocks) > LIST_LIMIT
        if done and not self.future.done():
            self.future.set_result(self.blocks)


class AmiProtocol(asyncio.Protocol):
    """Bytes in, events out to `sink`, in order; one instance per connection."""

    def __init__(
        self, sink: Callable[[Sequence[Event]], None], lost: Callable[[], None], tap: Callable[[bytes], None]
    ) -> None:
        self._sink = sink
        self._lost = lost
        self._tap = tap
        self._asks: dict[bytes, _Ask] = {}
        self.framer = Framer(WANTED)
        self.decoder = Decoder()
        self.failures: Counter[str] = Counter()
        self.booted = asyncio.Event()
        self.banner = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        self.factory: object = None
        self.last_event_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asterisk took the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """One segment: never raises, never waits."""
        at = clock.now()
        events: list[Event] = []
        try:
            self._tap(data)
            for block in self.framer.feed(data):
                if (block.startswith(b"Response: ") or _ACTION_ID in block) and self._answer(block):
                    continue
                if block.startswith(b"Event: FullyBooted"):
                    self.booted.set()
                    continue
                event = self.decoder.decode(block, at)
                if event is not None:
                    events.append(event)
            if self.framer.banner is not None:
                self.banner.set()
            if events:
                self.last_event_at = at
                self._sink(events)
        except Exception:
            self.failures["reader"] += 1
            if self.failures["reader"] == 1:
                log.exception("ami_reader_failed")

    def _answer(self, block: bytes) -> bool:
        start = block.find(_ACTION_ID)
        if start < 0:
            return True
        start += len(_ACTION_ID)
        end = block.find(b"\r\n", start)
        ask = self._asks.get(block[start : end if end >= 0 else None])
        if ask is not None:
            ask.take(block)
        # An event that answers somebody's action (OriginateResponse) is still an event.
        return ask is not None or block.startswith(b"Response: ")

    async def ask(self, action: dict[str, str], timeout_s: float) -> list[bytes]:
        """Send one action and give the blocks of its answer.

        Raises TimeoutError, AmiLostError, or ValueError for a value with a line end (it would begin a header of its own).
        The action is forgotten afterwards whatever happened, and never sent again.
        """
        if any("\r" in value or "\n" in value for value in action.values()):
            raise ValueError(f"a line end in {action.get('Action')}")
        if self.transport is None or self.transport.is_closing():
            raise AmiLostError("the connection to the PBX is gone")
        request = Action(action)
        request.future.cancel()  # panoramisk's own, which nobody awaits
        key = str(request["ActionID"]).encode()
        ask = self._asks[key] = _Ask(asyncio.get_running_loop().create_future())
        try:
            self.transport.write(str(request).encode())
            async with asyncio.timeout(timeout_s):
                return await ask.future
        finally:
            del self._asks[key]

    def connection_lost(self, exc: Exception | None) -> None:
        """Report, once, and let nobody wait any longer."""
        for ask in self._asks.values():
            if not ask.future.done():
                ask.future.set_exception(AmiLostError("the connection to the PBX was lost"))
        self.banner.set()
        self._lost()

    def close(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.abort()


class Connection(Manager):  # type: ignore[misc]  # panoramisk is untyped
    """panoramisk's Manager for exactly one connection: it neither logs in, pings, reconnects nor replays by itself."""

    protocol: AmiProtocol

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, factory: Callable[[], AmiProtocol]) -> None:
        super().__init__(host=host, port=port, ssl=tls, protocol_factory=factory, loop=asyncio.get_running_loop())

    async def open(self, timeout_s: float) -> AmiProtocol:
        """Connect; OSError, TimeoutError or ssl.SSLError where that fails."""
        async with asyncio.timeout(timeout_s):
            transport, protocol = await self.loop.create_connection(
                self.config["protocol_factory"], self.config["host"], self.config["port"], ssl=self.config["ssl"]
            )
        assert isinstance(protocol, AmiProtocol)  # noqa: S101 - what the factory makes
        self.protocol = protocol
        protocol.factory = self
        with contextlib.suppress(OSError):
            _keep_alive(transport)
        return protocol

    def connection_lost(self, exc: Any) -> None:
        """Reconnecting is the client's affair."""


def _keep_alive(transport: asyncio.Transport) -> None:
    import socket  # noqa: PLC0415 - for one option

    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

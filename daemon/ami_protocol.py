"""Our own protocol class for panoramisk's Manager: the reader that waits for nothing, and answers to what we asked.

panoramisk's framing alters messages and a failing callback ends its connection; its Manager reconnects, replays and pings on its
own. So each connection gets a fresh Manager that does none of this: `Connection` opens it, asks under a time-out, and reports
its loss once. Asterisk cuts off a reader that makes it wait 100 ms: `data_received` only frames, decodes and hands over.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
import ssl
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.actions import Action

from daemon import clock
from daemon.ami_withheld import Withheld
from daemon.late_line import LATE_S, LateLine
from daemon.late_reading import LateCause
from daemon.stall_watch import StallWatch
from handlers.ami.decode import WANTED, Decoder
from handlers.ami.events import Event
from handlers.ami.framing import Framer
from handlers.ami.gathered import Answer, action_id_of
from handlers.ami.snapshot import up_since_of

log = structlog.get_logger()
LIST_LIMIT = 100_000
TOKEN_LETTERS = 20  # as many guesses as 94 bits allow
# Of a login: the secret, or what stands for it. `Key` alone would do for guessing it at leisure.
_SECRETS = frozenset({"secret", "key"})


class AmiError(Exception):
    """The PBX did not answer as it should; the message says what was asked and what came."""


class AmiLostError(AmiError):
    """The connection is gone."""


def new_token() -> str:
    """What the ActionIDs of one connection begin with. Letters alone: an anonymised recording has other digits."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(TOKEN_LETTERS)) + "-"


class _Ask:
    """One action on its way: its answer, and the list that may follow."""

    def __init__(self, future: asyncio.Future[list[bytes]]) -> None:
        self.future = future
        self.asked_at = clock.monotonic()
        self._answer = Answer()

    def take(self, block: bytes) -> None:
        """One block of the answer; resolves with the last one."""
        if self.future.done():
            return
        is_last = self._answer.take(block)
        if len(self._answer.blocks) > LIST_LIMIT:
            # Half a list would pass for the whole: what it lacks would be taken for gone.
            self.future.set_exception(AmiError(f"a list of more than {LIST_LIMIT} items"))
        elif is_last:
            self.future.set_result(self._answer.blocks)


class AmiProtocol(asyncio.Protocol):
    """Bytes in, events out to `sink`, in order; one instance per connection.

    `changed` is called when the connection is lost and when the PBX says that it is fully booted or has reloaded; `tap` is given every byte,
    `asked` every action as it is sent, secrets left out; `refused` is called when something came that was not believed. Whatever fails in one of them is counted in `failures`, and nothing
    else comes of it.
    """

    def __init__(
        self,
        sink: Callable[[Sequence[Event]], None],
        changed: Callable[[], None],
        tap: Callable[[bytes], None],
        asked: Callable[[str], None] = lambda _text: None,
        late: Callable[[float, LateCause], None] = lambda _seconds, _cause: None,
        refused: Callable[[], None] = lambda: None,
    ) -> None:
        self._sink = sink
        self._late = late
        self._refused = refused
        self._refusals = 0
        self._changed = changed
        self._tap = tap
        self._asked = asked
        self._asks: dict[bytes, _Ask] = {}
        # An answer is ours by its ActionID: nobody can forge one that he can't guess.
        self._token = new_token()
        self._serial = itertools.count(1)
        self.framer = Framer(WANTED, token=self._token.encode())
        self.decoder = Decoder()
        self.withheld = Withheld()
        self.failures: Counter[str] = Counter()
        self.booted = asyncio.Event()
        self.reloaded = asyncio.Event()
        self.banner = asyncio.Event()
        self.up_since: float | None = None
        self.transport: asyncio.Transport | None = None
        self.factory: object = None
        self.is_lost = False
        self.cut_off_after_s: float | None = None
        """How long we had read nothing, if the connection was lost for that."""
        self._stalls = StallWatch(lambda: self.framer.bytes)
        self.line = LateLine(LATE_S)
        self._heard = clock.monotonic()
        self.last_event_at: float | None = None

    @property
    def waiting(self) -> int:
        """How many actions wait for their answer."""
        return len(self._asks)

    @property
    def silent_s(self) -> float:
        """For how many seconds nothing has come."""
        return clock.monotonic() - self._heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asterisk took the connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self.transport = transport
        self._stalls.start()

    def data_received(self, data: bytes) -> None:
        """One segment: never raises, never waits."""
        at, self._heard = clock.now(), clock.monotonic()
        self.line.reads(self._heard)
        stood_still_s, line_late_s = self._stalls.stood_still_s(), self.line.late_by_s(self._heard)
        try:
            self._tap(data)
        except Exception:
            self._failed("tap")
        try:
            blocks = self.framer.feed(data)
        except Exception:
            self._failed("framing")
            self.close()  # where the next message begins is not known any more; the next snapshot settles it
            return
        if self.framer.banner is not None:
            self.banner.set()
        events = self._events_of(blocks, at)
        refusals = sum(self.framer.bad.values()) + sum(self.decoder.bad.values())
        if refusals != self._refusals:
            self._refusals = refusals
            self._refused()
        if events:
            self.last_event_at = at
            try:
                # What waited meanwhile happened nobody knows when, unless the PBX stamps its events.
                if not self.decoder.is_stamped:
                    self._tell_late(stood_still_s, line_late_s)
                self._sink(events)
            except Exception:
                self._failed("sink")

    def _tell_late(self, stood_still_s: float, line_late_s: float) -> None:
        late_s = max(stood_still_s, line_late_s)
        if late_s >= LATE_S:
            self._late(late_s, "stood_still" if stood_still_s >= LATE_S else "line_stalled")

    def _events_of(self, blocks: Sequence[bytes], at: float) -> list[Event]:
        """What is left of the blocks when answers went to who asked."""
        events: list[Event] = []
        for block in blocks:
            try:
                if (block.startswith(b"Response: ") or (self._asks and b"\r\nActionID: " in block)) and self._answer(
                    block
                ):
                    continue
                if block.startswith(b"Event: FullyBooted\r\n"):
                    self.up_since = up_since_of(block, at)
                    self.booted.set()
                    self._changed()
                    continue
                if block.startswith(b"Event: Reload\r\n"):
                    self.reloaded.set()
                    self._changed()
                    continue
                event = self.decoder.decode(block, at)
            except Exception:
                self._failed("block")
                continue
            if event is not None:
                events.append(event)
        return events

    def _failed(self, where: str) -> None:
        """A fault of ours: told the first time, with the place, then only counted."""
        self.failures[where] += 1
        if self.failures[where] == 1:
            log.exception("ami_reader_failed", where=where)

    def _answer(self, block: bytes) -> bool:
        """Is this an answer? Then who asked has it.

        An event that answers somebody's action (OriginateResponse) is still an event.
        """
        key = action_id_of(block, self._asks)
        if key is not None:
            ask = self._asks[key]
            self.line.answered(self._heard, ask.asked_at)
            ask.take(block)
            return True
        return block.startswith(b"Response: ")

    async def ask(self, action: dict[str, str], timeout_s: float) -> list[bytes]:
        """Send one action and give the blocks of its answer.

        Raises TimeoutError, AmiLostError, AmiError for a list without end, or ValueError for a line end in the action (it would
        begin a header of its own). The action is forgotten afterwards whatever happened, and never sent again.
        """
        return (await self.ask_all([action], timeout_s))[0]

    async def ask_all(self, actions: Sequence[dict[str, str]], timeout_s: float) -> list[list[bytes]]:
        """Send several actions at once and give their answers, in this order; the same errors."""
        for header in (header for action in actions for header in action.items()):
            if any("\r" in text or "\n" in text for text in header):
                raise ValueError(f"a line end in {header[0]!r}")
        if self.is_lost or self.transport is None or self.transport.is_closing():
            raise AmiLostError("the connection to the PBX is gone")
        mine: dict[bytes, _Ask] = {}
        try:
            for action in actions:
                request = Action(action | {"ActionID": f"{self._token}{next(self._serial)}"})
                request.future.cancel()  # panoramisk's own, which nobody awaits
                key = str(request["ActionID"]).encode()
                mine[key] = self._asks[key] = _Ask(asyncio.get_running_loop().create_future())
                self.framer.is_asked = True
                self.line.asked(mine[key].asked_at, self._heard)
                self._tell_asked(request)
                self.transport.write(str(request).encode())
            async with asyncio.timeout(timeout_s):
                return [await ask.future for ask in mine.values()]
        finally:
            for key, ask in mine.items():
                del self._asks[key]
                if not self._asks:
                    self.framer.is_asked = False
                    self.line.waits_for_nothing()
                # One that timed out was cancelled with its waiter, and its exception would be a cancellation of ours.
                if not ask.future.cancel() and not ask.future.cancelled():
                    ask.future.exception()  # told once is enough

    def _tell_asked(self, request: Action) -> None:
        told = [f"{header}: {text}\r\n" for header, text in sorted(request.items()) if header.lower() not in _SECRETS]
        try:
            self._asked("".join(told) + "\r\n")
        except Exception:
            self._failed("asked")

    def connection_lost(self, exc: Exception | None) -> None:
        """Report, once, and let nobody wait any longer."""
        self.is_lost = True
        self._stalls.stop()
        self.cut_off_after_s = self._stalls.cut_off_after_s()
        for ask in self._asks.values():
            if not ask.future.done():
                ask.future.set_exception(AmiLostError("the connection to the PBX was lost"))
        self.banner.set()
        self._changed()

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
        """Connect; OSError (ssl.SSLError where the certificate is not to be trusted) or TimeoutError where that fails."""
        async with asyncio.timeout(timeout_s):
            transport, protocol = await self.loop.create_connection(
                self.config["protocol_factory"], self.config["host"], self.config["port"], ssl=self.config["ssl"]
            )
        assert isinstance(protocol, AmiProtocol)  # noqa: S101 - what the factory makes
        self.protocol = protocol
        protocol.factory = self
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return protocol

    def connection_lost(self, exc: Any) -> None:
        """Reconnecting is the client's affair."""

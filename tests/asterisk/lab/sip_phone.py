"""A small SIP phone for calling through a real Asterisk: asyncio, UDP, loopback, no media but silence."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_leg import Leg
from tests.asterisk.lab.sip_line import Line, Record
from tests.asterisk.lab.sip_message import PORT, Message

Manner = Callable[[CalledLeg], Coroutine[Any, Any, None]]


def answer(ring: float = 1.0, talk: float | None = None) -> Manner:
    """Ring so many seconds, answer, and hang up after so many more (None: leave that to the other side)."""

    async def manner(leg: CalledLeg) -> None:
        leg.ring()
        if not await leg.sleep(ring):
            return
        leg.accept()
        if talk is not None and await leg.sleep(talk):
            await leg.bye()

    return manner


def no_answer() -> Manner:
    """Ring until somebody ends it."""

    async def manner(leg: CalledLeg) -> None:
        leg.ring()

    return manner


def reject(code: int = 486, after: float = 0.1) -> Manner:
    """Refuse with a code after so many seconds."""

    async def manner(leg: CalledLeg) -> None:
        if after:
            await leg.sleep(after)
        leg.reject(code)

    return manner


def redirect(to: str) -> Manner:
    """Send the caller on to an address, after a moment."""

    async def manner(leg: CalledLeg) -> None:
        await leg.sleep(0.3)
        leg.reject(302, contact=to)

    return manner


class Phone(Line):
    """`behave` is what it does with a call that comes in; of several manners each call has the next, and the last stays.

    `incoming` has the legs that came in, in their order; `legs` all by Call-ID.
    """

    def __init__(
        self,
        name: str,
        ip: str,
        server: str,
        tell: Callable[[Record], None],
        records: list[Record],
        server_port: int = PORT,
    ) -> None:
        super().__init__(name, ip, server, tell, records, server_port)
        self.legs: dict[str, Leg] = {}
        self.incoming: asyncio.Queue[CalledLeg] = asyncio.Queue()
        self.behave: Manner | list[Manner] = no_answer()

    def call(
        self, number: str, cid: str | None = None, name: str | bytes = "", asserted: str | None = None
    ) -> CallerLeg:
        """Place a call; `cid` (its own number, if none is given) and `name` go into From as they are, so does who is `asserted`."""
        shown = name.encode() if isinstance(name, str) else name
        leg = CallerLeg(self, number, cid or self.name, shown.decode("latin-1"), asserted)
        self.legs[leg.call_id] = leg
        return leg

    def error_received(self, exc: Exception) -> None:
        """The PBX is gone: that is for the scenario to notice."""

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """The PBX says something."""
        if not data.strip():
            return  # keeps the path open
        message = Message.parse(data)
        leg = self.legs.get(message.call_id)
        if message.code:
            if leg is not None:
                leg.on_response(message)
        elif message.method != "ACK" and not self.answered_again(message):
            self._on_request(message, leg)

    def _on_request(self, request: Message, leg: Leg | None) -> None:
        if request.method == "INVITE":
            self._on_invite(request, leg)
            return
        self.respond(request, 481 if request.method == "BYE" and leg is None else 200)
        if request.method == "BYE" and leg is not None:
            leg.end("bye_received")
        elif request.method == "CANCEL" and isinstance(leg, CalledLeg):
            leg.on_cancel(request)

    def _on_invite(self, request: Message, leg: Leg | None) -> None:
        if leg is not None and leg.state == "up":
            leg.on_reinvite(request)
            return
        called = CalledLeg(self, request)
        self.legs[called.call_id] = called
        self.incoming.put_nowait(called)
        self.spawn(self._manner()(called))

    def _manner(self) -> Manner:
        if not isinstance(self.behave, list):
            return self.behave
        return self.behave.pop(0) if len(self.behave) > 1 else self.behave[0]

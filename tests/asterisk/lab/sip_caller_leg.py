"""A call that a phone makes."""

import asyncio

from tests.asterisk.lab.sip_leg import GOODBYE_S, Leg
from tests.asterisk.lab.sip_line import Line
from tests.asterisk.lab.sip_message import Headers, Message, build, identity, tag_of, token, uri_of

INVITE_SEQUENCE = 1
METHODS = "INVITE,ACK,CANCEL,BYE,REFER,INFO,NOTIFY,OPTIONS,UPDATE"


class CallerLeg(Leg):
    """A call that the phone makes; `final` is the code that ended the dialling, 0: none came."""

    kind = "caller"
    direction = "out"
    peer = "dialed"

    def __init__(self, line: Line, number: str, caller: str, name: str, asserted: str | None = None) -> None:
        super().__init__(line, f"{token()}@{line.ip}")
        self.final: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.record |= {"cid": caller, "dialed": number}
        self.local = (f'"{name}" ' if name else "") + f"<sip:{caller}@{line.ip}>;tag={token()}"
        self.remote = f"<sip:{number}@{line.server}>"
        self.remote_uri = f"sip:{number}@{line.server}:{line.server_port}"
        self._sequence = INVITE_SEQUENCE
        self._cancelled = False
        self._via = line.via()
        self._dialled = self.remote
        self._dialled_uri = self.remote_uri
        self.mark("invite", cid=caller)
        more = [("Contact", line.contact), ("Allow", METHODS), ("Content-Type", "application/sdp")]
        more += identity(asserted, line.ip)
        self._send_of_the_invite("INVITE", self._dialled, more, self.media.offer())

    def end(self, how: str) -> None:
        """The leg is over, and so is the dialling."""
        super().end(how)
        self._finish(0)

    def _finish(self, code: int) -> None:
        if not self.final.done():
            self.final.set_result(code)

    async def give_up(self) -> None:
        """Cancel."""
        await self.cancel()

    async def cancel(self) -> None:
        """Give up while it rings, and wait until the other side has understood."""
        self._cancelled = True
        self.mark("cancel_sent")
        self._send_of_the_invite("CANCEL", self._dialled)
        await asyncio.wait([self.ended], timeout=GOODBYE_S)

    def _send_of_the_invite(self, method: str, to: str, more: Headers = (), body: bytes = b"") -> None:
        """The INVITE or a request that belongs to it: all have one Via and one number."""
        headers = [
            ("Via", self._via),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{INVITE_SEQUENCE} {method}"),
            *more,
        ]
        self.line.send(build(f"{method} {self._dialled_uri} SIP/2.0", headers, body))

    def on_response(self, response: Message) -> None:
        """The other side answered a request of ours, maybe the INVITE."""
        if (response.method, response.sequence) != ("INVITE", INVITE_SEQUENCE):
            super().on_response(response)
        elif response.code > 100:
            if tag_of(response.header("to")) is not None:
                self.remote = response.header("to")
            if response.code < 200:
                self._on_progress(response)
            elif response.code < 300:
                self._on_answer(response)
            else:
                self._on_refusal(response)

    def _on_progress(self, response: Message) -> None:
        if self.state == "new":
            self.state = "ringing"
        self.mark(f"got_{response.code}")

    def _on_answer(self, response: Message) -> None:
        contact = response.header("contact")
        if contact:
            self.remote_uri = uri_of(contact)
        self.send("ACK", INVITE_SEQUENCE)
        if not self.waits:
            return
        self._go_up("got_answer")
        self.media.hear(response.body)
        self._speak()
        self._finish(response.code)
        if self._cancelled:  # too late
            self.line.spawn(self.bye())

    def _on_refusal(self, response: Message) -> None:
        self._send_of_the_invite("ACK", self.remote)
        self.record["code"] = response.code
        self._finish(response.code)
        self.end("cancel_sent" if self._cancelled else f"failed_{response.code}")

"""A call that comes in to a phone."""

from tests.asterisk.lab.sip_leg import Leg
from tests.asterisk.lab.sip_line import Line
from tests.asterisk.lab.sip_message import Headers, Message, identity, token, uri_of, user_of


class CalledLeg(Leg):
    """A call that comes in; the phone's manner says what becomes of it."""

    kind = "phone"
    direction = "in"
    peer = "cid"

    def __init__(self, line: Line, invite: Message) -> None:
        super().__init__(line, invite.call_id)
        self._invite = invite
        self._tag = token()
        self.asserted: str | None = None
        """Who it says that it is, in what it answers from here on."""
        self.local = f"{invite.header('to')};tag={self._tag}"
        self.remote = invite.header("from")
        self.remote_uri = uri_of(invite.header("contact"))
        self.record |= {"cid": user_of(self.remote), "from_": self.remote, "ruri": invite.uri}
        self.media.hear(invite.body)
        self.mark("invite", ruri=invite.uri)
        line.respond(invite, 100)

    def ring(self) -> None:
        """Ring."""
        if self.state == "new":
            self.state = "ringing"
            self.mark("ringing")
            self._reply(180)

    def accept(self) -> None:
        """Answer the call."""
        if self.waits:
            self._go_up("answer")
            self._reply(200, self.media.offer())
            self._speak()

    def reject(self, code: int, contact: str | None = None) -> None:
        """Refuse the call, or send it on to a contact."""
        if self.waits:
            self.record["code"] = code
            self._reply(code, headers=[] if contact is None else [("Contact", f"<{contact}>")])
            self.end(f"rejected_{code}")

    def on_cancel(self, request: Message) -> None:
        """The caller gave up, or somebody else answered: the reason is in the record."""
        if self.waits:
            self.record["cancel_reason"] = request.header("reason")
            self._reply(487)
            self.end("cancelled")

    async def give_up(self) -> None:
        """Decline."""
        self.reject(603)

    def _reply(self, code: int, body: bytes = b"", headers: Headers = ()) -> None:
        headers = [*headers, *identity(self.asserted, self.line.ip)]
        self.line.respond(self._invite, code, body, headers, self._tag)

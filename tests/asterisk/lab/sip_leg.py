"""One SIP dialog of a phone: what a call that comes in and a call that it makes have in common."""

import asyncio
import random
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from tests.asterisk.lab.sip_line import Line, Record, now
from tests.asterisk.lab.sip_media import Media, answer_to
from tests.asterisk.lab.sip_message import Headers, Message, build, tag_of

ANSWER_S = 5
GOODBYE_S = 3
DIGIT_S = 2
DIGIT_GAP_S = 0.12


class Leg(ABC):
    """What both kinds of leg have. `record` is what its phone will say of it; its times are epoch seconds."""

    kind: ClassVar[str]
    direction: ClassVar[str]
    peer: ClassVar[str]  # the key of `record` with the other party

    def __init__(self, line: Line, call_id: str) -> None:
        self.line = line
        self.call_id = call_id
        self.state: Literal["new", "ringing", "up", "ended"] = "new"
        self.record: Record = {"kind": self.kind, "ua": line.name, "callid": call_id}
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.media = Media(line.ip)
        self.local = ""
        self.remote = ""
        self.remote_uri = ""
        self._sequence = random.randint(1, 1000)
        self._waiting: dict[tuple[str, int], asyncio.Future[Message]] = {}

    def mark(self, what: str, **more: object) -> None:
        """Something happened now; its first time is kept in the record."""
        at = now()
        self.record.setdefault(f"t_{what}", at)
        self._tell(at, ev=what, **more)

    def end(self, how: str) -> None:
        """The leg is over; only the first end counts."""
        if self.state == "ended":
            return
        self.state = "ended"
        at = now()
        self.record |= {"t_end": at, "end": how}
        self._tell(at, ev="end", how=how)
        self.line.records.append(self.record)
        self.ended.set_result(how)

    def _tell(self, at: float, **more: object) -> None:
        party = self.record.get(self.peer)
        self.line.tell(
            {"t": at, "ua": self.line.name, "callid": self.call_id, "dir": self.direction, "peer": party} | more
        )

    async def sleep(self, seconds: float) -> bool:
        """Wait so long or until the leg ends; is it still there?"""
        await asyncio.wait([self.ended], timeout=seconds)
        return self.state != "ended"

    # ---- requests inside the dialog

    def request(
        self, method: str, headers: Headers = (), content: tuple[str, bytes] | None = None
    ) -> asyncio.Future[Message]:
        """Send a request with a type and a body; the final response to it."""
        self._sequence += 1
        self.send(method, self._sequence, headers, content)
        answer = self._waiting[method, self._sequence] = asyncio.get_running_loop().create_future()
        return answer

    def send(self, method: str, sequence: int, headers: Headers = (), content: tuple[str, bytes] | None = None) -> None:
        """Send a request of this sequence number."""
        kind, body = content or ("", b"")
        own = [
            ("Via", self.line.via()),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            ("Contact", self.line.contact),
        ]
        content_type = [("Content-Type", kind)] if content else []
        self.line.send(build(f"{method} {self.remote_uri} SIP/2.0", [*own, *headers, *content_type], body))

    def on_response(self, response: Message) -> None:
        """The other side answered a request of ours."""
        waiting = self._waiting.get((response.method, response.sequence))
        if waiting is not None and response.code >= 200 and not waiting.done():
            waiting.set_result(response)

    def on_reinvite(self, request: Message) -> None:
        """The other side changes the media in the middle of the call."""
        self.record["reinvites"] = self.record.get("reinvites", 0) + 1
        self.line.respond(request, 200, self.media.offer(answer_to(request.body)))

    async def bye(self) -> None:
        """Hang up, or give up what isn't answered yet."""
        if self.state == "ended":
            return
        if self.state != "up":
            await self.give_up()
            return
        answer = self.request("BYE")
        self.end("bye_sent")
        await asyncio.wait([answer], timeout=GOODBYE_S)

    @abstractmethod
    async def give_up(self) -> None:
        """End what isn't answered yet."""

    async def dtmf(self, digits: str) -> None:
        """Press keys, one after the other."""
        for digit in digits:
            body = f"Signal={digit}\r\nDuration=100\r\n".encode()
            answer = self.request("INFO", content=("application/dtmf-relay", body))
            await asyncio.wait([answer], timeout=DIGIT_S)
            await asyncio.sleep(DIGIT_GAP_S)
        self.mark(f"dtmf_{digits}")

    async def hold(self) -> int:
        """Put the other side on hold: the code it answers."""
        self.mark("hold")
        return await self._reinvite("sendonly")

    async def unhold(self) -> int:
        """Take it back from hold: the code it answers."""
        self.mark("unhold")
        return await self._reinvite("sendrecv")

    async def _reinvite(self, direction: str) -> int:
        answer = self.request("INVITE", content=("application/sdp", self.media.offer(direction)))
        sequence = self._sequence
        response = await asyncio.wait_for(answer, ANSWER_S)
        self.send("ACK", sequence)
        return response.code

    async def refer(self, target: str, replaces: "Leg | None" = None) -> int:
        """Send the other side to a number, or to who is at the other end of `replaces`: the code it answers."""
        to = f"sip:{target}@{self.line.server}:{self.line.server_port}"
        if replaces is not None:
            call_id = replaces.call_id.replace("@", "%40")
            tags = f"to-tag%3D{tag_of(replaces.remote)}%3Bfrom-tag%3D{tag_of(replaces.local)}"
            to += f"?Replaces={call_id}%3B{tags}"
        self.mark("refer", to=to, attended=replaces is not None)
        by = f"<sip:{self.line.name}@{self.line.ip}>"
        answer = self.request("REFER", [("Refer-To", f"<{to}>"), ("Referred-By", by)])
        return (await asyncio.wait_for(answer, ANSWER_S)).code

    @property
    def waits(self) -> bool:
        """It is neither answered nor over."""
        return self.state in ("new", "ringing")

    def _go_up(self, what: str) -> None:
        self.state = "up"
        self.mark(what)

    def _speak(self) -> None:
        self.line.spawn(self.media.send_silence(lambda: self.state == "up"))

"""A phone's line: its socket, the answers it has given, and the log of what it truly did."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self

from tests.asterisk.lab.sip_message import PORT, Headers, Message, build_response, tag_of, token

Record = dict[str, Any]


class Line(asyncio.DatagramProtocol):
    """Sends to one server, from an address of its own.

    What it did goes to `tell`, event by event, and to `records`, one for each leg that is over: together the truth of a run.
    It never looks at AMI.
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
        self.name = name
        self.ip = ip
        self.server = server
        self.server_port = server_port
        self.tell = tell
        self.records = records
        self._given: dict[tuple[str, str], bytes] = {}
        self._tasks: set[asyncio.Future[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> Self:
        """From now on it is reachable; OSError if somebody has its address."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.ip, PORT))
        return self

    def close(self) -> None:
        """Unplug it: nothing comes in and nothing goes out. Its legs are not told."""
        if self._transport is not None:
            self._transport.close()

    @property
    def contact(self) -> str:
        """Where it is reached."""
        return f"<sip:{self.name}@{self.ip}:{PORT}>"

    def via(self) -> str:
        """The Via of a new request."""
        return f"SIP/2.0/UDP {self.ip}:{PORT};branch=z9hG4bK{token()}"

    def send(self, data: bytes) -> None:
        """Send a datagram, unless unplugged."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, (self.server, self.server_port))

    def respond(
        self, request: Message, code: int, body: bytes = b"", headers: Headers = (), own_tag: str | None = None
    ) -> None:
        """Answer a request; the same again if it comes again."""
        to = request.header("to")
        if code != 100 and tag_of(to) is None:
            to += f";tag={own_tag or token()}"
        if not headers and 100 < code < 300:
            headers = [("Contact", self.contact)]
        data = build_response(request, code, to, headers, body)
        self._given[request.transaction] = data
        self.send(data)

    def answered_again(self, request: Message) -> bool:
        """Was it a retransmission? Then it got the answer that it had."""
        given = self._given.get(request.transaction)
        if given is not None:
            self.send(given)
        return given is not None

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something meanwhile."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def now() -> float:
    """Epoch seconds of a clock that the judged program has no part in."""
    return time.time()  # noqa: TID251 - daemon.clock is under test too

"""SIP messages: bytes in, bytes out.

All text is the Latin-1 reading of the bytes, so that whatever a caller sends (names in UTF-8, in cp1251, with line ends in them)
goes through as it is.
"""

import itertools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

PORT = 5060
REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    302: "Moved Temporarily",
    404: "Not Found",
    480: "Temporarily Unavailable",
    481: "No Such Call",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    603: "Decline",
}
_serial = itertools.count(1)

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Message:
    """A request (`method` and `uri`) or a response (`code`); header names are in lower case."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str
    sequence: int
    call_id: str
    uri: str = ""
    code: int = 0  # 0: a request

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Read one datagram; ValueError or KeyError if it isn't SIP. A response's `method` is that of the request it answers."""
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = [line.partition(":") for line in lines]
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in parts)
        by_name = dict(reversed(headers))
        sequence, method = by_name["cseq"].split()
        start, second = first.split()[:2]
        call_id = by_name.get("call-id") or by_name["i"]
        if start == "SIP/2.0":
            return cls(headers, body, method, int(sequence), call_id, code=int(second))
        return cls(headers, body, start, int(sequence), call_id, uri=second)

    def header(self, name: str) -> str:
        """The first header of a name; empty if there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """The values of all headers of a name, in their order."""
        return [value for each, value in self.headers if each == name]

    @property
    def transaction(self) -> tuple[str, str]:
        """What a message shares with its retransmissions and with nothing else."""
        return self.header("via"), self.header("cseq")


def build(first_line: str, headers: Headers, body: bytes = b"") -> bytes:
    """A message as it is sent; the length of the body is added."""
    lines = [first_line, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def build_response(request: Message, code: int, to: str, headers: Headers, body: bytes) -> bytes:
    """The answer to a request, with its own `To` and with more headers after the request's own."""
    return build(
        f"SIP/2.0 {code} {REASONS.get(code, 'Refused')}",
        [
            *(("Via", via) for via in request.all("via")),
            ("From", request.header("from")),
            ("To", to),
            ("Call-ID", request.call_id),
            ("CSeq", request.header("cseq")),
            *headers,
            *([("Content-Type", "application/sdp")] if body else []),
        ],
        body,
    )


def identity(user: str | None, host: str) -> list[tuple[str, str]]:
    """Who somebody says that he is, beside From or To; None: nothing is said."""
    return [] if user is None else [("P-Asserted-Identity", f"<sip:{user}@{host}>")]


def token() -> str:
    """A tag, a branch or a Call-ID that nobody had before."""
    return f"{random.getrandbits(32):08x}{next(_serial) & 0xFFFF:04x}"


def tag_of(party: str) -> str | None:
    """The tag of a From or To."""
    match = re.search(r";tag=([^;>\s]+)", party)
    return match[1] if match else None


def uri_of(party: str) -> str:
    """The address of a From, To or Contact."""
    match = re.search(r"<([^>]*)>", party)
    return match[1] if match else party.split(";", maxsplit=1)[0]


def user_of(party: str) -> str:
    """The user, mostly a number, in the address of a From, To or Contact; empty if there is none."""
    match = re.search(r"sips?:([^@;>]*)@", party)
    return match[1] if match else ""

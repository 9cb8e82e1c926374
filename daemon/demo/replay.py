"""One recording played again as another call: fresh ids, channels, numbers and people, waits and talks of another length.

Pure: random numbers and moments come in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from daemon.demo.cast import EMPTY_QUEUE, Department, Member, Subscriber
from daemon.demo.figures import Figures
from daemon.demo.scripts import CALLED, Line, Meanwhile, Script
from daemon.demo.switchboard import Switchboard

_EXTENSION_OF = {b"Anna": "101", b"Boris": "102", b"Clara": "103", b"Dina": "104", b"Egor": "105"}
_EMPTY_QUEUE = b"nobody"

# How many times longer (median, spread of the logarithm, least, most): what took seconds in the laboratory takes longer at an
# office, and no two calls are alike.
_STRETCH: Mapping[Meanwhile, tuple[float, float, float, float]] = {
    "talk": (5.0, 0.6, 1.5, 25.0),
    "ring": (1.7, 0.5, 0.8, 4.0),
    "wait": (1.8, 0.5, 0.8, 6.0),
    "pause": (6.0, 0.4, 3.0, 15.0),
}
_TOKEN = re.compile(
    rb"(?P<bridge>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    rb"|(?P<uniqueid>\b\d{10}\.\d+\b)"
    rb"|\b(?P<technology>PJSIP|Local)/(?P<peer>trunk|10[1-5]@[a-z-]+?|10[1-5])-(?P<suffix>[0-9a-f]{8})\b"
    # Asterisk puts the number before the name; the town's people had no names.
    rb"|(?P<unnamed>(?:CallerID|ConnectedLine)Num: (?:79001112233|79990000000)\r\n\w*(?:CallerID|ConnectedLine)Name: )<unknown>"
    rb"|\b(?P<dialled>9?)(?P<number>79001112233|79990000000|89161234567)\b"
    rb"|(?<=[/@])(?P<trunk>trunk)\b"
    rb"|(?<=: )(?P<queue>suplocaln|support|nobody)(?=[,\r])"
    rb"|\b(?P<extension>10[1-5])\b"
    rb"|\b(?P<name>Anna|Boris|Clara|Dina|Egor)\b"
    rb"|\b700(?P<line>\d)\b"
    rb"|\b(?P<space>701)\b"
)

_PARKING_LOT = re.compile(rb"\r\nBridgeUniqueid: (\S+)\r\nBridgeType: [^\r]*\r\nBridgeTechnology: holding_bridge\r\n")


@dataclass(slots=True)
class Serials:
    """What the PBX counts up as it makes channels."""

    uniqueids: Iterator[int] = field(default_factory=count)
    suffixes: Mapping[bytes, Iterator[int]] = field(default_factory=lambda: {b"PJSIP": count(), b"Local": count()})
    parking_bridge: bytes = b"5f3c1a52-7e0d-4b1c-9a57-2d1f0c9b8e64"
    """One for all parked calls; Asterisk keeps it for good (16-park-and-retrieve)."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: people by recorded extension, subscribers by recorded number, a department, a trunk, a parking space."""

    department: Department
    trunk: str
    people: Mapping[str, Member]
    subscribers: Mapping[str, Subscriber]
    space: str


class Replay:
    """One recording on its way; `due_s` is when its next message is due, in seconds from its start, None at its end."""

    def __init__(self, script: Script, cast: Cast, random: Random, serials: Serials, speed: float = 1.0) -> None:
        self.script = script
        self.cast = cast
        self._random = random
        self._serials = serials
        self._figures = Figures()
        self._made: dict[tuple[str, bytes], bytes] = {}
        for line in script.lines:
            for lot in _PARKING_LOT.findall(line.raw):
                self._made["bridge", lot] = serials.parking_bridge
        foreign = _foreign_queues(cast.department)
        self._lines = ((due_s, raw) for due_s, raw in _timed(script.lines, random, speed) if not foreign.search(raw))
        self._next = next(self._lines, None)

    @property
    def due_s(self) -> float | None:
        """When the next message is due."""
        return None if self._next is None else self._next[0]

    def take(self, at: float, board: Switchboard) -> bytes:
        """The next message as it happens at `at` (epoch seconds) on a PBX of this state, which is told of it."""
        assert self._next is not None  # noqa: S101 - the caller looked at due_s
        _, recorded = self._next
        self._next = next(self._lines, None)
        raw = self._figures.retell(_TOKEN.sub(lambda match: self._rename(match, at), recorded), at, board)
        board.take(raw, at)
        return raw

    def _rename(self, match: re.Match[bytes], at: float) -> bytes:
        cast, kind = self.cast, match.lastgroup
        match kind:
            case "bridge":
                return self._once("bridge", match[0], self._bridge)
            case "uniqueid":
                return self._once("id", match[0], lambda: b"%d.%d" % (int(at), next(self._serials.uniqueids)))
            case "suffix":
                return self._channel(match["technology"], match["peer"], match["suffix"])
            case "unnamed":
                return self._named(match["unnamed"])
            case "number":
                return self._number(match["dialled"], match["number"])
            case "extension":
                return cast.people[match["extension"].decode()].extension.encode()
            case "name":
                return cast.people[_EXTENSION_OF[match["name"]]].name.encode()
            case "queue":
                return (EMPTY_QUEUE if match["queue"] == _EMPTY_QUEUE else cast.department.queue).encode()
            case "line":
                return cast.department.did(int(match["line"])).encode()
        return (cast.trunk if kind == "trunk" else cast.space).encode()

    def _channel(self, technology: bytes, peer: bytes, suffix: bytes) -> bytes:
        """A channel's name; Asterisk counts the suffixes of one technology over all its devices."""
        extension, at_sign, context = peer.partition(b"@")
        member = self.cast.people.get(extension.decode())
        device = member.extension.encode() if member is not None else self.cast.trunk.encode()
        fresh = self._once("channel", technology + suffix, lambda: b"%08x" % next(self._serials.suffixes[technology]))
        return b"%s/%s%s%s-%s" % (technology, device, at_sign, context, fresh)

    def _named(self, headers: bytes) -> bytes:
        """A caller's headers with the new number and the name that goes with it."""
        before, recorded, after = re.split(rb"(7\d{10})", headers)
        who = self.cast.subscribers[recorded.decode()]
        return b"%s%s%s%s" % (before, who.number.encode(), after, (who.name or "<unknown>").encode())

    def _number(self, dialled: bytes, recorded: bytes) -> bytes:
        """A subscriber's number, spelt as the recorded one was: dialled through the 9, long distance by 8, or plain."""
        number = self.cast.subscribers[recorded.decode()].number
        return dialled + (f"8{number[1:]}" if recorded.decode() == CALLED else number).encode()

    def _bridge(self) -> bytes:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()

    def _once(self, kind: str, old: bytes, make: Callable[[], bytes]) -> bytes:
        key = (kind, old)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def _foreign_queues(department: Department) -> re.Pattern[bytes]:
    """Messages of queues that the department has not: in the laboratory one and the same people served four."""
    mine = b"support" if department.is_local else b"suplocaln"
    return re.compile(rb"\r\nQueue: (?:supall|suplocal|%s)\r\n" % mine)


def _timed(lines: Sequence[Line], random: Random, speed: float) -> Iterator[tuple[float, bytes]]:
    """The messages with their moments in seconds from the first; what happened at one moment still does."""
    found = []
    due_s = 0.0
    for line in lines:
        after_s = line.after_s
        if line.meanwhile is not None:
            median, spread, least, most = _STRETCH[line.meanwhile]
            after_s *= min(max(median * random.lognormvariate(0.0, spread), least), most)
        due_s += after_s / speed
        found.append((due_s, line.raw))
    return iter(found)

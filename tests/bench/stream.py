"""A long stream made from the recordings: each played again and again, with fresh ids and numbers, about twenty calls at a time.

As recorded with every right (`read=all`): noise and all. Left out are what belongs to the connection rather than to calls (answers,
log-ins, `FullyBooted`), `00-idle-snapshot`, in which nothing happens, and `28b-injected-numbers`, whose torn events every reader cuts
into another number of messages: what an event costs would depend on who counts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random

from tests.recordings import NAMES, messages

PLAYED = tuple(name for name in NAMES if not name.startswith(("00-", "28b-")))
START = 1_800_000_000.0
# A new play begins so often; one lasts 7.5 s on average.
EVERY_S = 0.35
_ABOUT_THE_CONNECTION = (b"Response: ", b"Event: SuccessfulAuth\r\n", b"Event: FullyBooted\r\n")
_FRESH = re.compile(
    rb"(?P<bridge>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    rb"|(?P<uniqueid>\b\d{10}\.\d+\b)"
    rb"|(?<=-)(?P<channel>[0-9a-f]{8})\b"
    rb"|(?P<number>79001112233|79990000000|89161234567|7900000000[0-9])"
    rb"|(?<=PJSIP/|Local/)(?P<phone>10[1-5])\b"
)
_FIRST_PHONE = 10_000


@dataclass(frozen=True, slots=True)
class Template:
    """A recording ready to be played. The pieces of a message at even places stand, those at odd ones are made afresh."""

    name: str
    messages: tuple[tuple[float, tuple[bytes, ...]], ...]
    """Seconds from the start, and the pieces."""
    fresh: Mapping[bytes, str]
    """What is made afresh, and of which kind it is."""

    def play(self, serials: "Serials", at: float) -> Iterator[tuple[float, bytes]]:
        """The messages with their moments, as if they happened from `at` (epoch seconds) on."""
        made = {old: serials.make(kind, at, old) for old, kind in self.fresh.items()}
        for after_s, pieces in self.messages:
            yield at + after_s, b"".join([made[piece] if n % 2 else piece for n, piece in enumerate(pieces)])


class Serials:
    """What a PBX counts up or draws; the same seed gives the same stream.

    `phones`: so many take part, each play has the next ones; 0: those of the recordings, in every play.
    """

    def __init__(self, random: Random, phones: int = 0) -> None:
        self._random = random
        self._phone = count()
        self._uniqueids = count()
        self._channels = count()
        self._makers: dict[str, Callable[[float], bytes]] = {
            "bridge": self._bridge,
            "uniqueid": lambda at: b"%d.%d" % (int(at), next(self._uniqueids)),
            "channel": lambda _at: b"%08x" % next(self._channels),
            "number": lambda _at: b"7916%07d" % self._random.randrange(10**7),
        }
        if phones:
            self._makers["phone"] = lambda _at: b"%d" % (_FIRST_PHONE + next(self._phone) % phones)

    def make(self, kind: str, at: float, old: bytes) -> bytes:
        """A fresh value of this kind for what was recorded as `old`."""
        maker = self._makers.get(kind)
        return old if maker is None else maker(at)

    def _bridge(self, _at: float) -> bytes:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()


@dataclass(frozen=True, slots=True)
class Stream:
    """Events in the order of their moments; `plays` says how often each recording was played."""

    events: tuple[tuple[float, bytes], ...]
    plays: Mapping[str, int]

    @property
    def raw(self) -> bytes:
        """What goes over the line."""
        return b"".join([raw for _, raw in self.events])


def template_of(name: str) -> Template:
    """Read a recording."""
    told = [(entry.t, entry.raw) for entry in messages(name) if entry.raw is not None]
    told = [(t, raw) for t, raw in told if not raw.startswith(_ABOUT_THE_CONNECTION)]
    # A TestEvent ends with an empty line too many, which stands recorded at the head of the message after it.
    found: list[tuple[float, bytes]] = []
    for t, raw in told:
        if raw.startswith(b"\r\n") and found:
            found[-1] = (found[-1][0], found[-1][1] + b"\r\n")
        found.append((t, raw.removeprefix(b"\r\n")))
    began = found[0][0]
    fresh: dict[bytes, str] = {}
    templates = []
    for t, raw in found:
        pieces: list[bytes] = []
        end = 0
        for match in _FRESH.finditer(raw):
            fresh[match[0]] = match.lastgroup or ""
            pieces += (raw[end : match.start()], match[0])
            end = match.end()
        templates.append((t - began, (*pieces, raw[end:])))
    return Template(name, tuple(templates), fresh)


def stream_of(events: int, seed: int = 1, every_s: float = EVERY_S) -> Stream:
    """At least so many events: every recording equally often, in rounds of shuffled order, one play begun each `every_s`."""
    random = Random(seed)
    templates = [template_of(name) for name in PLAYED]
    rounds = -(-events // sum(len(template.messages) for template in templates))
    return Stream(tuple(flow(templates, Serials(random), random, every_s, rounds)), dict.fromkeys(PLAYED, rounds))


def flow(
    templates: Sequence[Template], serials: Serials, random: Random, every_s: float, rounds: int, start: float = START
) -> Iterator[tuple[float, bytes]]:
    """The same bit by bit, for a stream that is too long for the memory: what happens at one moment keeps its order."""
    waiting: list[tuple[float, int, bytes]] = []
    number = count()
    at = start
    for _ in range(rounds):
        for template in random.sample(templates, len(templates)):
            for moment, raw in template.play(serials, at):
                heappush(waiting, (moment, next(number), raw))
            at += every_s
            while waiting and waiting[0][0] < at:
                moment, _, raw = heappop(waiting)
                yield moment, raw
    while waiting:
        moment, _, raw = heappop(waiting)
        yield moment, raw

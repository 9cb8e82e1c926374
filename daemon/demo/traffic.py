"""Recorded calls played again as other calls: fresh ids, numbers, channels; its own agents; waits and talks of another length.

Pure: random numbers and times come in. What happens at one moment stays together and in order, so causes stay before effects.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from daemon.replay import entries

FOLDER = Path(__file__).parent / "traffic"
# A team answers one call at a time, so nobody is in two calls at once.
TEAMS = {1: "support", 2: "sales", 3: "service", 4: "delivery", 5: "returns", 6: "wholesale"}
TRUNKS = ("megafon", "mts", "rostelecom")
MEMBERS = {"101": "Anna", "102": "Boris", "103": "Clara", "104": "Dina", "105": "Egor"}
WEIGHTS = {
    "07": 6,
    "01": 5,
    "02": 4,
    "22": 4,
    "11": 4,
    "20-": 4,
    "20b": 4,
    "08": 3,
    "17": 5,
    "05": 3,
    "03": 2,
    "12": 2,
    "14": 2,
}
QUIET_S = 0.5
_ID = re.compile(rb"\b(\d{10})\.(\d+)\b")
_CHANNEL = re.compile(rb"((?:PJSIP|Local)/[^\r\n;]*?)-([0-9a-f]{8})(?=[;\r\n ]|$)")
_BRIDGE = re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_EXTENSION = re.compile(rb"\b10([1-6])\b")
_TRUNK = re.compile(rb"(?<=PJSIP/)trunk(?=-)|(?<=@)trunk\b")
_QUEUE = re.compile(rb"(?<=\r\nQueue: )[a-z]+")
_CALLER = re.compile(rb"\b(79001112233|79990000000)\b")
_CALLED = re.compile(rb"\b(9?)(89161234567)\b|\b9(79001112233)\b")
_DID = re.compile(rb"\b70(0\d)\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded message and its distance from the one before, in seconds."""

    after_s: float
    raw: bytes


def scripts() -> dict[str, list[Line]]:
    """The recorded calls by name."""
    found: dict[str, list[Line]] = {}
    for path in sorted(FOLDER.glob("*.jsonl.gz")):
        lines: list[Line] = []
        last = 0.0
        for entry in entries(path):
            if entry.raw is not None:
                lines.append(Line(max(0.0, entry.t - last), entry.raw))
                last = entry.t
        found[path.name.removesuffix(".jsonl.gz")] = lines
    return found


class Traffic:
    """Makes new calls out of recorded ones. Two with the same random numbers and moments are the same."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._scripts = scripts()
        self._names = list(self._scripts)
        self._weights = [next((w for key, w in WEIGHTS.items() if name.startswith(key)), 1) for name in self._names]
        self._uniqueids = count()
        self._channels = count(1)
        self._numbers = count(1)
        self.free = set(TEAMS)

    def call(self, now: float) -> tuple[int, Iterator[tuple[float, bytes]]] | None:
        """A new call as (team, its messages with the seconds to wait before each); None while every team is busy.

        The caller gives the team back (`free.add`) when the messages are through.
        """
        if not self.free:
            return None
        team = self._random.choice(sorted(self.free))
        self.free.discard(team)
        (name,) = self._random.choices(self._names, self._weights)
        stretch = self._random.uniform(1.0, 3.0)
        return team, self._play(name, team, int(now), stretch)

    def _play(self, name: str, team: int, epoch: int, stretch: float) -> Iterator[tuple[float, bytes]]:
        rewrite = _Rewriting(self, team, epoch, self._random)
        for line in self._scripts[name]:
            yield line.after_s * (stretch if line.after_s > QUIET_S else 1.0), rewrite(line.raw)

    def next_uniqueid(self, epoch: int) -> bytes:
        """As Asterisk numbers channels."""
        return b"%d.%d" % (epoch, next(self._uniqueids))

    def next_channel(self) -> bytes:
        """The suffix of a channel's name."""
        return b"%08x" % next(self._channels)

    def next_number(self) -> bytes:
        """A subscriber that nobody has: 900 000 .. is not given out."""
        return b"7900000%04d" % (next(self._numbers) % 10_000)


class _Rewriting:
    """What one replayed call's names and numbers become; the same thing always becomes the same."""

    def __init__(self, traffic: Traffic, team: int, epoch: int, random: Random) -> None:
        self._traffic = traffic
        self._team = b"%d0" % team
        self._queue = TEAMS[team].encode()
        self._epoch = epoch
        self._random = random
        self._trunk = random.choice(TRUNKS).encode()
        self._made: dict[tuple[str, bytes], bytes] = {}

    def __call__(self, raw: bytes) -> bytes:
        """One message, rewritten."""
        raw = _BRIDGE.sub(lambda m: self._once("bridge", m[0], self._bridge), raw)
        raw = _ID.sub(lambda m: self._once("id", m[0], lambda: self._traffic.next_uniqueid(self._epoch)), raw)
        raw = _CALLED.sub(self._called, raw)
        raw = _CALLER.sub(lambda m: self._once("number", m[0], self._traffic.next_number), raw)
        raw = _QUEUE.sub(self._queue, raw)
        raw = _CHANNEL.sub(lambda m: m[1] + b"-" + self._once("channel", m[1] + m[2], self._traffic.next_channel), raw)
        raw = _TRUNK.sub(self._trunk, raw)
        raw = _EXTENSION.sub(rb"%s\1" % self._team, raw)
        return _DID.sub(rb"749500070\1", raw)

    def _called(self, match: re.Match[bytes]) -> bytes:
        if match[3]:
            return b"9" + self._once("number", match[3], self._traffic.next_number)
        return match[1] + b"8" + self._once("number", match[2], self._traffic.next_number)[1:]

    def _bridge(self) -> bytes:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()

    def _once(self, kind: str, old: bytes, make: Callable[[], bytes]) -> bytes:
        key = (kind, old)
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

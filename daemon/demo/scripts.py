"""The recordings that the demo plays: real calls of a real Asterisk 22, cut to what an account of ours is sent.

Some noise is left in. Each line knows how long nothing happened before it, and what was going on meanwhile.
"""

import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from daemon.demo.switchboard import RINGING, Switchboard, headers_of
from handlers.ami.recording import parse_line

Meanwhile = Literal["talk", "ring", "wait", "pause"]
QUIET_S = 0.3
"""From here on a gap is somebody talking, ringing or waiting; below it, Asterisk at work."""
CALLER, OTHER_CALLER, CALLED = "79001112233", "79990000000", "89161234567"
"""The outside parties of the recordings, as they are written there."""
EXTENSIONS = ("101", "102", "103", "104", "105")
_FOLDER = "traffic"


@dataclass(frozen=True, slots=True)
class Line:
    """One message, `after_s` behind the one before; `meanwhile` is what went on in between, None where nothing could."""

    raw: bytes
    after_s: float
    meanwhile: Meanwhile | None


@dataclass(frozen=True, slots=True)
class Casting:
    """How often a recording is played (against the others), and with whom outside nobody has talked at its end."""

    weight: float
    not_reached: tuple[str, ...] = ()


# A day at an office: most get through, one in five or six does not, some of those are called back.
CASTINGS = {
    "01-direct-caller-hangs-up": Casting(4),
    "02-direct-agent-hangs-up": Casting(4),
    "03-direct-no-answer": Casting(2, (CALLER,)),
    "04-direct-busy": Casting(1, (CALLER,)),
    "05-direct-caller-abandons": Casting(2, (CALLER,)),
    "06-ivr-hangup": Casting(1.5),
    "07-ivr-queue-second-agent": Casting(10),
    "08-queue-abandon": Casting(4, (CALLER,)),
    "09-queue-timeout-voicemail": Casting(1.5, (CALLER,)),
    "10-queue-joinempty": Casting(0.7, (CALLER,)),
    "11-ring-group": Casting(3),
    "12-blind-transfer-answered": Casting(2),
    "14-attended-transfer-replaces": Casting(1.5),
    "15-pickup": Casting(1),
    "16-park-and-retrieve": Casting(1),
    "17-outgoing-answered": Casting(9),
    "18-outgoing-busy-and-unanswered": Casting(1, (CALLED,)),
    "19-internal": Casting(1),
    "20-missed-then-callback": Casting(1.5),
    "20b-missed-then-calls-again": Casting(1.5, (OTHER_CALLER,)),
    "21-hold": Casting(2),
    "22-queue-local-n": Casting(8),
    "23-forward-302": Casting(1),
    "30-queue-agent-actions": Casting(3),
}


@dataclass(frozen=True, slots=True)
class Script:
    """A recording to be played: its lines in order, how many calls it makes, and who and what takes part."""

    name: str
    lines: tuple[Line, ...]
    calls: int
    extensions: tuple[str, ...]
    queue: str | None
    numbers: tuple[str, ...]
    parks: bool

    @property
    def casting(self) -> Casting:
        """How it is used."""
        return CASTINGS[self.name]


@cache
def scripts() -> tuple[Script, ...]:
    """All recordings of the package, by name. Raises RecordingError if one is damaged."""
    folder = files("daemon.demo").joinpath(_FOLDER)
    return tuple(
        script_of(name, gzip.decompress(folder.joinpath(f"{name}.jsonl.gz").read_bytes()).splitlines())
        for name in sorted(CASTINGS)
    )


def script_of(name: str, lines: Iterable[bytes]) -> Script:
    """A script of a recording's lines."""
    board = Switchboard((), 0.0)
    found: list[Line] = []
    last = 0.0
    for entry in map(parse_line, lines):
        if entry.raw is None:
            continue
        after_s = max(0.0, entry.t - last) if found else 0.0
        found.append(Line(entry.raw, after_s, meanwhile(board) if after_s >= QUIET_S else None))
        board.take(entry.raw, entry.t)
        last = entry.t
    text = b"".join(line.raw for line in found)
    return Script(
        name,
        tuple(found),
        board.processed,
        tuple(extension for extension in EXTENSIONS if re.search(rb"\b%s\b" % extension.encode(), text)),
        _queue(found),
        tuple(number for number in (CALLER, OTHER_CALLER, CALLED) if number.encode() in text),
        b"Event: ParkedCall\r\n" in text,
    )


def meanwhile(board: Switchboard) -> Meanwhile:
    """What goes on while nothing is said."""
    if not board.channels:
        return "pause"
    if any(bridge.is_talk for bridge in board.bridges.values()):
        return "talk"
    rings = any(channel.headers["ChannelState"] == RINGING for channel in board.channels.values())
    return "ring" if rings else "wait"


def _queue(lines: Sequence[Line]) -> str | None:
    joined = (headers_of(line.raw) for line in lines if line.raw.startswith(b"Event: QueueCallerJoin\r\n"))
    return next((event["Queue"] for event in joined), None)

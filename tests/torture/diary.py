"""The PBX's diary: each event with whom it was handed to, and each client's session from its beginning to its end.

One JSON object a line. An event: `t` (epoch seconds), `raw` (each byte a character), `to`: for each session that was told, how many bytes of events and
answers it had been sent with this one. A session: `t`, `session` (its number), `is` and more of what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

READY_ACTION = "queuestatus"
"""The last action of a snapshot: from its answer on the daemon is whole again."""


class Diary:
    """Written by the PBX while it happens."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def event(self, t: float, raw: bytes, to: dict[int, int]) -> None:
        """An event, and the sessions that were told, with the number of bytes each was sent so far."""
        told = {str(session): sent for session, sent in to.items()}
        self._write({"t": t, "raw": raw.decode("latin-1"), "to": told})

    def session(self, t: float, number: int, what: str, sent: int = 0) -> None:
        """`what` is `login`, `over` (we ended it), `left` (the client did), or an action in lower case; `sent`: bytes that the system took for the client so far."""
        self._write({"t": t, "session": number, "is": what, "sent": sent})

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(orjson.dumps(line) + b"\n")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the PBX."""

    t: float
    raw: bytes
    to: dict[int, int]


@dataclass(slots=True)
class Session:
    """One client's stay: from its login, its first snapshot's last answer (None: it had none), to its end.

    `sent`: bytes that the system took for it; what was said beyond never left the PBX.
    """

    number: int
    login_at: float
    ready_at: float | None = None
    over_at: float | None = None
    sent: int = 0
    left: bool = False
    """The client went by itself: gave up the line, or is no more."""


@dataclass(slots=True)
class Story:
    """A diary as it is read."""

    events: list[Happened] = field(default_factory=list)
    sessions: dict[int, Session] = field(default_factory=dict)


def read_diary(path: Path) -> Story:
    """The whole of it; a last line that was cut off by a kill is left out."""
    story = Story()
    for line in _lines(path):
        t = line["t"]
        if "raw" in line:
            to = {int(session): sent for session, sent in line["to"].items()}
            story.events.append(Happened(t, line["raw"].encode("latin-1"), to))
            continue
        number = line["session"]
        if line["is"] == "login":
            story.sessions[number] = Session(number, t)
            continue
        session = story.sessions.get(number)
        if session is None:
            continue
        if line["is"] == "over":
            session.over_at, session.sent = t, line["sent"]
        elif line["is"] == "left":
            session.over_at, session.sent, session.left = t, line["sent"], True
        elif line["is"] == READY_ACTION and session.ready_at is None:
            session.ready_at = t
    return story


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield orjson.loads(line)

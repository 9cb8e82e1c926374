"""The situations by name, and what must be told of each."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from tests.asterisk.pbx import Pbx

Row = dict[str, Any]
Play = Callable[[Pbx], AsyncGenerator[None, None]]


@dataclass(frozen=True, slots=True)
class Told:
    """What must be told: how the calls look when the line is back, and each one at its end."""

    live: tuple[str, ...]
    calls: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """The play gives way twice: when the line is to break, and when it is to be back."""

    play: Play
    gap: Told
    met: Told


SITUATIONS: dict[str, Situation] = {}


def situation(gap: Told, met: Told) -> Callable[[Play], Play]:
    """Keep a situation under its play's name."""

    def keep(play: Play) -> Play:
        SITUATIONS[play.__name__] = Situation(play, gap, met)
        return play

    return keep


def row(result: str, **told: Any) -> Row:
    """One call, whose end was seen unless said otherwise."""
    return {"result": result, "incomplete": True, "end_seen": True} | told


def ended_unseen(result: str, **told: Any) -> Row:
    """One call that was over when the line was back."""
    return row(result, **{"end_seen": False, "talk_s": None, "total_s": None, "ended_at": None} | told)


NOTHING = Told((), ())
NO_PARTS: Row = {"ivr_s": None, "queue_s": None, "ring_s": None}

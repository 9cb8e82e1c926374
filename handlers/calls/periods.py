"""Stretches of a call's time line: stays in queues, talks, holds. Moments in epoch seconds; open ones have no end yet."""

from dataclasses import dataclass
from typing import Literal

from handlers.calls.channels import Channel
from handlers.facts import StayOutcome

Holder = Literal["caller", "person"]


@dataclass(slots=True, eq=False)
class Stay:
    """One stay in a queue, in progress or over; `outcome` is None while undecided."""

    queue: str
    channel: Channel
    joined_at: float
    position: int | None
    left_at: float | None = None
    left_unseen: bool = False
    """It ended while nobody listened, by `left_at` at the latest."""
    abandoned: bool = False
    outcome: StayOutcome | None = None
    member: str | None = None


@dataclass(slots=True, eq=False)
class TalkPeriod:
    """A person and the outside party bridged without a break."""

    channel: Channel
    started_at: float
    ended_at: float | None = None
    begun_unseen: bool = False
    """It began while nobody listened, by `started_at` at the latest."""


@dataclass(slots=True, eq=False)
class HoldPeriod:
    """One side holds the other."""

    channel: Channel
    started_at: float
    by: Holder
    ended_at: float | None = None
    end_unseen: bool = False
    """It went on when the stream broke, and nobody has seen since that it still does."""

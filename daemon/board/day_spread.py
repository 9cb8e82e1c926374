"""What the day's calls are counted by, for who asks by label, and how their durations are spread: exact, however few they are."""

from array import array
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from handlers.facts import Call, QueueStay
from storage.reports.spread import quantile

# Durations of one kind that are kept in a day; beyond so many the spread stands still (8 bytes each).
KEPT = 100_000
INTERNAL = ""
"""The line of a call within the house."""


class Durations:
    """Durations of one kind, all of them, in order."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._values = array("q")
        self._sum_ms = 0
        for each in seconds:
            self.add(each)

    def add(self, seconds: float) -> None:
        """One more."""
        if len(self._values) < KEPT:
            value = round(1000 * seconds)
            insort(self._values, value)
            self._sum_ms += value

    def take_back(self, seconds: float) -> None:
        """One less, if it is there."""
        value = round(1000 * seconds)
        place = bisect_left(self._values, value)
        if place < len(self._values) and self._values[place] == value:
            del self._values[place]
            self._sum_ms -= value

    def __add__(self, other: "Durations") -> "Durations":
        """Those of both."""
        both = Durations()
        both._values = array("q", sorted([*self._values, *other._values]))
        both._sum_ms = self._sum_ms + other._sum_ms
        return both

    @property
    def count(self) -> int:
        """How many."""
        return len(self._values)

    @property
    def sum_s(self) -> float:
        """All together, in seconds."""
        return self._sum_ms / 1000

    def quantile_s(self, share: float) -> float | None:
        """As the reports have it (PERCENTILE.INC), in seconds; None without data."""
        return quantile(self._values, share) / 1000 if self._values else None


@dataclass(slots=True)
class DaySpread:
    """The day's finished calls and stays by the labels that metrics have. `trunk`: by the settings, `other`, or INTERNAL."""

    calls: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By direction, trunk and result."""
    incoming: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By trunk and outcome, answered or missed."""
    waits: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """Of incoming calls, by trunk and outcome."""
    talks: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """Of answered calls, by direction and trunk."""
    stays: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """In queues, short abandons left out; by queue and outcome."""

    def count(self, call: Call, trunk: str, sign: int) -> None:
        """A finished call; with -1 it is taken back."""
        self.calls[call.direction, trunk, call.result or "unknown"] += sign
        outcome = "missed" if call.missed else "answered" if call.result == "answered" else None
        if call.direction == "in" and outcome is not None:
            self.incoming[trunk, outcome] += sign
            _note(self.waits[trunk, outcome], call.wait_s, sign)
        if call.result == "answered":
            _note(self.talks[call.direction, trunk], call.talk_s, sign)

    def count_stay(self, stay: QueueStay, wait_s: float) -> None:
        """A stay that ended."""
        self.stays[stay.queue, stay.outcome or "unknown"].add(wait_s)


def _note(durations: Durations, seconds: float | None, sign: int) -> None:
    if seconds is not None:
        (durations.add if sign > 0 else durations.take_back)(seconds)

"""Durations of a day in the making, all of them kept: exact, however few they are, and whatever is taken back."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Literal

from storage.reports.spread import quantile

Sign = Literal[1, -1]
# Of one kind in a day; beyond so many the spread stands still (8 bytes each).
KEPT = 100_000
_P95 = 0.95


class Durations:
    """Durations of one kind, in order, in milliseconds."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._values = array("q")
        self._sum_ms = 0
        for each in seconds:
            self.add(each)

    def add(self, seconds: float | None, sign: Sign = 1) -> None:
        """Count one, if there is one; with -1 take one back that was counted."""
        if seconds is None:
            return
        value = round(1000 * seconds)
        if sign == 1:
            if len(self._values) < KEPT:
                insort(self._values, value)
                self._sum_ms += value
            return
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

    @property
    def mean_s(self) -> float | None:
        """To a tenth; None without data."""
        return round(self._sum_ms / len(self._values) / 1000, 1) if self._values else None

    @property
    def p95_s(self) -> float | None:
        """Of 95 in a hundred it was no longer; to a tenth. None without data."""
        found = self.quantile_s(_P95)
        return None if found is None else round(found, 1)

    def quantile_s(self, share: float) -> float | None:
        """As the reports have it (PERCENTILE.INC), in seconds; None without data."""
        return quantile(self._values, share) / 1000 if self._values else None

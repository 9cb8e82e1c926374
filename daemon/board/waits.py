"""How long callers waited today: the mean, and how long those who waited longest did."""

from array import array
from bisect import bisect_left, insort
from typing import Literal

from storage.reports.spread import quantile

Sign = Literal[1, -1]
_P95 = 0.95


class Waits:
    """Waits in the making, all of them kept, sorted: four bytes each."""

    def __init__(self) -> None:
        self._sorted_ms = array("i")
        self._total_ms = 0

    def add(self, wait_s: float | None, sign: Sign = 1) -> None:
        """Count a wait, if there is one; with -1 take one back that was counted."""
        if wait_s is None:
            return
        wait_ms = round(wait_s * 1000)
        self._total_ms += sign * wait_ms
        if sign == 1:
            insort(self._sorted_ms, wait_ms)
        else:
            del self._sorted_ms[bisect_left(self._sorted_ms, wait_ms)]

    @property
    def mean_s(self) -> float | None:
        """To a tenth; None without data."""
        return round(self._total_ms / len(self._sorted_ms) / 1000, 1) if self._sorted_ms else None

    @property
    def p95_s(self) -> float | None:
        """Of 95 in a hundred the wait was no longer; to a tenth, as the reports reckon it. None without data."""
        return round(quantile(self._sorted_ms, _P95) / 1000, 1) if self._sorted_ms else None

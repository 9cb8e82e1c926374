"""How durations are spread: average, median, p90, longest; exact, of all of them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_P90 = 0.9
_MEDIAN = 0.5


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` durations; seconds, None where there are none."""

    count: int = 0
    sum_s: float = 0.0
    avg_s: float | None = None
    median_s: float | None = None
    p90_s: float | None = None
    max_s: float | None = None


def spread(milliseconds: Iterable[int]) -> Spread:
    """The spread of durations given in milliseconds."""
    values = sorted(milliseconds)
    if not values:
        return Spread()
    total = sum(values)
    return Spread(
        len(values),
        total / 1000,
        total / len(values) / 1000,
        quantile(values, _MEDIAN) / 1000,
        quantile(values, _P90) / 1000,
        values[-1] / 1000,
    )


def quantile(values: Sequence[int], share: float) -> float:
    """Of sorted values, at least one: as a spreadsheet's PERCENTILE.INC and MEDIAN have it, between two the way from one to the other."""
    place = (len(values) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)

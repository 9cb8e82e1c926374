"""The mean of the day's waits, and what 95 of a hundred did not exceed."""

import statistics

from hypothesis import given
from hypothesis import strategies as st

from daemon.board.waits import Waits
from storage.reports.spread import quantile


def told(waits: Waits) -> tuple[float | None, float | None]:
    return waits.mean_s, waits.p95_s


WAITS = st.lists(st.integers(0, 4_000_000), min_size=1, max_size=60)


def test_without_waits_there_is_neither() -> None:
    waits = Waits()
    waits.add(None)
    assert told(waits) == (None, None)


def test_nineteen_short_waits_and_a_long_one() -> None:
    waits = Waits()
    for wait_s in (100.0, *(10.0,) * 19):
        waits.add(wait_s)
    assert told(waits) == (14.5, 14.5)


@given(WAITS, WAITS)
def test_they_are_those_of_the_reports_whatever_was_taken_back(kept: list[int], taken_back: list[int]) -> None:
    waits = Waits()
    for wait_ms in (*taken_back, *kept):
        waits.add(wait_ms / 1000)
    for wait_ms in taken_back:
        waits.add(wait_ms / 1000, -1)
    assert told(waits) == (
        round(statistics.fmean(kept) / 1000, 1),
        round(quantile(sorted(kept), 0.95) / 1000, 1),
    )
    for wait_ms in kept:
        waits.add(wait_ms / 1000, -1)
    assert told(waits) == (None, None)

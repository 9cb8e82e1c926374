"""Durations of a day: exact however few, whatever was taken back; their mean, and what 95 of a hundred did not exceed."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import durations as kept_durations
from daemon.board.durations import Durations
from storage.reports.spread import quantile


def told(durations: Durations) -> tuple[float | None, float | None]:
    return durations.mean_s, durations.p95_s


WAITS = st.lists(st.integers(0, 4_000_000), min_size=1, max_size=60)


def test_without_durations_there_is_neither() -> None:
    durations = Durations()
    durations.add(None)
    assert told(durations) == (None, None)


def test_nineteen_short_durations_and_a_long_one() -> None:
    durations = Durations()
    for wait_s in (100.0, *(10.0,) * 19):
        durations.add(wait_s)
    assert told(durations) == (14.5, 14.5)


@given(WAITS, WAITS)
def test_they_are_those_of_the_reports_whatever_was_taken_back(kept: list[int], taken_back: list[int]) -> None:
    durations = Durations()
    for wait_ms in (*taken_back, *kept):
        durations.add(wait_ms / 1000)
    for wait_ms in taken_back:
        durations.add(wait_ms / 1000, -1)
    assert told(durations) == (
        round(statistics.fmean(kept) / 1000, 1),
        round(quantile(sorted(kept), 0.95) / 1000, 1),
    )
    for wait_ms in kept:
        durations.add(wait_ms / 1000, -1)
    assert told(durations) == (None, None)


def test_quantiles_are_those_of_the_reports() -> None:
    durations = Durations([4.0, 1.0, 3.0, 2.0])
    assert (durations.count, durations.sum_s) == (4, 10.0)
    assert (durations.quantile_s(0.5), durations.quantile_s(0.9)) == (2.5, 3.7)


def test_of_one_call_every_quantile_is_its_own_and_of_none_there_is_no_quantile() -> None:
    assert {Durations([7.25]).quantile_s(share) for share in (0.5, 0.9)} == {7.25}
    assert Durations().quantile_s(0.5) is None


def test_what_was_taken_back_is_gone_and_what_was_never_there_takes_nothing_with_it() -> None:
    durations = Durations([1.0, 2.0, 2.0])
    durations.add(2.0, -1)
    durations.add(9.0, -1)
    assert (durations.count, durations.sum_s, durations.quantile_s(0.5)) == (2, 3.0, 1.5)


def test_two_are_one_and_stay_what_they_were() -> None:
    one, other = Durations([1.0, 5.0]), Durations([3.0])
    both = one + other
    assert (both.count, both.sum_s, both.quantile_s(0.5)) == (3, 9.0, 3.0)
    assert (one.count, other.count) == (2, 1)


def test_beyond_the_limit_the_spread_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_durations, "KEPT", 2)
    assert Durations([1.0, 2.0, 3.0]).count == 2

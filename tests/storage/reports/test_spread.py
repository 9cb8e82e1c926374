"""Percentiles are those of all values, as a spreadsheet has them."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.reports.spread import Spread, quantile, spread


def test_of_nothing_nothing_is_known() -> None:
    assert spread([]) == Spread(0, 0.0, None, None, None, None)


def test_of_one_all_are_the_same() -> None:
    assert spread([1500]) == Spread(1, 1.5, 1.5, 1.5, 1.5, 1.5)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.25, 1.75), (0.5, 2.5), (0.9, 3.7), (1.0, 4)])
def test_a_quantile_is_excels_percentile_inc(share: float, value: float) -> None:
    # =PERCENTILE.INC({1;2;3;4}; ...)
    assert quantile([1, 2, 3, 4], share) == pytest.approx(value)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=300))
def test_it_is_what_pythons_statistics_say(values: list[int]) -> None:
    found = spread(values)
    assert found.count == len(values)
    assert found.sum_s == pytest.approx(sum(values) / 1000)
    assert found.avg_s == pytest.approx(statistics.mean(values) / 1000)
    assert found.median_s == pytest.approx(statistics.median(values) / 1000)
    assert found.p90_s == pytest.approx(statistics.quantiles(values, n=10, method="inclusive")[8] / 1000)
    assert found.max_s == max(values) / 1000

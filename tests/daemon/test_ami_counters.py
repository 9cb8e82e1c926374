"""The time in which the PBX was not heard, whatever is done to the clock."""

import pytest

from daemon import clock
from daemon.ami_counters import LinkCounts


class Clocks:
    """A time of day that can be set, beside a clock that cannot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.monotonic = 1_795_450_254.0, 50.0
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(clock, "monotonic", lambda: self.monotonic)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.monotonic += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_within_a_gap_makes_it_neither_longer_nor_shorter(clocks: Clocks, step_s: float) -> None:
    counts = LinkCounts()
    counts.deaf_since(clocks.now - 1.5)  # when it was heard last
    clocks.now += step_s
    clocks.pass_by(2.0)
    counts.hears_since(clocks.monotonic)
    assert counts.now().gap_s == 3.5


def test_gaps_add_up_and_one_that_nobody_knows_the_beginning_of_adds_nothing(clocks: Clocks) -> None:
    counts = LinkCounts()
    counts.deaf_since(None)
    clocks.pass_by(5.0)
    counts.hears_since(clocks.monotonic)
    assert counts.now().gap_s == 0.0
    for seconds in (2.0, 3.0):
        counts.deaf_since(clocks.now)
        clocks.pass_by(seconds)
        counts.deaf_since(clocks.now)  # of a gap that lasts the beginning stands
        counts.hears_since(clocks.monotonic)
    assert counts.now().gap_s == 5.0
    counts.read_late_since(clocks.now - 2.5)
    counts.hears_since(clocks.monotonic)
    assert counts.now().gap_s == 7.5

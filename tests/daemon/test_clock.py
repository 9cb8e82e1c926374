"""The time of day goes on evenly while somebody measures, whatever is done to the wall clock."""

import time

import pytest

from daemon import clock

WALL = 1_795_450_254.0


class SetClocks:
    """A wall clock that can be set, beside one that cannot."""

    def __init__(self) -> None:
        self.ran_s = 0.0
        self.set_by_s = 0.0

    def wall(self) -> float:
        return WALL + self.ran_s + self.set_by_s

    def steady(self) -> float:
        return 500.0 + self.ran_s


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> SetClocks:
    clocks = SetClocks()
    monkeypatch.setattr(clock, "_steady", type(clock._steady)())
    monkeypatch.setattr(time, "time", clocks.wall)
    monkeypatch.setattr(time, "monotonic", clocks.steady)
    return clocks


@pytest.mark.parametrize("step", [3600.0, -3600.0, -3.0])
def test_a_clock_that_is_set_changes_no_duration_and_is_right_again_once_settled(
    clocks: SetClocks, step: float
) -> None:
    assert clock.now() == WALL
    clocks.ran_s, clocks.set_by_s = 10.0, step
    assert clock.now() == WALL + 10
    assert clock.stepped_s() == step
    clocks.ran_s = 25.0
    assert clock.now() == WALL + 25
    clock.settle()
    assert (clock.now(), clock.stepped_s()) == (WALL + 25 + step, 0.0)
    clocks.ran_s = 26.0
    assert clock.now() == WALL + 26 + step


def test_a_clock_that_is_slowly_put_right_is_followed(clocks: SetClocks) -> None:
    for second in range(100):
        clocks.ran_s, clocks.set_by_s = float(second), second * 0.05
        assert clock.now() == clocks.wall()
    assert clock.stepped_s() == 0.0


def test_it_is_the_wall_clock() -> None:
    assert abs(clock.now() - time.time()) < 1  # noqa: TID251 - the very thing it reads

"""Steps of the wall clock, in what was recorded with both clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.steady_time import STEP_S, SteadyTime, Uptime, stepped_between

WALL = 1_795_450_254.0


def test_without_a_step_the_moments_are_those_of_the_wall_clock() -> None:
    steady = SteadyTime()
    assert [steady.at(WALL + second, 100.0 + second) for second in range(3)] == [WALL, WALL + 1, WALL + 2]


@pytest.mark.parametrize("step", [3600.0, -3600.0, 2.5, -2.5])
def test_a_step_changes_no_duration(step: float) -> None:
    steady = SteadyTime()
    assert steady.at(WALL, 100.0) == WALL
    assert steady.at(WALL + 5 + step, 105.0) == WALL + 5
    assert steady.at(WALL + 9 + step, 109.0) == WALL + 9


@pytest.mark.parametrize("drift", [1.9, -1.9])
def test_what_a_clock_is_slowly_set_by_is_followed(drift: float) -> None:
    """NTP slews; the wall clock is right, and nothing steps."""
    steady = SteadyTime()
    steady.at(WALL, 100.0)
    assert steady.at(WALL + 60 + drift, 160.0) == WALL + 60 + drift


def test_steps_add_up() -> None:
    steady = SteadyTime()
    steady.at(WALL, 0.0)
    steady.at(WALL + 1 + 3600, 1.0)
    assert steady.at(WALL + 2 + 3600 - 7200, 2.0) == WALL + 2
    assert steady.at(WALL + 3 - 3600, 3.0) == WALL + 3


def test_without_the_monotonic_clock_the_wall_clock_is_all_there_is() -> None:
    """Recordings of others."""
    steady = SteadyTime()
    assert [steady.at(t, None) for t in (WALL, WALL + 3600, WALL)] == [WALL, WALL + 3600, WALL]


def test_a_line_without_the_monotonic_clock_keeps_to_the_others() -> None:
    steady = SteadyTime()
    steady.at(WALL, 0.0)
    steady.at(WALL + 1 + 3600, 1.0)
    assert steady.at(WALL + 2 + 3600, None) == WALL + 2


def test_a_monotonic_clock_that_goes_back_is_another_one() -> None:
    """The machine was started anew: it tells nothing about the wall clock."""
    steady = SteadyTime()
    steady.at(WALL, 90_000.0)
    assert steady.at(WALL + 86_400, 12.0) == WALL + 86_400
    assert steady.at(WALL + 86_401, 13.0) == WALL + 86_401


def test_behind_a_break_there_is_nothing_to_compare_with() -> None:
    """Two recordings of one PBX, of different days and machines."""
    steady = SteadyTime()
    steady.at(WALL, 10.0)
    steady.broke_off()
    assert steady.at(WALL + 86_400, 90_000.0) == WALL + 86_400


def test_a_step_before_a_break_stays_taken_out_behind_it() -> None:
    """Else the moments behind the break would lie before those in front of it."""
    steady = SteadyTime()
    steady.at(WALL, 10.0)
    steady.at(WALL + 1 - 3600, 11.0)
    steady.broke_off()
    assert steady.at(WALL + 60 - 3600, 5.0) == WALL + 60


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-1e5, 1e5))))
def test_moments_follow_the_monotonic_clock_whatever_the_wall_clock_does(steps: list[tuple[float, float]]) -> None:
    steady = SteadyTime()
    mono, wall, before = 0.0, WALL, steady.at(WALL, 0.0)
    for passed, step in steps:
        mono, wall = mono + passed, wall + passed + step
        moment = steady.at(wall, mono)
        assert moment - before == pytest.approx(passed, abs=STEP_S + 0.01)
        before = moment


THEN, UPTIME = 1_795_450_254.0, Uptime("one start", 500.0)


@pytest.mark.parametrize("step", [3600.0, -3600.0, STEP_S + 0.1, -STEP_S - 0.1])
def test_a_step_shows_between_two_moments_of_a_machine_that_ran_on(step: float) -> None:
    assert stepped_between(THEN, UPTIME, THEN + 60 + step, Uptime("one start", 560.0)) == pytest.approx(step)


@pytest.mark.parametrize("step", [0.0, STEP_S - 0.1, -STEP_S + 0.1])
def test_a_clock_that_was_slowly_put_right_meanwhile_was_not_set(step: float) -> None:
    assert stepped_between(THEN, UPTIME, THEN + 60 + step, Uptime("one start", 560.0)) == 0.0


@pytest.mark.parametrize(
    ("then", "now"), [(UPTIME, Uptime("another start", 560.0)), (None, UPTIME), (UPTIME, None), (None, None)]
)
def test_without_two_uptimes_of_one_start_nobody_knows(then: Uptime | None, now: Uptime | None) -> None:
    assert stepped_between(THEN, then, THEN + 3660, now) == 0.0

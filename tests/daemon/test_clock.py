"""The time of day goes on evenly while somebody measures, whatever is done to the wall clock."""

import time
from pathlib import Path

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


def test_the_uptime_of_a_moment_goes_on_evenly_and_is_of_this_start_of_the_machine() -> None:
    now = clock.now()
    earlier, later = clock.uptime(now - 5), clock.uptime(now)
    assert earlier is not None
    assert later is not None
    assert earlier.boot == later.boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert later.s - earlier.s == pytest.approx(5, abs=1)
    assert later.s == pytest.approx(float(Path("/proc/uptime").read_text().split()[0]), abs=5)


def test_without_a_boot_id_there_is_no_uptime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock._boot_id.cache_clear()
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "none")
    try:
        assert clock.uptime(clock.now()) is None
    finally:
        clock._boot_id.cache_clear()

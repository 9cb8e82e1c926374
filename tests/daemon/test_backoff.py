"""Waiting before the next try."""

from hypothesis import given
from hypothesis import strategies as st

from daemon.backoff import Backoff


def test_it_doubles_up_to_the_most() -> None:
    backoff = Backoff(1.0, 60.0, chance=lambda: 1.0)
    assert [backoff.next_s() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_chance_takes_up_to_half_so_that_many_clients_do_not_come_back_at_once() -> None:
    assert Backoff(8.0, 60.0, chance=lambda: 0.0).next_s() == 4.0
    assert Backoff(8.0, 60.0, chance=lambda: 0.5).next_s() == 6.0


@given(st.integers(0, 3000), st.floats(0.0, 1.0, exclude_max=True))
def test_no_wait_is_ever_outside_its_bounds(tries: int, chance: float) -> None:
    backoff = Backoff(1.0, 60.0, chance=lambda: chance)
    for _ in range(tries):
        backoff.next_s()
    assert 0.5 <= backoff.next_s() <= 60.0


def test_its_own_chance_spreads_the_waits() -> None:
    assert len({Backoff(1.0, 60.0).next_s() for _ in range(20)}) > 1


def test_after_a_success_it_begins_anew() -> None:
    backoff = Backoff(1.0, 60.0, chance=lambda: 1.0)
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 1.0

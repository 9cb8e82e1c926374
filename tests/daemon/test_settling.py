"""The PBX is asked again at once, and then the more seldom, the longer somebody gives reason to."""

import pytest

from daemon import clock
from daemon.settling import SETTLE_FIRST_S, SETTLE_MOST_S, Settling


class Now:
    """A clock that a test sets."""

    at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    now = Now()
    monkeypatch.setattr(clock, "monotonic", now)
    return now


def asked_within(settling: Settling, now: Now, seconds: int) -> list[int]:
    """At which seconds it is asked for, something being doubted in each."""
    begun, found = now.at, []
    for second in range(seconds):
        now.at = begun + second
        settling.doubt()
        if settling.is_due:
            settling.asked()
            found.append(second)
    return found


def test_nothing_is_asked_without_a_doubt(now: Now) -> None:
    settling = Settling()
    assert not settling.is_due
    settling.asked()
    now.at += SETTLE_MOST_S
    assert not settling.is_due


def test_a_doubt_is_settled_at_once_and_one_that_stays_ever_more_seldom(now: Now) -> None:
    settling = Settling()
    assert asked_within(settling, now, 300) == [0, 5, 15, 35, 75, 135, 195, 255]


def test_after_a_quiet_time_it_begins_anew(now: Now) -> None:
    settling = Settling()
    asked_within(settling, now, 300)
    now.at += 3 * SETTLE_MOST_S
    assert asked_within(settling, now, 10) == [0, SETTLE_FIRST_S]


def test_a_snapshot_that_was_asked_for_otherwise_settles_too(now: Now) -> None:
    """So the first one of a connection is not followed by a second at once."""
    settling = Settling()
    settling.doubt()
    settling.asked()
    assert not settling.is_due
    settling.doubt()
    assert not settling.is_due
    now.at += SETTLE_FIRST_S
    assert settling.is_due

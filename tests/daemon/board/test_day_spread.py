"""Durations of a day, exact however few, and what is counted by the labels that metrics have."""

from dataclasses import replace

import pytest

from daemon.board import day_spread
from daemon.board.day_spread import DaySpread, Durations
from handlers.facts import QueueStay
from tests.storage.sample_calls import a_call, a_missed_call


def test_quantiles_are_those_of_the_reports() -> None:
    durations = Durations([4.0, 1.0, 3.0, 2.0])
    assert (durations.count, durations.sum_s) == (4, 10.0)
    assert (durations.quantile_s(0.5), durations.quantile_s(0.9)) == (2.5, 3.7)


def test_of_one_call_every_quantile_is_its_own_and_of_none_there_is_no_quantile() -> None:
    assert {Durations([7.25]).quantile_s(share) for share in (0.5, 0.9)} == {7.25}
    assert Durations().quantile_s(0.5) is None


def test_what_was_taken_back_is_gone_and_what_was_never_there_takes_nothing_with_it() -> None:
    durations = Durations([1.0, 2.0, 2.0])
    durations.take_back(2.0)
    durations.take_back(9.0)
    assert (durations.count, durations.sum_s, durations.quantile_s(0.5)) == (2, 3.0, 1.5)


def test_two_are_one_and_stay_what_they_were() -> None:
    one, other = Durations([1.0, 5.0]), Durations([3.0])
    both = one + other
    assert (both.count, both.sum_s, both.quantile_s(0.5)) == (3, 9.0, 3.0)
    assert (one.count, other.count) == (2, 1)


def test_beyond_the_limit_the_spread_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_spread, "KEPT", 2)
    assert Durations([1.0, 2.0, 3.0]).count == 2


def test_calls_are_counted_by_what_they_came_to_and_taken_back_whole() -> None:
    counted = DaySpread()
    answered, missed = a_call(wait_s=4.0, talk_s=30.0), a_missed_call(1, wait_s=12.0)
    lost = replace(a_call(2, wait_s=3.0), missed=True)
    for call in (answered, missed, lost):
        counted.count(call, "megafon", 1)
    assert counted.calls["in", "megafon", "answered"] == 2
    assert (counted.incoming["megafon", "answered"], counted.incoming["megafon", "missed"]) == (1, 2)
    assert counted.waits["megafon", "missed"].quantile_s(0.5) == 7.5
    for call in (answered, missed, lost):
        counted.count(call, "megafon", -1)
    assert not any(counted.calls.values())
    assert not any(counted.incoming.values())
    assert not any(each.count for each in (*counted.waits.values(), *counted.talks.values()))


def test_outgoing_and_internal_calls_talk_and_do_not_wait() -> None:
    counted = DaySpread()
    counted.count(a_call(direction="out", talk_s=20.0), "megafon", 1)
    counted.count(a_call(direction="internal", trunk=None, talk_s=5.0), "", 1)
    assert {key: each.sum_s for key, each in counted.talks.items()} == {("out", "megafon"): 20.0, ("internal", ""): 5.0}
    assert not counted.waits
    assert not counted.incoming


def test_stays_are_kept_by_queue_and_outcome() -> None:
    counted = DaySpread()
    counted.count_stay(QueueStay("support", 0.0, 9.0, "answered", 1, None), 9.0)
    assert counted.stays["support", "answered"].quantile_s(0.9) == 9.0

"""What is counted by the labels that metrics have."""

from dataclasses import replace

from daemon.board.day_spread import DaySpread
from handlers.facts import QueueStay
from tests.storage.sample_calls import a_call, a_missed_call


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

"""What is new of a live call is told a moment later, unless something else of it is told before."""

from dataclasses import dataclass

import pytest

from daemon import clock
from daemon.altered_calls import SETTLES_S, AlteredCalls
from handlers.facts import CallAnswered, CallChanged, CallEnded, CallQueued, Fact, QueueStayEnded
from tests.storage.sample_calls import START, a_call, ended


@dataclass
class Time:
    now: float = 1000.0


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "monotonic", lambda: time.now)
    return time


def changed(number: int = 0, state: str = "ivr") -> CallChanged:
    return CallChanged(START, a_call(number, state=state))


def test_it_is_told_when_nothing_else_follows(time: Time) -> None:
    altered = AlteredCalls()
    assert altered.pass_on([changed()]) == []
    assert altered.due_at == pytest.approx(1000 + SETTLES_S)
    assert altered.pass_on([]) == []
    time.now += SETTLES_S
    assert altered.pass_on([]) == [changed()]
    assert altered.pass_on([]) == []


def test_the_latest_is_told_no_later_than_the_first_would_have_been(time: Time) -> None:
    altered = AlteredCalls()
    altered.pass_on([changed(state="ringing")])
    time.now += SETTLES_S / 2
    altered.pass_on([changed(state="held"), changed(1)])
    time.now += SETTLES_S / 2
    assert altered.pass_on([]) == [changed(state="held")]
    time.now += SETTLES_S / 2
    assert altered.pass_on([]) == [changed(1)]


@pytest.mark.parametrize(
    "fact",
    [CallAnswered(START, a_call()), ended(a_call()), CallQueued(START, a_call(), "sales")],
    ids=lambda each: type(each).__name__,
)
def test_what_else_is_told_of_the_call_makes_it_needless(time: Time, fact: Fact) -> None:
    altered = AlteredCalls()
    altered.pass_on([changed(), changed(1)])
    assert altered.pass_on([fact]) == [fact]
    time.now += SETTLES_S
    assert altered.pass_on([]) == [changed(1)]


def test_all_other_facts_pass_in_their_order_at_once(time: Time) -> None:
    altered = AlteredCalls()
    others: list[Fact] = [CallQueued(START, a_call(1), "support"), *_stays_of(ended(a_call(2))), ended(a_call(2))]
    assert altered.pass_on(others) is others
    assert altered.pass_on([others[0], changed(), *others[1:]]) == others


def test_at_the_end_nothing_is_kept_back(time: Time) -> None:
    altered = AlteredCalls()
    altered.pass_on([changed(), changed(1)])
    assert altered.rest() == [changed(), changed(1)]
    assert altered.rest() == []


def _stays_of(fact: CallEnded) -> list[QueueStayEnded]:
    return [QueueStayEnded(START, fact.call.id, stay, 6.1, False, True) for stay in fact.stays]

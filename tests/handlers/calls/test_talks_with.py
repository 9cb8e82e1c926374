"""Is somebody speaking with this number right now? Asked when a missed caller's time runs out."""

from functools import partial
from operator import eq

import pytest

from handlers.calls.record import Recorder
from tests.handlers.playbook import Play

NUMBERS = [f"7900111220{n}" for n in range(5)]


def talking(play: Play, number: str) -> str:
    caller = play.incoming(number=number)
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    play.bridge(caller, leg)
    return caller


def test_of_many_talks_a_record_is_made_of_the_one_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play()
    callers = [talking(play, number) for number in NUMBERS]
    made: list[str] = []
    live = Recorder.live
    monkeypatch.setattr(Recorder, "live", lambda self, call: made.append(call.id) or live(self, call))  # type: ignore[func-returns-value]
    state = play.core._tracker.state
    for likely in ("", callers[2], callers[0]):
        assert {call.id for call in state.talks_with(lambda number: number == f"+{NUMBERS[2]}", likely)} == {callers[2]}
    assert set(made) == {callers[2]}


def test_the_number_that_is_looked_for_is_the_one_that_the_record_has() -> None:
    play = Play()
    talking(play, NUMBERS[0])
    person = play.dialling("101", "89161234567")
    line = play.dial(person, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.answer(person, line)
    play.bridge(person, line)
    state = play.core._tracker.state
    for call in state.live_calls():
        number = call.caller_e164 if call.direction == "in" else call.called_e164
        assert number is not None
        assert [each.id for each in state.talks_with(partial(eq, number))] == [call.id]
    assert {call.direction for call in state.live_calls()} == {"in", "out"}


def test_who_only_waits_is_no_talk() -> None:
    play = Play()
    play.incoming(number=NUMBERS[0])
    assert list(play.core._tracker.state.talks_with(lambda _number: True)) == []

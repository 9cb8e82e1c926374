"""Nobody will hear of the end of what lives: it is told as it stands."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.core import Core
from handlers.facts import CallEnded
from handlers.rules import Rules
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY, events, told
from tests.recordings import NAMES


def test_a_call_that_is_talked_is_answered_without_an_end_or_a_duration() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(4)
    play.answer(caller, leg)
    play.wait(60)
    (row,) = play.core.break_off(play.now)
    call = row.call
    assert (call.id, call.result, call.end_seen, call.incomplete, call.missed) == (
        caller, "answered", False, True, False,
    )  # fmt: skip
    assert (call.talk_s, call.hold_s, call.total_s, call.ended_at, call.ended_by) == (None, None, None, None, None)
    assert (call.wait_s, call.answered_by, row.at) == (4, "101", play.now)
    assert [talk.ended_at for talk in row.talks] == [None]
    assert [leg.ended_at for leg in row.legs] == [None, None]


def test_a_call_that_still_rings_in_a_queue_is_unknown_and_never_missed() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    play.ring(play.dial(caller, "PJSIP/101"))
    play.wait(20)
    (row,) = play.core.break_off(play.now)
    assert (row.call.result, row.call.missed, row.call.wait_s, row.call.ring_s) == ("unknown", False, None, None)
    assert [(stay.left_at, stay.outcome) for stay in row.stays] == [(None, None)]
    assert row.legs[1].ring_ended_at is None


def test_where_nobody_calls_there_is_nothing_to_tell() -> None:
    play = Play()
    caller = play.incoming()
    play.hang_up(caller)
    assert list(play.core.break_off(play.now)) == []


def _durations(row: CallEnded) -> Iterator[float | None]:
    call = row.call
    yield from (call.talk_s, call.hold_s, call.total_s, call.ended_at)
    if call.result == "unknown":
        yield from (call.wait_s, call.ivr_s, call.queue_s, call.ring_s)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_wherever_it_breaks_off_each_living_call_is_told_once_and_its_true_end_stays_as_it_was(
    data: st.DataObject,
) -> None:
    whole = events(data.draw(st.sampled_from(NAMES)))
    cut = data.draw(st.integers(0, len(whole)))
    core = Core(Rules())
    facts = told(whole[:cut], core)
    rows = core.break_off(core.now)
    assert [row.call.id for row in rows] == [call.id for call in core.live_calls()]
    for row in rows:
        answered = row.call.answered_at is not None
        assert (row.call.result, row.call.end_seen) == ("answered" if answered else "unknown", False)
        assert set(_durations(row)) == {None}
    facts += told(whole[cut:], core)
    assert facts == told(whole)
    assert core.sizes() == EMPTY

"""Of a live call whose state is another a fact tells, whatever it was that changed it."""

from handlers.calls.live_state import LiveState
from handlers.calls.periods import Stay
from handlers.facts import Call, CallChanged, CallQueued, Fact, Wait
from handlers.rules import Rules
from tests.handlers.playbook import START, Play


def changes(play: Play) -> list[Call]:
    """What was told of calls that changed, since this was asked last."""
    found = [fact.call for fact in play.facts if isinstance(fact, CallChanged)]
    play.facts.clear()
    return found


def test_who_leaves_a_queue_for_the_dialplan_waits_nowhere_any_more() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    joined_at = play.now
    (queued,) = play.told(CallQueued)
    assert isinstance(queued, CallQueued)
    assert (queued.call.state, queued.call.waits_in) == ("queued", (Wait("support", joined_at),))
    changes(play)
    play.wait(20)
    play.leave_queue(caller, abandoned=True)
    (left,) = changes(play)
    assert (left.state, left.state_since, left.waits_in) == ("ivr", play.now, ())
    play.join(caller, "sales")
    (queued,) = play.told(CallQueued)
    assert isinstance(queued, CallQueued)
    assert (queued.call.queue, queued.call.waits_in) == ("support", (Wait("sales", play.now),))
    assert changes(play) == [], "the queue says it"


def test_a_hold_and_its_end_are_told() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    changes(play)
    play.hold(leg)
    assert [call.state for call in changes(play)] == ["held"]
    play.unhold(leg)
    assert [call.state for call in changes(play)] == ["talking"]


def test_that_nobody_rings_any_more_is_told() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    assert changes(play) == [], "that it rings says it"
    play.wait(15)
    play.time_out(caller, leg)
    assert [call.state for call in changes(play)] == ["ivr"]


def test_nothing_new_is_told_of_what_begins_and_ends() -> None:
    play = Play()
    caller = play.incoming()
    play.hang_up(caller)
    assert changes(play) == []


def test_of_very_many_at_once_nothing_is_told() -> None:
    facts: list[Fact] = []
    state = LiveState(Rules(), facts)
    for number in range(201):
        channel = state.new_channel(
            START, f"{START:.0f}.{number}", f"PJSIP/trunk-{number:08x}", 4, None, None, "from-trunk", "1"
        )
        call = state.new_call(channel, channel.uniqueid)
        state.join_call(call, channel, START)
        call.join_queue(Stay("support", channel, START, 1))
        state.refresh(call, START)
    facts.clear()
    state.tell_altered(START)
    assert (facts, state.altered) == ([], {})

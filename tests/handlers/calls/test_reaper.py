"""What a lost Hangup leaves: cleared after a day of silence, with a reason, and never a guessed duration."""

from handlers.ami import events as ev
from handlers.calls.reaper import LOOK_EVERY_S, SILENT_S
from handlers.facts import CallEnded, EventDoubted, Fact
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY


def left_behind(play: Play) -> str:
    """A call whose caller's Hangup was lost; his channel."""
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(5)
    play.request_hangup(caller)
    play.hang_up(leg)
    return caller


def test_a_call_of_which_nothing_is_heard_for_a_day_is_over_unseen() -> None:
    play = Play()
    left_behind(play)
    play.wait(SILENT_S - 10)
    play.tick()
    assert not play.ended
    play.wait(2 * LOOK_EVERY_S)
    play.tick()
    call = play.only_call.call
    assert (call.result, call.end_seen, call.incomplete) == ("answered", False, True)
    assert (call.talk_s, call.total_s, call.ended_at, call.missed) == (None, None, None, False)
    assert [fact.reason for fact in play.facts if isinstance(fact, EventDoubted)] == ["silent_call"]
    assert play.core.sizes() == EMPTY


def test_the_core_asks_to_be_told_when_it_is_time() -> None:
    play = Play()
    left_behind(play)
    ticks = 0
    while play.core.next_deadline is not None:
        ticks += 1
        assert play.core.next_deadline > play.now
        play.wait(play.core.next_deadline - play.now)
        play.tick()
    assert len(play.ended) == 1
    assert SILENT_S / LOOK_EVERY_S <= ticks <= SILENT_S / LOOK_EVERY_S + 1


def test_ticks_or_none_the_story_is_the_same() -> None:
    def story(ticks: int) -> list[Fact]:
        play = Play()
        left_behind(play)
        for _ in range(ticks):
            play.wait(3 * SILENT_S / ticks)
            play.tick()
        play.wait(START + 4 * SILENT_S - play.now)
        play.incoming()
        return play.facts

    assert story(0) == story(1) == story(500)
    assert [type(fact) for fact in story(0)][-3:-1] == [EventDoubted, CallEnded]


def test_a_long_talk_in_which_anything_happens_goes_on() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    for _ in range(3):
        play.wait(SILENT_S * 0.9)
        play.hold(leg)
        play.wait(1)
        play.unhold(leg)
    play.far_end_hangs_up(caller, leg)
    assert play.only_call.call.talk_s == 3 * (SILENT_S * 0.9 + 1)


def test_what_is_told_of_a_cleared_call_afterwards_starts_nothing() -> None:
    play = Play()
    caller = left_behind(play)
    play.wait(2 * SILENT_S)
    play.tick()
    play.hang_up(caller)
    play.say(ev.CallerIdChanged(play.now, caller, "PJSIP/trunk-00000000", "1", None))
    assert len(play.ended) == 1
    assert play.core.sizes() == EMPTY


def test_a_clock_that_is_set_back_while_nobody_calls_is_followed() -> None:
    play = Play()
    play.tick()
    play.core.set_clock(-10 * SILENT_S)
    play.wait(-10 * SILENT_S)
    left_behind(play)
    assert play.core.next_deadline is not None
    assert play.core.next_deadline <= play.now + LOOK_EVERY_S

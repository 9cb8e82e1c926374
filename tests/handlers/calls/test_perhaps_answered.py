"""Callers who were perhaps answered while nobody listened: as long as nobody says that they were not, they were not missed."""

from handlers.ami import events as ev
from tests.handlers.calls.snapshots import OUTGOING, back, broken, cdr, shown, wanted
from tests.handlers.playbook import START, Play


def rung_for(play: Play) -> tuple[str, str]:
    """A caller, and the phone that rings for him."""
    caller = play.incoming()
    play.up(caller)
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    return caller, leg


def result(play: Play) -> tuple[str | None, bool, float | None, float | None]:
    """Of the only call: its result, whether it was missed, what it waited and talked."""
    call = play.only_call.call
    return call.result, call.missed, call.wait_s, call.talk_s


UNKNOWN = ("unknown", False, None, None)


def test_who_hangs_up_before_the_pbx_has_said_whether_he_was_answered_was_perhaps() -> None:
    play = Play()
    caller, _ = rung_for(play)
    broken(play)
    play.wait(30)
    back(play, shown(play, caller))
    assert wanted(play) == {caller}
    play.wait(0.01)
    play.far_end_hangs_up(caller)
    assert result(play) == UNKNOWN


def test_a_pbx_that_knows_the_channel_no_more_has_not_said_that_nobody_answered() -> None:
    play = Play()
    caller, _ = rung_for(play)
    broken(play)
    play.wait(30)
    back(play, shown(play, caller))
    play.say(ev.AnswerTold(play.now, caller, None, None, is_gone=True))
    play.wait(0.01)
    play.far_end_hangs_up(caller)
    assert result(play) == UNKNOWN


def test_who_gives_up_after_the_pbx_has_said_it_was_not_answered() -> None:
    play = Play()
    caller, _ = rung_for(play)
    broken(play)
    play.wait(30)
    back(play, shown(play, caller))
    cdr(play, caller, START, START)
    play.far_end_hangs_up(caller)
    assert play.only_call.call.missed


def test_a_phone_that_is_up_when_its_caller_is_gone_has_perhaps_answered_him() -> None:
    play = Play()
    _, leg = rung_for(play)
    broken(play)
    play.wait(30)
    back(play, shown(play, leg, "AppDial", OUTGOING))
    play.wait(0.01)
    play.hang_up(leg)
    assert result(play) == UNKNOWN


def test_a_phone_that_is_up_beside_its_caller_has_perhaps_talked_with_him() -> None:
    play = Play()
    caller, leg = rung_for(play)
    broken(play)
    play.wait(0.3)
    back(play, shown(play, caller, "Dial", "PJSIP/101"), shown(play, leg, "AppDial", OUTGOING))
    cdr(play, caller, START, START)
    play.far_end_hangs_up(caller, leg)
    assert result(play) == UNKNOWN


def test_a_phone_that_is_up_and_then_put_through_has_answered_then() -> None:
    play = Play()
    caller, leg = rung_for(play)
    broken(play)
    play.wait(0.3)
    back(play, shown(play, caller, "Dial", "PJSIP/101"), shown(play, leg, "AppDial", OUTGOING))
    cdr(play, caller, START, START)
    play.bridge(leg, caller)
    answered_at = play.now
    play.wait(7)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.result, call.answered_at, call.talk_s) == ("answered", answered_at, 7)


def test_of_a_call_whose_caller_is_gone_unseen_what_is_left_does_not_tell_whether_it_was_answered() -> None:
    play = Play()
    _, leg = rung_for(play)
    broken(play)
    play.wait(30)
    back(play, shown(play, leg, "AppDial", OUTGOING, state=ev.ChannelState.RINGING))
    play.wait(0.01)
    play.hang_up(leg)
    assert result(play) == UNKNOWN


def test_a_caller_whose_hangup_was_heard_before_the_break_was_missed_whatever_of_his_call_goes_later() -> None:
    play = Play()
    caller, leg = rung_for(play)
    play.request_hangup(caller)
    play.hang_up(caller)
    broken(play)
    play.wait(0.3)
    back(play, shown(play, leg, "AppDial", OUTGOING, state=ev.ChannelState.RINGING))
    assert wanted(play) == set()
    play.hang_up(leg)
    assert play.only_call.call.missed

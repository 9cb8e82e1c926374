"""A hold that goes on when the stream breaks: nobody can ask the PBX for it, only its end shows that it went on."""

from tests.handlers.calls.snapshots import OUTGOING, back, broken, shown
from tests.handlers.playbook import START, Play


def held_over_a_gap() -> tuple[Play, str, str]:
    """101 answers in the second second and holds in the third; five seconds later, at START + 8, the line is back."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)
    bridge = play.core.bridge_of(caller)
    play.wait(1)
    play.hold(leg)
    broken(play)
    play.wait(5)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101", bridge=bridge, context="from-trunk"),
        shown(play, leg, "AppDial", OUTGOING, linkedid=caller, bridge=bridge),
    )
    return play, caller, leg


def test_a_hold_whose_end_is_heard_after_the_gap_went_on_through_it() -> None:
    play, caller, leg = held_over_a_gap()
    assert [call.state for call in play.core.live_calls()] == ["held"]
    play.wait(1)
    play.unhold(leg)
    play.wait(1)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s, call.total_s) == (8, 6, 10)
    assert [hold.ended_at for hold in play.only_call.holds] == [START + 9]


def test_a_hold_of_which_nothing_is_heard_any_more_may_have_been_over_and_is_null() -> None:
    """Else one that ended inside the gap would last to the end of the call."""
    play, caller, leg = held_over_a_gap()
    play.wait(2)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s, call.total_s) == (8, None, 10)
    assert [(hold.started_at, hold.ended_at) for hold in play.only_call.holds] == [(START + 3, None)]


def test_who_holds_again_after_the_gap_had_taken_the_other_back_in_it() -> None:
    play, caller, leg = held_over_a_gap()
    play.wait(1)
    play.hold(leg)
    play.wait(1)
    play.unhold(leg)
    play.far_end_hangs_up(caller, leg)
    assert play.only_call.call.hold_s is None
    assert [(hold.started_at, hold.ended_at) for hold in play.only_call.holds] == [
        (START + 3, None),
        (START + 9, START + 10),
    ]

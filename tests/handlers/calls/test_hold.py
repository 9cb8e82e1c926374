"""Hold, in the forms in which phones and the PBX tell it."""

from handlers.ami import events as ev
from tests.handlers.playbook import START, Play


def talking() -> tuple[Play, str, str]:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    play.wait(1)
    return play, caller, leg


def states(play: Play) -> list[str]:
    return [call.state for call in play.core.live_calls()]


def test_a_hold_is_within_the_talk_and_shown_while_it_lasts() -> None:
    play, caller, leg = talking()
    play.hold(leg)
    assert states(play) == ["held"]
    play.wait(2)
    play.unhold(leg)
    assert states(play) == ["talking"]
    play.wait(1)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s) == (4, 2)
    assert [(hold.by, hold.ended_at) for hold in play.only_call.holds] == [
        ("person", call.ended_at - 1 if call.ended_at else 0)
    ]


def test_an_unhold_without_a_hold_is_nothing() -> None:
    """12-blind-transfer-answered: REFER sends one."""
    play, caller, leg = talking()
    play.unhold(leg)
    play.wait(1)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.talk_s, play.only_call.call.hold_s, play.only_call.holds) == (2, 0, ())


def test_a_hold_told_twice_is_one() -> None:
    play, caller, leg = talking()
    play.hold(leg)
    play.wait(1)
    play.hold(leg)
    play.wait(1)
    play.unhold(leg)
    play.unhold(leg)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.hold_s, len(play.only_call.holds)) == (2, 1)


def test_a_hold_that_is_never_taken_back_ends_when_its_holder_leaves() -> None:
    """Transfers by feature code send no Unhold."""
    play, caller, leg = talking()
    play.hold(leg)
    play.wait(2)
    play.leave(leg)
    play.wait(5)
    play.enter("bridge-0", leg)
    assert states(play) == ["talking"]
    play.wait(1)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.talk_s, play.only_call.call.hold_s) == (4, 2)


def test_a_hold_ends_with_the_hangup_of_its_holder() -> None:
    play, caller, leg = talking()
    play.hold(leg)
    play.wait(2)
    play.far_end_hangs_up(leg)
    play.wait(3)
    play.hang_up(caller)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s, call.total_s) == (3, 2, 6)


def test_the_caller_may_hold_too() -> None:
    play, caller, leg = talking()
    play.hold(caller)
    play.wait(2)
    play.unhold(caller)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.hold_s, [hold.by for hold in play.only_call.holds]) == (2, ["caller"])


def test_when_both_hold_the_time_counts_once() -> None:
    play, caller, leg = talking()
    play.hold(leg)
    play.wait(1)
    play.hold(caller)
    play.wait(1)
    play.unhold(leg)
    assert states(play) == ["held"]
    play.wait(1)
    play.unhold(caller)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.hold_s, play.only_call.call.talk_s) == (3, 4)


def test_a_hold_before_the_talk_begins_with_it() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.up(leg)
    play.hold(leg)
    play.wait(2)
    play.answer(caller, leg)
    play.wait(3)
    play.unhold(leg)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.talk_s, play.only_call.call.hold_s) == (3, 3)


def test_the_holder_who_stays_while_the_other_changes_places_holds_on() -> None:
    """23-forward-302: a Local half is optimised away in the middle of a hold."""
    play, caller, leg = talking()
    play.hold(leg)
    play.wait(2)
    play.leave(caller)
    play.enter("bridge-0", caller)
    assert states(play) == ["held"]
    play.wait(2)
    play.unhold(leg)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.hold_s, play.only_call.call.talk_s) == (4, 5)


def test_music_in_a_queue_is_no_hold() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    play.say(ev.HoldStarted(play.now, caller, play.names[caller]))
    play.wait(3)
    assert states(play) == ["queued"]
    play.leave_queue(caller, abandoned=True)
    play.far_end_hangs_up(caller)
    assert play.only_call.call.hold_s == 0


def test_holds_of_either_side_count_once_and_end_with_their_holder() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.hold(leg)
    play.wait(3)
    play.hold(caller)
    play.wait(1)
    play.unhold(leg)
    play.wait(2)
    (live,) = play.core.live_calls()
    assert live.state == "held"
    play.far_end_hangs_up(caller, leg)

    ended = play.only_call
    assert (ended.call.hold_s, ended.call.talk_s) == (6, 6)
    assert [(hold.by, hold.ended_at) for hold in ended.holds] == [("person", START + 4), ("caller", START + 6)]


def test_a_holding_bridge_is_no_talk() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(2)
    play.leave(caller)
    play.enter("lot", caller, "holding_bridge")
    play.hang_up(leg)
    play.wait(5)
    play.far_end_hangs_up(caller)
    assert (play.only_call.call.talk_s, play.only_call.call.total_s) == (2, 7)

"""The parking lot: fetched, called back, given up; neither talk nor hold."""

from handlers.ami import events as ev
from tests.handlers.calls.passing_on import talking
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY


def parked(play: Play) -> tuple[str, str]:
    """101 parks the caller and goes on hearing the number of the space: caller and agent."""
    caller, agent = talking(play)
    play.park(caller)
    return caller, agent


def test_a_parked_caller_is_held_and_nobody_talks_with_him() -> None:
    play = Play()
    caller, agent = parked(play)
    play.hang_up(agent)
    (live,) = play.core.live_calls()
    assert live.state == "held"
    play.wait(3)
    fetcher = play.dialling("102", "701")
    play.up(fetcher)
    play.unpark(caller, retriever=fetcher)
    play.bridge(fetcher, caller)
    play.wait(2)
    play.far_end_hangs_up(caller, fetcher)
    fetching, call = (ended.call for ended in play.ended)
    assert fetching.merged_into == call.id
    assert (call.talk_s, call.hold_s, call.lost_after_transfer) == (4, 0, False)
    (hold,) = play.ended[1].holds
    assert (hold.by, hold.ended_at) == ("lot", hold.started_at + 3)


def test_a_caller_who_gives_up_in_the_lot_is_lost_even_while_the_parker_still_listens() -> None:
    play = Play()
    caller, agent = parked(play)
    play.wait(1)
    play.request_hangup(caller)
    play.leave(caller)
    play.hang_up(caller)
    play.say(ev.Parked(play.now, "ParkedCallGiveUp", caller, "default", "701", None))
    play.hang_up(agent)
    call = play.only_call.call
    assert (call.result, call.lost_after_transfer, call.ended_by) == ("answered", True, "caller")
    assert [hold.by for hold in play.only_call.holds] == ["lot"]
    assert play.core.sizes() == EMPTY


def come_back(play: Play) -> tuple[str, str]:
    """Nobody fetches him, and the parker is called back: caller, and the new leg to 101."""
    caller, agent = parked(play)
    play.hang_up(agent)
    play.wait(8)
    play.unpark(caller, "ParkedCallTimeOut")
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(1)
    return caller, leg


def test_a_parker_who_is_called_back_has_his_caller_again() -> None:
    play = Play()
    caller, leg = come_back(play)
    play.answer(caller, leg)
    play.wait(2)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.talk_s, call.lost_after_transfer, call.wait_s, call.ring_s) == (4, False, 1, 1)
    assert [agent.device for agent in call.agents] == ["PJSIP/101"]


def test_a_parker_who_does_not_answer_has_lost_his_caller() -> None:
    play = Play()
    caller, leg = come_back(play)
    play.time_out(caller, leg)
    play.hang_up(caller)
    call = play.only_call.call
    assert (call.lost_after_transfer, call.ended_by) == (True, "pbx")


def test_the_end_of_a_parking_that_is_never_told_is_the_talk_that_follows_or_the_end_of_the_call() -> None:
    for fetched in (True, False):
        play = Play()
        caller, agent = parked(play)
        play.hang_up(agent)
        play.wait(3)
        play.leave(caller)
        if fetched:
            other = play.dial(caller, "PJSIP/102")
            play.answer(caller, other)
            play.wait(1)
            play.hang_up(other)
        play.hang_up(caller)
        (hold,) = play.only_call.holds
        assert hold.ended_at == hold.started_at + 3


def test_what_is_told_of_a_lot_and_a_channel_that_nobody_knows_is_nothing() -> None:
    play = Play()
    play.say(ev.Parked(play.now, "ParkedCall", "1.1", "default", "701", None))
    play.say(ev.Parked(play.now, "ParkedCallSwap", "1.1", "default", "701", None))
    assert play.facts == []


def test_who_parks_the_one_whom_he_called_does_not_end_the_call_by_going() -> None:
    """101 called a mobile, parks it and hangs up, while it waits or when 102 has fetched it."""
    for goes_first in (True, False):
        play = Play()
        dialler = play.dialling("101", "989161234567")
        mobile = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
        play.answer(dialler, mobile)
        play.wait(2)
        play.park(mobile)
        if goes_first:
            play.far_end_hangs_up(dialler)
        play.wait(3)
        fetcher = play.dialling("102", "701")
        play.unpark(mobile, retriever=fetcher)
        play.bridge(fetcher, mobile)
        if not goes_first:
            play.far_end_hangs_up(dialler)
        play.wait(2)
        play.far_end_hangs_up(mobile, fetcher)
        call = play.ended[-1].call
        assert (call.direction, call.ended_by, call.talk_s) == ("out", "person", 4)
        assert [agent.device for agent in call.agents] == ["PJSIP/101", "PJSIP/102"]


def test_a_colleague_whom_the_caller_has_parked_is_whom_the_fetcher_talks_with() -> None:
    play = Play()
    caller = play.dialling("103", "101")
    colleague = play.dial(caller, "PJSIP/101")
    play.answer(caller, colleague)
    play.wait(2)
    play.park(colleague)
    play.far_end_hangs_up(caller)
    play.wait(3)
    fetcher = play.dialling("102", "701")
    play.unpark(colleague, retriever=fetcher)
    play.bridge(fetcher, colleague)
    play.wait(4)
    play.far_end_hangs_up(fetcher, colleague)
    call = play.ended[-1].call
    assert (call.direction, call.result, call.talk_s, call.ended_by) == ("internal", "answered", 6, "person")
    assert [agent.device for agent in call.agents] == ["PJSIP/101", "PJSIP/102"]

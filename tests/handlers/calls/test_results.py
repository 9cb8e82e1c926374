"""What became of a call: the contract's table (section 2), row by row, and its edges."""

import pytest

from handlers.ami import events as ev
from handlers.rules import Rules
from tests.handlers.playbook import Play


def result_of(play: Play) -> tuple[str, str | None, bool]:
    call = play.only_call.call
    return call.direction, call.result, call.missed


def caller_gives_up(play: Play, caller: str) -> None:
    play.far_end_hangs_up(caller)


@pytest.mark.parametrize(
    ("status", "result"), [("CHANUNAVAIL", "unavailable"), ("CONGESTION", "unavailable"), ("BUSY", "busy")]
)
def test_a_dial_that_found_nobody_says_so_in_a_variable_alone(status: str, result: str) -> None:
    play = Play()
    caller = play.incoming()
    play.variable(caller, "DIALSTATUS", status)
    play.hang_up(caller)
    assert result_of(play) == ("in", result, True)


def test_a_dial_that_says_nothing_yet_is_no_result() -> None:
    """DIALSTATUS is set to nothing when Dial begins."""
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.variable(caller, "DIALSTATUS", "")
    caller_gives_up(play, caller)
    assert result_of(play) == ("in", "ivr_only", False)


@pytest.mark.parametrize("status", ["FULL", "JOINEMPTY", "JOINUNAVAIL"])
def test_a_queue_that_takes_nobody_makes_it_unavailable(status: str) -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.variable(caller, "QUEUESTATUS", status)
    play.hang_up(caller)
    assert result_of(play) == ("in", "unavailable", True)
    assert (play.only_call.call.queue, play.only_call.call.queues) == (None, ())


@pytest.mark.parametrize("status", ["LEAVEEMPTY", "TIMEOUT", "CONTINUE"])
def test_a_queue_that_gave_up_makes_it_no_answer(status: str) -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    play.wait(20)
    play.leave_queue(caller, abandoned=status != "CONTINUE")
    play.variable(caller, "QUEUESTATUS", status)
    play.wait(5)
    caller_gives_up(play, caller)
    assert result_of(play) == ("in", "no_answer", True)
    assert play.only_call.call.wait_s == 20


def test_a_caller_who_leaves_behind_busy_phones_while_one_rings_abandons() -> None:
    play = Play()
    caller = play.incoming()
    busy, free = play.dial(caller, "PJSIP/101"), play.dial(caller, "PJSIP/102")
    play.refuse(caller, busy)
    play.ring(free)
    play.wait(10)
    play.caller_cancels(caller, free)
    assert result_of(play) == ("in", "abandoned", True)
    assert [leg.result for leg in play.only_call.legs] == [None, "busy", "cancelled"]


def test_one_busy_and_one_out_of_reach_is_busy() -> None:
    play = Play()
    caller = play.incoming()
    busy, gone = play.dial(caller, "PJSIP/101"), play.dial(caller, "PJSIP/102")
    play.refuse(caller, busy)
    play.refuse(caller, gone, cause=20, status="CHANUNAVAIL")
    play.hang_up(caller)
    assert result_of(play) == ("in", "busy", True)
    assert [leg.result for leg in play.only_call.legs] == [None, "busy", "unavailable"]


def test_a_phone_that_declines_with_its_button_is_busy() -> None:
    """603 is a person's; 403 and 401 are the far switch's, and come as the same cause."""
    for sip, result in (("603", "busy"), ("403", "unavailable")):
        play = Play()
        caller = play.incoming()
        leg = play.dial(caller, "PJSIP/101")
        play.end_dial(caller, leg, "CHANUNAVAIL")
        play.say(ev.ChannelHungUp(play.now, leg, play.names[leg], 21, sip))
        play.hang_up(caller)
        assert result_of(play) == ("in", result, True)


def test_no_short_abandons_where_the_settings_know_none() -> None:
    play = Play(Rules(short_abandon_s=0))
    caller = play.incoming()
    play.join(caller)
    play.leave_queue(caller, abandoned=True)
    caller_gives_up(play, caller)
    assert result_of(play) == ("in", "abandoned", True)


def test_what_counts_as_missed_is_a_setting() -> None:
    play = Play(Rules(missed_results=frozenset({"ivr_only"})))
    caller = play.incoming()
    play.up(caller)
    caller_gives_up(play, caller)
    other = play.incoming()
    play.join(other)
    caller_gives_up(play, other)
    assert [(ended.call.result, ended.call.missed) for ended in play.ended] == [
        ("ivr_only", True),
        ("short_abandoned", False),
    ]


def test_a_pbx_that_is_stopped_while_a_phone_rings_makes_no_abandon() -> None:
    """29-reload-and-restart: SoftHangupRequest of every channel first."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(30)
    for channel in (caller, leg):
        play.hang_up(channel)
    assert result_of(play) == ("in", "no_answer", True)
    assert play.only_call.call.ended_by == "pbx"


def test_voicemail_is_a_flag_beside_the_result() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(20)
    play.time_out(caller, leg)
    play.up(caller)
    play.wait(10)
    play.variable(caller, "VMSTATUS", "SUCCESS")
    caller_gives_up(play, caller)
    assert result_of(play) == ("in", "no_answer", True)
    assert play.only_call.call.voicemail


@pytest.mark.parametrize(
    ("dialled", "endpoint", "context"),
    [("989161234567", "PJSIP/trunk", "from-trunk"), ("102", "PJSIP/102", "from-internal")],
)
def test_our_side_hanging_up_first_is_cancelled_even_before_it_rings(dialled: str, endpoint: str, context: str) -> None:
    play = Play()
    dialler = play.dialling("101", dialled)
    leg = play.dial(dialler, endpoint, dialled, context)
    play.wait(1)
    play.caller_cancels(dialler, leg)
    direction, result, missed = result_of(play)
    assert (direction, result, missed) == ("out" if endpoint == "PJSIP/trunk" else "internal", "cancelled", False)


@pytest.mark.parametrize(
    ("cause", "status", "rings", "result"),
    [
        (17, "BUSY", True, "busy"),
        (19, "NOANSWER", True, "no_answer"),
        (20, "CHANUNAVAIL", False, "no_answer"),
        (1, "CHANUNAVAIL", False, "failed"),
    ],
)
def test_a_colleague_who_is_not_reached_says_why(cause: int, status: str, rings: bool, result: str) -> None:
    play = Play()
    dialler = play.dialling("101", "102")
    leg = play.dial(dialler, "PJSIP/102")
    if rings:
        play.ring(leg)
    play.wait(3)
    play.refuse(dialler, leg, cause, status)
    play.hang_up(dialler, cause)
    assert result_of(play) == ("internal", result, False)


def test_a_colleague_out_of_reach_of_whom_there_is_no_channel_failed() -> None:
    play = Play()
    dialler = play.dialling("101", "102")
    play.variable(dialler, "DIALSTATUS", "CHANUNAVAIL")
    play.hang_up(dialler)
    assert result_of(play) == ("internal", "failed", False)


def test_a_colleague_who_waits_in_a_queue_in_vain_had_no_answer() -> None:
    play = Play()
    dialler = play.dialling("101", "7100")
    play.up(dialler)
    play.join(dialler)
    play.wait(30)
    play.leave_queue(dialler, abandoned=True)
    play.variable(dialler, "QUEUESTATUS", "TIMEOUT")
    play.hang_up(dialler)
    assert result_of(play) == ("internal", "no_answer", False)


def test_a_colleague_who_gives_up_in_a_queue_cancelled() -> None:
    play = Play()
    dialler = play.dialling("101", "7100")
    play.up(dialler)
    play.join(dialler)
    play.wait(30)
    caller_gives_up(play, dialler)
    assert result_of(play) == ("internal", "cancelled", False)


def test_click_to_call_to_a_colleague_is_internal() -> None:
    play = Play()
    own = play.channel("PJSIP/101", number="101")
    play.begin_dial(None, own, "101")
    play.ring(own)
    play.wait(2)
    play.up(own)
    leg = play.dial(own, "PJSIP/102")
    play.ring(leg)
    play.wait(3)
    play.answer(own, leg)
    play.wait(4)
    play.far_end_hangs_up(leg, own)
    call = play.only_call.call
    assert (call.direction, call.result, call.caller, call.answered_by) == ("internal", "answered", "101", "102")
    assert (call.wait_s, call.talk_s) == (5, 4)


def test_click_to_call_whose_own_phone_is_busy_is_internal_busy() -> None:
    play = Play()
    own = play.channel("PJSIP/101", number="101")
    play.begin_dial(None, own, "101")
    play.hang_up(own, 17)
    assert result_of(play) == ("internal", "busy", False)


def test_click_to_call_through_a_local_channel_is_made_by_the_extension() -> None:
    """31-originate-callback: the halves come first, and are nobody's."""
    play = Play()
    one, two = play.local("101", "none", "from-internal")
    own = play.channel("PJSIP/101", number="101", linkedid=one)
    play.begin_dial(two, own, "101")
    play.ring(own)
    play.wait(2)
    play.answer(two, own)
    leg = play.dial(one, "PJSIP/trunk", "89161234567@trunk", "from-trunk")
    play.ring(leg)
    play.wait(3)
    play.answer(one, leg)
    play.wait(4)
    play.far_end_hangs_up(leg, one, two, own)
    call = play.only_call.call
    assert (call.direction, call.result, call.caller, call.called) == ("out", "answered", "101", "89161234567")
    assert call.talk_s == 4

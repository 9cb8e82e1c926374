"""Calls that are passed on while nobody listens: what was not seen is not told, and nothing is guessed."""

from handlers.ami.events import (
    AnswerTold,
    ChannelState,
    LiveBridge,
    LiveChannel,
    LiveQueueEntry,
    Snapshot,
    StreamBroken,
    StreamResumed,
)
from tests.handlers.calls.passing_on import talking
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY


def shown(play: Play, uniqueid: str, bridge: str | None, linkedid: str | None = None) -> LiveChannel:
    """A channel that the snapshot shows."""
    name = play.names[uniqueid]
    return LiveChannel(
        uniqueid, linkedid or uniqueid, name, 6, "101", None, None, "from-internal", "", "", bridge, None
    )


def resumed(play: Play, *channels: LiveChannel, bridges: tuple[LiveBridge, ...] = ()) -> None:
    """The connection broke, and this lives when it is back a minute later."""
    play.say(StreamBroken(play.now))
    play.wait(60)
    play.say(StreamResumed(play.now, Snapshot("", channels, bridges, (), (), (), {})))


def test_a_transfer_that_happened_meanwhile_shows_in_who_talks_afterwards() -> None:
    play = Play()
    caller, agent = talking(play)
    other = "1800000900.77"
    play.names[other] = "PJSIP/102-0000004d"
    resumed(
        play,
        shown(play, caller, "b-9"),
        shown(play, other, "b-9", caller),
        bridges=(LiveBridge("b-9", "simple_bridge"),),
    )
    (live,) = play.core.live_calls()
    assert (live.state, [each.device for each in live.agents]) == ("talking", ["PJSIP/101", "PJSIP/102"])
    assert live.transfers == ()
    play.wait(5)
    play.hang_up(caller)
    play.hang_up(other)
    call = play.only_call.call
    assert (call.result, call.incomplete, call.lost_after_transfer) == ("answered", True, False)
    assert {leg.uniqueid for leg in play.only_call.legs if leg.ended_at is None} == {agent}, "nobody saw his end"
    assert play.core.sizes() == EMPTY


def test_a_caller_in_the_lot_when_the_stream_is_back_can_be_fetched() -> None:
    play = Play()
    caller, _agent = talking(play)
    resumed(play, shown(play, caller, "lot"), bridges=(LiveBridge("lot", "holding_bridge"),))
    (live,) = play.core.live_calls()
    assert live.state != "talking"
    fetcher = play.dialling("102", "701")
    play.up(fetcher)
    play.unpark(caller, retriever=fetcher)
    play.bridge(fetcher, caller)
    play.wait(3)
    play.far_end_hangs_up(caller, fetcher)
    call = next(ended.call for ended in play.ended if ended.call.merged_into is None)
    assert ([each.device for each in call.agents], call.incomplete) == (["PJSIP/101", "PJSIP/102"], True)
    assert play.core.sizes() == EMPTY


def test_a_parked_caller_who_is_gone_when_the_stream_is_back_ended_unseen() -> None:
    play = Play()
    caller, agent = talking(play)
    play.park(caller)
    play.hang_up(agent)
    resumed(play)
    call = play.only_call.call
    assert (call.result, call.end_seen, call.talk_s, call.lost_after_transfer) == ("answered", False, None, False)
    assert play.core.sizes() == EMPTY


def test_of_two_one_of_whom_was_there_before_us_the_one_never_seen_can_pass_on() -> None:
    """We began to listen while they talked: the transferer's channel is met in the snapshot, its call incomplete."""
    play = Play()
    caller, agent = "1800000000.1", "1800000000.2"
    play.was_there_before(caller, "PJSIP/trunk-00000001", caller, "b")
    play.was_there_before(agent, "PJSIP/101-00000002", caller, "b")
    first = LiveChannel(
        caller, caller, play.names[caller], 6, "79001112233", None, None, "from-trunk", "7001", "", "b", None
    )
    play.say(
        StreamResumed(
            play.now,
            Snapshot("", (first, shown(play, agent, "b", caller)), (LiveBridge("b", "simple_bridge"),), (), (), (), {}),
        )
    )
    play.wait(2)
    play.blind_transfer(agent, caller, "102")
    play.hang_up(agent)
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    play.wait(1)
    play.caller_cancels(caller, leg)
    call = play.only_call.call
    assert (call.result, call.incomplete, call.talk_s) == ("answered", True, None)
    assert [(each.by, each.to, each.result) for each in call.transfers] == [("101", "102", "abandoned")]
    assert call.lost_after_transfer


def test_a_consultation_that_was_joined_to_the_call_in_the_gap_has_no_end_and_no_durations() -> None:
    play = Play()
    caller, _agent = talking(play)
    second = play.dialling("101", "102")
    target = play.dial(second, "PJSIP/102")
    play.wait(2)
    play.answer(second, target)
    play.wait(4)
    resumed(
        play,
        shown(play, caller, "b-9"),
        shown(play, target, "b-9", second),
        bridges=(LiveBridge("b-9", "simple_bridge"),),
    )
    merged, call = play.ended[0].call, next(play.core.live_calls())
    assert (merged.id, merged.merged_into, merged.result) == (second, caller, "answered")
    assert (merged.end_seen, merged.ended_at, merged.total_s, merged.talk_s) == (False, None, None, None)
    assert [talk.ended_at for talk in play.ended[0].talks] == [None]
    assert (call.id, call.state) == (caller, "talking")


def test_who_is_in_his_queue_for_a_shorter_time_than_before_has_left_it_and_joined_again() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    play.wait(10)
    play.say(StreamBroken(play.now))
    play.wait(60)
    entry = LiveQueueEntry("support", caller, 1, 8.0)
    play.say(StreamResumed(play.now, Snapshot("", (shown(play, caller, None),), (), (entry,), (), (), {})))
    assert list(play.core.waiting()) == [("support", play.now - 8)]
    play.wait(2)
    play.request_hangup(caller)
    play.leave_queue(caller, abandoned=True)
    play.hang_up(caller)
    assert [(stay.left_at, stay.outcome) for stay in play.only_call.stays] == [
        (None, "unknown"),
        (play.now, "abandoned"),
    ]
    assert play.only_call.call.queue_s is None


def test_who_went_up_in_the_gap_was_not_refused() -> None:
    play = Play()
    caller = play.incoming()
    resumed(play, shown(play, caller, None))
    play.say(AnswerTold(play.now, caller, START, START + 5))
    play.wait(2)
    play.far_end_hangs_up(caller)
    assert play.only_call.call.result == "ivr_only", "a menu has answered him"


def test_a_phone_that_began_to_ring_in_the_gap_rings() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    resumed(play, shown(play, caller, None)._replace(state=4), shown(play, leg, None, caller)._replace(state=5))
    (live,) = play.core.live_calls()
    assert live.state == "ringing"
    play.wait(2)
    play.answer(caller, leg)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.wait_s, call.ring_s) == (62, None)


def test_a_channel_that_a_list_has_twice_is_met_once() -> None:
    play = Play()
    caller = "1800000000.1"
    play.was_there_before(caller, "PJSIP/trunk-00000001", caller, "b")
    channel = shown(play, caller, None)._replace(context="from-trunk")
    play.say(StreamResumed(play.now, Snapshot("", (channel, channel), (), (), (), (), {})))
    play.far_end_hangs_up(caller)
    assert (play.only_call.call.id, play.core.sizes()) == (caller, EMPTY)


def test_an_outgoing_call_whose_line_went_up_in_the_gap_was_answered_whoever_has_it_now() -> None:
    """Answered and passed on or parked meanwhile: its line hears nobody when the stream is back, and nobody knows who talked."""
    play = Play()
    dialler = play.dialling("101", "89161234567")
    line = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(line)
    resumed(play, shown(play, line, None, dialler))
    play.wait(4)
    play.hang_up(line)
    call = play.only_call.call
    assert (call.direction, call.result, call.end_seen, call.incomplete) == ("out", "answered", True, True)
    assert (call.answered_at, call.wait_s, call.talk_s) == (None, None, None)


def test_an_outgoing_call_that_rings_on_after_the_gap_was_not() -> None:
    play = Play()
    dialler = play.dialling("101", "89161234567")
    line = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(line)
    rings = shown(play, line, None, dialler)._replace(state=ChannelState.RINGING)
    resumed(play, shown(play, dialler, None)._replace(state=ChannelState.RING), rings)
    play.wait(4)
    play.hang_up(line)
    play.hang_up(dialler)
    assert play.only_call.call.result != "answered"


def test_an_outgoing_call_whose_line_is_gone_and_whose_dialler_went_up_in_the_gap_was_perhaps_answered() -> None:
    """Answered and hung up inside the gap; the dialler hangs up after it. Nobody knows, so it is not `cancelled`."""
    play = Play()
    dialler = play.dialling("101", "89161234567")
    line = play.dial(dialler, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(line)
    resumed(play, shown(play, dialler, None))
    play.hang_up(dialler)
    call = play.only_call.call
    assert (call.direction, call.result, call.end_seen) == ("out", "unknown", True)
    assert (call.answered_at, call.wait_s, call.talk_s) == (None, None, None)

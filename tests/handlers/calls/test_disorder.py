"""Events that come late, twice or not at all, where it once mattered."""

from handlers.ami import events as ev
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY


def test_a_first_channel_that_is_told_after_its_leg_still_makes_one_call() -> None:
    play = Play()
    leg = play.channel("PJSIP/101", linkedid="1800000000.1")
    play.wait(0.01)
    caller = play.incoming()
    assert caller == "1800000000.1"
    play.begin_dial(caller, leg, "101")
    play.ring(leg)
    play.answer(caller, leg)
    play.wait(2)
    play.far_end_hangs_up(caller, leg)
    assert [ended.call.result for ended in play.ended if ended.call.merged_into is None] == ["answered"]
    assert play.core.sizes() == EMPTY


def test_a_call_that_gets_its_own_linkedid_back_by_joining_ends_once() -> None:
    """Its leg was told first, so a second call was filed under the Linkedid in between."""
    play = Play()
    leg = play.channel("PJSIP/101", linkedid="1800000000.1")
    caller = play.channel("PJSIP/102", state=ev.ChannelState.RING, exten="101")
    assert caller == "1800000000.1"
    play.answer(caller, leg)
    play.wait(2)
    play.far_end_hangs_up(caller, leg)
    assert sorted(ended.call.id for ended in play.ended) == sorted([leg, caller])
    assert len([ended for ended in play.ended if ended.call.merged_into is not None]) == 1
    assert play.core.sizes() == EMPTY


def test_a_merge_of_bridges_that_nobody_was_in_leaves_nothing_behind() -> None:
    play = Play()
    play.say(ev.BridgeMerged(play.now, "b-1", "b-2"))
    assert play.core.sizes() == EMPTY


def test_the_members_of_a_merged_bridge_talk_on() -> None:
    """Asterisk tells each one's leaving and entering, after the merge; who has no such event comes along all the same."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    bridge = play.bridge(caller)
    other = play.bridge(leg)
    play.say(ev.BridgeMerged(play.now, bridge, other))
    play.say(ev.BridgeDestroyed(play.now, other))
    assert play.core.bridge_of(leg) == bridge
    play.wait(3)
    play.say(ev.BridgeDestroyed(play.now, bridge))
    play.hang_up(caller)
    play.hang_up(leg)
    assert play.only_call.call.talk_s == 3
    assert play.core.sizes() == EMPTY


def test_who_leaves_a_bridge_that_is_merged_does_not_talk_in_the_other() -> None:
    """A transfer by feature code whose transferer hung up (22): he leaves the merged bridge last, by its old name."""
    play = Play()
    caller = play.incoming()
    agent = play.dial(caller, "PJSIP/101")
    play.answer(caller, agent)
    play.wait(2)
    one, two = play.local("102", caller, "from-internal")
    play.leave(agent)
    consultation = play.bridge(one, agent)
    play.wait(3)
    play.request_hangup(agent)
    play.say(ev.BridgeMerged(play.now, play.core.bridge_of(caller) or "", consultation))
    play.leave(one)
    play.enter(play.core.bridge_of(caller) or "", one)
    play.leave(agent)
    play.wait(4)
    play.hang_up(agent)
    for channel in (caller, one, two):
        play.hang_up(channel)
    assert play.only_call.call.talk_s == 2
    assert len(play.only_call.talks) == 1
    assert play.core.sizes() == EMPTY


def test_halves_of_different_pairs_are_not_linked() -> None:
    """What says so is forged: a hostile caller would join his call with another's."""
    play = Play()
    one, two = play.incoming(), play.incoming()
    for pair in ((one, two), (one, one)):
        play.say(ev.LocalBridged(play.now, *pair, False))
    play.hang_up(one)
    play.hang_up(two)
    assert len(play.ended) == 2
    assert len([fact for fact in play.facts if getattr(fact, "reason", "") == "misnamed_channel"]) == 2


def test_a_number_dialled_with_line_ends_is_cut_where_the_dial_tells_it_too() -> None:
    play = Play()
    own = play.channel("PJSIP/101", number="101", exten="")
    play.up(own)
    leg = play.channel("PJSIP/trunk", context="from-trunk", linkedid=own)
    play.say(ev.DialBegun(play.now, own, leg, play.names[leg], None, "8916\r\nEvent: X", "x"))
    play.hang_up(leg)
    play.hang_up(own)
    assert play.only_call.call.called == "8916"


def test_a_newchannel_told_twice_is_one_channel() -> None:
    play = Play()
    caller = play.incoming()
    created = ev.ChannelCreated(play.now, caller, caller, play.names[caller], 4, "1", None, "from-internal", "2", "")
    play.say(created)
    play.hang_up(caller)
    assert (play.only_call.call.caller, play.only_call.call.called) == ("79001112233", "7001")


def test_of_two_ends_of_one_dial_the_first_counts() -> None:
    """09-queue-timeout-voicemail: app_queue says NOANSWER, then CANCEL."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(20)
    play.end_dial(caller, leg, "NOANSWER")
    play.wait(1)
    play.end_dial(caller, leg, "CANCEL")
    play.hang_up(leg, 0)
    play.wait(1)
    play.far_end_hangs_up(caller)
    call = play.only_call.call
    assert (call.result, call.wait_s, call.ring_s) == ("no_answer", 20, 20)

"""What a broken connection does to calls."""

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import CallStarted, EventDoubted, GapEnded, QueueStayEnded
from handlers.rules import Rules
from tests.handlers.calls.snapshots import shown
from tests.handlers.playbook import START, Play


def _snapshot(boot: str = "one", **parts: object) -> ev.Snapshot:
    fields: dict[str, object] = {
        "channels": (),
        "bridges": (),
        "entries": (),
        "members": (),
        "queues": (),
        "system": {},
    }
    return ev.Snapshot(boot=boot, **(fields | parts))  # type: ignore[arg-type]  # keywords checked by the NamedTuple


def _live(play: Play, uniqueid: str, linkedid: str, state: int = 6, bridge: str | None = None) -> ev.LiveChannel:
    return ev.LiveChannel(
        uniqueid,
        linkedid,
        play.names[uniqueid],
        state,
        None,
        None,
        None,
        "from-internal",
        "s",
        "Dial",
        bridge,
        START - 9,
    )


def test_a_call_that_ended_in_the_gap_gets_no_guessed_duration() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot()))

    call = play.only_call.call
    assert (call.result, call.end_seen, call.incomplete) == ("answered", False, True)
    assert (call.talk_s, call.total_s, call.ended_at, call.wait_s) == (None, None, None, 0)
    (gap,) = play.told(GapEnded)
    assert isinstance(gap, GapEnded)
    assert gap.at - gap.since == 30


def test_a_call_of_which_neither_answer_nor_end_was_seen_is_unknown() -> None:
    play = Play()
    play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot()))
    assert (play.only_call.call.result, play.only_call.call.missed) == ("unknown", False)


def test_a_call_that_lives_on_goes_on() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    play.answer(caller, leg)
    bridge = play.core.bridge_of(caller)
    play.say(ev.StreamBroken(play.now))
    play.wait(10)
    channels = (_live(play, caller, caller, bridge=bridge), _live(play, leg, caller, bridge=bridge))
    play.say(ev.StreamResumed(play.now, _snapshot(channels=channels)))
    play.wait(1)
    play.far_end_hangs_up(caller, leg)

    call = play.only_call.call
    assert (call.result, call.wait_s, call.talk_s, call.incomplete) == ("answered", 2, 11, True)


def test_calls_met_in_the_first_snapshot_are_taken_up_as_incomplete() -> None:
    play = Play()
    play.names |= {"5.1": "PJSIP/trunk-00000001", "5.2": "PJSIP/101-00000002"}
    channels = (
        ev.LiveChannel(
            "5.2", "5.1", "PJSIP/101-00000002", 6, "101", None, None, "from-internal", "", "AppDial", "b", START - 5
        ),
        ev.LiveChannel(
            "5.1",
            "5.1",
            "PJSIP/trunk-00000001",
            6,
            "79001112233",
            None,
            None,
            "from-trunk",
            "7001",
            "Dial",
            "b",
            START - 9,
        ),
    )
    bridges = (ev.LiveBridge("b", "simple_bridge"),)
    play.say(ev.StreamResumed(play.now, _snapshot(channels=channels, bridges=bridges)))
    assert len(list(play.told(CallStarted))) == 1
    (live,) = play.core.live_calls()
    assert (live.state, live.started_at, live.direction) == ("talking", START - 9, "in")
    play.wait(5)
    for uniqueid in ("5.1", "5.2"):
        play.say(ev.ChannelHungUp(play.now, uniqueid, play.names[uniqueid], 16, None))

    call = play.only_call.call
    assert (call.result, call.incomplete, call.wait_s, call.talk_s, call.total_s) == ("answered", True, None, None, 14)
    assert call.answered_at is None


def test_a_caller_met_in_a_queue_has_waited_since_asterisk_says_so() -> None:
    play = Play()
    channels = (
        ev.LiveChannel(
            "5.1",
            "5.1",
            "PJSIP/trunk-00000001",
            6,
            "79001112233",
            None,
            None,
            "from-trunk",
            "7001",
            "Queue",
            None,
            START - 9,
        ),
    )
    entries = (ev.LiveQueueEntry("support", "5.1", 1, 7.0),)
    play.say(ev.StreamResumed(play.now, _snapshot(channels=channels, entries=entries)))
    (live,) = play.core.live_calls()
    assert (live.state, live.queue, live.queued_at) == ("queued", "support", START - 7)


def test_another_run_of_the_pbx_ends_everything_of_the_one_before() -> None:
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot("one")))
    caller = play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(5)
    again = (
        ev.LiveChannel(caller, caller, play.names[caller], 4, "7999", None, None, "from-trunk", "7001", "", None, None),
    )
    play.say(ev.StreamResumed(play.now, _snapshot("two", channels=again)))
    assert (play.only_call.call.boot, play.only_call.call.end_seen) == ("one", False)
    (live,) = play.core.live_calls()
    assert (live.id, live.boot) == (caller, "two")


def test_who_may_not_see_channels_cannot_tell_after_a_break_what_lives_and_ends_all_unseen() -> None:
    play = Play()
    talking = play.incoming()
    leg = play.dial(talking, "PJSIP/101")
    play.answer(talking, leg)
    ringing = play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot(channels=None)))
    found = {each.call.id: each.call for each in play.ended}
    assert {call.id: (call.result, call.end_seen, call.total_s, call.talk_s) for call in found.values()} == {
        talking: ("answered", False, None, None),
        ringing: ("unknown", False, None, None),
    }
    assert all(call.incomplete and call.ended_at is None and not call.missed for call in found.values())
    assert set(play.core.sizes().values()) == {0}


def test_what_of_them_still_lives_is_not_believed_and_makes_no_call() -> None:
    play = Play()
    caller = play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.say(ev.StreamResumed(play.now, _snapshot(channels=None)))
    play.wait(5)
    play.say(ev.ChannelHungUp(play.now, caller, play.names[caller], 16, None))
    assert play.only_call.call.id == caller
    assert len(list(play.told(EventDoubted))) == 1


def test_without_a_break_an_account_that_may_not_see_channels_changes_no_call() -> None:
    """The first connection, and one more answer of a PBX that was still booting."""
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot(channels=None)))
    play.incoming()
    play.say(ev.StreamResumed(play.now, _snapshot(channels=None)))
    (live,) = play.core.live_calls()
    assert not live.incomplete


def gap_reasons(play: Play) -> list[str]:
    return [fact.reason for fact in play.told(GapEnded) if isinstance(fact, GapEnded)]


def test_where_the_pbx_may_not_be_asked_since_when_it_runs_its_uptime_tells_a_restart() -> None:
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot("")))
    caller = play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    again = (
        ev.LiveChannel(caller, caller, play.names[caller], 4, "7999", None, None, "from-trunk", "7001", "", None, None),
    )
    play.say(ev.StreamResumed(play.now, _snapshot("", channels=again, up_since=play.now - 10)))
    assert (play.only_call.call.end_seen, gap_reasons(play)) == (False, ["pbx_restarted"])


def test_a_pbx_that_has_run_since_before_the_break_was_not_restarted() -> None:
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot("")))
    caller = play.incoming()
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot("", channels=(_live(play, caller, caller),), up_since=play.now - 31)))
    assert (play.ended, gap_reasons(play)) == ([], ["connection_lost"])


def test_a_snapshot_that_no_break_came_before_takes_nothing_away_from_a_call() -> None:
    """A PBX that was still booting is asked again; what happens meanwhile follows the snapshot."""
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot()))
    caller = play.incoming()
    play.join(caller)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(2)
    channels = (_live(play, caller, caller, bridge="bridge-0"), _live(play, leg, caller, bridge="bridge-0"))
    play.say(ev.StreamResumed(play.now, _snapshot(channels=channels)))
    play.connect_agent(caller, leg, "PJSIP/101", "Anna")
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.wait_s, call.queue_s, call.ring_s, call.talk_s, call.incomplete) == (2, 2, 2, 3, False)
    assert [(stay.outcome, stay.member) for stay in play.only_call.stays] == [("answered", "Anna")]


def test_a_talk_that_ends_while_the_snapshot_is_gathered_ends_by_its_events() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot(ending=frozenset({caller, leg}))))
    play.hang_up(leg)
    play.hang_up(caller)
    call = play.only_call.call
    assert (call.result, call.end_seen, call.incomplete, call.ended_at) == ("answered", True, True, play.now)
    assert not list(play.told(EventDoubted))


def test_of_a_caller_who_waited_and_hung_up_while_the_snapshot_was_gathered_nobody_knows_whether_he_was_answered() -> (
    None
):
    play = Play()
    caller = play.incoming()
    play.join(caller)
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot(ending=frozenset({caller}))))
    assert (play.only_call.call.result, play.only_call.call.end_seen) == ("unknown", False)


def test_what_ended_unseen_has_parts_without_an_end_and_a_stay_in_no_figure() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(5)
    play.say(ev.StreamBroken(play.now))
    play.wait(3600)
    play.say(ev.StreamResumed(play.now, _snapshot()))
    ended = play.only_call
    assert (ended.call.result, ended.call.end_seen) == ("unknown", False)
    assert [(stay.outcome, stay.left_at) for stay in ended.stays] == [("unknown", None)]
    assert [(each.ended_at, each.ring_ended_at) for each in ended.legs] == [(None, None), (None, None)]
    assert ended.legs[1].result == "unknown"
    (stay,) = play.told(QueueStayEnded)
    assert isinstance(stay, QueueStayEnded)
    assert (stay.stay.outcome, stay.short, stay.within_threshold) == ("unknown", False, None)


def test_a_talk_that_ended_unseen_has_no_end() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.say(ev.StreamBroken(play.now))
    play.wait(30)
    play.say(ev.StreamResumed(play.now, _snapshot()))
    assert [talk.ended_at for talk in play.only_call.talks] == [None]


def test_the_start_of_a_call_met_is_in_the_middle_of_what_its_age_and_its_uniqueid_allow() -> None:
    """Its age is told in whole seconds that are over, 4 here; born in START + 5, it is then 4.5 to 5 seconds old."""
    play = Play()
    play.wait(10)
    for uniqueid, age_s, born_at in (
        (f"{START + 5:.0f}.1", 4.5, START + 5.25),
        (f"office-{START + 5:.0f}.3", 4.5, START + 5.25),
        (f"{START - 900:.0f}.5", 4.5, START + 5.5),  # another clock than ours
        ("chosen.by.a.program", 4.5, START + 5.5),
    ):
        core = Core(Rules())
        channel = shown(play, uniqueid, "Dial", name="PJSIP/trunk-00000001", context="from-trunk", age_s=age_s)
        core.handle(ev.StreamResumed(play.now, _snapshot(channels=(channel,))))
        assert [call.started_at for call in core.live_calls()] == [born_at], uniqueid


def test_who_hangs_up_while_the_pbx_is_asked_again_without_a_break_ends_by_his_events() -> None:
    """A PBX that was still booting is asked a second time; nothing was missed between the two."""
    play = Play()
    play.say(ev.StreamResumed(play.now, _snapshot()))
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(1)
    play.say(ev.StreamResumed(play.now, _snapshot(ending=frozenset({caller, leg}))))
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.end_seen, call.incomplete, call.total_s, call.result) == (True, False, 1, "short_abandoned")

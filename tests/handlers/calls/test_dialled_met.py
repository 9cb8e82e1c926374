"""What was dialled in a call that is met: its extension is where the dialplan stands by then, so the PBX is asked."""

import pytest

from handlers.ami import events as ev
from handlers.facts import CallChanged
from handlers.rules import Rules, SourceRule
from tests.handlers.calls.snapshots import OUTGOING, back, broken, cdr, shown, wanted
from tests.handlers.playbook import START, Play

CALLER = "1799999990.1"


def told(play: Play) -> list[CallChanged]:
    return [fact for fact in play.facts if isinstance(fact, CallChanged)]


def met_in_the_menu(play: Play) -> None:
    """He dialled 7002, and the dialplan has gone on to `ivr,s,1`."""
    back(
        play,
        shown(
            play,
            CALLER,
            "BackGround",
            name="PJSIP/trunk-00000001",
            number="79001112233",
            context="ivr",
            exten="s",
            age_s=4,
        ),
    )


def test_until_the_pbx_says_what_was_dialled_it_is_null_and_not_where_the_dialplan_stands() -> None:
    play = Play()
    met_in_the_menu(play)
    (live,) = play.core.live_calls()
    assert (live.did, live.called) == (None, None)
    assert wanted(play) == {CALLER}


def test_what_the_pbx_says_was_dialled_is_it_with_all_that_hangs_on_it() -> None:
    play = Play(Rules(sources=(SourceRule("site", frozenset({"7002"})),)))
    met_in_the_menu(play)
    cdr(play, CALLER, None, None, "7002")
    (live,) = play.core.live_calls()
    assert (live.did, live.called, live.source) == ("7002", "7002", "site")


def test_it_is_told_with_the_answer_and_not_with_what_happens_next() -> None:
    play = Play()
    met_in_the_menu(play)
    play.facts.clear()
    play.wait(1)
    cdr(play, CALLER, None, None, "7002")
    assert [(type(fact), fact.at, fact.call.did) for fact in told(play)] == [(CallChanged, play.now, "7002")]


def test_an_answer_that_says_nothing_new_of_the_call_is_not_told() -> None:
    play = Play()
    met_in_the_menu(play)
    play.facts.clear()
    cdr(play, CALLER, START - 4, None, None)
    assert told(play) == []


@pytest.mark.parametrize("said", ["7002\r\nEvent: Hangup", "7002\x00"])
def test_what_a_caller_put_behind_a_line_end_is_no_part_of_it(said: str) -> None:
    play = Play()
    met_in_the_menu(play)
    cdr(play, CALLER, None, None, said)
    (live,) = play.core.live_calls()
    assert live.did == "7002"


def test_a_call_that_was_seen_from_its_start_is_not_asked_about_and_keeps_what_was_dialled() -> None:
    play = Play()
    caller = play.incoming(did="7002")
    broken(play)
    play.wait(5)
    back(play, shown(play, caller, "BackGround", context="ivr", exten="s", state=ev.ChannelState.RING))
    (live,) = play.core.live_calls()
    assert (live.did, wanted(play)) == ("7002", set())


def test_whoever_dials_him_on_from_the_menu_does_not_say_what_he_dialled() -> None:
    play = Play()
    back(
        play,
        shown(
            play,
            CALLER,
            "Dial",
            "PJSIP/101",
            name="PJSIP/trunk-00000001",
            context="ivr",
            exten="1",
            age_s=4,
        ),
        shown(
            play,
            "1799999993.2",
            "AppDial",
            OUTGOING,
            name="PJSIP/101-00000002",
            linkedid=CALLER,
            state=ev.ChannelState.RINGING,
            age_s=1,
        ),
    )
    (live,) = play.core.live_calls()
    assert (live.did, live.state) == (None, "ringing")


def test_what_was_not_told_before_the_line_broke_again_is_asked_for_again() -> None:
    play = Play()
    met_in_the_menu(play)
    broken(play)
    play.wait(2)
    play.facts.clear()
    back(play, shown(play, CALLER, "BackGround", context="ivr", exten="s", age_s=6))
    assert wanted(play) == {CALLER}


def test_who_was_rung_for_when_he_was_met_is_asked_about_again_too() -> None:
    play = Play()
    caller = shown(
        play, CALLER, "Dial", "PJSIP/101", name="PJSIP/trunk-00000001", state=ev.ChannelState.RING, exten="s", age_s=4
    )
    back(play, caller)
    assert wanted(play) == {CALLER}
    broken(play)
    play.facts.clear()
    back(play, caller)
    assert wanted(play) == {CALLER}

"""Since when somebody is parked who is found in a lot: his CDR begins anew there, as was seen on Asterisk 16 and 22, but for one thing.

Whom the dialplan's own `Park` took was perhaps rung for in vain before, and that begins a CDR anew too: seconds earlier.
"""

import pytest

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import Call, CallChanged, Hold
from handlers.rules import Rules
from tests.handlers.calls.passing_on import talking
from tests.handlers.calls.snapshots import back, broken, cdr, shown, wanted
from tests.handlers.playbook import START, Play

CALLER = f"{START - 60:.0f}.1"


def met(play: Play, application: str = "Dial") -> None:
    """He is in a lot when the PBX is heard (again), and came a minute before the play began."""
    play.wait(3)
    age_s = play.now - START + 60
    lot = shown(play, CALLER, application, name="PJSIP/trunk-1", bridge="lot", context="from-trunk", age_s=age_s)
    back(play, lot)


def found(play: Play) -> float:
    """101 talks with a caller and parks him while nobody listens; gives the moment of the break."""
    caller, _agent = talking(play)
    broken(play)
    broken_at = play.now
    play.wait(20)
    back(play, shown(play, caller, "Dial", "PJSIP/101", bridge="lot", context="from-trunk"))
    return broken_at


def hold(play: Play) -> Hold:
    """The stay in the lot, as it is told at the call's end."""
    (told,) = (each for each in play.ended[-1].holds if each.by == "lot")
    return told


def live(play: Play) -> Call:
    (call,) = play.core.live_calls()
    return call


def gives_up(play: Play, caller: str) -> None:
    play.request_hangup(caller)
    play.hang_up(caller)


def test_who_is_met_in_a_lot_has_been_there_since_his_cdr_began_anew() -> None:
    play = Play()
    met(play)
    found_at = play.now
    assert (wanted(play), live(play).state_since) == ({CALLER}, found_at)
    cdr(play, CALLER, START - 20, START - 20)
    assert (live(play).state, live(play).state_since) == ("held", START - 20)
    *_, told = (fact for fact in play.facts if isinstance(fact, CallChanged))
    assert (told.at, told.call.state_since) == (found_at, START - 20)
    play.wait(4)
    gives_up(play, CALLER)
    assert (hold(play).started_at, hold(play).ended_at) == (START - 20, found_at + 4)


def test_who_was_parked_in_a_gap_has_been_there_since_a_moment_in_it() -> None:
    play = Play()
    broken_at = found(play)
    (caller,) = wanted(play)
    cdr(play, caller, broken_at + 7.25, broken_at + 7.25)
    assert live(play).state_since == broken_at + 7.25
    gives_up(play, caller)
    assert hold(play).started_at == broken_at + 7.25


@pytest.mark.parametrize("begun_s", [None, -60.0, -59.2, 30.0], ids=["not told", "his own", "its tick", "to come"])
def test_where_his_cdr_is_that_of_his_coming_or_none_he_is_there_since_he_was_found(begun_s: float | None) -> None:
    play = Play()
    met(play)
    found_at = play.now
    begun_at = None if begun_s is None else START + begun_s
    cdr(play, CALLER, begun_at, begun_at)
    assert live(play).state_since == found_at
    gives_up(play, CALLER)
    assert hold(play).started_at == found_at


@pytest.mark.parametrize("application", ["Park", "ParkAndAnnounce"])
def test_whom_the_dialplan_itself_has_parked_is_there_since_he_was_found(application: str) -> None:
    play = Play()
    met(play, application)
    found_at = play.now
    cdr(play, CALLER, START - 20, START - 20)
    gives_up(play, CALLER)
    assert hold(play).started_at == found_at


def test_a_cdr_that_began_before_the_gap_says_nothing_of_a_stay_that_began_in_it() -> None:
    play = Play()
    broken_at = found(play)
    found_at = play.now
    (caller,) = wanted(play)
    cdr(play, caller, broken_at - 1.5, broken_at - 1.5)
    gives_up(play, caller)
    assert hold(play).started_at == found_at


def test_who_was_seen_to_be_parked_is_not_asked_about_and_keeps_his_moment() -> None:
    play = Play()
    caller, _agent = talking(play)
    play.park(caller)
    parked_at = play.now
    play.wait(2)
    broken(play)
    play.wait(20)
    back(play, shown(play, caller, "Dial", "PJSIP/101", bridge="lot", context="from-trunk"))
    assert wanted(play) == set()
    gives_up(play, caller)
    assert hold(play).started_at == parked_at


def test_who_has_left_the_lot_before_the_pbx_said_it_was_there_since_he_was_found() -> None:
    play = Play()
    met(play)
    found_at = play.now
    play.wait(2)
    play.unpark(CALLER, "ParkedCallTimeOut")
    cdr(play, CALLER, START - 20, START - 20)
    gives_up(play, CALLER)
    assert (hold(play).started_at, hold(play).ended_at) == (found_at, found_at + 2)


def test_the_next_run_asks_since_when_he_is_there_if_this_one_was_not_told() -> None:
    play = Play()
    met(play)
    kept = play.core.changed_calls(play.now)
    play.core = Core(Rules())
    play.core.restore_calls(kept, ev.StreamBroken(play.now, "killed"))
    play.facts.clear()
    met(play)
    assert wanted(play) == {CALLER}
    cdr(play, CALLER, START - 20, START - 20)
    assert live(play).state_since == START - 20

"""The clock is set while calls live: the story that is told is that of a clock that was right all the time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

import pytest

from handlers.ami import events as ev
from handlers.ami.events import Event, StreamBroken, StreamResumed
from handlers.core import Core
from handlers.facts import CallEnded, GapEnded
from handlers.rules import Rules
from tests.handlers.calls.snapshots import back, broken, cdr, shown
from tests.handlers.calls.test_unseen_answers import answered_in_the_gap
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import events
from tests.handlers.taped import TAPES
from tests.handlers.taped import events as taped

NAMES = (
    "01-direct-caller-hangs-up",
    "07-ivr-queue-second-agent",
    "12-blind-transfer-answered",
    "14-attended-transfer-replaces",
    "16-park-and-retrieve",
    "17-outgoing-answered",
    "21-hold",
    "22-queue-local-n",
)
STORIES: Mapping[str, Sequence[Event]] = {name: events(name) for name in NAMES} | {
    name: taped(name) for name in Random(6).sample(sorted(TAPES), 12)
}


def ended(core: Core, told: Iterable[Event]) -> list[CallEnded]:
    return [fact for event in told for fact in core.handle(event) if isinstance(fact, CallEnded)]


def values(of: Any, by_s: float, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a fact, its moments so much later."""
    if is_dataclass(of):
        for field in fields(of):
            yield from values(getattr(of, field.name), by_s, f"{path}.{field.name}")
    elif isinstance(of, tuple):
        yield f"{path}.len", len(of)
        for n, each in enumerate(of):
            yield from values(each, by_s, f"{path}[{n}]")
    else:
        is_moment = isinstance(of, float) and path.endswith(("_at", ".at", "since"))
        # A duration is rounded to the millisecond, and a moment by 3600 s holds not quite the same digits.
        yield path, pytest.approx(of + by_s * is_moment, abs=0.0015) if isinstance(of, float) else of


def test_what_was_found_after_a_gap_is_no_moment_of_its_own_by_the_new_clock_either() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    play.core.set_clock(3600.0)
    play.wait(3605)
    play.far_end_hangs_up(caller, leg)
    (talk,) = play.only_call.talks
    assert (talk.started_at, talk.begun_unseen) == (START + 3623, True)
    assert [each.joined_at for each in play.only_call.legs] == [None, None]


def test_an_answer_that_was_asked_for_before_the_clock_was_set_is_told_by_the_old_one_and_not_believed() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    play.core.set_clock(5.0)
    play.wait(5)
    cdr(play, caller, START, START + 8)
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert (live.state, live.answered_at) == ("talking", None)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.result, call.answered_at, call.wait_s, call.talk_s) == ("answered", None, None, None)


def test_no_answer_in_a_gap_in_which_the_clock_was_set_is_believed() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    broken(play)
    play.wait(10)
    play.core.set_clock(5.0)
    play.wait(10)
    back(play, shown(play, caller, "Dial", bridge="b"), shown(play, leg, "AppDial", linkedid=caller, bridge="b"))
    cdr(play, caller, START, START + 8, "7001")
    cdr(play, leg, START, START + 8)
    (live,) = play.core.live_calls()
    assert (live.state, live.answered_at) == ("talking", None)
    broken(play)
    play.wait(10)
    back(play, shown(play, caller, "Dial", bridge="b"), shown(play, leg, "AppDial", linkedid=caller, bridge="b"))
    cdr(play, caller, START, START + 8, "7001")
    cdr(play, leg, START, START + 8)
    (live,) = play.core.live_calls()
    assert (live.state, live.answered_at) == ("talking", None)


def test_an_answer_in_a_gap_that_began_after_the_clock_was_set_is_believed() -> None:
    play = Play()
    play.core.set_clock(5.0)
    play.wait(6)
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START + 6, START + 14.5)
    cdr(play, leg, START + 7, START + 14.5)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 14.5


def test_who_may_have_been_answered_before_the_clock_was_set_is_unknown() -> None:
    play = Play()
    caller = f"{START - 60:.0f}.1"
    in_lot = shown(play, caller, "Dial", name="PJSIP/trunk-1", bridge="lot", context="from-trunk", age_s=60)
    back(play, in_lot)
    found_at = play.now
    play.core.set_clock(5.0)
    play.wait(6)
    cdr(play, caller, START - 59.5, START - 59.5, "7001")
    (live,) = play.core.live_calls()
    assert (live.state, live.did) == ("held", "7001")
    play.hang_up(caller)
    ended = play.only_call
    assert (ended.call.result, ended.call.wait_s, ended.call.talk_s) == ("unknown", None, None)
    assert [hold.started_at for hold in ended.holds] == [found_at + 5]


def test_since_when_somebody_is_parked_is_told_by_the_old_clock_and_not_believed() -> None:
    play = Play()
    caller = f"{START - 60:.0f}.1"
    back(play, shown(play, caller, "Dial", name="PJSIP/trunk-1", bridge="lot", context="from-trunk", age_s=60))
    play.core.set_clock(5.0)
    play.wait(6)
    cdr(play, caller, START - 20, START - 20)
    play.hang_up(caller)
    assert [hold.started_at for hold in play.only_call.holds] == [START + 5]


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_calls_that_live_are_told_as_if_the_clock_had_always_been_right(name: str, step_s: float) -> None:
    story = STORIES[name]
    for cut in range(0, len(story), max(1, len(story) // 12)):
        truth, core = Core(Rules()), Core(Rules())
        before = ended(core, story[:cut])
        assert before == ended(truth, story[:cut])
        core.set_clock(step_s)
        told = ended(core, [event._replace(at=event.at + step_s) for event in story[cut:]])
        after = ended(truth, story[cut:])
        assert [dict(values(each, 0.0)) for each in told] == [dict(values(each, step_s)) for each in after], cut
        assert set(core.sizes().values()) == set(truth.sizes().values())


def test_time_goes_on_by_the_new_clock_though_it_is_earlier() -> None:
    play = Play()
    play.incoming()
    play.core.set_clock(-3600.0)
    assert play.core.now == START - 3600
    play.core.handle(ev.Tick(START - 3590))
    assert play.core.now == START - 3590


def test_a_gap_in_which_the_clock_is_set_is_as_long_as_it_was() -> None:
    core = Core(Rules())
    core.handle(ev.Tick(START))
    core.handle(StreamBroken(START + 10))
    core.set_clock(-3600.0)
    nothing = ev.Snapshot("", (), (), (), (), (), {})
    (gap,) = [fact for fact in core.handle(StreamResumed(START - 3550, nothing)) if isinstance(fact, GapEnded)]
    assert (gap.since, gap.at) == (START - 3590, START - 3550)

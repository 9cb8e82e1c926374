"""Who keeps the live calls: everything at first and at last, in between what changed, and never so much at once that the reader waits."""

from collections.abc import Callable
from typing import cast

import pytest

from daemon import clock
from daemon import keeper as keeper_module
from daemon.keeper import HEARD_EVERY_S, Keeper
from daemon.pump import Pump
from handlers.ami.events import Tick
from handlers.facts import GapEnded
from storage.live_calls import LiveChange
from storage.writer import Writer
from tests.handlers.playbook import START, Play


class Kept:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.changes: list[LiveChange] = []

    def keep(self, change: LiveChange) -> None:
        self.changes.append(change)

    @property
    def told(self) -> list[tuple[int, float, bool]]:
        """How many calls each change had, until when the PBX was heard, and whether it is the whole."""
        return [(len(each.calls), each.heard.until, each.whole) for each in self.changes]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moments = [START]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])
    monkeypatch.setattr(clock, "monotonic", lambda: moments[-1])
    monkeypatch.setattr(keeper_module, "AT_ONCE", 2)
    return moments


def a_keeper(play: Play, kept: Kept, silent_s: Callable[[], float] = lambda: 0.0, pump: Pump | None = None) -> Keeper:
    return Keeper(play.core, cast("Writer", kept), pump or Pump(play.core, []), lambda: True, silent_s)


def test_many_changes_are_kept_bit_by_bit_and_the_moment_counts_once_all_are(now: list[float]) -> None:
    play, kept = Play(), Kept()
    callers = [play.incoming() for _ in range(5)]
    keeper = a_keeper(play, kept)
    assert not keeper.keep()
    for caller in callers:
        play.dial(caller, "PJSIP/101")
    now.append(START + 1)
    assert [keeper.keep() for _ in range(3)] == [True, True, False]
    assert kept.told == [
        (5, START, True),
        (2, START, False),
        (2, START, False),
        (1, START + 1, False),
    ]
    assert {call for change in kept.changes[1:] for call in change.calls} == set(callers)


def test_the_last_time_everything_is_kept_at_once(now: list[float]) -> None:
    play, kept = Play(), Kept()
    keeper = a_keeper(play, kept)
    keeper.keep()
    for _ in range(5):
        play.incoming()
    now.append(START + 1)
    assert not keeper.keep("stopped")
    assert kept.told == [(0, START, True), (5, START + 1, False)]


@pytest.mark.parametrize("passed_s", [HEARD_EVERY_S, -3600.0])
def test_while_only_pings_are_answered_the_moment_is_kept_now_and_then_whatever_is_done_to_the_clock(
    now: list[float], passed_s: float
) -> None:
    kept = Kept()
    keeper = a_keeper(Play(), kept)
    keeper.keep()
    now.append(START + 1)
    keeper.keep()
    assert kept.told == [(0, START, True)]
    now.append(START + passed_s)
    keeper.keep()
    assert kept.told[1:] == [(0, START + passed_s, False)]


def test_the_pbx_was_heard_until_its_last_byte_however_long_nothing_comes(now: list[float]) -> None:
    play, kept = Play(), Kept()
    heard_at = START + 3.0
    keeper = a_keeper(play, kept, lambda: now[-1] - heard_at)
    now.append(START + 4)
    keeper.keep()
    for passed_s in range(5, 60):
        now.append(START + passed_s)
        keeper.keep()
    play.incoming()
    keeper.keep()
    keeper.keep("stopped")
    assert kept.told == [(0, heard_at, True), (1, heard_at, False), (0, heard_at, False)]


def test_no_more_than_ten_seconds_of_what_was_heard_are_not_noted(now: list[float]) -> None:
    kept, heard_at = Kept(), [START]
    keeper = a_keeper(Play(), kept, lambda: now[-1] - heard_at[-1])
    keeper.keep()
    for second in range(1, 100):
        now.append(START + second)
        if second % 7 == 0:
            heard_at.append(START + second)
        keeper.keep()
        assert heard_at[-1] - kept.told[-1][1] < HEARD_EVERY_S


def test_the_snapshot_that_ends_a_gap_is_heard_though_it_is_put_together_behind_its_last_byte(now: list[float]) -> None:
    kept = Kept()
    keeper = a_keeper(Play(), kept, lambda: now[-1] - START)
    now.append(START + 2)
    keeper.take([GapEnded(START + 1, START - 5, "silent")])
    assert kept.told == [(0, START + 1, True)]


def test_no_gap_begins_before_the_last_one_ended_though_we_are_held_up_while_we_look_at_the_clocks(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    keeper = a_keeper(Play(), kept, lambda: now[-1] - START)
    now.append(START + 2)

    def held_up() -> float:
        now.append(now[-1] + 0.01)
        return now[-1]

    monkeypatch.setattr(clock, "monotonic", held_up)
    keeper.take([GapEnded(START + 1, START - 5, "silent")])
    assert [heard for _, heard, _ in kept.told] == [START + 1]


def test_what_waits_in_the_backlog_is_not_heard_yet_and_what_was_noted_stays_so(now: list[float]) -> None:
    play, kept = Play(), Kept()
    pump = Pump(play.core, [])
    keeper = a_keeper(play, kept, pump=pump)
    play.incoming()
    now.append(START + 30)
    keeper.keep()
    pump.feed([Tick(START + 31)])
    now.append(START + 32)
    play.incoming()
    keeper.keep()
    assert [until for _, until, _ in kept.told] == [START + 30, START + 30]

"""Yesterday at the same time of day, beside today's figures."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon import clock
from daemon.board.day import Day
from daemon.taking_up import take_up_yesterday
from handlers.facts import Call, CallEnded
from storage.database import writing
from tests.daemon.boards import RULES, LivePbx, a_board, a_day
from tests.storage.sample_calls import START, a_call, a_missed_call

DAY_S = 86_400
MINUTE_S = 60


def over(call: Call) -> CallEnded:
    return CallEnded(call.state_since, call, (), (), (), ())


def filled(day: Day) -> Day:
    """Two calls answered, one of them late, and one missed, a minute apart."""
    day.roll(START)
    late = a_call(1)
    for call in (a_call(0), replace(late, answered_at=late.started_at + 50), a_missed_call(2)):
        day.add(over(call))
    return day


def test_of_a_first_day_no_yesterday_is_known() -> None:
    assert filled(a_day()).site_figures(START)["yesterday"] is None


def test_after_midnight_the_day_is_yesterday_and_grows_again_by_the_minutes_of_the_clock() -> None:
    day = filled(a_day())
    day.roll(START + DAY_S)
    ends = a_call(0).ended_at
    assert ends is not None
    told = [day.site_figures(ends + DAY_S + minutes * MINUTE_S)["yesterday"] for minutes in (-1, 1, 2, 3)]
    assert [(each["in"], each["answered"], each["missed"], each["service_level"]) for each in told] == [
        (0, 0, 0, None),
        (1, 1, 0, 1.0),
        (2, 2, 0, 0.5),
        (3, 2, 1, 0.3333),
    ]
    assert told[-1]["missed_share"] == 0.3333


def test_a_day_without_calls_and_one_that_nobody_saw_are_no_yesterday() -> None:
    day = a_day()
    day.roll(START)
    day.roll(START + DAY_S)
    assert day.site_figures(START + DAY_S)["yesterday"] is None
    day = filled(a_day())
    day.roll(START + 2 * DAY_S)  # the machine slept over a whole day
    assert day.site_figures(START + 2 * DAY_S)["yesterday"] is None


def test_what_ended_after_midnight_was_not_over_at_any_time_of_that_day() -> None:
    day = a_day()
    day.roll(START)
    call = a_call(0)
    day.add(over(replace(call, ended_at=day.until + 3600)))
    day.roll(START + DAY_S)
    assert day.site_figures(day.until - 1)["yesterday"]["in"] == 0


@pytest.mark.parametrize("spring", [True, False])
def test_where_the_clock_was_set_the_hand_of_the_clock_counts(spring: bool) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    when = datetime(2026, 3, 29, tzinfo=berlin) if spring else datetime(2026, 10, 25, tzinfo=berlin)
    day = Day(berlin, RULES)
    day.roll(when.timestamp())
    assert day.until - day.since == (23 if spring else 25) * 3600
    noon = when.replace(hour=12).timestamp()
    day.add(over(replace(a_call(0), started_at=noon, ended_at=noon + 30)))
    day.roll(day.until)
    for hour, minute, calls in ((11, 59, 0), (12, 1, 1)):
        at = datetime.fromtimestamp(day.since, UTC).astimezone(berlin).replace(hour=hour, minute=minute)
        assert day.site_figures(at.timestamp())["yesterday"]["in"] == calls


async def test_at_a_start_the_database_knows_yesterday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "calls.db"
    async with writing(path, now=START) as store:
        await store.write([over(a_call(number, merged_into="1.1" if number == 3 else None)) for number in range(4)])
    later = START + DAY_S + 3600
    monkeypatch.setattr(clock, "now", lambda: later)
    day = a_day()
    board = a_board(LivePbx(), day=day)
    board.roll()
    await take_up_yesterday(board, path)
    assert board.payload("stats/today", full=False)["yesterday"]["in"] == 3
    assert board.payload("stats/today", full=False)["in"] == 0


async def test_without_a_database_that_can_be_read_there_is_none(tmp_path: Path) -> None:
    board = a_board(LivePbx())
    board.roll()
    await take_up_yesterday(board, tmp_path / "calls.db")
    assert board.payload("stats/today", full=False)["yesterday"] is None

"""Working time to the minute, on the days on which the clocks are set too."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.working_time import WorkingTime

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
MINUTE, HOUR = 60.0, 3600.0
OFFICE = (((9 * 60, 13 * 60), (14 * 60, 18 * 60)),) * 5 + ((), ())


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    """A local moment; a `*` at its end means the second of two that the clock shows alike."""
    moment = datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=zone, fold=text.endswith("*"))
    return moment.timestamp()


def every_day(*spans: tuple[int, int], zone: ZoneInfo = BERLIN) -> WorkingTime:
    return WorkingTime(zone, (spans,) * 7)


def test_open_is_what_the_week_says_and_no_holiday() -> None:
    hours = WorkingTime(BERLIN, OFFICE, frozenset({date(2026, 12, 31)}))
    for text, is_open in (
        ("2026-11-25T08:59:59", False),
        ("2026-11-25T09:00", True),
        ("2026-11-25T12:59:59", True),
        ("2026-11-25T13:00", False),
        ("2026-11-25T14:00", True),
        ("2026-11-25T18:00", False),
        ("2026-11-28T10:00", False),
        ("2026-12-31T10:00", False),
    ):
        assert hours.is_open(at(text)) is is_open, text


@pytest.mark.parametrize(
    ("since", "seconds", "until"),
    [
        ("2026-11-25T09:00", HOUR, "2026-11-25T10:00"),
        ("2026-11-25T12:30", HOUR, "2026-11-25T14:30"),
        ("2026-11-25T12:00", HOUR, "2026-11-25T13:00"),
        ("2026-11-25T13:30", HOUR, "2026-11-25T15:00"),
        ("2026-11-25T17:30", HOUR, "2026-11-26T09:30"),
        ("2026-11-25T22:00", HOUR, "2026-11-26T10:00"),
        ("2026-11-27T17:30", HOUR, "2026-11-30T09:30"),  # over a weekend
        ("2026-12-30T17:30", HOUR, "2027-01-01T09:30"),  # over a holiday
        ("2026-11-25T09:00", 24 * HOUR, "2026-11-27T18:00"),
    ],
)
def test_a_window_runs_on_working_time(since: str, seconds: float, until: str) -> None:
    hours = WorkingTime(BERLIN, OFFICE, frozenset({date(2026, 12, 31)}))
    assert hours.after(at(since), seconds) == at(until)
    assert hours.between(at(since), at(until)) == seconds


# Europe/Berlin: on 2026-03-29 after 01:59:59 comes 03:00:00; on 2026-10-25 after 02:59:59 comes 02:00:00 once more.
@pytest.mark.parametrize(
    ("span", "day", "opens", "closes", "length_s"),
    [
        ((60, 240), "2026-03-29", "2026-03-29T01:00", "2026-03-29T04:00", 2 * HOUR),
        ((150, 240), "2026-03-29", "2026-03-29T03:00", "2026-03-29T04:00", HOUR),  # 02:30 never came
        ((60, 150), "2026-03-29", "2026-03-29T01:00", "2026-03-29T03:00", HOUR),
        ((121, 179), "2026-03-29", None, None, 0.0),
        ((60, 240), "2026-10-25", "2026-10-25T01:00", "2026-10-25T04:00", 4 * HOUR),
        ((0, 1440), "2026-03-29", "2026-03-29T00:00", "2026-03-30T00:00", 23 * HOUR),
        ((0, 1440), "2026-10-25", "2026-10-25T00:00", "2026-10-26T00:00", 25 * HOUR),
        ((150, 240), "2026-10-25", "2026-10-25T02:30", "2026-10-25T04:00", 2 * HOUR),  # and from 02:00 to 02:30 closed
    ],
)
def test_the_days_on_which_the_clocks_are_set(
    span: tuple[int, int], day: str, opens: str | None, closes: str | None, length_s: float
) -> None:
    hours = every_day(span)
    midnight, next_midnight = at(f"{day}T00:00"), at(f"{date.fromisoformat(day) + timedelta(days=1)}T00:00")
    assert hours.between(midnight, next_midnight) == length_s
    if opens is None or closes is None:
        return
    assert hours.is_open(at(opens))
    assert not hours.is_open(at(opens) - 1) or opens.endswith("00:00")
    assert hours.is_open(at(closes) - 1)
    assert hours.after(midnight, length_s) == at(closes)
    assert hours.after(midnight, MINUTE) == at(opens) + MINUTE


def test_each_minute_of_the_hour_that_comes_twice_is_open_as_the_wall_clock_says() -> None:
    hours = every_day((150, 180))
    for text, is_open in (
        ("2026-10-25T02:29", False),
        ("2026-10-25T02:30", True),
        ("2026-10-25T02:59", True),
        ("2026-10-25T02:00*", False),
        ("2026-10-25T02:29*", False),
        ("2026-10-25T02:30*", True),
        ("2026-10-25T03:00", False),
    ):
        assert hours.is_open(at(text)) is is_open, text
    assert hours.after(at("2026-10-25T02:45"), HOUR / 2) == at("2026-10-25T02:45*")


def test_a_window_over_the_night_of_the_change_is_as_long_as_the_clock_really_ran() -> None:
    always = every_day((0, 1440))
    for before in ("2026-03-29T01:30", "2026-10-25T01:30"):
        assert always.after(at(before), 2 * HOUR) == at(before) + 2 * HOUR
    assert always.after(at("2026-03-29T01:30"), HOUR) == at("2026-03-29T03:30")


def test_a_zone_whose_midnight_never_comes_has_its_day_all_the_same() -> None:
    # America/Santiago: 2026-09-06 begins at 01:00, the clock goes from 23:59:59 to 01:00:00.
    zone = ZoneInfo("America/Santiago")
    hours = every_day((0, 120), zone=zone)
    assert hours.between(at("2026-09-05T12:00", zone), at("2026-09-06T12:00", zone)) == HOUR
    assert hours.is_open(at("2026-09-06T01:00", zone))
    assert not hours.is_open(at("2026-09-05T23:59:59", zone))


def test_where_nothing_is_ever_worked_no_window_ends() -> None:
    never = WorkingTime(BERLIN, ((),) * 7)
    assert never.after(at("2026-11-25T09:00"), HOUR) is None
    assert never.between(at("2026-11-25T09:00"), at("2026-11-27T09:00")) == 0
    assert never.after(at("2026-11-25T09:00"), 0) == at("2026-11-25T09:00")


def test_a_moment_that_no_calendar_holds_raises_nothing() -> None:
    hours = every_day((540, 1080))
    for moment in (-1e18, -1.0, 1e15, 1e300):
        assert hours.is_open(moment)
        assert hours.after(moment, HOUR) == moment + HOUR
    assert hours.between(0.0, 1e15) == 1e15


def brute(hours: WorkingTime, is_open: Callable[[datetime], bool], since: int, until: int) -> int:
    """The same by asking the wall clock minute by minute."""
    minutes = range(since, until, 60)
    return 60 * sum(is_open(datetime.fromtimestamp(minute, hours.zone)) for minute in minutes)


@given(
    st.sampled_from([BERLIN, MOSCOW, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]),
    st.sampled_from(["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-10-03", "2026-12-30"]),
    st.lists(st.integers(0, 1440), min_size=2, max_size=4, unique=True).map(sorted),
    st.integers(0, 2880),
    st.integers(0, 2880),
)
@settings(max_examples=80, deadline=None)
def test_it_is_what_the_wall_clock_says_minute_by_minute(
    zone: ZoneInfo, day: str, bounds: list[int], one: int, other: int
) -> None:
    spans = tuple((bounds[n], bounds[n + 1]) for n in range(0, len(bounds) - 1, 2))
    holiday = date.fromisoformat(day) + timedelta(days=1)
    hours = WorkingTime(zone, (spans,) * 7, frozenset({holiday} if one % 5 == 0 else ()))
    begin = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    since, until = sorted((begin + one * 60, begin + other * 60))

    def is_open(moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        return moment.date() not in hours.holidays and any(a <= minute < b for a, b in spans)

    expected = brute(hours, is_open, since, until)
    assert hours.between(since, until) == expected
    for minute in range(since, until, 60 * 37):
        assert hours.is_open(minute) is is_open(datetime.fromtimestamp(minute, zone))
    if expected:
        done = hours.after(since, expected)
        assert done is not None
        assert done <= until
        assert hours.between(since, done) == expected

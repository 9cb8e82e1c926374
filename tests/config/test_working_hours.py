"""The working week as it is written and as it is read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.working_hours import DAYS, Span, WorkingHours, working_hours_of, working_hours_table

WEEK = {"mon-fri": ["09:00-13:00", "14:00-18:00"], "sun": ["0:00-24:00"], "holidays": ["2026-12-31", date(2026, 5, 1)]}


def test_a_week_is_read_by_days_from_monday() -> None:
    hours = working_hours_of(WEEK)
    morning, afternoon = Span(540, 780), Span(840, 1080)
    assert hours.weekdays == ((morning, afternoon),) * 5 + ((), (Span(0, 1440),))
    assert hours.holidays == (date(2026, 5, 1), date(2026, 12, 31))


def test_a_day_is_worked_by_its_weekday_unless_it_is_a_holiday() -> None:
    hours = working_hours_of(WEEK)
    assert [str(span) for span in hours.spans_on(date(2026, 11, 23))] == ["09:00-13:00", "14:00-18:00"]
    assert hours.spans_on(date(2026, 11, 28)) == ()
    assert hours.spans_on(date(2026, 12, 31)) == ()


def test_spans_may_touch_and_a_day_may_be_closed() -> None:
    hours = working_hours_of({"mon": ["09:00-13:00", "13:00-18:00"], "tue": []})
    assert hours.weekdays[0] == (Span(540, 780), Span(780, 1080))
    assert hours.weekdays[1] == ()


def test_hours_that_are_read_already_stay_as_they_are() -> None:
    hours = working_hours_of(WEEK)
    assert working_hours_of(hours) is hours


@pytest.mark.parametrize(
    "value", [None, 5, "mon-fri", ["mon-fri"], {"mon": [None]}, {"mon": None}, {5: []}, {"holidays": [True]}]
)
def test_what_is_no_week_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"is no|names no"):
        working_hours_of(value)


def test_days_worked_alike_are_written_as_a_run() -> None:
    assert working_hours_table(working_hours_of(WEEK)) == {
        "mon-fri": ["09:00-13:00", "14:00-18:00"],
        "sat": [],
        "sun": ["00:00-24:00"],
        "holidays": ["2026-05-01", "2026-12-31"],
    }


def _day(cuts: list[int]) -> tuple[Span, ...]:
    edges = sorted(set(cuts))
    return tuple(Span(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=False))


@given(
    st.lists(st.lists(st.integers(0, 1440), max_size=8).map(_day), min_size=7, max_size=7).filter(any),
    st.sets(st.dates()),
)
def test_any_week_that_is_written_reads_back(days: list[tuple[Span, ...]], holidays: set[date]) -> None:
    hours = WorkingHours(tuple(days), tuple(sorted(holidays)))
    assert working_hours_of(working_hours_table(hours)) == hours


@given(st.dictionaries(st.sampled_from([*DAYS, "mon-fri", "sat-sun", "holidays", "x"]), st.lists(st.text(max_size=12))))
def test_no_table_does_worse_than_being_refused(table: dict[str, list[str]]) -> None:
    try:
        working_hours_of(table)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right

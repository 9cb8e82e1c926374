"""Stretches of time in the site's calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.periods import PERIODS, Period, PeriodError, before, between, named_period

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("name", "since", "until"),
    [
        ("today", "2026-11-24T00:00+03:00", "2026-11-25T00:00+03:00"),
        ("yesterday", "2026-11-23T00:00+03:00", "2026-11-24T00:00+03:00"),
        ("7d", "2026-11-18T00:00+03:00", "2026-11-25T00:00+03:00"),
        ("30d", "2026-10-26T00:00+03:00", "2026-11-25T00:00+03:00"),
        ("month", "2026-11-01T00:00+03:00", "2026-11-25T00:00+03:00"),
        ("prev-month", "2026-10-01T00:00+03:00", "2026-11-01T00:00+03:00"),
    ],
)
def test_a_period_is_whole_local_days(name: str, since: str, until: str) -> None:
    # 22:30 UTC on the 23rd is the 24th in Moscow.
    assert named_period(name, at("2026-11-23T22:30Z"), MOSCOW) == Period(at(since), at(until))


def test_a_day_on_which_the_clocks_change_is_longer_or_shorter() -> None:
    autumn = named_period("today", at("2026-10-25T12:00Z"), BERLIN)
    spring = named_period("today", at("2026-03-29T12:00Z"), BERLIN)
    assert autumn.until is not None
    assert spring.until is not None
    assert autumn.until - (autumn.since or 0) == 25 * 3600
    assert spring.until - (spring.since or 0) == 23 * 3600


def test_the_month_before_january_is_december() -> None:
    assert named_period("prev-month", at("2027-01-31T12:00Z"), UTC) == Period(
        at("2026-12-01T00:00Z"), at("2027-01-01T00:00Z")
    )


@given(st.sampled_from(PERIODS), st.integers(0, 4_000_000_000))
def test_every_period_begins_before_it_ends_and_today_holds_now(name: str, now: int) -> None:
    period = named_period(name, now, BERLIN)
    assert period.since is not None
    assert period.until is not None
    assert period.since < period.until
    if name in {"today", "7d", "30d", "month"}:
        assert period.since <= now < period.until


@pytest.mark.parametrize("day", ["2026-11-23", "20261123"])
def test_a_day_counts_whole(day: str) -> None:
    assert between(day, day, MOSCOW) == Period(at("2026-11-23T00:00+03:00"), at("2026-11-24T00:00+03:00"))


def test_a_moment_is_local_unless_it_says_otherwise() -> None:
    assert between("2026-11-23T09:00", None, MOSCOW) == Period(at("2026-11-23T06:00Z"), None)
    assert between(None, "2026-11-23T09:00:00Z", MOSCOW) == Period(None, at("2026-11-23T09:00Z"))
    assert between(None, None, MOSCOW) == Period()


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-11-23T25:00", "23.11.2026", "9999-12-31T23:59:59-12:00", "\x1b[31m"]
)
def test_what_is_no_day_or_moment_says_what_would_be(text: str) -> None:
    for since, until in ((text, None), (None, text)):
        with pytest.raises(PeriodError, match=r"write e\.g\. 2026-11-23") as error:
            between(since, until, MOSCOW)
        assert str(error.value).isprintable()


def test_an_end_before_the_beginning_is_refused() -> None:
    for since, until in (("2026-11-23", "2026-11-22"), ("2026-11-23T09:00", "2026-11-23T09:00")):
        with pytest.raises(PeriodError, match="its end comes before"):
            between(since, until, MOSCOW)


def test_an_unknown_period_names_those_there_are() -> None:
    with pytest.raises(PeriodError, match="today, yesterday"):
        named_period("tomorrow", 0.0, UTC)


@pytest.mark.parametrize(
    ("period", "earlier"),
    [
        (("2026-11-23", "2026-11-23"), ("2026-11-22T00:00", "2026-11-23T00:00")),
        (("2026-11-16", "2026-11-22"), ("2026-11-09T00:00", "2026-11-16T00:00")),
        (("2026-10-01", "2026-10-31"), ("2026-09-01T00:00", "2026-10-01T00:00")),
        (("2026-07-01", "2026-09-30"), ("2026-04-01T00:00", "2026-07-01T00:00")),
        (("2026-03-01", "2026-03-31"), ("2026-02-01T00:00", "2026-03-01T00:00")),
        (("2026-03-01", "2026-03-30"), ("2026-02-01T00:00", "2026-03-01T00:00")),
        (("2026-11-01", "2026-11-10"), ("2026-10-01T00:00", "2026-10-11T00:00")),
        (("2026-11-23T09:00", "2026-11-23T12:00"), ("2026-11-22T09:00", "2026-11-22T12:00")),
        (("2026-11-20T18:00", "2026-11-23T09:00"), ("2026-11-17T18:00", "2026-11-20T09:00")),
    ],
)
def test_the_period_before_is_as_long_and_of_the_same_hours(period: tuple[str, str], earlier: tuple[str, str]) -> None:
    zone = ZoneInfo("Europe/Moscow")
    later = datetime(2030, 1, 1, tzinfo=zone).timestamp()
    assert before(between(*period, zone), later, zone) == between(*earlier, zone)


def test_what_is_not_over_is_compared_with_what_was_as_far_along() -> None:
    zone = ZoneInfo("Europe/Moscow")
    now = datetime(2026, 11, 23, 11, 30, tzinfo=zone).timestamp()
    for name, earlier in {
        "today": ("2026-11-22T00:00", "2026-11-22T11:30"),
        "month": ("2026-10-01T00:00", "2026-10-23T11:30"),
        "7d": ("2026-11-10T00:00", "2026-11-16T11:30"),
    }.items():
        assert before(named_period(name, now, zone), now, zone) == between(*earlier, zone)
    assert before(between("2026-11-20", None, zone), now, zone) == between("2026-11-16", "2026-11-19T11:30", zone)


def test_the_day_before_a_change_of_the_clocks_is_as_long_as_days_are() -> None:
    zone = ZoneInfo("Europe/Berlin")
    later = datetime(2030, 1, 1, tzinfo=zone).timestamp()
    changed = between("2026-10-25", "2026-10-25", zone)
    assert changed.until is not None
    assert changed.since is not None
    assert changed.until - changed.since == 25 * 3600
    earlier = before(changed, later, zone)
    assert earlier == between("2026-10-24", "2026-10-24", zone)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_today_is_as_long_as_the_day_on_which_the_clocks_change(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
    for after_s in (0.0, 2.5 * 3600, 3.5 * 3600, hours * 3600 - 0.1):
        today = named_period("today", midnight + after_s, zone)
        assert (today.since, today.until) == (midnight, midnight + hours * 3600)
    assert named_period("yesterday", midnight + hours * 3600, zone) == between(day, day, zone)


def test_nothing_lies_before_everything() -> None:
    assert before(between(None, "2026-11-23", ZoneInfo("UTC")), 0.0, ZoneInfo("UTC")) is None
    assert before(between("0001-01-02", "0001-01-03", ZoneInfo("UTC")), 0.0, ZoneInfo("UTC")) is None

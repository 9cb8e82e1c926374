"""Stretches of time in the site's calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.periods import PERIODS, Period, PeriodError, between, named_period

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

"""How moments, durations and shares are written."""

from zoneinfo import ZoneInfo

import pytest

from daemon.reports.document import Figure
from daemon.reports.spelling import (
    change,
    duration,
    earlier_text,
    local_time,
    long_duration,
    page_date,
    percent,
    round_duration,
    shown,
)
from tests.daemon.reports.sample_document import AT, report

ZONE = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0:00"),
        (0.4, "0:00"),
        (0.5, "0:01"),
        (59.5, "1:00"),
        (61.5, "1:02"),
        (3599.5, "1:00:00"),
        (36_061, "10:01:01"),
    ],
)
def test_a_duration_is_minutes_and_from_an_hour_on_hours(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_spreadsheets_duration_has_its_hours() -> None:
    assert [long_duration(seconds) for seconds in (0, 8.5, 90_061)] == ["0:00:00", "0:00:09", "25:01:01"]


def test_a_moment_is_local() -> None:
    assert local_time(AT, ZONE) == "2026-11-23 19:11:34"
    assert shown(AT, "moment", ZONE, "ru") == "23.11.2026 19:11"
    assert shown(AT, "moment", ZONE, "en") == "2026-11-23 19:11"


def test_what_is_no_date_stays() -> None:
    assert page_date("total", "ru") == "total"


def test_a_share_has_one_decimal() -> None:
    assert (percent(0.125, "en"), percent(0.125, "ru")) == ("12.5%", "12,5\u202f%")


def test_a_change_is_of_something() -> None:
    assert [change(value, before, "en") for value, before in ((3, 2), (1, 2), (2, 2), (2, 0), (0, 0))] == [
        *("+50%", "−50%", "0%", "", ""),
    ]


def test_what_a_figure_was_is_told_where_something_is_compared() -> None:
    assert earlier_text(Figure("missed", 3, "count", 0), report()) == "before: 0"
    assert earlier_text(Figure("missed", 3, "count", 2), report()) == "before: 2 (+50%)"
    assert earlier_text(Figure("share", 0.5, "share", 0.25), report()) == "before: 25.0%"
    assert earlier_text(Figure("wait", None, "duration", None), report()) == "before: –"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (5.0, "5 s"),
        (90.0, "90 s"),
        (2.5, "2.5 s"),
        (3600.0, "1 h"),
        (5400.0, "90 min"),
        (604_800.0, "7 d"),
    ],
)
def test_a_duration_of_the_settings_is_told_as_one_writes_it(seconds: float, text: str) -> None:
    assert round_duration(seconds, "en") == text
    assert round_duration(604_800.0, "ru") == "7 дн."

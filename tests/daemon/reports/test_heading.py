"""What a report is about, in words."""

from zoneinfo import ZoneInfo

import pytest

from daemon.periods import Period, between
from daemon.reports.heading import heading_lines, period_text

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-11-23", "2026-11-23", "23.11.2026"),
        ("2026-11-01", "2026-11-30", "01.11.2026 – 30.11.2026"),
        ("2026-11-01", None, "01.11.2026 – …"),
        (None, "2026-11-30", "… – 30.11.2026"),
        ("2026-11-23T09:00", "2026-11-23T12:30", "23.11.2026 09:00 – 23.11.2026 12:30"),
        ("2026-11-23", "2026-11-23T12:30", "23.11.2026 00:00 – 23.11.2026 12:30"),
        ("2026-11-23T09:00", None, "23.11.2026 09:00 – …"),
        (None, None, "всё"),
    ],
)
def test_whole_days_are_told_as_days_and_the_rest_as_moments(since: str | None, until: str | None, said: str) -> None:
    assert period_text(between(since, until, MOSCOW), MOSCOW, "ru") == said


def test_a_day_on_which_the_clock_is_set_is_a_whole_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert period_text(between("2026-10-25", "2026-10-25", berlin), berlin, "en") == "2026-10-25"


def test_what_was_not_asked_for_is_not_told() -> None:
    asked = {"trunk": "mts", "queue": None, "number": "8900"}
    assert heading_lines(between("2026-11-23", "2026-11-23", MOSCOW), None, asked, MOSCOW, "en") == (
        "period: 2026-11-23 (Europe/Moscow)",
        "only: trunk: mts; number: 8900",
    )
    assert heading_lines(Period(), Period(0.0, 86_400.0), {}, ZoneInfo("UTC"), "en")[1] == "compared with: 1970-01-01"

"""Is it open now: told where the settings say when, also on the days on which the clocks are set."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from daemon.sinks.hours_metrics import HoursCollector
from handlers.working_time import WorkingTime

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = WorkingTime(BERLIN, (((9 * 60, 18 * 60),),) * 7)


def is_open(hours: HoursCollector, at: datetime) -> float | None:
    registry = CollectorRegistry()
    registry.register(hours)
    hours.refresh(at.timestamp())
    return registry.get_sample_value("ringtally_site_open")


@pytest.mark.parametrize("day", [28, 29])  # at the end of March the clocks go forward on the second
def test_it_opens_and_closes_by_the_clock_on_the_wall(day: int) -> None:
    hours = HoursCollector(EVERY_DAY)
    told = [
        is_open(hours, datetime(2026, 3, day, hour, minute, tzinfo=BERLIN))
        for hour, minute in ((8, 59), (9, 0), (17, 59), (18, 0))
    ]
    assert told == [0, 1, 1, 0]


def test_nothing_is_told_where_the_settings_name_no_hours_and_a_reload_changes_that() -> None:
    hours, noon = HoursCollector(None), datetime(2026, 3, 27, 12, tzinfo=BERLIN)
    assert is_open(hours, noon) is None
    hours.learn(EVERY_DAY)
    assert is_open(hours, noon) == 1
    hours.learn(None)
    assert is_open(hours, noon) is None

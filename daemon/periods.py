"""The stretch of time that a report looks at, in the site's own calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

PERIODS = ("today", "yesterday", "7d", "30d", "month", "prev-month")


class PeriodError(ValueError):
    """A period or moment that cannot be understood; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to, not including, `until`: epoch seconds, None where open."""

    since: float | None = None
    until: float | None = None


def named_period(name: str, now: float, zone: tzinfo) -> Period:
    """One of `PERIODS` as of `now`. Days begin at local midnight, whatever the clocks do that day.

    `7d` and `30d` are whole days that end with today; `month` is the current calendar month.
    """
    today = datetime.fromtimestamp(now, zone).date()
    first = today.replace(day=1)
    days = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "7d": (today - timedelta(days=6), today),
        "30d": (today - timedelta(days=29), today),
        "month": (first, today),
        "prev-month": ((first - timedelta(days=1)).replace(day=1), first - timedelta(days=1)),
    }
    if name not in days:
        raise PeriodError(f"{name!r} is no period; there are {', '.join(PERIODS)}")
    start, end = days[name]
    return Period(midnight(start, zone), midnight(end + timedelta(days=1), zone))


def between(since: str | None, until: str | None, zone: tzinfo) -> Period:
    """The period from one moment or day to another, both as ISO 8601; a day without a time means all of it."""
    period = Period(_moment(since, zone, 0) if since else None, _moment(until, zone, 1) if until else None)
    if period.since is not None and period.until is not None and period.since >= period.until:
        raise PeriodError(f"{since} to {until} is no period: its end comes before its beginning")
    return period


def midnight(day: date, zone: tzinfo) -> float:
    """The moment at which a local day begins: epoch seconds."""
    return datetime.combine(day, time.min, zone).timestamp()


def _moment(text: str, zone: tzinfo, days_later: int) -> float:
    try:
        return midnight(date.fromisoformat(text) + timedelta(days=days_later), zone)
    except (ValueError, OverflowError):
        pass  # not a day alone
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise PeriodError(
            f"{text!r} is no day or moment; write e.g. 2026-11-23, 2026-11-23T09:00 or 2026-11-23T09:00:00Z"
        ) from None

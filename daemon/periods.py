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


EVERYTHING = Period()


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


def before(period: Period, now: float, zone: tzinfo) -> Period | None:
    """The period to compare with: the one just before, by the local calendar; None where the beginning is open.

    What begins with a month and lies within it, or is whole months, is compared with the same days of as many months before;
    everything else with the same hours, as many whole days before as it takes. What is not over yet by `now` is compared with
    what was as far along.
    """
    if period.since is None:
        return None
    until = period.until if period.until is not None else max(now, period.since + 1)
    start, end = (datetime.fromtimestamp(at, zone).replace(tzinfo=None) for at in (period.since, until))
    reached = datetime.fromtimestamp(min(until, now) if now > period.since else until, zone).replace(tzinfo=None)
    try:
        since, then = _moved(start, end, start), _moved(start, end, reached)
    except (ValueError, OverflowError):
        return None  # before there was a calendar
    first = since.replace(tzinfo=zone).timestamp()
    return Period(first, max(first + 1, min(then.replace(tzinfo=zone).timestamp(), period.since)))


def _moved(start: datetime, end: datetime, moment: datetime) -> datetime:
    """A moment of the period from `start` to `end`, moved into the period before."""
    if start.day == 1 and start.time() == time.min:
        months = (end.year - start.year) * 12 + end.month - start.month
        is_whole = end.day == 1 and end.time() == time.min
        if months <= 0 or is_whole:
            return _months_before(moment, max(months, 1))
    return moment - timedelta(days=max(1, -(-(end - start) // timedelta(days=1))))


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months before, or the midnight after that month's last where it has no such day."""
    count = moment.year * 12 + moment.month - 1 - months
    first = moment.replace(year=count // 12, month=count % 12 + 1, day=1)
    there = first + timedelta(days=moment.day - 1)
    if there.month == first.month:
        return there
    return datetime.combine(there.replace(day=1), time.min)


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

"""Working hours: which minutes of the week are worked, and which days are holidays."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from config.problems import Fault, did_you_mean, quoted
from config.refusal import refusal, refusals

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS = "holidays"
_SPAN = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-4]):([0-5][0-9])")
_MIDNIGHT = 24 * 60


class Span(NamedTuple):
    """A stretch of one day, in minutes after its midnight by the site's clock; `end` is not worked any more."""

    begin: int
    end: int

    def __str__(self) -> str:
        """`09:00-18:00`."""
        return f"{self.begin // 60:02}:{self.begin % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The week, Monday first: per day its spans in order, none overlapping. On holidays nothing is worked."""

    weekdays: tuple[tuple[Span, ...], ...]
    holidays: tuple[date, ...] = ()

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """What is worked on that day of the site's calendar."""
        return () if day in self.holidays else self.weekdays[day.weekday()]


@dataclass(slots=True)
class _Reading:
    """What has been read of the table so far; `said_at` tells which line already spoke for a day."""

    weekdays: list[tuple[Span, ...]] = field(default_factory=lambda: [()] * len(DAYS))
    said_at: dict[int, str] = field(default_factory=dict)
    holidays: list[date] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def working_hours_of(value: object) -> WorkingHours:
    """The working hours of a table such as `mon-fri = ["09:00-18:00"]`; every fault in it is told at once."""
    if isinstance(value, WorkingHours):
        return value
    if not isinstance(value, Mapping):
        raise refusal("is no table", 'write [working_hours] and below it e.g. mon-fri = ["09:00-18:00"]')
    reading = _Reading()
    for key, entries in value.items():
        if not isinstance(entries, list | tuple):
            reading.faults.append(Fault((str(key),), "is no list", 'write e.g. ["09:00-18:00"]'))
        elif key == HOLIDAYS:
            _read_holidays(entries, reading)
        else:
            _read_days(str(key), entries, reading)
    if not any(reading.weekdays) and not reading.faults:
        reading.faults.append(
            Fault((), "names no day, so nothing would ever be open", 'add e.g. mon-fri = ["09:00-18:00"], or remove it')
        )
    if reading.faults:
        raise refusals(reading.faults)
    return WorkingHours(tuple(reading.weekdays), tuple(sorted(reading.holidays)))


def _read_holidays(entries: list[object] | tuple[object, ...], reading: _Reading) -> None:
    for place, entry in enumerate(entries):
        try:
            day = entry if type(entry) is date else date.fromisoformat(entry if isinstance(entry, str) else "")
        except ValueError:
            shown = entry.isoformat() if isinstance(entry, datetime) else entry
            reading.faults.append(
                Fault((HOLIDAYS, place), f"{quoted(shown)} is no date", 'write year-month-day, e.g. "2026-12-31"')
            )
            continue
        if day in reading.holidays:
            reading.faults.append(Fault((HOLIDAYS, place), f"{day} is there twice", "remove one of them"))
        reading.holidays.append(day)


def _read_days(key: str, entries: list[object] | tuple[object, ...], reading: _Reading) -> None:
    days = _days_of(key)
    if days is None:
        reading.faults.append(Fault((key,), "names no days", _days_cure(key)))
        days = range(0)
    spans = tuple(_spans(key, entries, reading.faults))
    for day in days:
        if day in reading.said_at:
            message = f'{DAYS[day]} is in "{reading.said_at[day]}" too'
            reading.faults.append(Fault((key,), message, "name each day once"))
            continue
        reading.said_at[day] = key
        reading.weekdays[day] = spans


def _days_of(key: str) -> range | None:
    first, dash, last = key.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        return None
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return range(begin, end + 1) if begin <= end else None


def _days_cure(key: str) -> str:
    first, _, last = key.partition("-")
    if first in DAYS and last in DAYS:
        return 'a run ends at "sun" at the latest; start anew at "mon"'
    return did_you_mean(key, (*DAYS, HOLIDAYS), 'write "mon", "sat" or a run of days such as "mon-fri"')


def _spans(key: str, entries: list[object] | tuple[object, ...], faults: list[Fault]) -> Iterator[Span]:
    before: Span | None = None
    for place, entry in enumerate(entries):
        try:
            before = _span(entry, before)
        except _SpanError as error:
            faults.append(Fault((key, place), f"{quoted(entry)} {error}", error.cure))
        else:
            yield before


class _SpanError(ValueError):
    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def _span(entry: object, before: Span | None) -> Span:
    match = _SPAN.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        raise _SpanError("is no span of hours", 'write e.g. "09:00-18:00"')
    span = Span(int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4]))
    if span.end > _MIDNIGHT:
        raise _SpanError("goes beyond the day", 'the day ends at "24:00"')
    if span.end <= span.begin:
        raise _SpanError("ends before it begins", 'over midnight write two: "22:00-24:00", next day "00:00-06:00"')
    if before is not None and span.begin < before.end:
        raise _SpanError(f'overlaps or precedes "{before}"', "write the spans of a day in order, apart")
    return span


def working_hours_table(hours: WorkingHours) -> dict[str, list[str]]:
    """The table that reads back as these hours; days that are worked alike are written as runs."""
    table: dict[str, list[str]] = {}
    begin = 0
    for day, spans in enumerate(hours.weekdays):
        if day + 1 < len(DAYS) and hours.weekdays[day + 1] == spans:
            continue
        name = DAYS[begin] if begin == day else f"{DAYS[begin]}-{DAYS[day]}"
        table[name] = [str(span) for span in spans]
        begin = day + 1
    if hours.holidays:
        table[HOLIDAYS] = [day.isoformat() for day in hours.holidays]
    return table

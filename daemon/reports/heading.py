"""What a report is about, in words: the period, the one it is compared with, and what was asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from daemon.periods import Period, midnight
from daemon.reports.spelling import page_date, page_moment
from daemon.words import Language, word


def heading_lines(
    period: Period, compared: Period | None, asked: Mapping[str, str | None], zone: tzinfo, language: Language
) -> tuple[str, ...]:
    """`asked` are the filters by the name of their word; those without a value are left out."""
    lines = [f"{word('period', language)}: {period_text(period, zone, language)} ({zone})"]
    if compared is not None:
        lines.append(f"{word('compared with', language)}: {period_text(compared, zone, language)}")
    filters = "; ".join(f"{word(name, language)}: {value}" for name, value in asked.items() if value is not None)
    if filters:
        lines.append(f"{word('only', language)}: {filters}")
    return tuple(lines)


def period_text(period: Period, zone: tzinfo, language: Language) -> str:
    """Whole days as days, the last one included; else as moments."""
    since, until = period.since, period.until
    if since is None and until is None:
        return word("everything", language)
    last = None if until is None else _last_day(until, zone, language)
    first = "…" if since is None else _day(since, zone, language)
    if first is not None and (until is None or last is not None):
        return first if first == last else f"{first} – {last or '…'}"
    begin = "…" if since is None else page_moment(since, zone, language)
    end = "…" if until is None else page_moment(until, zone, language)
    return f"{begin} – {end}"


def _day(at: float, zone: tzinfo, language: Language) -> str | None:
    """The day that begins at this moment; None where none does."""
    day = datetime.fromtimestamp(at, UTC).astimezone(zone).date()
    return page_date(day.isoformat(), language) if midnight(day, zone) == at else None


def _last_day(until: float, zone: tzinfo, language: Language) -> str | None:
    day = datetime.fromtimestamp(until, UTC).astimezone(zone).date()
    return page_date((day - timedelta(days=1)).isoformat(), language) if midnight(day, zone) == until else None

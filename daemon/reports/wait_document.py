"""The report of waits as a document."""

from collections.abc import Callable
from datetime import tzinfo

from daemon.reports.document import Cell, Chart, Column, Document, Figure, Kind, Row, Series, Table
from daemon.words import Language, mark, word
from storage.reports.spread import Spread
from storage.reports.wait import WAIT_BY, WaitBy, WaitFigures, WaitReport

_KEY_KINDS: dict[WaitBy, Kind] = {"day": "date"}
_TITLES: dict[WaitBy, str] = dict(
    zip(WAIT_BY, mark("by trunk", "by queue", "by department", "by hour", "by day"), strict=True)
)
_NOTES = mark(
    "Wait: from the call's start until a person answered, or until nobody was sought any more.",
    "p90: nine in ten waited no longer.",
    "Full time = wait + talk. Calls that ended in a menu, failed, or whose end nobody saw are in no average.",
)
mark("hour", "day")
_DAYS_OF_A_MONTH = 31
_HOUR_LABEL = "{}:00"


def wait_document(
    report: WaitReport,
    lines: tuple[str, ...],
    compared: str,
    zone: tzinfo,
    language: Language,
    by_hour: WaitReport | None = None,
) -> Document:
    """`lines` say what it is about, `compared` names the period before, empty where there is none. `by_hour`: told beside it."""
    tables = [_table(each, language) for each in (report, by_hour) if each is not None]
    return Document(
        word("Average wait", language),
        language,
        zone,
        tuple(tables),
        lines,
        _figures(report.total, report.before, language),
        _chart(report, language) or (None if by_hour is None else _chart(by_hour, language)),
        compared,
        tuple(word(note, language) for note in _NOTES),
    )


def _table(report: WaitReport, language: Language) -> Table:
    is_compared = any(row.before is not None for row in report.rows)
    rows = [
        Row(_cells(_label(row.key, report.by, language), row.figures, row.before, is_compared))
        for row in report.rows
        if report.by != "hour" or _has_calls(row.figures) or (row.before is not None and _has_calls(row.before))
    ]
    total = Row(_cells(word("total", language), report.total, report.before, is_compared))
    return Table(word(_TITLES[report.by], language), _columns(report.by, is_compared, language), rows, total)


def _has_calls(figures: WaitFigures) -> bool:
    return bool(figures.calls or figures.other)


def _columns(by: WaitBy, is_compared: bool, language: Language) -> tuple[Column, ...]:
    answered, missed, before = (
        word(each, language) for each in mark("wait of the answered", "wait of the missed", "before")
    )
    columns = [
        Column(word(by, language), _KEY_KINDS.get(by, "text")),
        Column(word("number of calls", language), "count"),
        Column(word("answered calls", language), "count", 7),
        Column(word("missed calls", language), "count", 3),
        Column(word("other calls", language), "count", 15),
        Column(word("talk time", language), "duration", 4),
        Column(word("full time", language), "duration", 8),
        Column(word("average wait", language), "duration", has_bar=True),
        Column(word("average talk", language), "duration", 2),
    ]
    for group, short, rank in ((answered, word("answered", language), 5), (missed, word("missed", language), 6)):
        columns += [
            Column(word("average", language), "duration", rank, group, short),
            Column(word("median", language), "duration", rank + 4, group, short),
            Column(word("p90", language), "duration", rank + 6, group, short),
            Column(word("max", language), "duration", rank + 7, group, short),
        ]
    if is_compared:
        columns += [
            Column(word("number of calls", language), "count", 14, before, is_for_files=True),
            Column(word("average wait", language), "duration", 14, before),
        ]
    return tuple(columns)


def _cells(label: str, figures: WaitFigures, before: WaitFigures | None, is_compared: bool) -> tuple[Cell, ...]:
    cells: list[Cell] = [
        label,
        figures.calls,
        figures.answered,
        figures.missed,
        figures.other,
        figures.talk_s,
        figures.full_s,
        figures.wait_avg_s,
        figures.talk_avg_s,
        *_spread(figures.answered_wait),
        *_spread(figures.missed_wait),
    ]
    if is_compared:
        cells += [None, None] if before is None else [before.calls, before.wait_avg_s]
    return tuple(cells)


def _spread(spread: Spread) -> tuple[Cell, ...]:
    return spread.avg_s, spread.median_s, spread.p90_s, spread.max_s


def _label(key: str | None, by: WaitBy, language: Language) -> str:
    if key is None:
        return word("none", language)
    if by == "department" and key == "none":
        return word("none", language)
    return _HOUR_LABEL.format(key) if by == "hour" else key


def _figures(total: WaitFigures, before: WaitFigures | None, language: Language) -> tuple[Figure, ...]:
    told: tuple[tuple[str, Kind, Callable[[WaitFigures], Cell]], ...] = (
        (word("number of calls", language), "count", lambda each: each.calls),
        (word("missed calls", language), "count", lambda each: each.missed),
        (word("average wait", language), "duration", lambda each: each.wait_avg_s),
        (word("wait of the answered", language), "duration", lambda each: each.answered_wait.avg_s),
        (word("wait of the missed", language), "duration", lambda each: each.missed_wait.avg_s),
        (word("average talk", language), "duration", lambda each: each.talk_avg_s),
        (word("talk time", language), "duration", lambda each: each.talk_s),
        (word("full time", language), "duration", lambda each: each.full_s),
    )
    return tuple(Figure(title, of(total), kind, None if before is None else of(before)) for title, kind, of in told)


def _chart(report: WaitReport, language: Language) -> Chart | None:
    """The average wait along the clock; by anything else the bars in the table say it."""
    if report.by not in {"hour", "day"} or not report.rows:
        return None
    labels = tuple(row.key or "" for row in report.rows)
    if report.by == "day":
        labels = tuple(label[-2:] if len(labels) <= _DAYS_OF_A_MONTH else label[5:] for label in labels)
    waits = tuple(row.figures.wait_avg_s or 0.0 for row in report.rows)
    name = word("average wait by hour" if report.by == "hour" else "average wait", language)
    return Chart(name, labels, (Series(word("average wait", language), "client", waits),), "duration")

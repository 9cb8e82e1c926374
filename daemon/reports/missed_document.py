"""The analysis of missed calls as a document."""

from collections.abc import Callable, Iterable
from datetime import tzinfo

from daemon.reports.document import Cell, Chart, Column, Document, Figure, Kind, Row, Series, Table, Tone
from daemon.reports.heat_table import heat_table
from daemon.words import Language, mark, word
from storage.reports.missed import OUTCOMES, MissedCall, MissedFigures, MissedGroup, MissedReport, Outcome

_OUTCOME_WORDS: dict[Outcome, str] = dict(
    zip(
        OUTCOMES,
        mark(
            "called back",
            "client got through",
            "reached outside the PBX",
            "reached late",
            "truly missed",
            "time left",
            "taken off",
            "no call back possible",
        ),
        strict=True,
    )
)
_TONES: dict[Outcome, Tone] = {
    "by_us": "good",
    "by_client": "client",
    "external": "good",
    "late": "late",
    "truly_missed": "bad",
    "open": "open",
    "dismissed": "muted",
    "no_case": "muted",
}
_HIDDEN_WHERE_NONE: frozenset[Outcome] = frozenset({"external", "dismissed", "open"})
_CONTACTS = "contacts"
_NOTES = mark(
    "Each missed call has the state of its caller: he is one case from his first missed call until somebody has spoken with him.",
    "Reaction: from the first missed call to the first attempt or contact; contact after: to the contact. Both in working time.",
)
_AS_OF_NOW, _AT_DEADLINE = mark("as of now", "as of each deadline: moves no more once they have passed")


def missed_document(
    report: MissedReport,
    lines: tuple[str, ...],
    compared: str,
    zone: tzinfo,
    language: Language,
    last: int | None = None,
) -> Document:
    """`lines` say what it is about, `compared` names the period before; a terminal shows the `last` calls alone."""
    view = word("state", language) + ": " + word(_AT_DEADLINE if report.at_deadline else _AS_OF_NOW, language)
    groups = [("by trunk", "trunk", report.by_trunk), ("by department", "department", report.by_department)]
    by_hour = [MissedGroup(f"{group.key}:00", group.calls) for group in report.by_hour if group.missed]
    return Document(
        word("Analysis of missed calls", language),
        language,
        zone,
        (
            _calls(report.calls, language, last),
            *(_groups(title, name, found, language) for title, name, found in groups if found),
            _groups("by hour", "hour", by_hour, language),
            heat_table(report.by_weekday, language),
            _contacts(report.calls, language),
        ),
        (*lines, view),
        _figures(report.total, report.before, language),
        _chart(report, language),
        compared,
        tuple(word(note, language) for note in _NOTES),
    )


def _calls(calls: Iterable[MissedCall], language: Language, last: int | None) -> Table:
    columns = (
        Column(word("missed at", language), "moment"),
        Column(word("number", language)),
        Column(word("name", language), rank=9, wraps="anywhere"),
        Column(word("responsible", language), rank=8, wraps="anywhere"),
        Column(word("trunk", language), rank=5, wraps="anywhere"),
        Column(word("source", language), rank=12, wraps="anywhere"),
        Column(word("queue", language), rank=10, wraps="anywhere"),
        Column(word("department", language), rank=8, wraps="anywhere"),
        Column(word("waited", language), "duration", 7),
        Column(word("result", language), rank=11, wraps="words"),
        Column(word("outside hours", language), rank=13, wraps="words"),
        Column(word("state", language), wraps="words"),
        Column(word("attempts", language), "count", 6),
        Column(word("reaction", language), "duration", 1),
        Column(word("contact at", language), "moment", 2),
        Column(word("contact after", language), "duration", 4),
        Column(word("contact by", language), rank=3, wraps="anywhere"),
        Column(word("later call", language), rank=14, links_to=_CONTACTS),
        Column(word("call", language), rank=15, is_for_files=True),
    )
    rows = [
        Row(
            (
                call.started_at,
                call.number or word("anonymous", language),
                call.client or call.name,
                call.responsible,
                call.trunk,
                call.source,
                call.queue,
                _named(call.department, language),
                call.wait_s,
                word(call.result, language).replace("_", " "),
                word("yes", language) if call.closed else None,
                word(_OUTCOME_WORDS[call.outcome], language),
                call.attempts or None,
                call.reaction_s,
                call.contact_at,
                call.contact_s,
                call.contact_by,
                call.contact_call,
                call.id,
            ),
            _TONES[call.outcome],
        )
        for call in calls
    ]
    return Table(word("list of missed calls", language), columns, rows, tone_column=11, last=last)


def _groups(title: str, name: str, groups: Iterable[MissedGroup], language: Language) -> Table:
    groups = list(groups)
    columns = (
        Column(word(name, language)),
        Column(word("missed calls", language), "count", has_bar=True),
        *(Column(word(_OUTCOME_WORDS[outcome], language), "count") for outcome in OUTCOMES),
    )
    rows = [
        Row((_named(group.key, language) or word("none", language), group.missed, *_counts(group.calls)))
        for group in groups
    ]
    sums = {outcome: sum(group.calls[outcome] for group in groups) for outcome in OUTCOMES}
    total = Row((word("total", language), sum(sums.values()), *_counts(sums)))
    return Table(word(title, language), columns, rows, total)


def _counts(calls: dict[Outcome, int]) -> tuple[int | None, ...]:
    return tuple(calls[outcome] or None for outcome in OUTCOMES)


def _contacts(calls: Iterable[MissedCall], language: Language) -> Table:
    """The later calls, once each: where the links of the missed ones lead."""
    columns = (
        Column(word("later call", language)),
        Column(word("time", language), "moment"),
        Column(word("number", language)),
        Column(word("state", language)),
        Column(word("contact by", language), wraps="anywhere"),
        Column(word("talk", language), "duration"),
        Column(word("contact after", language), "duration"),
    )
    found = {call.contact_call: call for call in calls if call.contact_call is not None}
    rows = [
        Row(
            (
                call.contact_call,
                call.contact_at,
                call.number,
                word(_OUTCOME_WORDS[call.outcome], language),
                call.contact_by,
                call.contact_talk_s,
                call.contact_s,
            ),
            _TONES[call.outcome],
        )
        for call in sorted(found.values(), key=lambda call: call.contact_at or 0.0)
    ]
    return Table(word("later calls", language), columns, rows, tone_column=3, key=_CONTACTS)


def _named(department: str | None, language: Language) -> str | None:
    return word("none", language) if department == "none" else department


def _figures(total: MissedFigures, before: MissedFigures | None, language: Language) -> tuple[Figure, ...]:
    def figure(
        title: str, of: Callable[[MissedFigures], Cell], kind: Kind = "count", tone: Tone | None = None
    ) -> Figure:
        return Figure(title, of(total), kind, None if before is None else of(before), tone)

    callers = sum(total.callers.values())
    outcomes = tuple(
        Figure(
            word(_OUTCOME_WORDS[outcome], language),
            total.callers[outcome],
            "count",
            None if before is None else before.callers[outcome],
            _TONES[outcome],
            total.callers[outcome] / callers if callers else None,
        )
        for outcome in OUTCOMES
        if outcome != "no_case"
        and not (
            outcome in _HIDDEN_WHERE_NONE and not total.callers[outcome] and not (before and before.callers[outcome])
        )
    )
    return (
        figure(word("missed calls", language), lambda each: each.missed),
        figure(word("missed share", language), lambda each: each.share, "share"),
        figure(word("missed callers", language), lambda each: sum(each.callers.values())),
        *outcomes,
        figure(word("median reaction", language), lambda each: each.reaction.median_s, "duration"),
        figure(word("nine in ten reactions within", language), lambda each: each.reaction.p90_s, "duration"),
        figure(word("median until contact", language), lambda each: each.contact.median_s, "duration"),
        figure(word("calls outside working hours", language), lambda each: each.closed),
        figure(word("calls given up at once", language), lambda each: each.short),
        figure(word("calls without a number to call back", language), lambda each: each.calls["no_case"]),
    )


def _chart(report: MissedReport, language: Language) -> Chart | None:
    """Missed calls by hour of the day, by what became of their callers."""
    if not report.calls:
        return None
    series = tuple(
        Series(
            word(_OUTCOME_WORDS[outcome], language),
            _TONES[outcome],
            tuple(float(group.calls[outcome]) for group in report.by_hour),
        )
        for outcome in OUTCOMES
        if any(group.calls[outcome] for group in report.by_hour)
    )
    return Chart(word("missed calls by hour", language), tuple(group.key or "" for group in report.by_hour), series)

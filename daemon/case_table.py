"""Cases for people's eyes: who was missed, and what became of him."""

from collections.abc import Collection, Iterable
from datetime import tzinfo

from daemon.reports.document import Cell, Column, Document, Kind, Row, Table, Tone
from daemon.reports.spelling import round_duration
from daemon.words import Language, mark, word
from handlers.case_facts import Case, CaseState
from handlers.cases.rule import FollowUpRule
from handlers.departments import NONE
from handlers.rules import MISSED_RESULTS

HEADER = mark(
    "missed since",
    "number",
    "client",
    "responsible",
    "state",
    "calls",
    "attempts",
    "last missed",
    "call back until",
    "contact",
    "contact at",
    "contact by",
    "contact after",
    "trunk",
    "dialled",
    "source",
    "queue",
    "department",
    "outside hours",
    "claimed by",
    "claimed until",
    "id",
)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("missed since", "last missed", "call back until", "contact at", "claimed until"), "moment"),
    **{"calls": "count", "attempts": "count", "contact after": "duration"},
}
# What a narrow terminal leaves out first has the highest rank; what has none is always there. Who calls back must know on which
# line, and that nobody else does.
_RANKS = {
    **{"dialled": 18, "outside hours": 17, "contact by": 16, "source": 15, "responsible": 14, "id": 13, "contact": 12},
    **{"claimed until": 11, "queue": 10, "department": 9, "contact after": 8, "contact at": 7, "last missed": 6},
    **{"attempts": 5, "call back until": 4, "client": 3, "claimed by": 2, "trunk": 1},
}
_STATE = HEADER.index("state")
_TONES: dict[CaseState, Tone] = {
    "truly_missed": "bad",
    "open": "open",
    "recovered": "good",
    "recovered_late": "late",
    "dismissed": "muted",
}


def row(case: Case, language: Language) -> tuple[Cell, ...]:
    """One case as cells, in the order of `HEADER`."""
    return (
        case.opened_at,
        case.number,
        case.client,
        case.responsible,
        word(case.state, language),
        case.calls,
        case.attempts,
        case.last_missed_at,
        case.due_at,
        word(case.contact, language) if case.contact else None,
        case.contact_at,
        case.contact_by,
        case.contact_s,
        case.trunk,
        case.did,
        case.source,
        case.queue,
        word("none", language) if case.department == NONE else case.department,
        word("yes", language) if case.closed else None,
        case.claimed_by,
        case.claimed_until,
        case.id,
    )


def cases_document(cases: Iterable[Case], lines: tuple[str, ...], zone: tzinfo, language: Language) -> Document:
    """The list of cases; `lines` say by which rule they were judged."""
    columns = tuple(Column(word(name, language), KINDS.get(name, "text"), _RANKS.get(name, 0)) for name in HEADER)
    rows = [Row(row(case, language), _TONES[case.state]) for case in cases]
    table = Table(word("missed callers", language), columns, rows, tone_column=_STATE)
    return Document("", language, zone, (table,), lines)


mark("lost_after_transfer")  # beside the results of calls, `follow_up.count` may have it


def rule_line(
    rule: FollowUpRule, is_working_time: bool, language: Language, counted: Collection[str] = MISSED_RESULTS
) -> str:
    """The rule that cases were judged by, in one line; `counted`: the results that are missed, told if they are not the usual ones."""
    window = round_duration(rule.window_s, language) if rule.window_s > 0 else word("none", language)
    closing = [word(kind, language) for kind in ("outgoing", "incoming") if kind in rule.closed_by]
    least = " / ".join(round_duration(each, language) for each in (rule.min_talk_out_s, rule.min_talk_in_s))
    parts = [
        f"{word('rule', language)} {rule.name}",
        f"{word('window', language)} {window}" + (f" ({word('working time', language)})" if is_working_time else ""),
        f"{word('closed by', language)}: {', '.join(closing)}",
        f"{word('talk of at least', language)} {least}",
    ]
    if rule.match == "last9":
        parts.append(word("the last nine digits are compared", language))
    parts.append(f"{word('on the list for', language)} {round_duration(rule.list_for_s, language)}")
    if rule.ignore:
        parts.append(f"{word('ignored numbers', language)}: {len(rule.ignore)}")
    if set(counted) != MISSED_RESULTS:
        parts.append(
            f"{word('missed is', language)}: {', '.join(word(result, language) for result in sorted(counted))}"
        )
    return "; ".join(parts)

"""Cases for people's eyes: who was missed, and what became of him."""

from collections.abc import Sequence
from datetime import tzinfo

from rich.table import Table

from daemon.call_table import cell_text, duration, local_time
from daemon.exports import Cell
from daemon.fitted_table import Column, drawn, fitted
from daemon.words import Language, mark, word
from handlers.case_facts import Case
from handlers.cases.rule import FollowUpRule

HEADER = mark(
    "missed since",
    "number",
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
    "id",
)
_MOMENTS = {0: "opened_at", 5: "last_missed_at", 6: "due_at", 8: "contact_at"}
_CONTACT_AFTER = HEADER.index("contact after")
_RIGHT = {"calls", "attempts", "contact after"}
# What a narrow terminal leaves out first has the highest rank; what has none is always there.
_RANKS = {
    **{"dialled": 14, "outside hours": 13, "contact by": 12, "source": 11, "id": 10, "claimed by": 9, "contact": 8},
    **{"queue": 7, "department": 6, "contact after": 5, "contact at": 4, "last missed": 3, "trunk": 2, "attempts": 1},
}
_MOMENT, _SHORT_MOMENT = "%Y-%m-%d %H:%M:%S", "%m-%d %H:%M"
_STYLES = {"truly_missed": "red", "open": "yellow"}


def header(language: Language) -> list[str]:
    """The columns' names."""
    return [word(name, language) for name in HEADER]


def row(case: Case, zone: tzinfo, language: Language) -> list[Cell]:
    """One case as cells: local time, words, durations in seconds."""
    return [
        local_time(case.opened_at, zone),
        case.number,
        word(case.state, language),
        case.calls,
        case.attempts,
        local_time(case.last_missed_at, zone),
        None if case.due_at is None else local_time(case.due_at, zone),
        word(case.contact, language) if case.contact else None,
        None if case.contact_at is None else local_time(case.contact_at, zone),
        case.contact_by,
        case.contact_s,
        case.trunk,
        case.did,
        case.source,
        case.queue,
        case.department,
        word("yes", language) if case.closed else None,
        case.claimed_by,
        case.id,
    ]


def cases_table(cases: Sequence[Case], zone: tzinfo, language: Language, width: int) -> Table:
    """The list for a terminal of this width; what has no room is left out, column by column, and named below."""
    kept, left_out = fitted(_columns(cases, zone, language, _MOMENT), width)
    if left_out:
        kept, left_out = fitted(_columns(cases, zone, language, _SHORT_MOMENT), width)
    table = drawn(kept, width, [_STYLES.get(case.state) for case in cases])
    if left_out:
        table.caption = f"{word('no room for', language)}: {', '.join(column.title for column in left_out)}"
        table.caption_justify = "left"
    return table


def _columns(cases: Sequence[Case], zone: tzinfo, language: Language, form: str) -> list[Column]:
    rows = []
    for case in cases:
        cells = row(case, zone, language)
        for place, name in _MOMENTS.items():
            at = getattr(case, name)
            cells[place] = None if at is None else local_time(at, zone, form)
        cells[_CONTACT_AFTER] = None if case.contact_s is None else duration(case.contact_s)
        rows.append([cell_text(cell) for cell in cells])
    return [
        Column(word(name, language), [cells[n] for cells in rows], _RANKS.get(name, 0), name in _RIGHT)
        for n, name in enumerate(HEADER)
    ]


def rule_line(rule: FollowUpRule, is_working_time: bool, language: Language) -> str:
    """The rule that cases were judged by, in one line."""
    window = duration(rule.window_s) if rule.window_s > 0 else word("none", language)
    closing = [word(kind, language) for kind in ("outgoing", "incoming") if kind in rule.closed_by]
    parts = [
        f"{word('rule', language)} {rule.name}",
        f"{word('window', language)} {window}" + (f" ({word('working time', language)})" if is_working_time else ""),
        f"{word('closed by', language)}: {', '.join(closing)}",
        f"{word('talk of at least', language)} {duration(rule.min_talk_out_s)} / {duration(rule.min_talk_in_s)}",
    ]
    if rule.match == "last9":
        parts.append(word("the last nine digits are compared", language))
    return "; ".join(parts)

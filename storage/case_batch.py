"""Facts about cases into rows, within the transaction that the connection is in. There are few: statements may be many."""

import sqlite3
from collections.abc import Iterable, Sequence

from handlers.case_facts import (
    Case,
    CaseAttempted,
    CaseClaimed,
    CaseDismissed,
    CaseFact,
    CaseMissed,
    CaseRecovered,
    CaseTrulyMissed,
)
from storage.number_match import match_key

_FIELDS = (
    "id",
    "pbx",
    "boot",
    "number",
    "state",
    "trunk",
    "did",
    "source",
    "queue",
    "department",
    "closed",
    "calls",
    "attempts",
    "contact",
    "contact_call",
    "contact_by",
    "claimed_by",
    "dismissed_by",
    "dismissed_why",
)
_TIMES = {
    "opened_at": "opened_at",
    "due_at": "due_at",
    "last_missed_at": "last_missed_at",
    "contact_at": "contact_at",
    "claimed_until": "claimed_until",
    "reaction_s": "reaction_ms",
    "contact_s": "contact_ms",
}
_COLUMNS = (*_FIELDS, *_TIMES.values(), "number_match")
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[3:])
_UPSERT = (
    f"INSERT INTO missed_case ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 - names of ours
    f"ON CONFLICT (id, pbx, boot) DO UPDATE SET {_UPDATES} RETURNING key"
)
_ADD = (
    "INSERT INTO case_fact (missed_case, n, at, kind, call, result, by_whom) "
    "SELECT ?1, (SELECT count(*) FROM case_fact WHERE missed_case = ?1), ?2, ?3, ?4, ?5, ?6"
)
_LINK = "UPDATE call SET missed_case = ? WHERE id = ? AND pbx = ? AND boot = ?"
_Added = tuple[str, str | None, str | None, str | None]


def write_cases(connection: sqlite3.Connection, facts: Iterable[CaseFact]) -> None:
    """Add the facts, in their order, and let each case stand where its last one leaves it; missed calls get their case."""
    for fact in facts:
        added = _added(fact)
        if added is None:
            continue
        ((key,),) = connection.execute(_UPSERT, _values(fact.case)).fetchall()
        connection.execute(_ADD, (key, _milliseconds(fact.at), *added))
        if isinstance(fact, CaseMissed):
            connection.execute(_LINK, (key, fact.call, fact.case.pbx, fact.boot))


def keep_cases(connection: sqlite3.Connection, cases: Iterable[Case]) -> None:
    """Put cases as they stand into a database that may not know them: with the facts that they tell of themselves."""
    for case in cases:
        ((key,),) = connection.execute(_UPSERT, _values(case)).fetchall()
        if connection.execute("SELECT 1 FROM case_fact WHERE missed_case = ?", (key,)).fetchone():
            continue
        first, *others = case.call_ids or (case.id,)
        connection.execute(_ADD, (key, _milliseconds(case.opened_at), "missed", first, None, None))
        for call in others:
            connection.execute(_ADD, (key, _milliseconds(case.last_missed_at), "missed", call, None, None))
        if case.state == "truly_missed":
            connection.execute(_ADD, (key, _milliseconds(case.due_at), "truly_missed", None, None, None))


def _added(fact: CaseFact) -> _Added | None:
    """Kind, call, result and person of a fact's row; None for what changes nothing about its case."""
    case = fact.case
    if isinstance(fact, CaseMissed):
        return "missed", fact.call, None, None
    if isinstance(fact, CaseAttempted):
        return "attempt", fact.call, fact.result, fact.by
    if isinstance(fact, CaseRecovered):
        return "recovered_late" if fact.late else "recovered", case.contact_call, case.contact, case.contact_by
    if isinstance(fact, CaseTrulyMissed):
        return "truly_missed", None, None, None
    if isinstance(fact, CaseDismissed):
        return "dismissed", None, case.dismissed_why, case.dismissed_by
    if isinstance(fact, CaseClaimed):
        return "claimed", None, None, case.claimed_by
    return None


def _values(case: Case) -> Sequence[object]:
    return (
        *(getattr(case, name) for name in _FIELDS),
        *(_milliseconds(getattr(case, name)) for name in _TIMES),
        match_key(case.number, None),
    )


def _milliseconds(value: float | None) -> int | None:
    return None if value is None else int(value * 1000 + 0.5)

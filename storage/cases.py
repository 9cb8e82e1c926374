"""Reading cases back, as the facts they were.

The connection is one of `database.reading`. Every function raises StorageError if the database cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite

from handlers.case_facts import Case, Note
from handlers.cases.cases import CALL_IDS_KEPT
from storage.call_filter import bindable
from storage.clients import Known, client_column, client_of, known_condition
from storage.errors import readable
from storage.number_match import match_range

_FIELDS = (
    "id",
    "pbx",
    "boot",
    "number",
    "state",
    "calls",
    "attempts",
    "contact",
    "contact_call",
    "contact_by",
    "trunk",
    "did",
    "source",
    "queue",
    "department",
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
_CASE = ", ".join(
    ("m.key", *(f"m.{name}" for name in _FIELDS), "m.closed", *(f"m.{column} / 1000.0" for column in _TIMES.values()))
)
_NAMES = (*_FIELDS, "closed", *_TIMES)
_CLIENT = client_column("m.number")
_IS_WAITING = "m.state IN ('open', 'truly_missed')"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What the cases have in common; None asks nothing.

    `number` in any spelling. `since` up to, not including, `until`: epoch seconds, of the first miss. `first`, `last`: only so
    many, the earliest or the latest. `waiting_since`: on the call-back list, which nobody has been on for whom the last miss is older than this moment.
    `clients`: whom the directory knows, or does not know.
    """

    states: tuple[str, ...] | None = None
    number: str | None = None
    department: str | None = None
    source: str | None = None
    trunk: str | None = None
    queue: str | None = None
    since: float | None = None
    until: float | None = None
    waiting_since: float | None = None
    clients: Known | None = None
    first: int | None = None
    last: int | None = None


async def find_cases(connection: aiosqlite.Connection, wanted: CaseFilter) -> list[Case]:
    """The cases wanted, in order of their first miss (with `last`: the latest of them)."""
    conditions, values = _conditions(wanted)
    which = f"SELECT m.key FROM missed_case m WHERE {' AND '.join(conditions) or '1'}"  # noqa: S608 - marks only
    if wanted.first is not None:
        which += " ORDER BY m.opened_at, m.key LIMIT ?"
        values.append(max(wanted.first, 0))
    elif wanted.last is not None:
        which += " ORDER BY m.opened_at DESC, m.key DESC LIMIT ?"
        values.append(max(wanted.last, 0))
    return await _read(connection, which, tuple(map(bindable, values)))


async def find_case(connection: aiosqlite.Connection, case_id: str) -> Case | None:
    """The case of this id; where several runs of a PBX had it, the latest; None if there is none."""
    which = "SELECT m.key FROM missed_case m WHERE m.id = ? ORDER BY m.opened_at DESC LIMIT 1"
    found = await _read(connection, which, (bindable(case_id),))
    return found[0] if found else None


async def waiting_cases(connection: aiosqlite.Connection, last_missed_since: float) -> list[Case]:
    """The cases that wait for a contact and belong on the list, or have a deadline to come; oldest first."""
    which = f"SELECT m.key FROM missed_case m WHERE {_IS_WAITING} AND (m.last_missed_at >= ? OR m.state = 'open')"  # noqa: S608 - our words
    return await _read(connection, which, (round(last_missed_since * 1000),))


async def _read(connection: aiosqlite.Connection, which: str, values: tuple[Any, ...]) -> list[Case]:
    """The cases of these keys with their calls and notes, as of one moment: three statements, however many they are."""
    with readable():
        await connection.execute("BEGIN")
        try:
            rows = await connection.execute_fetchall(
                f"SELECT {_CASE}, {_CLIENT} FROM missed_case m WHERE m.key IN ({which}) ORDER BY m.opened_at, m.key",  # noqa: S608 - marks only
                values,
            )
            calls = await connection.execute_fetchall(
                f"SELECT c.missed_case, c.id FROM call c WHERE c.missed_case IN ({which}) "  # noqa: S608 - marks only
                "ORDER BY c.missed_case, c.started_at, c.key",
                values,
            )
            notes = await connection.execute_fetchall(
                "SELECT c.missed_case, n.at / 1000.0, n.by_whom, n.text FROM note n CROSS JOIN call c ON c.key = n.call "  # noqa: S608 - marks only
                f"WHERE c.missed_case IN ({which}) ORDER BY n.id",
                values,
            )
        finally:
            await connection.execute("COMMIT")
    ids: dict[int, list[str]] = {}
    for key, call_id in calls:
        ids.setdefault(key, []).append(call_id)
    notes_of: dict[int, list[Note]] = {}
    for key, *columns in notes:
        notes_of.setdefault(key, []).append(Note(*columns))
    return [_case(row, ids.get(row[0], ()), notes_of.get(row[0], ())) for row in rows]


async def case_counts(connection: aiosqlite.Connection, since: float, until: float) -> dict[str, int]:
    """How many facts of each kind happened from one moment up to, not including, another; `opened`: cases that began."""
    moments = round(since * 1000), round(until * 1000)
    with readable():
        rows = await connection.execute_fetchall(
            "SELECT CASE WHEN kind = 'missed' AND n = 0 THEN 'opened' ELSE kind END, count(*) FROM case_fact "
            "WHERE at >= ? AND at < ? GROUP BY 1",
            moments,
        )
    return {str(kind): int(count) for kind, count in rows}


def _conditions(wanted: CaseFilter) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for condition, value in (
        ("m.opened_at >= ?", _milliseconds(wanted.since)),
        ("m.opened_at < ?", _milliseconds(wanted.until)),
        ("m.department = ?", wanted.department),
        ("m.source = ?", wanted.source),
        ("m.trunk = ?", wanted.trunk),
        ("m.queue = ?", wanted.queue),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if wanted.number is not None:
        conditions.append("m.number_match >= ? AND m.number_match < ?")
        values += match_range(wanted.number)
    if wanted.clients is not None:
        conditions.append(known_condition("m.number", wanted.clients))
    if wanted.states is not None:
        conditions.append(f"m.state IN ({', '.join('?' * len(wanted.states))})")
        values += wanted.states
    if wanted.waiting_since is not None:
        conditions.append(f"{_IS_WAITING} AND (m.last_missed_at >= ? OR m.state = 'open')")
        values.append(_milliseconds(wanted.waiting_since))
    return conditions, values


def _case(row: Sequence[Any], ids: Sequence[str], notes: Sequence[Note]) -> Case:
    values = dict(zip(_NAMES, row[1:-1], strict=True)) | client_of(row[-1])
    values["closed"] = bool(values["closed"])
    return Case(**values, call_ids=tuple(ids[-CALL_IDS_KEPT:]), notes=tuple(notes))


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)

"""Reading cases back, as the facts they were.

The connection is one of `database.reading`. Every function raises StorageError if the database cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite
import orjson

from handlers.case_facts import Case
from handlers.cases.cases import CALL_IDS_KEPT
from storage.call_filter import bindable
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
# The latest ones, latest first.
_CALL_IDS = (
    "(SELECT json_group_array(l.id) FROM (SELECT c.id FROM call c WHERE c.missed_case = m.key "  # noqa: S608 - a number of ours
    f"ORDER BY c.started_at DESC, c.key DESC LIMIT {CALL_IDS_KEPT}) l)"
)
_CASE = ", ".join(
    (
        *(f"m.{name}" for name in _FIELDS),
        "m.closed",
        *(f"m.{column} / 1000.0" for column in _TIMES.values()),
        _CALL_IDS,
    )
)
_IS_WAITING = "m.state IN ('open', 'truly_missed')"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What the cases have in common; None asks nothing.

    `number` in any spelling. `since` up to, not including, `until`: epoch seconds, of the first miss. `last`: only so many, the
    latest. `waiting_since`: on the call-back list, which nobody has been on for whom the last miss is older than this moment.
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
    last: int | None = None


async def find_cases(connection: aiosqlite.Connection, wanted: CaseFilter) -> list[Case]:
    """The cases wanted, in order of their first miss (with `last`: the latest of them)."""
    conditions, values = _conditions(wanted)
    where = " AND ".join(conditions) or "1"
    question = f"SELECT {_CASE} FROM missed_case m WHERE {where} ORDER BY m.opened_at DESC, m.key DESC"  # noqa: S608 - marks only
    if wanted.last is not None:
        question += " LIMIT ?"
        values.append(max(wanted.last, 0))
    with readable():
        rows = await connection.execute_fetchall(question, tuple(map(bindable, values)))
    return [_case(row) for row in reversed([*rows])]


async def find_case(connection: aiosqlite.Connection, case_id: str) -> Case | None:
    """The case of this id; where several runs of a PBX had it, the latest; None if there is none."""
    question = f"SELECT {_CASE} FROM missed_case m WHERE m.id = ? ORDER BY m.opened_at DESC LIMIT 1"  # noqa: S608 - names of ours
    with readable():
        rows = [*await connection.execute_fetchall(question, (bindable(case_id),))]
    return _case(rows[0]) if rows else None


async def waiting_cases(connection: aiosqlite.Connection, last_missed_since: float) -> list[Case]:
    """The cases that wait for a contact and belong on the list, or have a deadline to come; oldest first."""
    question = (
        f"SELECT {_CASE} FROM missed_case m WHERE {_IS_WAITING} "  # noqa: S608 - names of ours
        "AND (m.last_missed_at >= ? OR m.state = 'open') ORDER BY m.opened_at, m.key"
    )
    with readable():
        rows = await connection.execute_fetchall(question, (round(last_missed_since * 1000),))
    return [_case(row) for row in rows]


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
    if wanted.states is not None:
        conditions.append(f"m.state IN ({', '.join('?' * len(wanted.states))})")
        values += wanted.states
    if wanted.waiting_since is not None:
        conditions.append(f"{_IS_WAITING} AND (m.last_missed_at >= ? OR m.state = 'open')")
        values.append(_milliseconds(wanted.waiting_since))
    return conditions, values


def _case(row: Sequence[Any]) -> Case:
    values = dict(zip((*_FIELDS, "closed", *_TIMES), row, strict=False))
    values["closed"] = bool(values["closed"])
    return Case(**values, call_ids=tuple(reversed(orjson.loads(row[-1]))))


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)

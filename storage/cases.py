"""Reading cases back, as the facts they were.

The connection is one of `database.reading`. Every function raises StorageError if the database cannot be read.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import repeat
from typing import Any

import aiosqlite
import orjson

from handlers.case_facts import Case, Note
from handlers.cases.cases import CALL_IDS_KEPT
from storage.call_filter import bindable
from storage.clients import Known, client_value, known_condition
from storage.errors import readable
from storage.number_match import match_range

_TIMES = {"reaction_s": "reaction_ms", "contact_s": "contact_ms"}
_COLUMNS = (
    *("id", "pbx", "boot", "number", "state", "opened_at", "due_at", "last_missed_at", "calls", "attempts"),
    *("contact", "contact_at", "contact_call", "contact_by", "reaction_s", "contact_s"),
    *("trunk", "did", "source", "queue", "department", "closed", "claimed_by", "claimed_until"),
    *("dismissed_by", "dismissed_why"),
)
_IN_MS = frozenset(name for name in _COLUMNS if name.endswith(("_at", "_s", "_until")))
_CLIENT = {"client": "name", "responsible": "responsible"}
# A column as one JSON array: a list has a quarter of a million values, and each costs 0.2 µs to fetch by itself.
_CASES = ", ".join(
    (
        *(f"json_group_array(m.{_TIMES.get(name, name)})" for name in ("key", *_COLUMNS)),
        *(f"json_group_array({client_value('m.number', column)})" for column in _CLIENT.values()),
    )
)
_THOSE = "SELECT value FROM json_each(?)"
# Named, because SQLite would rather read all cases in the order in which they are wanted than sort the few that wait.
_WAITS = (
    "m.key IN (SELECT w.key FROM missed_case w INDEXED BY missed_case_waiting "
    "WHERE w.state IN ('open', 'truly_missed') AND (w.last_missed_at >= ? OR w.state = 'open'))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What the cases have in common; None asks nothing.

    `number` in any spelling. `since` up to, not including, `until`: epoch seconds, of the first miss. `first`, `last`: only so
    many, the earliest or the latest. `waiting_since`: on the call-back list, which nobody has been on for whom the last miss is older than this moment.
    `clients`: whom the directory knows, or does not know. `keys`: rows found before.
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
    keys: Sequence[int] | None = None
    clients: Known | None = None
    first: int | None = None
    last: int | None = None


async def find_cases(connection: aiosqlite.Connection, wanted: CaseFilter) -> list[Case]:
    """The cases wanted, in order of their first miss (with `last`: the latest of them)."""
    conditions, values = _conditions(wanted)
    which = f"missed_case m WHERE {' AND '.join(conditions) or '1'}"
    if wanted.first is not None:
        few = f"SELECT m.key FROM {which} ORDER BY m.opened_at, m.key LIMIT ?"  # noqa: S608 - marks only
        which = f"missed_case m WHERE m.key IN ({few})"
        values.append(max(wanted.first, 0))
    elif wanted.last is not None:
        latest = f"SELECT m.key FROM {which} ORDER BY m.opened_at DESC, m.key DESC LIMIT ?"  # noqa: S608 - marks only
        which = f"missed_case m WHERE m.key IN ({latest})"
        values.append(max(wanted.last, 0))
    return await _read(connection, which, tuple(map(bindable, values)))


async def find_case(connection: aiosqlite.Connection, case_id: str) -> Case | None:
    """The case of this id; where several runs of a PBX had it, the latest; None if there is none."""
    found = await _read(connection, "missed_case m WHERE m.id = ?", (bindable(case_id),))
    return found[-1] if found else None


async def waiting_cases(connection: aiosqlite.Connection, last_missed_since: float) -> list[Case]:
    """The cases that wait for a contact and belong on the list, or have a deadline to come; oldest first."""
    return await _read(connection, f"missed_case m WHERE {_WAITS}", (round(last_missed_since * 1000),))


async def _read(connection: aiosqlite.Connection, which: str, values: tuple[Any, ...]) -> list[Case]:
    """These cases with their calls and notes, as of one moment: three statements, however many they are."""
    with readable():
        await connection.execute("BEGIN")
        try:
            ((keys, *columns),) = await connection.execute_fetchall(
                f"SELECT {_CASES} FROM (SELECT m.* FROM {which} ORDER BY m.opened_at, m.key) m",  # noqa: S608 - marks only
                values,
            )
            found = {name: orjson.loads(column) for name, column in zip((*_COLUMNS, *_CLIENT), columns, strict=True)}
            often = [key for key, calls in zip(orjson.loads(keys), found["calls"], strict=True) if calls > 1]
            # In the order in which they were missed. Who called once has a case with that call's id.
            calls = await connection.execute_fetchall(
                f"SELECT missed_case, call FROM case_fact WHERE missed_case IN ({_THOSE}) AND kind = 'missed' "  # noqa: S608 - marks only
                "ORDER BY missed_case, n",
                (orjson.dumps(often).decode(),),
            )
            notes = await connection.execute_fetchall(
                "SELECT c.missed_case, n.at / 1000.0, n.by_whom, n.text FROM call c CROSS JOIN note n ON n.call = c.key "  # noqa: S608 - marks only
                f"WHERE c.missed_case IN ({_THOSE}) ORDER BY n.id",
                (keys,),
            )
        finally:
            await connection.execute("COMMIT")
    ids: dict[int, list[str]] = {}
    for key, call_id in calls:
        ids.setdefault(key, []).append(call_id)
    notes_of: dict[int, list[Note]] = {}
    for key, *note in notes:
        notes_of.setdefault(key, []).append(Note(*note))
    return _cases(orjson.loads(keys), found, ids, notes_of)


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


async def contact_times(connection: aiosqlite.Connection, since: float, until: float) -> list[tuple[str, float]]:
    """Of the contacts that ended cases in that time: the kind, and the working time in seconds from the first miss to it."""
    with readable():
        rows = await connection.execute_fetchall(
            "SELECT m.contact, m.contact_ms / 1000.0 FROM case_fact f JOIN missed_case m ON m.key = f.missed_case "
            "WHERE f.at >= ? AND f.at < ? AND f.kind IN ('recovered', 'recovered_late') "
            "AND m.contact IS NOT NULL AND m.contact_ms IS NOT NULL",
            (round(since * 1000), round(until * 1000)),
        )
    return [(str(contact), float(contact_s)) for contact, contact_s in rows]


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
    if wanted.keys is not None:
        conditions.append(f"m.key IN ({_THOSE})")
        values.append(orjson.dumps(list(wanted.keys)).decode())
    if wanted.clients is not None:
        conditions.append(known_condition("m.number", wanted.clients))
    if wanted.states is not None:
        conditions.append(f"m.state IN ({', '.join('?' * len(wanted.states))})")
        values += wanted.states
    if wanted.waiting_since is not None:
        conditions.append(_WAITS)
        values.append(_milliseconds(wanted.waiting_since))
    return conditions, values


def _cases(
    keys: Sequence[int],
    columns: Mapping[str, Sequence[Any]],
    ids: Mapping[int, Sequence[str]],
    notes: Mapping[int, Sequence[Note]],
) -> list[Case]:
    """Made field by field instead of case by case.

    A list has thousands, and a frozen record of 28 fields takes 8 µs by its own constructor; so it takes 2. What no column has
    is as the record has it by default.
    """
    values: dict[str, Iterable[Any]] = {
        **{field.name: repeat(field.default) for field in fields(Case) if field.default is not MISSING},
        **columns,
        **{name: [None if ms is None else ms / 1000.0 for ms in columns[name]] for name in _IN_MS},
        "closed": map(bool, columns["closed"]),
        "call_ids": [
            tuple(ids[key][-CALL_IDS_KEPT:]) if key in ids else (case_id,)
            for key, case_id in zip(keys, columns["id"], strict=True)
        ],
        "notes": [tuple(notes.get(key, ())) for key in keys],
    }
    found = [object.__new__(Case) for _ in keys]
    for name, of_all in values.items():
        deque(map(getattr(Case, name).__set__, found, of_all), maxlen=0)
    return found


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)

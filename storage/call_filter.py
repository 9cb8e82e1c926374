"""Which calls somebody asks for, as SQL that an index answers. Values are always bound, never written into the text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.facts import Direction, Result
from storage.clients import OUTSIDE_NUMBER, Known, known_condition
from storage.number_match import match_range


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What the calls have in common; None asks nothing.

    `number` in any spelling, the caller's or the one called (see `number_match`). `queue`: joined at any time in the
    call. `since` up to, not including, `until`: epoch seconds, of the call's start. `last`: only so many, the latest.
    `clients`: those of the outside parties whom the directory knows, or does not know; who has no number is neither.
    Calls that became part of another (`merged_into`) are counted nowhere, and left out unless `merged` is set. `keys`: rows found before.
    """

    missed: bool | None = None
    direction: Direction | None = None
    result: Result | None = None
    queue: str | None = None
    number: str | None = None
    trunk: str | None = None
    since: float | None = None
    until: float | None = None
    last: int | None = None
    clients: Known | None = None
    merged: bool = False
    keys: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The tables to read and the condition; the calls are `c`, `order` is their latest first."""

    tables: str
    condition: str
    order: str
    values: tuple[Any, ...]


def selection(wanted: CallFilter) -> Selection:
    """The part of a SELECT from its FROM on.

    A number is the rarest thing to ask for, then a queue: each is looked up in its own index first (CROSS JOIN keeps
    SQLite to that order). Everything else is found through the index that fits, in order of start.
    """
    order = "c.started_at DESC, c.key DESC"
    values: list[Any] = []
    conditions: list[str] = []
    if wanted.number is not None:
        tables = (
            "(SELECT key FROM call WHERE caller_match >= ? AND caller_match < ? UNION "
            "SELECT key FROM call WHERE called_match >= ? AND called_match < ?) hit "
            "CROSS JOIN call c ON c.key = hit.key"
        )
        values += [*match_range(wanted.number)] * 2
        if wanted.queue is not None:
            conditions.append("EXISTS (SELECT 1 FROM queue_stay s WHERE s.call = c.key AND s.queue = ?)")
            values.append(wanted.queue)
    elif wanted.queue is not None:
        tables = "queue_stay s CROSS JOIN call c ON c.key = s.call"
        order = "s.call_started_at DESC, s.call DESC"
        # Who comes back into a queue joins it twice, and is one call.
        conditions.append(
            "s.queue = ? AND NOT EXISTS "
            "(SELECT 1 FROM queue_stay e WHERE e.call = s.call AND e.n < s.n AND e.queue = s.queue)"
        )
        values.append(wanted.queue)
    else:
        tables = "call c"
    started_at = "s.call_started_at" if order.startswith("s.") else "c.started_at"
    for condition, value in (
        (f"{started_at} >= ?", _milliseconds(wanted.since)),
        (f"{started_at} < ?", _milliseconds(wanted.until)),
        ("c.direction = ?", wanted.direction),
        ("c.result = ?", wanted.result),
        ("c.trunk = ?", wanted.trunk),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if wanted.keys is not None:
        conditions.append("c.key IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(wanted.keys)))
    if wanted.missed is not None:
        conditions.append("c.missed = 1" if wanted.missed else "c.missed = 0")
    if wanted.clients is not None:
        conditions.append(known_condition(OUTSIDE_NUMBER, wanted.clients))
    if not wanted.merged:
        conditions.append("c.merged_into IS NULL")
    return Selection(tables, " AND ".join(conditions) or "1", order, tuple(map(bindable, values)))


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)


def bindable(value: Any) -> Any:
    """The value as SQLite takes it: a command line may bring half characters, which no stored text has."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

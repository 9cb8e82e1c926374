"""Which field of a fact is which column: read by the code that writes rows and the code that reads them.

A column has its field's name, but for durations (`wait_s` is `wait_ms`) and words that SQL keeps for itself (`by`,
`to`). Moments and durations become milliseconds on the way in and seconds on the way out, both in SQL, without Python.
"""

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

from handlers.facts import Call, Hold, Leg, QueueStay, Talk, Transfer

_RENAMED = {"by": "by_whom", "to": "to_whom"}
# Of a call: what a stored one is by definition, or has no more, and what is kept otherwise (as JSON, in `transfer`, as `over_at`, by its case or number).
_CALL_FIELDS_APART = frozenset(
    {
        *("state", "state_since", "queues", "agents", "transfers"),
        *("case_id", "contacted_at", "notes", "client", "responsible", "waits_in"),
    }
)


def column_of(field: str) -> str:
    """The column that keeps a field."""
    if field.endswith("_s"):
        return field.removesuffix("_s") + "_ms"
    return _RENAMED.get(field, field)


def _is_time(column: str) -> bool:
    return column == "at" or column.endswith(("_at", "_ms"))


def _stored(column: str, value: str) -> str:
    """The value as it is stored. A half is added because CAST cuts; moments and durations are never negative."""
    return f"CAST({value} * 1000 + 0.5 AS INTEGER)" if _is_time(column) else value


@dataclass(frozen=True, eq=False)  # one object for each table: found by what it is, without hashing all its names
class Table:
    """A table of the schema: the columns that come first (keys), the fields, the columns that come last."""

    name: str
    first: tuple[str, ...]
    fields: tuple[str, ...]
    last: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are written."""
        return (*self.first, *map(column_of, self.fields), *self.last)

    def selected(self, alias: str) -> str:
        """The columns of the fields for a SELECT (or a JSON array in it), in their order, times in seconds."""
        names = map(column_of, self.fields)
        return ", ".join(f"{alias}.{name} / 1000.0" if _is_time(name) else f"{alias}.{name}" for name in names)

    def insert(self, rows: int) -> str:
        """The statement that inserts up to so many rows at once, their values given as one flat sequence.

        Rows that only fill it up, all 0, are left out. A row that is there already is replaced; only `call` can meet
        one, see `batch.write`.
        """
        return _insert(self, rows)


@lru_cache(maxsize=256)
def _insert(table: Table, rows: int) -> str:
    columns = table.columns
    # Converted outside of the VALUES: inside, each CAST is a constant to SQLite, and preparing the statement compares
    # every constant with every other (0.6 s for 512 rows of `call`).
    stored = ", ".join(_stored(column, f"column{place}") for place, column in enumerate(columns, start=1))
    values = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * rows)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608 - names of ours and marks
        f"SELECT {stored} FROM (VALUES {values}) WHERE column1 > 0"
    )
    key = table.first[0]
    if len(table.first) > 1:
        return statement
    updates = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
    return f"{statement} ON CONFLICT ({key}) DO UPDATE SET {updates}"


def _names(fact: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(fact))


CALL = Table(
    "call",
    ("key",),
    tuple(name for name in _names(Call) if name not in _CALL_FIELDS_APART),
    ("over_at", "queues", "agents", "caller_match", "called_match", "sought_device"),
)
LEG = Table("leg", ("call", "n"), _names(Leg))
QUEUE_STAY = Table("queue_stay", ("call", "n"), _names(QueueStay), ("call_started_at",))
TALK = Table("talk", ("call", "n"), _names(Talk))
HOLD = Table("hold", ("call", "n"), _names(Hold))
TRANSFER = Table("transfer", ("call", "n"), _names(Transfer))
PARTS = (LEG, QUEUE_STAY, TALK, HOLD, TRANSFER)

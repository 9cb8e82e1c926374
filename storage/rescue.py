"""What is left in a damaged database, row by row, into a new one. The damaged file is only read."""

import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from storage.errors import StorageError, storage_error
from storage.opening import prepare
from storage.salvage import address, by_stretches, columns, highest, with_header

# By which column of each table its rows lie in order; parts behind what they belong to.
_TABLES = {
    **{"call": "key", "leg": "call", "queue_stay": "call", "talk": "call", "hold": "call", "transfer": "call"},
    **{"missed_case": "key", "case_fact": "missed_case", "note": "id", "request": "id", "gap": "key"},
}


@dataclass(frozen=True, slots=True)
class Rescued:
    """Of one table: rows that were saved, and stretches of keys (one or more rows, or none) that cannot be read."""

    table: str
    rows: int
    unreadable: int


def rescue(damaged: Path, into: Path, now: float) -> list[Rescued]:
    """Save what can be read of a database of ours into a new one at `into`. Raises StorageError."""
    if not damaged.is_file():
        raise StorageError(f"there is no file {damaged}")
    if into.exists():
        raise StorageError(f"{into} is there already; name a new file")
    prepare(into, now)
    try:
        with ExitStack() as stack:
            source = stack.enter_context(with_header(damaged, into.parent))
            new = stack.enter_context(closing(sqlite3.connect(into, isolation_level=None, uri=True)))
            new.execute("ATTACH ? AS old", (address(source),))
            # Each stretch by itself: SQLite commits no transaction in which it has met damage.
            new.execute("PRAGMA synchronous = OFF")
            return [_save(new, table, key) for table, key in _TABLES.items()]
    except sqlite3.Error as error:
        raise storage_error(damaged, error) from error


def _save(new: sqlite3.Connection, table: str, key: str) -> Rescued:
    try:
        there = columns(new, table, "old")
    except sqlite3.DatabaseError:
        return Rescued(table, 0, 1)
    names = ", ".join(name for name in columns(new, table) if name in there)
    if not names:
        return Rescued(table, 0, 0)
    statement = (
        f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM old.{table} WHERE {key} BETWEEN ? AND ?"  # noqa: S608 - our own names
    )
    last = highest(new, table, key, "old")
    return Rescued(table, *by_stretches(lambda *stretch: new.execute(statement, stretch).rowcount, last))

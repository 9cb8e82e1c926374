"""What is left in a damaged database, row by row, into a new one. The damaged file is only read.

A page that cannot be read costs the rows on it: the keys are halved around it until what can be read is read. A header that is lost is
made anew on a copy, for all databases of ours have the same.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from storage.errors import StorageError, primary_code, storage_error
from storage.opening import prepare
from storage.place import files_beside

# By which column of each table its rows lie in order; parts behind what they belong to.
_TABLES = {
    **{"call": "key", "leg": "call", "queue_stay": "call", "talk": "call", "hold": "call", "transfer": "call"},
    **{"missed_case": "key", "case_fact": "missed_case", "note": "id", "request": "id", "gap": "key"},
}
# Where the highest key cannot be read: more rows than that has no page, on the average.
_ROWS_ON_A_PAGE = 64
# So many keys in a row that cannot be read are the end of what can be.
_GIVES_UP_AFTER = 50_000
_HEADER = 100
_PAGE = 4096


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
            source = stack.enter_context(_readable(damaged, into))
            new = stack.enter_context(closing(sqlite3.connect(into, isolation_level=None, uri=True)))
            new.execute("ATTACH ? AS old", (f"file:{quote(str(source.absolute()))}?mode=ro",))
            # Each stretch by itself: SQLite commits no transaction in which it has met damage.
            new.execute("PRAGMA synchronous = OFF")
            return [_save(new, table, key) for table, key in _TABLES.items()]
    except sqlite3.Error as error:
        raise storage_error(damaged, error) from error


@contextmanager
def _readable(damaged: Path, into: Path) -> Iterator[Path]:
    """The file, or a copy of it with another header where its own is none."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(damaged.absolute()))}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        if primary_code(error) not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise
        with tempfile.TemporaryDirectory(prefix=".rescue-", dir=into.parent) as folder:
            copy = Path(folder) / "copy.db"
            for old, new in zip((damaged, *files_beside(damaged)), (copy, *files_beside(copy)), strict=True):
                if old.exists() and not old.name.endswith("-shm"):
                    shutil.copyfile(old, new)
            _give_header(copy, into)
            yield copy
    else:
        yield damaged


def _give_header(copy: Path, like: Path) -> None:
    """https://www.sqlite.org/fileformat.html#the_database_header: the size as the file has it, and no free pages."""
    header = bytearray(like.read_bytes()[:_HEADER])
    header[28:40] = (copy.stat().st_size // _PAGE).to_bytes(4, "big") + bytes(8)
    header[92:96] = header[24:28]
    with copy.open("r+b") as file:
        file.write(header)


def _highest(new: sqlite3.Connection, table: str, key: str) -> int:
    try:
        ((highest,),) = new.execute(f"SELECT coalesce(max({key}), 0) FROM old.{table}").fetchall()  # noqa: S608 - our own names
    except sqlite3.DatabaseError:
        ((pages,),) = new.execute("PRAGMA old.page_count").fetchall()
        return int(pages) * _ROWS_ON_A_PAGE
    return int(highest)


def _save(new: sqlite3.Connection, table: str, key: str) -> Rescued:
    try:
        there = {row[1] for row in new.execute(f"PRAGMA old.table_info({table})")}
    except sqlite3.DatabaseError:
        return Rescued(table, 0, 1)
    names = ", ".join(row[1] for row in new.execute(f"PRAGMA main.table_info({table})") if row[1] in there)
    if not names:
        return Rescued(table, 0, 0)
    statement = (
        f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM old.{table} WHERE {key} BETWEEN ? AND ?"  # noqa: S608 - our own names
    )
    rows = unreadable = in_a_row = 0
    stretches = [(0, _highest(new, table, key))]
    while stretches and in_a_row < _GIVES_UP_AFTER:
        first, last = stretches.pop()
        try:
            found = new.execute(statement, (first, last)).rowcount
            rows, in_a_row = rows + found, 0 if found else in_a_row
        except sqlite3.DatabaseError as error:
            if primary_code(error) == sqlite3.SQLITE_FULL:
                raise
            if first == last:
                unreadable, in_a_row = unreadable + 1, in_a_row + 1
            else:
                middle = (first + last) // 2
                stretches += [(middle + 1, last), (first, middle)]
    return Rescued(table, rows, unreadable)

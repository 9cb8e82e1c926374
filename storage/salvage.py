"""Reading a damaged database of ours: around the pages that cannot be read, and without its header. The file itself is only read.

A page that cannot be read costs the rows on it: the keys are halved around it until what can be read is read. A header that is lost is
made anew on a copy, for all databases of ours have the same.
"""

import shutil
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from storage.errors import primary_code
from storage.place import files_beside
from storage.schema import APPLICATION_ID

# Where the highest key cannot be read: more rows than that has no page, on the average.
_ROWS_ON_A_PAGE = 64
# So many keys in a row that cannot be read are the end of what can be, seen from there.
GIVES_UP_AFTER = 50_000
_PAGE = 4096


class NotReadError(Exception):
    """It could be read perhaps, and is not, because of what that would take; the message says what."""


def address(path: Path) -> str:
    """The URI under which it is only read."""
    return f"file:{quote(str(path.absolute()))}?mode=ro"


@contextmanager
def with_header(damaged: Path, folder: Path, at_most: int | None = None) -> Iterator[Path]:
    """The file, or where its own header is none, a copy in `folder` with another one, for the time of the block.

    No more than `at_most` bytes are copied, and only if as many are free afterwards: else NotReadError. None: as many as there are.
    Raises sqlite3.Error and OSError.
    """
    try:
        with closing(sqlite3.connect(address(damaged), uri=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        if primary_code(error) not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise
        if at_most is not None:
            _see_to_room(damaged, folder, at_most)
        with tempfile.TemporaryDirectory(prefix=".rescue-", dir=folder) as own:
            copy = Path(own) / "copy.db"
            for old, new in zip((damaged, *files_beside(damaged)), (copy, *files_beside(copy)), strict=True):
                if old.exists() and not old.name.endswith("-shm"):
                    shutil.copyfile(old, new)
            _give_header(copy)
            yield copy
    else:
        yield damaged


def _see_to_room(damaged: Path, folder: Path, at_most: int) -> None:
    size = sum(each.stat().st_size for each in (damaged, *files_beside(damaged)[:1]) if each.exists())
    if size > at_most:
        raise NotReadError("its header is lost, and it is too large to be read at once")
    if 2 * size > _free(folder):
        raise NotReadError("its header is lost, and the disk has no room for a copy of it")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _give_header(copy: Path) -> None:
    """https://www.sqlite.org/fileformat.html#the_database_header: the size as the file has it, and no free pages."""
    numbers = {
        **{24: 1, 28: copy.stat().st_size // _PAGE, 92: 1},  # the size counts, for 24 and 92 are the same
        **{40: 1, 44: 4, 56: 1, 68: APPLICATION_ID},  # the schema's cookie and format, UTF-8
    }
    header = bytearray(100)
    header[:24] = b"SQLite format 3\x00" + _PAGE.to_bytes(2, "big") + bytes((2, 2, 0, 64, 32, 32))  # WAL
    for at, number in numbers.items():
        header[at : at + 4] = number.to_bytes(4, "big")
    with copy.open("r+b") as file:
        file.write(header)


def columns(connection: sqlite3.Connection, table: str, schema: str = "main") -> list[str]:
    """The names of a table's columns, none where there is no such table. Raises sqlite3.DatabaseError."""
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]


def highest(connection: sqlite3.Connection, table: str, key: str, schema: str = "main") -> int:
    """No key of the table is higher than that."""
    try:
        ((found,),) = connection.execute(f"SELECT coalesce(max({key}), 0) FROM {schema}.{table}").fetchall()  # noqa: S608 - our own names
        return int(found)
    except sqlite3.DatabaseError:
        ((pages,),) = connection.execute(f"PRAGMA {schema}.page_count").fetchall()
    try:
        given_out = connection.execute(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,)).fetchall()  # noqa: S608
    except sqlite3.DatabaseError:
        given_out = []
    return max(int(pages) * _ROWS_ON_A_PAGE, *(int(seq) for (seq,) in given_out), 0)


def by_stretches(
    copy: Callable[[int, int], int], last: int, first: int = 0, gives_up_after: int = GIVES_UP_AFTER
) -> tuple[int, int]:
    """Have all keys from `first` to `last` copied in stretches as long as can be; gives how many rows were, and how many stretches cannot be.

    `copy` copies from one key to another, both included, and gives the number of rows; where it meets damage it copies nothing and
    raises sqlite3.DatabaseError. From below, and where nothing comes any more from above.
    """
    rows = unreadable = 0
    stretches = deque([(first, last)])
    for from_below in (True, False):
        in_a_row = 0
        while stretches and in_a_row < gives_up_after:
            first, last = stretches.popleft() if from_below else stretches.pop()
            try:
                found = copy(first, last)
            except sqlite3.DatabaseError as error:
                if primary_code(error) == sqlite3.SQLITE_FULL:
                    raise
                if first == last:
                    unreadable, in_a_row = unreadable + 1, in_a_row + 1
                    continue
                middle = (first + last) // 2
                if from_below:
                    stretches.extendleft(((middle + 1, last), (first, middle)))
                else:
                    stretches.extend(((first, middle), (middle + 1, last)))
            else:
                rows, in_a_row = rows + found, 0 if found else in_a_row
    return rows, unreadable + len(stretches)

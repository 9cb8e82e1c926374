"""A damaged database is set aside and never written to again; what still waits for somebody goes on in the new one.

What waits: messages for the broker, requests, cases without a contact, live calls; and the gaps. The calls stay in the old file, where
`ringtally rescue` finds what is left of them.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

from handlers.case_facts import Case
from storage.case_batch import keep_cases
from storage.live_calls import Heard, write_heard
from storage.place import Place, files_beside
from storage.schema import APPLICATION_ID, Migration

_HEADER = 100
_APPLICATION_ID_AT = 68  # https://www.sqlite.org/fileformat.html#the_database_header
_READ_AT_ONCE = 1 << 20
_WAITING_CASES = "state IN ('open', 'truly_missed')"
# In this order: facts belong to cases. Messages get new ids, for those of a new file have all to be higher than the old ones.
_KEPT = {
    "outbox": ("event_id, topic, at, payload", "1 ORDER BY id"),
    "request": ("id, asked_at, kind, subject, at, by_whom, text", "done_at IS NULL"),
    "missed_case": ("*", _WAITING_CASES),
    "case_fact": ("*", f"missed_case IN (SELECT key FROM missed_case WHERE {_WAITING_CASES})"),  # noqa: S608 - our own words
    "gap": ("*", "1"),
    "live_call": ("*", "1"),
    "heard": ("*", "1"),
}
_COUNTED = ("outbox", "request", "note")
_MAKE_COUNTER = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)"


def is_ours(path: Path, steps: Sequence[Migration]) -> bool:
    """Was this, which is no sound database, one of ours? By its header, or by the record of a migration; nothing but zeros is nobody's."""
    wanted = [step.sha256.encode() for step in steps]
    overlap = max(map(len, wanted))
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if header[_APPLICATION_ID_AT : _APPLICATION_ID_AT + 4] == APPLICATION_ID.to_bytes(4, "big"):
            return True
        is_empty, tail = not any(header), b""
        while part := file.read(_READ_AT_ONCE):
            is_empty = is_empty and not any(part)
            if any(record in tail + part for record in wanted):
                return True
            tail = part[-overlap:]
    return is_empty


def set_aside(path: Path, now: float) -> Path:
    """Rename the file, and what SQLite keeps beside it, to `<name>.damaged-<UTC time>`; gives the new path. OSError where it cannot.

    What is beside goes first: so no new file ever meets an old -wal.
    """
    aside = next(_names(path, "damaged", now))
    for old, new in zip(files_beside(path), files_beside(aside), strict=True):
        if old.exists():
            old.rename(new)
    path.rename(aside)
    return aside


def set_aside_leftovers(place: Place, now: float) -> None:
    """Rename what is beside another file and belongs to the one that was there before: the other one would be mixed with it.

    OSError where it cannot.
    """
    left = place.leftovers()
    aside = next(_names(place.path, "replaced", now))
    for old, new in zip(files_beside(place.path), files_beside(aside), strict=True):
        if old in left:
            old.rename(new)


def go_on(
    path: Path,
    aside: Path | None,
    now: float,
    cases: Iterable[Case] = (),
    heard_until: Callable[[sqlite3.Connection], float | None] = lambda _old: None,
) -> dict[str, int]:
    """Put what waits into the database at `path`, which is new or another one: out of the old file, and `cases` as they stand.

    `heard_until` is asked where the old file does not say until when the PBX was heard.
    Ids that are given out from here on are higher than any before: `now`, in seconds, is. Whoever remembers how far he has read
    goes on from there. Gives how many rows of each table could be kept. sqlite3.Error where the new one cannot be written.
    """
    kept: dict[str, int] = {}
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute("BEGIN IMMEDIATE")
        new.executemany(_MAKE_COUNTER, [(table,) for table in _COUNTED])
        new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?)", (int(now),))
        if aside is not None:
            with closing(sqlite3.connect(f"file:{quote(str(aside.absolute()))}?mode=ro", uri=True)) as old:
                for table, (columns, which) in _KEPT.items():
                    kept[table] = _copy(old, new, table, columns, which)
                if not kept["heard"] and (until := heard_until(old)) is not None:
                    write_heard(new, Heard(until, "killed"))
        keep_cases(new, cases)
        new.execute("COMMIT")
    return kept


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, columns: str, which: str) -> int:
    """As many rows as can be read and are what the table takes."""
    copied = 0
    for names, row in _readable_rows(old, f"SELECT {columns} FROM {table} WHERE {which}"):  # noqa: S608 - our own words
        marks = ", ".join("?" * len(row))
        with suppress(sqlite3.IntegrityError, UnicodeEncodeError):
            added = new.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", row)  # noqa: S608 - our own names
            copied += added.rowcount
    return copied


def _readable_rows(old: sqlite3.Connection, question: str) -> Iterator[tuple[list[str], Sequence[object]]]:
    """The names of the columns and each row, up to the first that is damaged."""
    try:
        rows = old.execute(question)
        names = [column[0] for column in rows.description]
        row = rows.fetchone()
    except sqlite3.Error:
        return
    while row is not None:
        yield names, row
        try:
            row = rows.fetchone()
        except sqlite3.Error:
            return


def _names(path: Path, word: str, now: float) -> Iterator[Path]:
    """Names that nothing has yet."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in count(1):
        name = path.with_name(f"{path.name}.{word}-{stamp}" + (f"-{number}" if number > 1 else ""))
        if not any(each.exists() for each in (name, *files_beside(name))):
            yield name

"""What waits goes on in a new database: out of the damaged one, as far as it can be read, and out of memory.

What waits: messages for the broker, requests, cases without a contact, live calls and until when the PBX was heard; and the gaps. The
calls stay in the old file, where `ringtally rescue` finds what is left of them.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

from handlers.case_facts import Case
from storage.case_batch import keep_cases
from storage.damaged import has_gone_on
from storage.errors import primary_code
from storage.live_calls import Heard, write_heard
from storage.salvage import NotReadError, address, by_stretches, columns, highest, with_header

# A start, and the storing of calls, wait for it.
_COPIES_AT_MOST = 1 << 30
_EACH_TABLE_S = 10.0
_LOOKS_EVERY_STEPS = 100_000
# More rows than a lost page in the middle of a table takes with it; `ringtally rescue` is more patient.
_GIVES_UP_AFTER = 10_000
# By table: the column by which its rows lie in order, and which of them wait. In this order: facts belong to cases.
_KEPT = {
    "outbox": ("id", "1"),
    "request": ("id", "done_at IS NULL"),
    "missed_case": ("key", "state IN ('open', 'truly_missed')"),
    "case_fact": ("missed_case", "1"),
    "gap": ("key", "1"),
    "live_call": ("id", "1"),
    "heard": ("one", "1"),
}
_COUNTED = ("outbox", "request", "note")
# SQLite keeps its counters by table; beside them a row for each file out of which something goes on harms nobody, and is there if that is.
_HAS_GONE_ON = "SELECT 1 FROM sqlite_sequence WHERE name = ?"
_MAKE_COUNTER = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)"
_Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Kept:
    """How much goes on: rows by table of the damaged file, and cases `from_memory`.

    `parts_lost_of`: tables of which something cannot be read, or not in time; `not_read`: why the whole file was not.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    parts_lost_of: Sequence[str] = ()
    not_read: str | None = None


def go_on(
    path: Path,
    aside: Path | None,
    now: float,
    cases: Iterable[Case] = (),
    heard_until: Callable[[sqlite3.Connection], float | None] = lambda _old: None,
) -> Kept:
    """Put what waits into the database at `path`, which is new or another one: out of the old file, and `cases` as they stand.

    Out of a file that was set aside, once: what of it is there already is not put there again. `heard_until` is asked where the
    old file does not say until when the PBX was heard.
    Ids that are given out from here on are higher than any before: `now`, in seconds, is. Whoever remembers how far he has read
    goes on from there. A minute and a half at most, on a disk that reads 50 MB a second. sqlite3.Error where the new one cannot
    be written.
    """
    standing = list(cases)
    kept = Kept()
    with closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute("BEGIN IMMEDIATE")
        if aside is not None and new.execute(_HAS_GONE_ON, (aside.name,)).fetchone():
            new.execute("ROLLBACK")
            has_gone_on(aside)
            return kept
        new.executemany(_MAKE_COUNTER, [(table,) for table in _COUNTED])
        new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?)", (int(now),))
        if aside is not None:
            new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (aside.name, int(now)))
            with ExitStack() as stack:
                source, not_read = _source(stack, aside, path.parent)
                old = stack.enter_context(closing(sqlite3.connect(address(source), uri=True)))
                kept = Kept(dict.fromkeys(_KEPT, 0), (), not_read) if not_read else _copy_all(old, new)
                if not kept.rows["heard"] and (until := heard_until(old)) is not None:
                    write_heard(new, Heard(until, "killed"))
        keep_cases(new, standing)
        new.execute("COMMIT")
    if aside is not None:
        has_gone_on(aside)
    return Kept({**kept.rows, "from_memory": len(standing)}, kept.parts_lost_of, kept.not_read) if standing else kept


def _source(stack: ExitStack, aside: Path, folder: Path) -> tuple[Path, str | None]:
    """What to read, and why it is not read, if so."""
    try:
        return stack.enter_context(with_header(aside, folder, _COPIES_AT_MOST)), None
    except NotReadError as error:
        return aside, str(error)
    except OSError as error:
        return aside, f"its header is lost, and it cannot be copied ({error.strerror})"
    except sqlite3.Error:  # each table says so by itself
        return aside, None


def _copy_all(old: sqlite3.Connection, new: sqlite3.Connection) -> Kept:
    rows, lost = {}, []
    for table in _KEPT:
        rows[table], is_whole = _copy(old, new, table)
        if not is_whole:
            lost.append(table)
    return Kept(rows, lost)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[int, bool]:
    """As many rows as can be read in time and are what the table takes; gives how many, and whether that is all."""
    ends_at = monotonic() + _EACH_TABLE_S
    old.set_progress_handler(lambda: monotonic() > ends_at, _LOOKS_EVERY_STEPS)
    try:
        there = columns(old, table)
    except sqlite3.DatabaseError:
        return 0, False
    # Messages get new ids, for those of a new file have all to be higher than the old ones.
    names = [name for name in columns(new, table) if name in there and (table, name) != ("outbox", "id")]
    if not there:  # an older version's
        return 0, True
    found: list[_Row] = []
    is_whole = _read(old, new, table, ", ".join(names), ends_at, found)
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own names
    copied = 0
    for _key, *row in sorted(found, key=lambda each: each[0]):  # type: ignore[arg-type,return-value]
        try:
            copied += new.execute(statement, row).rowcount
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            is_whole = False
    return copied, is_whole


def _read(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, names: str, ends_at: float, found: list[_Row]
) -> bool:
    """Read what can be, each row with its key before it; gives whether that is all."""
    key, which = _KEPT[table]
    question = f"SELECT {key}, {names} FROM {table}"  # noqa: S608 - our own names
    if table == "live_call":
        return _read_from_both_ends(old, question, found)
    # The index of those that wait may be what is damaged, so it is gone round then.
    goes_by = "" if table == "case_fact" else " NOT INDEXED"
    stretch = f"{question}{goes_by} WHERE {key} BETWEEN ? AND ? AND {which}"

    def read(statement: str, *bounds: int) -> int:
        try:
            rows = old.execute(statement, bounds).fetchall()
        except sqlite3.DatabaseError as error:
            # Between two short statements nobody is interrupted.
            if primary_code(error) == sqlite3.SQLITE_INTERRUPT or monotonic() > ends_at:
                raise TimeoutError from error
            raise
        found.extend(rows)
        return len(rows)

    try:
        if table == "case_fact":
            cases = [case for (case,) in new.execute("SELECT key FROM missed_case")]
            return not sum(by_stretches(partial(read, stretch), case, case)[1] for case in cases)
        try:
            read(f"{question} WHERE {which}")
        except sqlite3.DatabaseError:
            last = highest(old, table, key)
            return not by_stretches(partial(read, stretch), last, gives_up_after=_GIVES_UP_AFTER)[1]
    except TimeoutError:
        return False
    return True


def _read_from_both_ends(old: sqlite3.Connection, question: str, found: list[_Row]) -> bool:
    """Where keys are no numbers: up to the damage, and from behind down to it."""
    for direction in ("ASC", "DESC"):
        try:
            for row in old.execute(f"{question} ORDER BY 1 {direction}"):
                found.append(row)
        except sqlite3.DatabaseError:
            continue
        return direction == "ASC"
    return False

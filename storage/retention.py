"""`storage.keep`: what is older goes, in steps so short that no call waits for one; what a wrong clock says is old does not.

Each step is a transaction of its own, so who is killed goes on where he was. A call goes by its start, with its time line and its notes.
A case outlives its calls: it goes once its last missed call did, for a call that is kept tells what became of its caller. Freed pages
are used again by what comes: the file stays as large as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import aiosqlite

from storage.errors import beside_the_daemon, readable
from storage.last_heard import NEWEST, latest
from storage.tables import PARTS

DAY_S = 86_400.0
# The time of day is settled once a night, and never moves by more: a clock a year ahead costs two days of the oldest calls, and is told.
BELIEVED_DAYS_AT_ONCE = 2
_SETTLED_EVERY_S = 0.8 * DAY_S
# Of the 250 ms within which a call is stored, a step may take so much; a slow disk has shorter ones.
AIM_S = 0.01
MOST_AT_ONCE = 500
_FIRST_AT_ONCE = 20
_WAITS_S = 1.0
# By table its key, and which rows are old; `?1` is the moment, milliseconds. In this order: a case goes after its calls.
_OLD = {
    "call": ("key", "started_at < ?1", "started_at"),
    "gap": ("key", "ended_at < ?1", "ended_at"),
    "missed_case": ("key", "opened_at < ?1 AND last_missed_at < ?1", "opened_at"),
    "request": ("id", "done_at < ?1", "done_at"),
    "outbox": ("id", "at < ?1", "id"),
}
TABLES = tuple(_OLD)
_THOSE = "SELECT value FROM json_each(?1)"
# What a disk has to be asked for is read before the lock is taken: by number the calls of a night lie all over their indexes.
_READ_BEFORE = (
    *(f"SELECT count(*) FROM {part.name} WHERE call IN ({_THOSE})" for part in PARTS),  # noqa: S608 - names of ours
    "SELECT count(a.key) + count(b.key) FROM json_each(?1) j CROSS JOIN call c ON c.key = j.value "
    "LEFT JOIN call a INDEXED BY call_by_caller ON a.caller_match = c.caller_match AND a.started_at = c.started_at "
    "LEFT JOIN call b INDEXED BY call_by_called ON b.called_match = c.called_match AND b.started_at = c.started_at",
)


class Kept(NamedTuple):
    """What the database says of its own past, in epoch seconds: see the table `retention`."""

    believed_at: float
    advanced_at: float
    kept_from: float | None = None

    def behind_s(self, now: float) -> float:
        """How much later the clock says it is."""
        return now - self.believed_at


@dataclass(slots=True)
class Cleared:
    """What one step did: of which table how many rows, and for how many seconds it held the writers' lock."""

    table: str
    rows: int
    held_s: float


def settled(kept: Kept | None, now: float, newest: float | None) -> Kept | None:
    """What time it is believed to be at `now` (epoch seconds), or None: it was settled today.

    `newest` is when anything was stored last: the first time there is nothing else to go by. The believed time never runs ahead of
    the clock, nor by more than two days at once; who was away for long catches up, a day each day. Pure.
    """
    most_s = BELIEVED_DAYS_AT_ONCE * DAY_S
    if kept is None:
        return Kept(now if newest is None else min(now, newest + most_s), now)
    if 0 <= now - kept.advanced_at < _SETTLED_EVERY_S:
        return None
    return Kept(min(now, kept.believed_at + most_s), now, kept.kept_from)


def settle(database: Path, now: float) -> Kept:
    """The same, noted in the database. Raises StorageError."""
    with clearing(database) as connection, _transaction(connection):
        kept = _kept(connection)
        newest = latest(row[0] for row in connection.execute(NEWEST)) if kept is None else None
        fresh = settled(kept, now, newest)
        if fresh is not None:
            _note(connection, fresh)
            return fresh
    assert kept is not None  # noqa: S101 - the first time is always settled
    return kept


def settled_in(database: Path) -> Kept | None:
    """What was settled last; None: nothing ever was. Raises StorageError."""
    with clearing(database) as connection:
        return _kept(connection)


@contextmanager
def clearing(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection for steps of `Clearing`. It waits for its turn, and what it deletes is overwritten. Raises StorageError."""
    with beside_the_daemon(database, _WAITS_S, autocommit=True) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        yield connection


class Clearing:
    """Takes away what began before a moment (epoch seconds), a step at a time, oldest first.

    `outbox`: messages for a broker that nobody publishes any more go too.
    """

    def __init__(self, before: float, outbox: bool = False) -> None:
        self.before = before
        self._at_once = _FIRST_AT_ONCE
        self._tables = [table for table in TABLES if table != "outbox" or outbox]
        self._noted = False

    def step(self, database: Path) -> Cleared | None:
        """One step; None: nothing is left. Raises StorageError."""
        with clearing(database) as connection:
            while self._tables:
                table = self._tables[0]
                cleared = self._some(connection, table)
                if cleared is not None:
                    self._adapt(cleared)
                    return cleared
                self._tables.pop(0)
        return None

    def _some(self, connection: sqlite3.Connection, table: str) -> Cleared | None:
        key, old, order = _OLD[table]
        before_ms = round(self.before * 1000)
        # Looked for before the lock is taken; what has changed since stays.
        ((found, rows),) = connection.execute(
            f"SELECT json_group_array({key}), count(*) FROM (SELECT {key} FROM {table} WHERE {old} ORDER BY {order} LIMIT ?2)",  # noqa: S608 - names of ours
            (before_ms, self._at_once),
        ).fetchall()
        if not rows:
            return None
        if table == "call":
            for read in _READ_BEFORE:
                connection.execute(read, (found,)).fetchall()
        with _transaction(connection):
            began = monotonic()
            if not self._noted:
                connection.execute("UPDATE retention SET kept_from = max(coalesce(kept_from, 0), ?)", (before_ms,))
            gone = connection.execute(
                f"DELETE FROM {table} NOT INDEXED WHERE {key} IN (SELECT value FROM json_each(?2)) AND {old}",  # noqa: S608 - names of ours
                (before_ms, found),
            ).rowcount
        held_s = monotonic() - began
        self._noted = True
        # What this wrote is brought home by this thread, and not by the one that stores calls; it keeps nobody from writing.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return Cleared(table, gone, held_s)

    def _adapt(self, cleared: Cleared) -> None:
        if cleared.held_s > 2 * AIM_S:
            self._at_once = max(1, self._at_once // 4)
        elif cleared.held_s > AIM_S:
            self._at_once = max(1, self._at_once // 2)
        elif cleared.held_s < AIM_S / 2 and cleared.rows >= self._at_once:
            self._at_once = min(MOST_AT_ONCE, self._at_once + self._at_once // 2 + 1)


async def kept_from(connection: aiosqlite.Connection) -> float | None:
    """From when on all calls are there, epoch seconds; None: all that ever were stored. The connection is one of `database.reading`."""
    with readable():
        rows = await connection.execute_fetchall("SELECT kept_from / 1000.0 FROM retention")
    return next((row[0] for row in rows), None)


def _kept(connection: sqlite3.Connection) -> Kept | None:
    with closing(
        connection.execute("SELECT believed_at / 1000.0, advanced_at / 1000.0, kept_from / 1000.0 FROM retention")
    ) as rows:
        row = rows.fetchone()
    return None if row is None else Kept(*row)


def _note(connection: sqlite3.Connection, kept: Kept) -> None:
    since = None if kept.kept_from is None else round(kept.kept_from * 1000)
    connection.execute(
        "INSERT OR REPLACE INTO retention (one, believed_at, advanced_at, kept_from) VALUES (1, ?, ?, ?)",
        (round(kept.believed_at * 1000), round(kept.advanced_at * 1000), since),
    )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """The writers' lock from its beginning to its end; all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise

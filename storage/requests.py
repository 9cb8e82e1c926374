"""What people say of cases, on its way to the core: put into the database by whoever hears it, taken out by the daemon.

So a command reaches a running daemon without a token, whoever may write to the database may say something, and nothing that was
said is lost to a daemon that is down. Every function raises StorageError where the database cannot be used.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handlers.case_facts import Note, Outcome
from storage.call_filter import bindable
from storage.errors import beside_the_daemon

Kind = Literal["contact", "dismiss", "claim"]
Noted = Literal["noted", "there", "full"]
NOTES_MOST = 200
"""On one call."""
_SAME_NOTE_S = 60.0
_NOTES_AT_ONCE = 1000
_WAITS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `at`: of a contact when it was, of a claim until when (None: given up); epoch seconds."""

    kind: Kind
    subject: str
    at: float | None
    by: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that is still to be told to the core; `asked_at` in epoch seconds."""

    id: int
    asked: Asked
    asked_at: float


def ask(database: Path, asked: Asked, now: float) -> int:
    """Put a request into the database; gives its id. The same contact again is the one that is there."""
    with _writing(database) as connection:
        connection.execute(
            "INSERT INTO request (asked_at, kind, subject, at, by_whom, text) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                _milliseconds(now),
                asked.kind,
                *map(bindable, (asked.subject, _milliseconds(asked.at), asked.by, asked.text)),
            ),
        )
        ((request,),) = connection.execute(
            "SELECT max(id) FROM request WHERE kind = ? AND subject = ? AND by_whom = ? AND at IS ?",
            (asked.kind, bindable(asked.subject), bindable(asked.by), _milliseconds(asked.at)),
        ).fetchall()
    return int(request)


def outcome_of(database: Path, request: int) -> Outcome | None:
    """What came of a request, or None: nothing yet."""
    with _writing(database) as connection:
        row = connection.execute("SELECT outcome FROM request WHERE id = ?", (request,)).fetchone()
    outcome: Outcome | None = None if row is None else row[0]
    return outcome


def to_do(database: Path, after: int) -> list[Waiting]:
    """The requests after an id of which nothing has come yet, oldest first."""
    with _writing(database) as connection:
        rows = connection.execute(
            "SELECT id, kind, subject, at / 1000.0, by_whom, text, asked_at / 1000.0 FROM request WHERE done_at IS NULL AND kind <> 'forget' AND id > ? ORDER BY id",
            (after,),
        ).fetchall()
    return [
        Waiting(row[0], Asked(kind=row[1], subject=row[2], at=row[3], by=row[4], text=row[5]), row[6]) for row in rows
    ]


def done(database: Path, outcomes: Sequence[tuple[int, str]], now: float) -> None:
    """Note what came of requests."""
    with _writing(database) as connection:
        connection.executemany(
            "UPDATE request SET done_at = ?, outcome = ? WHERE id = ?",
            [(_milliseconds(now), outcome, request) for request, outcome in outcomes],
        )


def add_note(database: Path, call_id: str, by: str, text: str, now: float) -> Noted | None:
    """Note something on a call, the latest of this id; None: there is none.

    `there`: he said just the same within a minute before, so it is the same, told again. `full`: it has as many as a call can have.
    """
    with _writing(database) as connection:
        found = connection.execute(
            "SELECT c.key, (SELECT count(*) FROM note n WHERE n.call = c.key), EXISTS ("
            "SELECT 1 FROM note n WHERE n.call = c.key AND n.by_whom = ? AND n.text = ? AND n.at > ?) "
            "FROM call c WHERE c.id = ? ORDER BY c.started_at DESC, c.key DESC LIMIT 1",
            (*map(bindable, (by, text)), _milliseconds(now - _SAME_NOTE_S), bindable(call_id)),
        ).fetchone()
        if found is None:
            return None
        key, notes, is_there = found
        if is_there:
            return "there"
        if notes >= NOTES_MOST:
            return "full"
        connection.execute(
            "INSERT INTO note (call, at, by_whom, text) VALUES (?, ?, ?, ?)",
            (key, _milliseconds(now), *map(bindable, (by, text))),
        )
        return "noted"


def latest_note(database: Path) -> int:
    """The id of the latest note there is, 0 where there is none."""
    with _writing(database) as connection:
        ((latest,),) = connection.execute("SELECT coalesce(max(id), 0) FROM note").fetchall()
    return int(latest)


def notes_after(database: Path, after: int) -> list[tuple[int, str | None, Note]]:
    """The notes after an id, oldest first, each with its id and the id of the case that its call belongs to."""
    with _writing(database) as connection:
        rows = connection.execute(
            "SELECT n.id, m.id, n.at / 1000.0, n.by_whom, n.text FROM note n JOIN call c ON c.key = n.call "
            "LEFT JOIN missed_case m ON m.key = c.missed_case WHERE n.id > ? ORDER BY n.id LIMIT ?",
            (after, _NOTES_AT_ONCE),
        ).fetchall()
    return [(note, case_id, Note(*columns)) for note, case_id, *columns in rows]


@contextmanager
def _writing(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one short transaction, beside the daemon's."""
    with beside_the_daemon(database, _WAITS_S) as connection, connection:
        yield connection


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)

"""`ringtally forget`: a number goes out of every row, and its bytes out of the database's files; the calls stay, and count as before.

One word, made by chance, takes the number's place everywhere, so that his calls are still those of one caller. Names told with the
number, and what was noted on his calls, go for good. In short steps, each a transaction; done twice it changes nothing, so who is
killed begins anew. The request itself, the last row with the number, is put out last.
"""

import fcntl
import json
import secrets
import sqlite3
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from handlers.person import Person
from storage.errors import StorageError, beside_the_daemon
from storage.number_match import match_key
from storage.person_rows import Found, find, slices
from storage.place import files_beside
from storage.traces import traces
from storage.unnaming import Unnaming

KIND = "forget"
_WAITS_S = 2.0
_ROWS_AT_ONCE = 5
_ROUNDS = 5
_EMPTIED_WITHIN_S = 10.0
# No digits in it, which could be taken for a number, and no vowels, which could make a word.
_LETTERS = "bcdfghjklmnpqrstvwxz"
_TOKEN_LETTERS = 10


class ToForget(NamedTuple):
    """A number that somebody asked to forget: the request's id, the number, who asked, and what takes its place."""

    id: int
    number: str
    by: str
    token: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done: how many rows of what, and whether its bytes are gone from the files (`is_gone`), and if not, why."""

    rows: dict[str, int]
    is_gone: bool
    why: str | None = None
    rewritten: bool = False
    """The whole file was written anew, for old bytes were left in its free space."""


def ask_to_forget(database: Path, number: str, by: str, now: float) -> ToForget:
    """Note that a (normalised) number is to be forgotten; the same as long as it is not done. Raises StorageError."""
    with beside_the_daemon(database, _WAITS_S) as connection, connection:
        connection.execute(
            "INSERT INTO request (asked_at, kind, subject, by_whom, text) SELECT ?1, ?2, ?3, ?4, ?5 "
            "WHERE NOT EXISTS (SELECT 1 FROM request WHERE kind = ?2 AND subject = ?3 AND done_at IS NULL)",
            (round(now * 1000), KIND, number, by, new_token()),
        )
        return next(each for each in _to_forget(connection) if each.number == number)


def to_forget(database: Path) -> list[ToForget]:
    """The numbers that are still to be forgotten. Raises StorageError."""
    with beside_the_daemon(database, _WAITS_S) as connection:
        return list(_to_forget(connection))


def forgotten(database: Path, request: int) -> Forgotten | None:
    """What came of a request; None: nothing yet. Raises StorageError."""
    with beside_the_daemon(database, _WAITS_S) as connection:
        row = connection.execute(
            "SELECT outcome FROM request WHERE id = ? AND done_at IS NOT NULL", (request,)
        ).fetchone()
    return None if row is None else Forgotten(**json.loads(row[0]))


def new_token() -> str:
    """What takes a number's place: nobody can tell which it was, and no two have the same."""
    return "forgotten-" + "".join(secrets.choice(_LETTERS) for _ in range(_TOKEN_LETTERS))


def is_open_elsewhere(database: Path) -> bool:
    """Does another process have the database open: the daemon, most likely? Not to be asked while this one has.

    Whoever has it open holds a read lock on one byte of what is beside it (SQLite's os_unix.c: UNIX_SHM_DMS).
    """
    beside = files_beside(database)[1]
    lock = struct.Struct("hhqqi4x")
    try:
        with beside.open("rb+") as file:
            asked = lock.pack(fcntl.F_WRLCK, 0, 128, 1, 0)
            (kind, *_) = lock.unpack(fcntl.fcntl(file, fcntl.F_GETLK, asked))
            return bool(kind != fcntl.F_UNLCK)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(
            f"{beside} cannot be opened ({error.strerror}); run this as the user of the daemon"
        ) from error


class Forgetting:
    """Forgets one number: `step` until it says that all is done, then `traces`, and at last `finish`."""

    def __init__(self, database: Path, person: Person, asked: ToForget) -> None:
        self._database = database
        self._person = person
        self._token = asked.token
        self._unnaming = Unnaming(person, asked.token)
        self._request = asked.id
        self._rounds = 0
        self._left: Iterator[Callable[[sqlite3.Connection], None]] = iter(())

    @property
    def rows(self) -> Counter[str]:
        """How many rows were changed, by what they are."""
        return self._unnaming.rows

    def step(self) -> bool:
        """One step; False: no row names him any more. Raises StorageError."""
        with _open(self._database) as connection:
            part = next(self._left, None)
            if part is None:
                found = find(connection, self._person)
                if found.is_nothing:
                    return False
                self._rounds += 1
                if self._rounds > _ROUNDS:
                    raise StorageError(f"{self._database} is told of the number again and again; see who calls")
                self._left = self._parts(found)
                return True
            connection.execute("BEGIN IMMEDIATE")
            try:
                part(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return True

    def traces(self) -> int:
        """In how many places of the files the number's bytes are still, once what was written is brought home. Raises StorageError.

        Places that nothing refers to: moved rows leave them. `rewrite` clears them away.
        """
        with _open(self._database) as connection:
            _empty_wal(connection)
        return self._traces() - 1  # the request's own

    def rewrite(self) -> None:
        """Write the whole file anew. Nobody else can write meanwhile: seconds for each gigabyte. Raises StorageError."""
        with _open(self._database) as connection:
            connection.execute("VACUUM")

    def finish(self, now: float, rewritten: bool) -> Forgotten:
        """Put out the request, which is the last to name him, and say what was done. Raises StorageError."""
        with _open(self._database) as connection:
            connection.execute("UPDATE request SET subject = ?, text = NULL WHERE id = ?", (self._token, self._request))
            why = None
            try:
                _empty_wal(connection)
            except StorageError as error:
                why = str(error)
        if why is None and (left := self._traces()):
            why = f"its digits are in {left} places still, as a part of other numbers"
        rows = {name: count for name, count in self.rows.items() if count}
        done = Forgotten(rows, why is None, why, rewritten)
        outcome = json.dumps({name: getattr(done, name) for name in ("rows", "is_gone", "why", "rewritten")})
        with _open(self._database) as connection:
            connection.execute(
                "UPDATE request SET done_at = ?, outcome = ? WHERE id = ?", (round(now * 1000), outcome, self._request)
            )
        return done

    def _traces(self) -> int:
        return traces((self._database, *files_beside(self._database)[:1]), self._patterns)

    @property
    def _patterns(self) -> Sequence[bytes]:
        """As it is written in full, the first, and by the last ten digits, and as it is looked up by."""
        digits = self._person.digits
        others = sorted({digits[-10:], match_key(digits, None) or digits} - {digits})
        return [each.encode() for each in (digits, *others)]

    def _parts(self, found: Found) -> Iterator[Callable[[sqlite3.Connection], None]]:
        """His calls last: by them the rest is found, should somebody have to begin anew."""
        own = set(found.own)
        for messages in slices(found.messages, _ROWS_AT_ONCE):
            yield partial(self._unnaming.documents, table="outbox", column="payload", ids=messages)
        for live in slices(found.live_calls, _ROWS_AT_ONCE):
            yield partial(self._unnaming.documents, table="live_call", column="document", ids=live)
        for own_notes in slices(found.own_notes, _ROWS_AT_ONCE):
            yield partial(self._unnaming.own_notes, ids=own_notes)
        for notes in slices(found.notes, _ROWS_AT_ONCE):
            yield partial(self._unnaming.notes, ids=notes)
        for requests in slices(found.requests, _ROWS_AT_ONCE):
            yield partial(self._unnaming.requests, ids=requests)
        if found.clients:
            yield partial(self._unnaming.clients, numbers=found.clients)
        for cases in slices(found.cases, _ROWS_AT_ONCE):
            yield partial(self._unnaming.cases, keys=cases)
        for calls in slices(found.calls, _ROWS_AT_ONCE):
            yield partial(self._unnaming.calls, keys=calls, own=own)


def _to_forget(connection: sqlite3.Connection) -> Iterator[ToForget]:
    rows = connection.execute(
        "SELECT id, subject, by_whom, text FROM request WHERE kind = 'forget' AND done_at IS NULL AND text IS NOT NULL ORDER BY id"
    )
    return (ToForget(*row) for row in rows.fetchall())


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection]:
    with beside_the_daemon(database, _WAITS_S, autocommit=True) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        yield connection


def _empty_wal(connection: sqlite3.Connection) -> None:
    """All that was written is in the file itself, and the WAL is empty; waits for those who read what was before."""
    ends_at = monotonic() + _EMPTIED_WITHIN_S
    while True:
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if not busy:
            return
        if monotonic() > ends_at:
            raise StorageError(
                "somebody reads the database and does not end; the WAL beside it has old bytes until he does"
            )
        sleep(0.05)

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
from typing import Any, NamedTuple

from handlers.person import Person
from storage.errors import StorageError, beside_the_daemon
from storage.number_match import match_key
from storage.person_rows import Found, find, slices
from storage.place import files_beside
from storage.traces import traces

KIND = "forget"
_WAITS_S = 2.0
_ROWS_AT_ONCE = 5
_ROUNDS = 5
_EMPTIED_WITHIN_S = 10.0
# No digits in it, which could be taken for a number, and no vowels, which could make a word.
_LETTERS = "bcdfghjklmnpqrstvwxz"
_TOKEN_LETTERS = 10
_NAMES = ("caller_name", "client", "responsible")
_Row = Sequence[Any]


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
        self._request = asked.id
        self._rounds = 0
        self._left: Iterator[Callable[[sqlite3.Connection], None]] = iter(())
        self.rows: Counter[str] = Counter()

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
        """As it is written in full and by the last ten digits, and as it is looked up by."""
        digits = self._person.digits
        return [each.encode() for each in sorted({digits, digits[-10:], match_key(digits, None) or digits})]

    # ---- rows

    def _parts(self, found: Found) -> Iterator[Callable[[sqlite3.Connection], None]]:
        """His calls last: by them the rest is found, should somebody have to begin anew."""
        own = set(found.own)
        for messages in slices(found.messages, _ROWS_AT_ONCE):
            yield partial(self._documents, table="outbox", column="payload", ids=messages)
        for live in slices(found.live_calls, _ROWS_AT_ONCE):
            yield partial(self._documents, table="live_call", column="document", ids=live)
        for own_notes in slices(found.own_notes, _ROWS_AT_ONCE):
            yield partial(self._own_notes, ids=own_notes)
        for notes in slices(found.notes, _ROWS_AT_ONCE):
            yield partial(self._notes, ids=notes)
        for requests in slices(found.requests, _ROWS_AT_ONCE):
            yield partial(self._requests, ids=requests)
        if found.clients:
            yield partial(self._clients, numbers=found.clients)
        for cases in slices(found.cases, _ROWS_AT_ONCE):
            yield partial(self._cases, keys=cases)
        for calls in slices(found.calls, _ROWS_AT_ONCE):
            yield partial(self._calls, keys=calls, own=own)

    def _calls(self, connection: sqlite3.Connection, keys: Sequence[int], own: set[int]) -> None:
        columns = "caller, caller_e164, called, called_e164, answered_by, sought_device, agents, caller_name, direction"
        for key in keys:
            row = connection.execute(f"SELECT {columns} FROM call WHERE key = ?", (key,)).fetchone()  # noqa: S608 - our own names
            if row is None:
                continue
            caller, caller_e164, called, called_e164, answered_by, sought, agents, name, direction = row
            is_caller = self._person.is_theirs(caller_e164) or self._person.is_theirs(caller)
            if direction != "in":  # of an incoming one it is the site's own number
                called, called_e164 = self._clean(called), self._clean(called_e164)
            caller, caller_e164 = self._clean(caller), self._clean(caller_e164)
            connection.execute(
                "UPDATE call SET caller = ?, caller_e164 = ?, caller_match = ?, called = ?, called_e164 = ?, called_match = ?, "
                "answered_by = ?, sought_device = ?, agents = ?, caller_name = ? WHERE key = ?",
                (
                    caller,
                    caller_e164,
                    match_key(caller_e164, caller),
                    called,
                    called_e164,
                    match_key(called_e164, called),
                    self._clean(answered_by),
                    self._clean(sought),
                    self._agents(agents),
                    None if is_caller else self._clean(name),
                    key,
                ),
            )
            self._parts_of(connection, key)
            self.rows["calls" if key in own else "calls_naming"] += 1

    def _parts_of(self, connection: sqlite3.Connection, key: int) -> None:
        for table, columns, is_his in (
            ("leg", ("number", "device", "channel", "name"), (0, 1)),
            ("talk", ("device", "name"), (0,)),
            ("transfer", ("by_whom", "to_whom"), ()),
            ("queue_stay", ("member",), ()),
        ):
            rows = connection.execute(f"SELECT n, {', '.join(columns)} FROM {table} WHERE call = ?", (key,)).fetchall()  # noqa: S608 - our own names
            for n, *texts in rows:
                clean = [self._clean(text) for text in texts]
                if any(self._person.is_in(texts[place]) for place in is_his):
                    clean[-1] = None  # his name
                if clean != texts:
                    marks = ", ".join(f"{column} = ?" for column in columns)
                    connection.execute(f"UPDATE {table} SET {marks} WHERE call = ? AND n = ?", (*clean, key, n))  # noqa: S608 - our own names

    def _agents(self, agents: str | None) -> str | None:
        if agents is None or not self._person.is_in(agents):
            return agents
        people = json.loads(agents)
        for each in people:
            if self._person.is_in(each["device"]):
                each["name"] = None
        return json.dumps(self._cleaned(people), ensure_ascii=False)

    def _cases(self, connection: sqlite3.Connection, keys: Sequence[int]) -> None:
        for key in keys:
            row = connection.execute(
                "SELECT number, contact_by, claimed_by, dismissed_by, dismissed_why FROM missed_case WHERE key = ?",
                (key,),
            ).fetchone()
            if row is None:
                continue
            number, *others, why = row
            is_his = self._person.is_theirs(number)
            number = self._clean(number)
            connection.execute(
                "UPDATE missed_case SET number = ?, number_match = ?, contact_by = ?, claimed_by = ?, dismissed_by = ?, "
                "dismissed_why = ? WHERE key = ?",
                (number, match_key(number, None), *map(self._clean, others), None if is_his else self._clean(why), key),
            )
            facts = connection.execute(
                "SELECT n, kind, by_whom, result FROM case_fact WHERE missed_case = ?", (key,)
            ).fetchall()
            for n, kind, by_whom, result in facts:
                said = None if is_his and kind == "dismissed" else self._clean(result)
                connection.execute(
                    "UPDATE case_fact SET by_whom = ?, result = ? WHERE missed_case = ? AND n = ?",
                    (self._clean(by_whom), said, key, n),
                )
            self.rows["cases" if is_his else "cases_naming"] += 1

    def _own_notes(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        for note in ids:
            self.rows["notes"] += connection.execute("DELETE FROM note WHERE id = ?", (note,)).rowcount

    def _notes(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        for note in ids:
            row = connection.execute("SELECT by_whom, text FROM note WHERE id = ?", (note,)).fetchone()
            if row is not None:
                connection.execute("UPDATE note SET by_whom = ?, text = ? WHERE id = ?", (*map(self._clean, row), note))
                self.rows["notes"] += 1

    def _requests(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        """A contact with him that nobody has told the core yet closes nothing any more."""
        for request in ids:
            row = connection.execute(
                "SELECT subject, by_whom, text, done_at FROM request WHERE id = ?", (request,)
            ).fetchone()
            if row is None:
                continue
            subject, by_whom, text, done_at = row
            is_his = self._person.is_theirs(subject)
            if is_his and done_at is None:
                connection.execute("DELETE FROM request WHERE id = ?", (request,))
            else:
                said = None if is_his else self._clean(text)
                connection.execute(
                    "UPDATE OR REPLACE request SET subject = ?, by_whom = ?, text = ? WHERE id = ?",
                    (self._clean(subject), self._clean(by_whom), said, request),
                )
            self.rows["contacts" if is_his else "requests_naming"] += 1

    def _clients(self, connection: sqlite3.Connection, numbers: Sequence[str]) -> None:
        connection.executemany("DELETE FROM client WHERE number = ?", [(number,) for number in numbers])
        self.rows["clients"] += len(numbers)

    def _documents(self, connection: sqlite3.Connection, table: str, column: str, ids: Sequence[int | str]) -> None:
        for each in ids:
            row = connection.execute(f"SELECT {column} FROM {table} WHERE id = ?", (each,)).fetchone()  # noqa: S608 - our own names
            if row is None:
                continue
            try:
                document = json.loads(row[0])
            except ValueError:  # somebody has spoilt it: nobody could read it any more
                connection.execute(f"DELETE FROM {table} WHERE id = ?", (each,))  # noqa: S608 - our own names
                continue
            if table == "outbox":
                self._unname(document.get("call") or document.get("case") or {})
            text = json.dumps(self._cleaned(document), ensure_ascii=False, separators=(",", ":"))
            if text != row[0]:
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (text, each))  # noqa: S608 - our own names
                self.rows["messages" if table == "outbox" else "live_calls"] += 1

    def _unname(self, told: dict[str, Any]) -> None:
        """A message about one of his calls or cases, with numbers in full or cut down."""
        party = "called" if told.get("direction") == "out" else "caller"
        for name in ("number",) if "number" in told else (party, f"{party}_e164"):
            told[name] = self._token
        for name in _NAMES:
            if name in told:
                told[name] = None
        told["notes"] = []

    def _cleaned(self, value: Any) -> Any:
        """A document without him: his number, and the names told with it."""
        if isinstance(value, str):
            return self._clean(value)
        if isinstance(value, list):
            return [self._cleaned(each) for each in value]
        if isinstance(value, dict):
            is_his = any(
                self._person.is_in(value.get(name)) for name in ("number", "caller") if isinstance(value.get(name), str)
            )
            return {name: None if is_his and name in _NAMES else self._cleaned(each) for name, each in value.items()}
        return value

    def _clean(self, text: str | None) -> str | None:
        return None if text is None else self._person.without(text, self._token)


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

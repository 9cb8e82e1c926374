"""What a row becomes when a number is forgotten: another word in the number's place, and no name that was told with it.

Each method changes some rows, by their keys, within the transaction that the connection is in, and counts them; again it changes nothing.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from handlers.person import Person
from storage.number_match import match_key

_NAMES = ("caller_name", "client", "responsible")


class Unnaming:
    """Takes one person out of rows; `token` takes the number's place. `rows`: how many were changed of what."""

    def __init__(self, person: Person, token: str) -> None:
        self._person = person
        self._token = token
        self.rows: Counter[str] = Counter()

    def calls(self, connection: sqlite3.Connection, keys: Sequence[int], own: set[int]) -> None:
        """Calls with the parts of their time lines; `own` are those in which he was the caller or the one called."""
        columns = "caller, caller_e164, called, called_e164, answered_by, sought_device, agents, caller_name, direction"
        for key in keys:
            row = connection.execute(f"SELECT {columns} FROM call WHERE key = ?", (key,)).fetchone()  # noqa: S608 - our own names
            if row is None:
                continue
            caller, caller_e164, called, called_e164, answered_by, sought, agents, name, direction = row
            is_caller = self._person.is_in(caller_e164) or self._person.is_in(caller)
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

    def cases(self, connection: sqlite3.Connection, keys: Sequence[int]) -> None:
        """Cases with their facts."""
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

    def own_notes(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        """Notes on his calls, which are about him whatever they say."""
        for note in ids:
            self.rows["notes"] += connection.execute("DELETE FROM note WHERE id = ?", (note,)).rowcount

    def notes(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        """Notes on others' calls."""
        for note in ids:
            row = connection.execute("SELECT by_whom, text FROM note WHERE id = ?", (note,)).fetchone()
            if row is not None:
                connection.execute("UPDATE note SET by_whom = ?, text = ? WHERE id = ?", (*map(self._clean, row), note))
                self.rows["notes"] += 1

    def requests(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
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

    def clients(self, connection: sqlite3.Connection, numbers: Sequence[str]) -> None:
        """Entries of the directory, of which the file is somebody else's."""
        connection.executemany("DELETE FROM client WHERE number = ?", [(number,) for number in numbers])
        self.rows["clients"] += len(numbers)

    def documents(self, connection: sqlite3.Connection, table: str, column: str, ids: Sequence[int | str]) -> None:
        """Live calls as they are kept, and messages that wait."""
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

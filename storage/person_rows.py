"""Which rows are about a person: found by the indexes where there are any, and by reading whole tables where there are none.

Reading keeps nobody from writing. The connection is a plain one to the database; sqlite3.Error where it cannot be read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from handlers.person import Person
from storage.number_match import match_range

_T = TypeVar("_T")
# Texts without what people put between digits: in SQL, for Python would hold up the event loop for each of a million rows.
_BETWEEN = " -().+"
_TEXTS = {
    "leg": ("call", ("number", "device", "channel", "name")),
    "talk": ("call", ("device", "name")),
    "transfer": ("call", ("by_whom", "to_whom")),
    "queue_stay": ("call", ("member",)),
    "call": ("key", ("answered_by", "agents", "sought_device", "caller_name")),
    "missed_case": ("key", ("number", "contact_by", "claimed_by", "dismissed_by", "dismissed_why")),
    "case_fact": ("missed_case", ("by_whom", "result")),
    "request": ("id", ("subject", "by_whom", "text")),
    "note": ("id", ("by_whom", "text")),
    "client": ("number", ("number",)),
    "live_call": ("id", ("document",)),
    "outbox": ("id", ("payload",)),
}


_WRITTEN = frozenset({"note", "request", "missed_case", "case_fact"})


class Found(NamedTuple):
    """Keys of rows. `own` calls are those in which he was the caller or the one called; in the others his number stands somewhere."""

    own: Sequence[int]
    calls: Sequence[int]
    """All of them."""
    cases: Sequence[int]
    requests: Sequence[int]
    own_notes: Sequence[int]
    """Of his calls: they are about him, whatever they say."""
    notes: Sequence[int]
    """Of others' calls, in which his number stands."""
    clients: Sequence[str]
    live_calls: Sequence[str]
    messages: Sequence[int]

    @property
    def is_nothing(self) -> bool:
        """Is there nothing of him?"""
        return all(not keys for keys in self)


def find(connection: sqlite3.Connection, person: Person) -> Found:
    """All rows that name him."""
    own = _own_calls(connection, person)
    calls = set(own)
    for table in ("leg", "talk", "transfer", "queue_stay", "call"):
        calls.update(_naming(connection, person, table))
    cases = {*_naming(connection, person, "missed_case"), *_naming(connection, person, "case_fact")}
    own_notes: set[int] = set()
    for some in slices(own):
        marks = ", ".join("?" * len(some))
        own_notes.update(row[0] for row in connection.execute(f"SELECT id FROM note WHERE call IN ({marks})", some))  # noqa: S608 - marks only
    return Found(
        own,
        sorted(calls),
        sorted(cases),
        sorted(_naming(connection, person, "request", "kind <> 'forget'")),
        sorted(own_notes),
        sorted({*_naming(connection, person, "note")} - own_notes),
        sorted(map(str, _naming(connection, person, "client"))),
        sorted(map(str, _naming(connection, person, "live_call"))),
        sorted({*_naming(connection, person, "outbox"), *_messages_about(connection, own, sorted(cases))}),
    )


def slices(keys: Sequence[_T], most: int = 500) -> Iterator[Sequence[_T]]:
    """The keys in parts that one statement takes."""
    return (keys[start : start + most] for start in range(0, len(keys), most))


def _own_calls(connection: sqlite3.Connection, person: Person) -> list[int]:
    """Of an incoming call the number dialled is the site's own, whoever it looks like."""
    bounds = match_range(person.number)
    rows = connection.execute(
        "SELECT key, caller, caller_e164, NULL, NULL FROM call WHERE caller_match >= ?1 AND caller_match < ?2 UNION ALL "
        "SELECT key, NULL, NULL, called, called_e164 FROM call WHERE called_match >= ?1 AND called_match < ?2 AND direction <> 'in'",
        bounds,
    ).fetchall()
    return sorted({key for key, *numbers in rows if any(map(person.is_theirs, numbers))})


def _naming(connection: sqlite3.Connection, person: Person, table: str, which: str = "1") -> Iterator[int]:
    """The keys of rows in which his number stands."""
    key, columns = _TEXTS[table]
    texts = " || '|' || ".join(f"ifnull({column}, '')" for column in columns)
    # Where people write, they write as they like; elsewhere the last two digits stand together, and most rows do not have them.
    sure = person.tail[-1:] if table in _WRITTEN else person.tail[-2:]
    found = connection.execute(
        f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE {which} AND instr({texts}, ?) AND instr({_bare(texts)}, ?)",  # noqa: S608 - names of ours
        (sure, person.tail),
    )
    return (row[0] for row in found.fetchall() if any(map(person.is_in, row[1:])))


def _messages_about(connection: sqlite3.Connection, calls: Sequence[int], cases: Sequence[int]) -> Iterator[int]:
    """Messages that tell of his calls or cases with his number cut down."""
    about = (
        "SELECT id FROM outbox WHERE CASE WHEN json_valid(payload) THEN "
        "coalesce(json_extract(payload, '$.call.id'), json_extract(payload, '$.case.id')) END IN "
    )
    for table, keys in (("call", calls), ("missed_case", cases)):
        for some in slices(keys):
            marks = ", ".join("?" * len(some))
            theirs = f"(SELECT id FROM {table} WHERE key IN ({marks}))"  # noqa: S608 - marks only
            yield from (row[0] for row in connection.execute(about + theirs, some))


def _bare(text: str) -> str:
    for character in _BETWEEN:
        text = f"replace({text}, '{character}', '')"
    return text

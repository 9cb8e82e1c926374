"""Which rows are about a person: found by the indexes where there are any, and by reading whole tables where there are none.

Reading keeps nobody from writing. The connection is a plain one to the database; sqlite3.Error where it cannot be read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from handlers.person import OTHER_SIGNS, Person
from storage.number_match import match_range

_T = TypeVar("_T")


def _rows(signs: str) -> Iterator[tuple[str, str]]:
    """Signs in order, each row of them by its first and last."""
    first = before = signs[0]
    for sign in signs[1:]:
        if ord(sign) != ord(before) + 1:
            yield first, before
            first = sign
        before = sign
    yield first, before


# Texts without what people put between digits: in SQL, for Python would hold up the event loop for each of a million rows.
_BETWEEN = " -().+/\t\n\r"
# What people paste for these signs and for digits, and how it begins in UTF-8: few texts have any, and those are read by Python.
_PASTED = "".join(f"{first}-{last}" for first, last in _rows(OTHER_SIGNS))
_BEGINNINGS = sorted({sign.encode()[:1].hex() for sign in OTHER_SIGNS})
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
        f"SELECT {key}, {', '.join(columns)} FROM {table} WHERE {which} AND "  # noqa: S608 - names of ours
        f"(instr({texts}, ?) AND instr({_bare(texts)}, ?) OR {_is_pasted(texts)})",
        (sure, person.tail, f"*[{_PASTED}]*"),
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


def _is_pasted(text: str) -> str:
    """Has it signs that must be read one by one? Bytes are looked for first, which costs little."""
    begins = " OR ".join(f"instr(bytes, x'{each}')" for each in _BEGINNINGS)
    # With a limit SQLite makes the bytes once for all looks.
    return f"(SELECT {begins} FROM (SELECT CAST({text} AS BLOB) AS bytes LIMIT 1)) AND {text} GLOB ?"  # noqa: S608 - names of ours


def _bare(text: str) -> str:
    for character in _BETWEEN:
        text = f"replace({text}, '{character}', '')"
    return text

"""`ringtally export`: all that the database knows of a person, as JSON (contract, section 4). It only reads."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from handlers.facts import CallEnded
from handlers.person import Person
from storage.call_filter import CallFilter
from storage.call_json import iso, time_line_json
from storage.calls import each_time_line
from storage.case_json import case_json
from storage.cases import CaseFilter, find_cases
from storage.damaged import files_aside
from storage.errors import storage_error
from storage.person_rows import Found, find
from storage.reading import readable_address, reading

_FACTS = (
    "SELECT m.id, m.pbx, m.boot, f.at / 1000.0, f.kind, f.call, f.result, f.by_whom FROM missed_case m "
    "JOIN case_fact f ON f.missed_case = m.key WHERE m.key IN (SELECT value FROM json_each(?)) ORDER BY m.key, f.n"
)
_REQUESTS = (
    "SELECT kind, subject, at / 1000.0, by_whom, text, asked_at / 1000.0, outcome FROM request "
    "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_NOTES = (
    "SELECT c.id, n.at / 1000.0, n.by_whom, n.text FROM note n JOIN call c ON c.key = n.call "
    "WHERE n.id IN (SELECT value FROM json_each(?)) AND n.call NOT IN (SELECT value FROM json_each(?)) ORDER BY n.id"
)
_CLIENT = "SELECT number, name, responsible FROM client WHERE number IN (SELECT value FROM json_each(?))"
_WAITS_S = 5.0


@dataclass(frozen=True, slots=True)
class Export:
    """What is known: the calls in which he was caller or called, for a list; and everything as JSON."""

    calls: Sequence[CallEnded]
    json: dict[str, Any]
    live_calls: Sequence[str]
    """The ids of the calls that live and name him, which the core alone can tell."""


async def export(database: Path, person: Person, now: float) -> Export:
    """Everything, as of now. Raises StorageError."""
    found = await asyncio.to_thread(found_in, database, person)
    async with reading(database) as connection:
        calls = [each async for each in each_time_line(connection, CallFilter(keys=found.calls, merged=True))]
        cases = await find_cases(connection, CaseFilter(keys=found.cases))
    own = [each for each in calls if _is_own(each, person)]
    rest = await asyncio.to_thread(_rest, database, found)
    told = {
        "number": person.number,
        "exported_at": iso(now),
        "client": rest["client"],
        "calls": [time_line_json(each) for each in own],
        "named_in_calls": [time_line_json(each) for each in calls if each not in own],
        "cases": [
            case_json(case) | {"history": rest["history"].get((case.id, case.pbx, case.boot), [])} for case in cases
        ],
        "contacts": rest["contacts"],
        "named_in_notes": rest["notes"],
        "messages_waiting": len(found.messages),
        "not_searched": [str(each) for each in files_aside(database)],
    }
    return Export(own, told, found.live_calls)


def found_in(database: Path, person: Person) -> Found:
    """The keys of all rows that name him. Raises StorageError."""
    with closing(_read_only(database)) as connection:
        try:
            return find(connection, person)
        except sqlite3.Error as error:
            raise storage_error(database, error) from error


def _is_own(ended: CallEnded, person: Person) -> bool:
    call = ended.call
    called = () if call.direction == "in" else (call.called_e164, call.called)
    return any(map(person.is_theirs, (call.caller_e164, call.caller, *called)))


def _rest(database: Path, found: Found) -> dict[str, Any]:
    """What has no reader of its own."""
    keys = (found.cases, found.requests, found.notes, found.clients, found.own)
    cases, requests, notes, clients, own = (orjson.dumps(list(each)).decode() for each in keys)
    with closing(_read_only(database)) as connection:
        try:
            facts = connection.execute(_FACTS, (cases,)).fetchall()
            contacts = connection.execute(_REQUESTS, (requests,)).fetchall()
            elsewhere = connection.execute(_NOTES, (notes, own)).fetchall()
            client = connection.execute(_CLIENT, (clients,)).fetchone()
        except sqlite3.Error as error:
            raise storage_error(database, error) from error
    history: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for id_, pbx, boot, at, *fact in facts:
        told = {"at": iso(at)} | dict(zip(("kind", "call", "result", "by"), fact, strict=True))
        history.setdefault((id_, pbx, boot), []).append(told)
    return {
        "history": history,
        "contacts": [
            {
                "kind": kind,
                "subject": subject,
                "at": iso(at),
                "by": by,
                "note": text,
                "told_at": iso(told_at),
                "outcome": outcome,
            }
            for kind, subject, at, by, text, told_at, outcome in contacts
        ],
        "notes": [{"call": call, "at": iso(at), "by": by, "text": text} for call, at, by, text in elsewhere],
        "client": None if client is None else dict(zip(("number", "name", "responsible"), client, strict=True)),
    }


def _read_only(database: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(readable_address(database), uri=True, timeout=_WAITS_S)
    except sqlite3.Error as error:
        raise storage_error(database, error) from error

"""Finished calls into rows: a whole batch in one transaction, in as few statements as it takes.

Few statements, because Python's sqlite3 lets go of the interpreter lock at every step of a statement, and gets it back
only when the event loop's thread gives it away, up to 5 ms later. `executemany` steps once a row: beside a loop without
a pause it took 1.6 s for 50 calls (3.9 s with a hop to the thread for each table), against 23 ms for the same rows as
lists of VALUES in one hop. CPython 3.11, SQLite 3.40, medians.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson

from handlers.case_facts import CaseFact
from handlers.facts import Agent, CallEnded, GapEnded
from storage.case_batch import write_cases
from storage.errors import MovedError
from storage.gaps import write_gaps
from storage.live_calls import LiveChange, forget_live, write_live
from storage.number_match import match_key
from storage.outbox import Change, Changed, change_outbox
from storage.place import Place
from storage.tables import CALL, HOLD, LEG, PARTS, QUEUE_STAY, TALK, TRANSFER, Table

# 512 rows of the widest table stay below SQLite's limit of 32,766 parameters.
MOST_ROWS = 512
_CallId = tuple[str, str, str]
_NO_CHANGE = Change()
_Staged = tuple[Sequence[CallEnded], Change, Sequence[CaseFact], Sequence[GapEnded], LiveChange | None]

# Up to CPython 3.12 each None and bool bound is looked up in vain for a way to adapt it, at the price of an AttributeError
# that nobody sees (0.5 and 1.0 µs, an integer takes 0.16). Shown a way that changes nothing, it takes 0.25.
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(bool, int)

_call_id = attrgetter("id", "pbx", "boot")
_call_fields = attrgetter(*CALL.fields)
_leg_fields = attrgetter(*LEG.fields)
_stay_fields = attrgetter(*QUEUE_STAY.fields)
_talk_fields = attrgetter(*TALK.fields)
_hold_fields = attrgetter(*HOLD.fields)
_transfer_fields = attrgetter(*TRANSFER.fields)


class BatchConnection(sqlite3.Connection):
    """A connection that stores what was staged when it commits.

    aiosqlite runs only sqlite3's own methods in its thread. This makes a whole transaction one of them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.staged: _Staged | None = None
        self.changed = Changed()
        self.place: Place | None = None
        """Where the files were when they were opened; None: nobody cares."""

    def commit(self) -> None:
        """Store what was staged, all or nothing; `changed` tells what became of the outbox.

        Raises MovedError where it is stored in a file that nobody finds any more: then it has to be stored again.
        """
        staged, self.staged = self.staged, None
        if staged is not None:
            self.changed = write(self, *staged)
            self.look()

    def look(self) -> None:
        """Raises MovedError where the files are not those any more that were opened. Any thread may ask."""
        changed = None if self.place is None else self.place.changed()
        if self.place is not None and changed is not None:
            what = "was removed or replaced" if changed == "file" else "has lost its -wal or -shm to somebody"
            raise MovedError(f"{self.place.path} {what}")


def write(
    connection: sqlite3.Connection,
    facts: Sequence[CallEnded],
    outbox: Change = _NO_CHANGE,
    cases: Sequence[CaseFact] = (),
    gaps: Sequence[GapEnded] = (),
    live: LiveChange | None = None,
) -> Changed:
    """Store finished calls, cases, gaps and live calls, and change the outbox, in one transaction of the connection (in autocommit mode).

    A call that is over lives no longer.

    A call that is there already (same id, PBX and boot) gets the new values and parts and keeps its row: what is told
    twice is stored once, the last word wins; but what was seen whole is not replaced by what was seen in part (a recording that
    began or ended within a call that the daemon saw all of). Half characters (lone surrogates) are stored as `?`. Raises what sqlite3
    raises, and OverflowError for a number that no column holds; nothing is stored then.
    """
    try:
        return _transact(connection, facts, outbox, cases, gaps, live)
    except (UnicodeEncodeError, orjson.JSONEncodeError):
        whole = [_whole_characters(fact) for fact in facts]
        cases = [_whole_characters(fact) for fact in cases]
        return _transact(connection, whole, _whole_characters(outbox), cases, gaps, live)


def _transact(
    connection: sqlite3.Connection,
    facts: Sequence[CallEnded],
    outbox: Change,
    cases: Sequence[CaseFact],
    gaps: Sequence[GapEnded],
    live: LiveChange | None,
) -> Changed:
    calls = {_call_id(fact.call): fact for fact in facts}
    connection.execute("BEGIN IMMEDIATE")
    try:
        if live is not None:
            write_live(connection, live)
        if calls:
            forget_live(connection, [(call_id, boot) for call_id, _, boot in calls])
            _write(connection, calls)
        if cases:
            write_cases(connection, cases)
        if gaps:
            write_gaps(connection, gaps)
        changed = change_outbox(connection, outbox)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk is full or fails
            connection.execute("ROLLBACK")
        raise
    return changed


def _write(connection: sqlite3.Connection, calls: dict[_CallId, CallEnded]) -> None:
    known, unused = _keys(connection, list(calls))
    for call_id in _known_better(connection, calls, known):
        del calls[call_id], known[call_id]
    for table in PARTS if known else ():
        connection.executemany(f"DELETE FROM {table.name} WHERE call = ?", [(key,) for key in known.values()])  # noqa: S608 - a name of ours
    values: dict[Table, list[Any]] = {table: [] for table in (CALL, *PARTS)}
    for call_id, fact in calls.items():
        key = known.get(call_id)
        if key is None:
            key, unused = unused, unused + 1
        _add_values(values, key, fact)
    for table, all_values in values.items():
        for rows, some in _slices(all_values, len(table.columns)):
            connection.execute(table.insert(rows), some)


def _keys(connection: sqlite3.Connection, ids: Sequence[_CallId]) -> tuple[dict[_CallId, int], int]:
    """The keys of those calls that are there, and the first key that is free. Within the write lock both stay true."""
    known: dict[_CallId, int] = {}
    highest = None
    for rows, some in _slices([value for place, call_id in enumerate(ids, start=1) for value in (place, *call_id)], 4):
        marks = ", ".join(["(?, ?, ?, ?)"] * rows)
        found, highest = connection.execute(
            "SELECT group_concat(v.column1 || ' ' || c.key), (SELECT max(key) FROM call) "  # noqa: S608 - marks only
            f"FROM (VALUES {marks}) v "
            "CROSS JOIN call c ON c.id = v.column2 AND c.pbx = v.column3 AND c.boot = v.column4",
            some,
        ).fetchone()
        for pair in found.split(",") if found else ():
            place, _, key = pair.partition(" ")
            known[ids[int(place) - 1]] = int(key)
    return known, (highest or 0) + 1


def _known_better(
    connection: sqlite3.Connection, calls: dict[_CallId, CallEnded], known: dict[_CallId, int]
) -> list[_CallId]:
    """The calls of which the database knows more: an end where none was seen now, or the whole where now something was not."""
    better = "SELECT 1 FROM call WHERE key = ? AND (end_seen > ? OR (end_seen = ? AND incomplete < ?))"
    partial = [(call_id, key, calls[call_id].call) for call_id, key in known.items() if calls[call_id].call.incomplete]
    return [
        call_id
        for call_id, key, call in partial
        if connection.execute(better, (key, call.end_seen, call.end_seen, call.incomplete)).fetchone()
    ]


def _slices(values: list[Any], width: int) -> Iterator[tuple[int, list[Any]]]:
    """The values of rows of this width for one statement each, and for how many rows it is to be made.

    A power of two, filled up with zeros (no key is 0): of those there are so few that every statement is soon in the
    connection's cache of prepared ones.
    """
    for start in range(0, len(values), MOST_ROWS * width):
        some = values[start : start + MOST_ROWS * width]
        rows = 1 << (len(some) // width - 1).bit_length()
        yield rows, some + [0] * (rows * width - len(some))


def _add_values(values: dict[Table, list[Any]], key: int, fact: CallEnded) -> None:
    """Add one call's values to those of each table, one after the other as the statements take them."""
    call = fact.call
    values[CALL] += (
        key,
        *_call_fields(call),
        fact.at,
        _json(call.queues) if call.queues else None,
        _json(call.agents) if call.agents else None,
        match_key(call.caller_e164, call.caller),
        match_key(call.called_e164, call.called),
        _sought_device(fact) if call.direction == "in" else None,
    )
    for n, leg in enumerate(fact.legs):
        values[LEG] += (key, n, *_leg_fields(leg))
    for n, stay in enumerate(fact.stays):
        values[QUEUE_STAY] += (key, n, *_stay_fields(stay), call.started_at)
    for n, talk in enumerate(fact.talks):
        values[TALK] += (key, n, *_talk_fields(talk))
    for n, hold in enumerate(fact.holds):
        values[HOLD] += (key, n, *_hold_fields(hold))
    for n, transfer in enumerate(call.transfers):
        values[TRANSFER] += (key, n, *_transfer_fields(transfer))


@lru_cache(maxsize=4096)  # the same few queues and people, all day
def _sought_device(fact: CallEnded) -> str | None:
    """The device of the person who was sought before any queue, or None: nobody was. A call's first queue is in the call."""
    first = None
    for leg in fact.legs:
        if leg.side == "person" and (first is None or leg.started_at < first.started_at):
            first = leg
    if first is None:
        return None
    for stay in fact.stays:
        if stay.joined_at <= first.started_at:
            return None
    return first.device


def _json(values: tuple[str, ...] | tuple[Agent, ...]) -> str:
    return orjson.dumps(values).decode()


def _whole_characters(value: Any) -> Any:
    """The same with every lone surrogate replaced: SQLite takes none, and a strange name must not lose a call."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, tuple):
        return tuple(map(_whole_characters, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _whole_characters(getattr(value, field.name)) for field in fields(value)})
    return value

"""Reading calls back, as the facts they were: lists by filter, and one call with its whole time line.

The connection is one of `database.reading`. Every function raises StorageError if the database cannot be read.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, TypeVar

import aiosqlite
import orjson

from handlers.case_facts import Note
from handlers.facts import Agent, Call, CallEnded, Hold, Leg, QueueStay, Talk, Transfer
from storage.call_filter import CallFilter, bindable, selection
from storage.clients import OUTSIDE_NUMBER, client_column, client_of
from storage.errors import readable
from storage.tables import CALL, HOLD, LEG, QUEUE_STAY, TALK, TRANSFER, Table

_T = TypeVar("_T")
_TRUTHS = ("missed", "closed", "voicemail", "lost_after_transfer", "end_seen", "incomplete")


def _parts_of(table: Table) -> str:
    """The parts of `c` as one JSON value: a call and its time line are read in one statement, hence of one moment."""
    columns = f"json_array(p.n, {table.selected('p')})"
    return f"(SELECT json_group_array({columns}) FROM {table.name} p WHERE p.call = c.key)"  # noqa: S608 - our own names


_CASE_OF_CALL = "(SELECT {} FROM missed_case m WHERE m.key = c.missed_case)"
_OTHER_COLUMNS = (
    "c.over_at / 1000.0",
    "c.queues",
    "c.agents",
    _CASE_OF_CALL.format("m.id"),
    _CASE_OF_CALL.format("m.contact_at / 1000.0"),
    "(SELECT json_group_array(json_array(n.id, n.at / 1000.0, n.by_whom, n.text)) FROM note n WHERE n.call = c.key)",
    _parts_of(TRANSFER),
    client_column(OUTSIDE_NUMBER),
)
_CALL = f"{CALL.selected('c')}, {', '.join(_OTHER_COLUMNS)}"
_TIME_LINE = ", ".join(map(_parts_of, (LEG, QUEUE_STAY, TALK, HOLD)))


async def find_calls(connection: aiosqlite.Connection, wanted: CallFilter) -> list[Call]:
    """The calls wanted, in order of their start (with `last`: the latest of them)."""
    return [call async for call in each_call(connection, wanted)]


async def count_calls(connection: aiosqlite.Connection, wanted: CallFilter) -> int:
    """How many calls are wanted, whatever `last` says."""
    chosen = selection(wanted)
    question = f"SELECT count(*) FROM {chosen.tables} WHERE {chosen.condition}"  # noqa: S608 - marks only
    with readable():
        ((count,),) = await connection.execute_fetchall(question, chosen.values)
    return int(count)


async def each_call(connection: aiosqlite.Connection, wanted: CallFilter) -> AsyncGenerator[Call, None]:
    """The same one by one, for more than fit into memory. Not read to the end, it wants contextlib.aclosing."""
    question, values = listing(wanted)
    with readable():
        async with connection.execute(question, values) as rows:
            async for row in rows:
                yield _call(row)


async def each_time_line(connection: aiosqlite.Connection, wanted: CallFilter) -> AsyncGenerator[CallEnded, None]:
    """The calls wanted with their time lines, one by one. Not read to the end, it wants contextlib.aclosing."""
    question, values = listing(wanted, f"{_CALL}, {_TIME_LINE}")
    with readable():
        async with connection.execute(question, values) as rows:
            async for row in rows:
                yield _with_time_line(row)


def listing(wanted: CallFilter, columns: str = _CALL) -> tuple[str, tuple[Any, ...]]:
    """The statement that lists the calls wanted, and its values."""
    chosen = selection(wanted)
    if wanted.last is None:
        order = chosen.order.replace(" DESC", "")
        return (
            f"SELECT {columns} FROM {chosen.tables} WHERE {chosen.condition} ORDER BY {order}",  # noqa: S608 - marks only
            chosen.values,
        )
    return (
        f"SELECT {columns} FROM (SELECT c.key FROM {chosen.tables} WHERE {chosen.condition} "  # noqa: S608 - marks only
        f"ORDER BY {chosen.order} LIMIT ?) latest CROSS JOIN call c ON c.key = latest.key "
        "ORDER BY c.started_at, c.key",
        (*chosen.values, max(wanted.last, 0)),
    )


async def find_call(connection: aiosqlite.Connection, call_id: str) -> CallEnded | None:
    """The call of this id with its time line, also one that became part of another; None if there is none.

    An id is unique within one run of one PBX. Where several have it, the latest by start is meant.
    """
    return await _ended(connection, "WHERE c.id = ? ORDER BY c.started_at DESC, c.key DESC", call_id)


async def latest(connection: aiosqlite.Connection) -> CallEnded | None:
    """The call that started last, or None."""
    return await _ended(connection, "WHERE c.merged_into IS NULL ORDER BY c.started_at DESC, c.key DESC")


async def _ended(connection: aiosqlite.Connection, which: str, *values: str) -> CallEnded | None:
    question = f"SELECT {_CALL}, {_TIME_LINE} FROM call c {which} LIMIT 1"  # noqa: S608 - `which` is ours
    with readable():
        async with connection.execute(question, tuple(map(bindable, values))) as rows:
            row = await rows.fetchone()
    return None if row is None else _with_time_line(row)


def _with_time_line(row: Sequence[Any]) -> CallEnded:
    legs, stays, talks, holds = row[-4:]
    call = _call(row)
    return CallEnded(
        call.state_since, call, _parts(Leg, legs), _parts(QueueStay, stays), _parts(_talk, talks), _parts(Hold, holds)
    )


def _talk(started_at: float, ended_at: float | None, device: str, name: str | None, begun_unseen: int) -> Talk:
    return Talk(started_at, ended_at, device, name, bool(begun_unseen))


def _parts(part: Callable[..., _T], array: str) -> tuple[_T, ...]:
    if array == "[]":
        return ()
    return tuple(part(*columns) for _, *columns in sorted(orjson.loads(array)))


def _call(row: Sequence[Any]) -> Call:
    values = dict(zip(CALL.fields, row, strict=False))
    for name in _TRUTHS:
        values[name] = bool(values[name])
    over_at, queues, agents, case_id, contacted_at, notes, transfers, client = row[
        len(CALL.fields) : len(CALL.fields) + len(_OTHER_COLUMNS)
    ]
    return Call(
        **values,
        state="ended",
        state_since=over_at,
        queues=tuple(orjson.loads(queues)) if queues else (),
        agents=tuple(Agent(**agent) for agent in orjson.loads(agents)) if agents else (),
        transfers=_parts(Transfer, transfers),
        case_id=case_id,
        contacted_at=contacted_at,
        notes=_parts(Note, notes),
        **client_of(client),
    )

"""Gaps: stretches of time in which the PBX was not heard. Put in by the writer, read by lists and by the headings of reports."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite

from handlers.facts import GapEnded
from storage.call_json import iso
from storage.errors import readable

_ADD = "INSERT INTO gap (began_at, ended_at, reason) VALUES (?, ?, ?) ON CONFLICT (began_at, ended_at) DO NOTHING"
_WITHIN = "FROM gap WHERE ended_at > ?1 AND began_at < ?2"
_LATEST = f"SELECT * {_WITHIN} ORDER BY began_at DESC, key DESC LIMIT ?3"
_LIST = f"SELECT ended_at / 1000.0, began_at / 1000.0, reason FROM ({_LATEST}) ORDER BY began_at, key"  # noqa: S608 - our own words
_SUM = f"SELECT count(*), coalesce(sum(max(0, min(ended_at, ?2) - max(began_at, ?1))), 0) {_WITHIN}"
_LAST_MS = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFilter:
    """Gaps of which a part lies within `since` up to `until`, epoch seconds; `last`: only so many, the latest."""

    since: float | None = None
    until: float | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class GapSum:
    """How many gaps a period had, and how many of its seconds they took: of a gap that juts out, the part inside."""

    count: int
    seconds: float


NO_GAPS = GapSum(0, 0.0)


def write_gaps(connection: sqlite3.Connection, gaps: Sequence[GapEnded]) -> None:
    """Add them, within the transaction that the connection is in; one that is there already stays as it is."""
    connection.executemany(_ADD, [(_milliseconds(gap.since), _milliseconds(gap.at), gap.reason) for gap in gaps])


async def find_gaps(connection: aiosqlite.Connection, wanted: GapFilter) -> list[GapEnded]:
    """The gaps wanted, in order of their beginning. Raises StorageError."""
    last = -1 if wanted.last is None else max(wanted.last, 0)
    with readable():
        rows = await connection.execute_fetchall(_LIST, (*_bounds(wanted.since, wanted.until), last))
    return [GapEnded(*row) for row in rows]


async def sum_gaps(connection: aiosqlite.Connection, since: float | None, until: float | None) -> GapSum:
    """How many gaps a period had, and for how long together. Raises StorageError."""
    with readable():
        ((count, milliseconds),) = await connection.execute_fetchall(_SUM, _bounds(since, until))
    return GapSum(int(count), milliseconds / 1000.0)


def gap_json(gap: GapEnded) -> dict[str, Any]:
    """A gap as JSON (contract, section 4)."""
    lasted_s = (
        _milliseconds(gap.at) - _milliseconds(gap.since)
    ) / 1000  # told of the same gap before and after it was stored
    return {"from": iso(gap.since), "to": iso(gap.at), "lasted_s": lasted_s, "reason": gap.reason}


def _bounds(since: float | None, until: float | None) -> tuple[int, int]:
    return 0 if since is None else _milliseconds(since), _LAST_MS if until is None else _milliseconds(until)


def _milliseconds(at: float) -> int:
    return round(at * 1000)

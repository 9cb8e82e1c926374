"""The calls that live, kept while they do: written by the writer, read once at the daemon's start.

A document is JSON; a lone surrogate in a caller's name is written as JSON's escape of it, and comes back as it was.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import aiosqlite
import orjson
import structlog

from handlers.ami.events import GapReason
from handlers.calls.kept import KeptCall
from handlers.steady_time import Uptime
from storage.errors import readable
from storage.last_heard import NEWEST, latest

_AT_ONCE = 512

log = structlog.get_logger()


CallInRun = tuple[str, str]
"""A call by its id and the run (boot) of the PBX: its clock may be set back between two runs, and then ids come again."""


class Heard(NamedTuple):
    """Until when (epoch seconds) the PBX was heard, and why there is a gap from then on if nothing more is."""

    until: float
    reason: GapReason
    uptime: Uptime | None = None
    """How long the machine had run at `until`; None: not known."""


@dataclass(slots=True)
class LiveChange:
    """What is to be kept of live calls: those that changed, or with `whole` all that there are, and until when they were heard."""

    calls: dict[str, KeptCall]
    heard: Heard
    whole: bool = False
    none: frozenset[CallInRun] = frozenset()
    """Those that turned out to be none."""

    def add(self, later: "LiveChange") -> None:
        """Put a later one on top of this."""
        self.none |= later.none
        self.calls = later.calls if later.whole else self.calls | later.calls
        for id_, boot in later.none:
            self.forget(id_, boot)
        self.whole = self.whole or later.whole
        self.heard = later.heard

    def forget(self, id_: str, boot: str) -> None:
        """This call lives no longer; harmless if nothing of it is to be kept."""
        kept = self.calls.get(id_)
        if kept is not None and kept.boot in {boot, ""}:
            del self.calls[id_]


def write_live(connection: sqlite3.Connection, change: LiveChange) -> None:
    """Keep them, within the transaction that the connection is in."""
    if change.whole:
        connection.execute("DELETE FROM live_call")
    forget_live(connection, sorted(change.none))
    written = [
        (call.id, call.boot, round(call.kept_at * 1000), document)
        for call in change.calls.values()
        if (document := _json(call)) is not None
    ]
    for start in range(0, len(written), _AT_ONCE):
        some = written[start : start + _AT_ONCE]
        rows = _rows(len(some))
        connection.execute(_insert(rows), [*chain.from_iterable(some), *[None] * (4 * (rows - len(some)))])
    write_heard(connection, change.heard)


def write_heard(connection: sqlite3.Connection, heard: Heard) -> None:
    """Until then the PBX was heard, within the transaction that the connection is in."""
    boot, uptime = (None, None) if heard.uptime is None else (heard.uptime.boot, round(heard.uptime.s * 1000))
    connection.execute(
        "INSERT OR REPLACE INTO heard (one, until, reason, machine_boot, uptime) VALUES (1, ?, ?, ?, ?)",
        (round(heard.until * 1000), heard.reason, boot, uptime),
    )


def forget_live(connection: sqlite3.Connection, calls: Sequence[CallInRun]) -> None:
    """These calls live no longer, within the transaction that the connection is in.

    What was kept before the PBX said which run it is, or by an account that may not ask, has its id alone.
    """
    for start in range(0, len(calls), _AT_ONCE):
        some = calls[start : start + _AT_ONCE]
        rows = _rows(len(some))
        no_ids = [None] * (rows - len(some))
        ids = (call_id for call_id, _ in some)
        connection.execute(_delete(rows), [*ids, *no_ids, *chain.from_iterable(some), *no_ids, *no_ids])


async def kept_calls(connection: aiosqlite.Connection) -> tuple[list[KeptCall], Heard | None]:
    """What an earlier run kept: its live calls, and until when it heard the PBX (None: never). Raises StorageError.

    A version from before that was written down heard it until what it stored last, at least, and was stopped for this one.
    """
    with readable():
        rows = await connection.execute_fetchall("SELECT id, boot, kept_at / 1000.0, document FROM live_call")
        heard = await connection.execute_fetchall(
            "SELECT until / 1000.0, reason, machine_boot, uptime / 1000.0 FROM heard"
        )
        newest = latest(row[0] for row in await connection.execute_fetchall(NEWEST))
    calls = [KeptCall(id_, boot, kept_at, document) for id_, boot, kept_at, text in rows for document in _read(text)]
    unsaid = None if newest is None else Heard(newest, "stopped")
    return calls, next((_heard(*row) for row in heard), unsaid)


def _heard(until: float, reason: GapReason, boot: str | None, uptime: float | None) -> Heard:
    return Heard(until, reason, None if boot is None or uptime is None else Uptime(boot, uptime))


def _read(text: str) -> Iterable[dict[str, object]]:
    """The document; an empty one where somebody has spoilt it, so that the core says which call it was."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    yield document if isinstance(document, dict) else {}


def _json(call: KeptCall) -> str | None:
    """None: it cannot be written down. That costs this call, if we die, and holds up no other."""
    try:
        try:
            return orjson.dumps(call.document).decode()
        except orjson.JSONEncodeError:
            return json.dumps(call.document)
    except (TypeError, ValueError) as error:
        log.error("live_call_unwritable", call=call.id, reason=str(error))  # noqa: TRY400 - the reason says it all
        return None


def _rows(number: int) -> int:
    """A power of two: of those there are so few that every statement is soon in the connection's cache."""
    return 1 << (number - 1).bit_length()


@lru_cache(maxsize=16)
def _insert(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return (
        "INSERT OR REPLACE INTO live_call (id, boot, kept_at, document) "  # noqa: S608 - marks only
        f"SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL"
    )


@lru_cache(maxsize=16)
def _delete(rows: int) -> str:
    ids, pairs = ", ".join("?" * rows), ", ".join(["(?, ?)"] * rows)
    return f"DELETE FROM live_call WHERE id IN ({ids}) AND (boot = '' OR (id, boot) IN (VALUES {pairs}))"  # noqa: S608 - marks only

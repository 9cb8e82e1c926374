"""Until when an earlier run heard the PBX, where it did not write that down or it cannot be read: what is known best, early rather than late.

It is known no better than by what was stored last: the newest end of a call or of a gap, the newest change of a live call. A file of which
the calls cannot be read tells by the moment at which it was written last: later than that nothing was heard.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from storage.place import files_beside

# By key, and not the greatest of all: what is looked for is at the end of the file, and so is what can be read of it.
_CALL = "SELECT max(over_at) FROM (SELECT over_at FROM call ORDER BY key DESC LIMIT 100)"
_OTHERS = ("SELECT max(kept_at) FROM live_call", "SELECT max(ended_at) FROM gap")
NEWEST = " UNION ALL ".join((_CALL, *_OTHERS))
"""Gives some moments, milliseconds, or NULL: the PBX was heard until the latest of them at least."""

log = structlog.get_logger()


def written_at(path: Path) -> float | None:
    """When the database was written last (epoch seconds), be it ours or not: before it is opened, for that may write. None: unknown."""
    times = []
    for each in (path, *files_beside(path)[:1]):
        with suppress(OSError):
            times.append(each.stat().st_mtime)
    return max(times, default=None)


def bound(old: sqlite3.Connection, last_written: float | None, now: float) -> float | None:
    """Until when (epoch seconds) it was heard, by a damaged file that does not say it. None: never, or nobody knows, which is told."""
    ends = _read(old, _CALL)
    if ends == [None] and _read(old, "SELECT until FROM heard") == []:
        return None
    if ends and ends != [None]:
        return latest([*ends, *(moment for question in _OTHERS for moment in _read(old, question) or ())])
    if last_written is None or not 0 < last_written <= now:
        log.error("gap_beginning_unknown", cure="none; since when the PBX was not heard is not known")
        return None
    return last_written


def _read(old: sqlite3.Connection, question: str) -> list[int | None] | None:
    """The first column; None: it cannot be read."""
    try:
        return [moment for (moment,) in old.execute(question)]
    except sqlite3.Error:
        return None


def latest(moments: Iterable[int | None]) -> float | None:
    """Of what `NEWEST` gives the latest, epoch seconds; None: there is none."""
    return max((moment / 1000.0 for moment in moments if moment is not None), default=None)

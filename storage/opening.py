"""Making the file of a database usable: made, brought up to date; set aside and begun anew where it is damaged."""

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from storage.damaged import has_gone_on, is_ours, rename_the_rest, set_aside, unfinished
from storage.errors import StorageError, storage_error
from storage.going_on import Kept, go_on
from storage.last_heard import bound, written_at
from storage.schema import check, migrate, migrations

OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_OPENING_WAITS_S = 5.0
_FILE_MODE = 0o640  # numbers and names are personal data: not for everybody on the machine

BROKEN_OFF = "an earlier run was killed when it set this file aside, which was damaged"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Mended:
    """The database can be tried again.

    `is_another`: it is not the one it was; `aside`: where that is, if it was damaged; `kept`: what of it goes on.
    """

    is_another: bool = False
    aside: Path | None = None
    kept: Kept = field(default_factory=Kept)


def prepare(path: Path, now: float) -> None:
    """Make the file if there is none, and bring its schema up to date."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise StorageError(f"SQLite {sqlite3.sqlite_version} is too old; run Python with SQLite {wanted} or newer")
    steps = migrations()
    _make_file(path)
    try:
        connection = sqlite3.connect(path, timeout=_OPENING_WAITS_S, isolation_level=None)
        try:
            check(connection, path, steps)  # before anything is changed: it may be another program's
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StorageError(f"{path} is on a file system without shared memory; put it on a local disk")
            migrate(connection, path, now, steps)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def _make_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StorageError(f"{path.parent} is not a directory; make it (mkdir -p) or name another path")
    if path.is_dir():
        raise StorageError(f"{path} is a directory; name a file in it")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE))
    except OSError as error:
        raise StorageError(
            f"{path} cannot be opened for writing ({error.strerror}); give this user the right to write to it "
            "and to its directory, or name another path"
        ) from error


def begin_anew(path: Path, now: float, last_written: float | None) -> Mended:
    """Set a damaged database aside before it is opened for writing, and begin a new one with what waits.

    `last_written` (epoch seconds) is when it was, before this start opened it: see `last_heard`.
    Raises StorageError where it cannot, and where it does not look like one of ours: it may be somebody's only copy of something.
    """
    try:
        if not is_ours(path, migrations()):
            raise StorageError(f"{path} is not a database; name another file or move this one away")
        aside = set_aside(path, now)
    except OSError as error:
        raise StorageError(f"{path} is damaged, and cannot be renamed ({error.strerror}); move it away") from error
    prepare(path, now)
    try:
        return Mended(True, aside, go_on(path, aside, now, heard_until=lambda old: bound(old, last_written, now)))
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


def finish(path: Path, now: float) -> list[Mended]:
    """What an earlier run began when it set a damaged database aside, and was killed at: what waits goes on, before anything else does.

    Raises StorageError where it cannot be finished, or the new file is damaged too; the rest is for the next start then.
    """
    return [mended for aside in unfinished(path) if (mended := _finish(path, aside, now)) is not None]


def _finish(path: Path, aside: Path, now: float) -> Mended | None:
    try:
        rename_the_rest(path, aside)
    except OSError as error:
        raise StorageError(f"{path} is damaged, and cannot be renamed ({error.strerror}); move it away") from error
    if not aside.exists():
        has_gone_on(aside)  # nothing was renamed yet, or somebody has taken it away
        return None
    last_written = written_at(aside)
    prepare(path, now)
    try:
        kept = go_on(path, aside, now, heard_until=lambda old: bound(old, last_written, now))
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    return Mended(True, aside, kept) if kept.rows else None


def tell_set_aside(mended: Mended, path: Path, reason: str) -> None:
    """One line for the operator: what is wrong, where the old file is, what of it goes on, and how to get the rest back."""
    kept, cure = mended.kept, f"ringtally rescue {mended.aside} saved.db"
    told = {f"kept_{table}": rows for table, rows in kept.rows.items()}
    if kept.not_read is not None:
        cure += f"; to go on with its cases: stop ringtally, mv saved.db {path}, start it"
    log.error(
        "database_set_aside",
        reason=reason,
        aside=str(mended.aside),
        goes_on_in=str(path),
        cure=cure,
        **told,
        **({"parts_lost_of": ", ".join(kept.parts_lost_of)} if kept.parts_lost_of else {}),
        **({"not_read": kept.not_read} if kept.not_read is not None else {}),
    )

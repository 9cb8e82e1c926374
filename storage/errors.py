"""What can be wrong with the database, in words that tell an operator what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

# The primary result codes; the extended ones carry them in their low byte. https://www.sqlite.org/rescode.html
_PRIMARY = 0xFF
_CURES = {
    sqlite3.SQLITE_BUSY: "is locked by another program; end the program that holds it (fuser FILE names it)",
    sqlite3.SQLITE_LOCKED: "is locked by another program; end the program that holds it (fuser FILE names it)",
    sqlite3.SQLITE_FULL: "cannot grow: the disk (or the quota) is full; free some space",
    sqlite3.SQLITE_READONLY: "cannot be written; give this user the right to write to the file and its directory",
    sqlite3.SQLITE_PERM: "may not be opened by this user; give it the right to",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; see that the path and the rights to it and its directory are right",
    sqlite3.SQLITE_NOTADB: "is not a database; name another file or move this one away",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a backup, or save the rest (ringtally rescue FILE NEW)",
    sqlite3.SQLITE_IOERR_SHORT_READ: "cannot be read to its end: its -wal was removed, or a part of the file; a running ringtally puts "
    "that right within seconds, else see the kernel's log",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error; see the kernel's log",
}


class StorageError(Exception):
    """The database cannot be used; the message is one line that names the file and the cure."""


class DamagedError(StorageError):
    """What is in the file is no sound database (any more)."""


class MovedError(StorageError):
    """The file that is open is not the one at its path any more."""


class AbsentError(StorageError):
    """There is no file at the database's path."""


class SchemaTooNewError(StorageError):
    """The database was made by a newer ringtally than this one."""


_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def storage_error(path: Path | str, error: sqlite3.Error) -> StorageError:
    """What SQLite refused, as one line about the file."""
    kind = DamagedError if tells_of_damage(error) else StorageError
    return kind(f"{path} {cure(error)}")


def tells_of_damage(error: BaseException) -> bool:
    """Does it say that the file is no sound database?"""
    return isinstance(error, DamagedError) or primary_code(error) in _DAMAGED


def primary_code(error: BaseException) -> int | None:
    """SQLite's result code without its extension; None if it was not SQLite that failed."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def cure(error: BaseException) -> str:
    """What is wrong and what to do about it, to be said after the file's name; SQLite's own words in brackets."""
    known = _CURES.get(getattr(error, "sqlite_errorcode", 0)) or _CURES.get(primary_code(error) or 0)
    words = " ".join(str(error).split())
    return f"{known} ({words})" if known else f"cannot be used: {words}"


@contextmanager
def beside_the_daemon(path: Path, timeout_s: float, *, autocommit: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection that writes to a database which is there: it never makes one. What goes wrong is a StorageError."""
    try:
        if not path.is_file():
            raise AbsentError(f"there is no database at {path}; start ringtally run to make it")
        address = f"file:{quote(str(path.absolute()))}?mode=rw"
        level: Literal["DEFERRED"] | None = None if autocommit else "DEFERRED"
        with closing(sqlite3.connect(address, uri=True, timeout=timeout_s, isolation_level=level)) as connection:
            connection.execute("PRAGMA secure_delete = ON").close()  # as the daemon's own
            yield connection
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be looked for ({error.strerror})") from error


@contextmanager
def readable() -> Iterator[None]:
    """What SQLite refuses within is a StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        raise storage_error("the database", error) from error

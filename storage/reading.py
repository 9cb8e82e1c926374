"""Opening the database for reading: any number of connections, while a daemon writes or not.

Whatever goes wrong is a StorageError of one line that names the file and the cure.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from storage.database import to_the_end
from storage.errors import StorageError, primary_code, storage_error
from storage.schema import Migration, check, migrations, version

_WAITS_S = 5.0


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """The database at `path` for reading only, while a daemon writes to it or not; closed at the end.

    Raises StorageError where there is none, or none that this ringtally can read.
    """
    opened: list[aiosqlite.Connection] = []

    async def opening() -> None:
        address = await asyncio.to_thread(readable_address, path)
        try:
            connection = await aiosqlite.connect(
                address, uri=True, timeout=_WAITS_S, isolation_level=None, iter_chunk_size=500
            )
            opened.append(connection)
            await connection.execute("PRAGMA query_only = ON")
            await connection.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error as error:
            raise storage_error(path, error) from error

    try:
        await to_the_end(opening())
        yield opened[0]
    finally:
        for connection in opened:
            await to_the_end(connection.close())


def readable_address(path: Path) -> str:
    """The URI under which the database can be read, after a look at whether it is one of ours and of our age."""
    try:
        is_there = path.is_file()
    except OSError as error:
        raise StorageError(f"{path} cannot be looked for ({error.strerror})") from error
    if not is_there:
        raise StorageError(f"there is no database at {path}; name it with --db, or start ringtally run to make it")
    steps = migrations()
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        present = _look(address, path, steps)
    except sqlite3.Error as error:
        # A reader of WAL needs the -wal and -shm beside the file, or the right to make them. Without a -wal there is
        # nobody writing and nothing to miss, and the file alone is the whole truth.
        wal = path.with_name(path.name + "-wal")
        if primary_code(error) not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY} or wal.exists():
            raise storage_error(path, error) from error
        address += "&immutable=1"
        try:
            present = _look(address, path, steps)
        except sqlite3.Error as again:
            raise storage_error(path, again) from again
    if present < len(steps):
        what = f"has an older ringtally's schema ({present}, this one reads {len(steps)})" if present else "is empty"
        raise StorageError(f"{path} {what}; start ringtally run once to bring it up to date")
    return address


def _look(address: str, path: Path, steps: Sequence[Migration]) -> int:
    connection = sqlite3.connect(address, uri=True, timeout=_WAITS_S)
    try:
        check(connection, path, steps)
        return version(connection)
    finally:
        connection.close()

"""A writer at work, and what is in its file afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.writer import Writer
from tests.storage.sample_calls import START, many

EVERYTHING = CallFilter(merged=True)


@asynccontextmanager
async def storing(path: Path, **options: Any) -> AsyncIterator[Writer]:
    """A writer with 300 calls in the file, most of them out of the -wal."""
    async with writing(path, now=START) as store:
        writer = Writer(store, **options)
        task = asyncio.ensure_future(writer.run())
        for fact in many(300):
            writer.put(fact)
        await writer.flush()
        checkpoint(path)
        yield writer
        assert await writer.close(2.0) == 0
        await task


async def filled(path: Path, first: int = 0) -> None:
    async with writing(path, now=START) as store:
        await store.write(many(300, first=first))


async def store_more(writer: Writer, first: int, count: int = 10) -> None:
    for fact in many(count, first=first):
        writer.put(fact)
    async with asyncio.timeout(60):
        while True:
            try:
                return await writer.flush()
            except StorageError:
                await asyncio.sleep(0)


def checkpoint(path: Path) -> None:
    """All there is gets into the file itself."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def stored(path: Path) -> list[str]:
    async with reading(path) as connection:
        return [call.id for call in await find_calls(connection, EVERYTHING)]


def ids(count: int, first: int = 0) -> list[str]:
    return [fact.call.id for fact in many(count, first=first)]


def set_aside(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.glob("*.damaged-*") if not each.name.endswith(("-wal", "-shm")))


def sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()

"""A disk of two megabytes that a test may fill and make read-only: `python -m tests.storage.small_disk FOLDER full|read_only`.

Run in a mount namespace of its own (`own_mounts`), in which the disk is mounted on FOLDER. Prints what it saw, one JSON value a line.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.writer import Writer
from tests.storage.sample_calls import START, many

BEFORE, DURING, AFTER = 50, 700, 20


def own_mounts() -> list[str]:
    """How a command is run in which mounts are nobody else's affair."""
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


@asynccontextmanager
async def full(folder: Path) -> AsyncIterator[None]:
    """Not a byte is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    yield
    ballast.unlink()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


async def try_to_store(writer: Writer) -> str | None:
    """Why it could not, or None."""
    try:
        await writer.flush()
    except StorageError as error:
        return str(error)
    return None


async def fill_it(folder: Path) -> None:
    """Store calls before, while and after there is no room."""
    path = folder / "calls.db"
    async with writing(path, now=START) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        for fact in many(BEFORE):
            writer.put(fact)
        await writer.flush()
        async with full(folder):
            for fact in many(DURING, first=BEFORE):
                writer.put(fact)
            told = [await try_to_store(writer) for _ in range(3)]
            print(json.dumps({"told": told, "state": writer.health.state, "waiting": writer.waiting}))
            async with reading(path) as connection:
                print(json.dumps(len(await find_calls(connection, CallFilter(merged=True)))))
        for fact in many(AFTER, first=BEFORE + DURING):
            writer.put(fact)
        while await try_to_store(writer):
            pass
        print(json.dumps({"state": writer.health.state, "lost": await writer.close(5)}))
        await task
    async with reading(path) as connection:
        ids = [call.id for call in await find_calls(connection, CallFilter(merged=True))]
        print(json.dumps(ids == [fact.call.id for fact in many(BEFORE + DURING + AFTER)]))
        ((sound,),) = await connection.execute_fetchall("PRAGMA integrity_check")
        print(json.dumps(sound))


async def make_it_read_only(folder: Path) -> None:
    """Open a database there."""
    path = folder / "calls.db"
    async with writing(path, now=START) as store:
        await store.write(many(BEFORE))
    _mount("-o", "remount,ro", str(folder))
    try:
        async with writing(path, now=START):
            pass
    except StorageError as error:
        print(json.dumps(str(error)))
    async with reading(path) as connection:
        print(json.dumps(len(await find_calls(connection, CallFilter(merged=True)))))


FAULTS = {"full": fill_it, "read_only": make_it_read_only}

if __name__ == "__main__":
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory())
    _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", sys.argv[1])
    asyncio.run(FAULTS[sys.argv[2]](Path(sys.argv[1])))

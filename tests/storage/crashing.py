"""A process that stores calls until it is killed: `python -m tests.storage.crashing DATABASE [STATEMENT]`.

Prints `begun` when the database is open, and after each flush how many calls are acknowledged. With STATEMENT it kills
itself before the so-manieth SQL statement of its second batch.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiosqlite

from storage.database import writing
from storage.writer import Writer
from tests.storage.sample_calls import many

STEP = 7


async def store_until_killed(path: Path, statement: int | None) -> None:
    """Go on from what is there, in flushes of `STEP` calls."""
    async with writing(path, now=1_795_450_000.0) as store:
        rows = list(await store._connection.execute_fetchall("SELECT count(*) FROM call"))
        stored = rows[0][0]
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        print("begun", flush=True)
        while not task.done():
            for fact in many(STEP, first=stored):
                writer.put(fact)
            await writer.flush()
            stored += STEP
            print(stored, flush=True)
            if statement is not None:
                await kill_before(store._connection, statement)
                statement = None


async def kill_before(connection: aiosqlite.Connection, statement: int) -> None:
    """Arm the connection: SQLite tells each statement just before it runs it."""
    left = statement

    def count_down(_sql: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    await connection.set_trace_callback(count_down)


if __name__ == "__main__":
    asyncio.run(store_until_killed(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))

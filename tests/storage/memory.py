"""A database in memory, written and read through one connection: for tests of what is stored and not of where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from storage.batch import BatchConnection
from storage.schema import migrate, migrations


@asynccontextmanager
async def in_memory() -> AsyncIterator[tuple[aiosqlite.Connection, BatchConnection]]:
    """The connection twice: as the readers see it, and as the writer does."""
    made: list[BatchConnection] = []

    def make(*args: Any, **options: Any) -> BatchConnection:
        made.append(BatchConnection(*args, **options))
        return made[0]

    async with aiosqlite.connect(":memory:", isolation_level=None, check_same_thread=False, factory=make) as connection:
        made[0].execute("PRAGMA foreign_keys = ON")
        migrate(made[0], Path(":memory:"), 1_795_450_000.0, migrations())
        yield connection, made[0]

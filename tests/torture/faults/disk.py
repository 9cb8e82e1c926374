"""The database: locked by another program, on a full disk, read-only, damaged."""

import asyncio
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from daemon import clock
from tests.torture.arena import Arena
from tests.torture.faults.fault import Fault

PAGE = 4096
FILLED_IN_CHUNKS_OF = 65_536


async def lock(arena: Arena) -> None:
    """Another program holds the write lock for seconds."""
    for _ in arena.turns():
        await arena.pass_time(0.5, 2.0)
        with closing(sqlite3.connect(arena.database, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 5000")
            other.execute("BEGIN IMMEDIATE")
            await arena.pass_time(1.0, 7.0)
            other.execute("ROLLBACK")


async def full(arena: Arena) -> None:
    """No room for seconds, then room again."""
    ballast = arena.database.with_name("ballast")
    for _ in arena.turns():
        await arena.pass_time(0.5, 2.0)
        _fill(ballast)
        await arena.pass_time(2.0, 6.0)
        ballast.unlink()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (FILLED_IN_CHUNKS_OF, PAGE):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


async def read_only(arena: Arena) -> None:
    """Mounted read-only when it starts, as after a fault of the disk; writable again later."""
    folder = arena.database.parent
    for _ in arena.turns():
        await arena.lives.ready()
        await arena.pass_time(0.5, 2.0)
        await arena.lives.stop()
        await _remount(folder, "ro")
        await arena.lives.start()
        if await arena.lives.ends_by_itself(5.0):
            if not await arena.lives.gone():
                arena.verdict.beside.append("ended with 0 on a read-only disk")
            await _remount(folder, "rw")
        else:
            await _remount(folder, "rw")
        await arena.lives.ready()


async def damage(arena: Arena) -> None:
    """Pages of the file are overwritten while it is not running: set aside, and a new one begun."""
    for turn in arena.turns():
        await arena.lives.ready()
        await arena.pass_time(1.0, 3.0)
        await arena.lives.stop()
        _scribble(arena)
        damaged = sha256(arena.database.read_bytes()).hexdigest()
        await arena.lives.start()
        if await arena.lives.ends_by_itself(5.0):
            status = await arena.lives.gone()
            arena.verdict.beside.append(f"turn {turn}: did not start with a damaged file: status {status}")
            arena.database.rename(arena.database.with_suffix(f".by-hand-{turn}"))
        await arena.lives.ready()
        arena.since = clock.now()
        kept = {sha256(path.read_bytes()).hexdigest() for path in arena.database.parent.iterdir() if path.is_file()}
        if damaged not in kept:
            arena.verdict.beside.append(f"turn {turn}: the damaged file is nowhere as it was")


def _scribble(arena: Arena) -> None:
    """Every page but the first is noise: the header says that all is well."""
    with arena.database.open("r+b") as file:
        pages = arena.database.stat().st_size // PAGE
        for page in range(1, pages):
            file.seek(page * PAGE)
            file.write(arena.random.randbytes(PAGE))


async def _remount(folder: Path, how: str) -> None:
    process = await asyncio.create_subprocess_exec("mount", "-o", f"remount,{how}", str(folder))
    async with asyncio.timeout(10):
        assert await process.wait() == 0, f"{folder} cannot be remounted {how}"


FAULTS = (
    Fault("database-locked", lock),
    Fault("disk-full", full, short=1, needs_disk=True),
    Fault("disk-read-only", read_only, needs_disk=True),
    Fault("database-damaged", damage, short=1),
)

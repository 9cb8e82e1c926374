"""One bout: a fault, a seed, so many turns or so much time, and what came of it."""

import asyncio
import subprocess
import tempfile
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from daemon import clock
from tests.torture.arena import arena
from tests.torture.faults.fault import Fault, RealFault
from tests.torture.place import Place
from tests.torture.real_arena import real_arena
from tests.torture.verdict import Verdict

DISK_SIZE = "8m"
BOUT_WITHIN_S = 600.0
"""A bout that takes longer hangs."""


async def bout(fault: Fault | RealFault, seed: int, seconds: float, most: int) -> tuple[int, Verdict]:
    """How often the fault was injected, and the verdict. What breaks the bout itself is its only finding: it was not judged."""
    broken: list[str] = []
    with _folder() as folder, _disk(folder, fault) as disk:
        try:
            if isinstance(fault, RealFault):
                async with real_arena(folder, seed, fault.version) as real:
                    return await _play(real, fault.bout(real), seconds, most)
            async with arena(folder, seed, broker=fault.needs_broker, database=disk / "calls.db") as simulated:
                return await _play(simulated, fault.bout(simulated), seconds, most)
        except* (AssertionError, TimeoutError, OSError, RuntimeError) as error:
            broken.append(f"the bout broke: {error.exceptions}")
    return 0, Verdict(beside=broken)


async def _play(place: Place, bringing_about: Awaitable[None], seconds: float, most: int) -> tuple[int, Verdict]:
    place.ends_at, place.most = clock.monotonic() + seconds, most
    try:
        async with asyncio.timeout(BOUT_WITHIN_S):
            await place.lives.ready()
            await bringing_about
            await place.settle()
    except (AssertionError, TimeoutError, OSError, RuntimeError) as error:
        found = f"turn {place.times}: {type(error).__name__}: {error}; {place.lives.last_words()}"
        return place.times, Verdict(beside=[*place.verdict.beside, found])
    return place.times, place.judge()


def seed_of(seed: int, fault: Fault | RealFault, number: int) -> int:
    """The seed of a bout, by itself and not by which others were played before. The first has the seed that was given.

    So a later one is repeated by giving its own seed: `--only FAULT --seed SEED`.
    """
    return seed if not number else Random(f"{seed} {fault.name} {number}").getrandbits(32)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ringtally-torture-") as name:
        yield Path(name)


@contextmanager
def _disk(folder: Path, fault: Fault | RealFault) -> Iterator[Path]:
    """Where the database is: a small file system, mounted in the mount namespace that we must have of our own, or the folder."""
    if isinstance(fault, RealFault) or not fault.needs_disk:
        yield folder
        return
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)

"""A process that stores calls one by one: `python -m tests.storage.acknowledging DATABASE normal|full CALLS`.

Prints after each flush how many calls are acknowledged. With strace around it, or copies of its files, a test sees what that word is
worth.
"""

import asyncio
import sys
from pathlib import Path

from storage.database import Durability, writing
from storage.writer import Writer
from tests.storage.sample_calls import START, many


async def acknowledge(path: Path, durability: Durability, calls: int) -> None:
    """Store so many, each in a transaction of its own."""
    async with writing(path, now=START, durability=durability) as store:
        writer = Writer(store)
        task = asyncio.ensure_future(writer.run())
        for number, fact in enumerate(many(calls), start=1):
            writer.put(fact)
            await writer.flush()
            print(number, flush=True)
        await writer.close(5.0)
        await task


if __name__ == "__main__":
    asyncio.run(acknowledge(Path(sys.argv[1]), "full" if sys.argv[2] == "full" else "normal", int(sys.argv[3])))

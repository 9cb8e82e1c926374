"""What storing and finding calls costs here: `python -m tests.storage.cost [CALLS]`.

Prints CPU and wall time per call by size of batch, alone and beside an event loop that never pauses; bytes per call; and
how long the common questions take in a database of so many calls (default 200,000, about 500 days of a small office).
"""

import asyncio
import gc
import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from handlers.facts import CallEnded
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls
from storage.database import writing
from storage.reading import reading
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

ROUNDS = 5


def traffic(count: int, first: int = 0) -> list[CallEnded]:
    """Calls of an office: different callers, two trunks, 20 extensions, three legs each, two thirds through a queue."""
    chance = random.Random(first)
    facts = []
    for number in range(first, first + count):
        caller = f"79{chance.randrange(10**9):09}"
        queue = chance.choice(["support", "sales", None])
        make = a_missed_call if chance.random() < 0.3 else a_call
        fact = ended(
            make(
                number,
                caller=caller,
                caller_e164=f"+{caller}",
                trunk=chance.choice(["megafon", "mts"]),
                queue=queue,
                queues=(queue,) if queue else (),
                transfers=(),
            )
        )
        facts.append(replace(fact, talks=fact.talks[:1], holds=()))
    return facts


async def spin(stop: asyncio.Event) -> None:
    """A loop that never pauses: 5 to 10 ms of work at a time."""
    while not stop.is_set():
        sum(range(200_000))
        await asyncio.sleep(0)


async def writing_costs(facts: list[CallEnded], size: int, busy: bool) -> tuple[float, float, float, float]:
    """CPU and wall time in µs per call, the median transaction in ms, bytes per call."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "calls.db")
        took = []
        async with writing(path, now=START) as store, asyncio.TaskGroup() as tasks:
            stop = asyncio.Event()
            if busy:
                tasks.create_task(spin(stop))
                await asyncio.sleep(0)
            cpu, wall = time.process_time(), time.perf_counter()
            for start in range(0, len(facts), size):
                began = time.perf_counter()
                await store.write(facts[start : start + size])
                took.append(time.perf_counter() - began)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            stop.set()
        each = 1e6 / len(facts)
        return cpu * each, wall * each, statistics.median(took) * 1e3, path.stat().st_size / len(facts)  # noqa: ASYNC240 - nothing else runs


async def main(calls: int) -> None:
    """Measure and print."""
    facts = traffic(10_000)
    gc.collect()
    gc.freeze()  # the sample itself is not what is measured
    print("batch  loop   CPU µs/call  wall µs/call  transaction ms  bytes/call   (median, least CPU)")
    for size, busy, count in (
        (1, False, 500),
        (50, False, 10_000),
        (512, False, 10_000),
        (50, True, 1000),
        (512, True, 5120),
    ):
        runs = [await writing_costs(facts[:count], size, busy) for _ in range(ROUNDS)]
        cpu, wall, transaction, size_each = (statistics.median(column) for column in zip(*runs, strict=True))
        cpus = f"{cpu:6.0f} {min(run[0] for run in runs):5.0f}" if not busy else " " * 12
        print(f"{size:5}  {'busy' if busy else 'idle'}   {cpus} {wall:12.0f} {transaction:15.1f} {size_each:11.0f}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "calls.db")
        async with writing(path, now=START) as store:
            for start in range(0, calls, 2048):
                await store.write(traffic(min(2048, calls - start), first=start))
        print(f"\nin {calls} calls, {path.stat().st_size / 1e6:.0f} MB:")  # noqa: ASYNC240 - nothing else runs
        async with reading(path) as connection:
            for wanted in (
                CallFilter(last=50),
                CallFilter(missed=True, last=50),
                CallFilter(queue="sales", last=50),
                CallFilter(queue="sales", missed=True, last=50),
                CallFilter(trunk="mts", result="abandoned", last=50),
                CallFilter(number=facts[7].call.caller),
                CallFilter(number="101", last=50),
                CallFilter(since=START, until=START + 86_400),
                CallFilter(direction="out", last=50),
            ):
                began = time.perf_counter()
                found = await find_calls(connection, wanted)
                print(f"{(time.perf_counter() - began) * 1e3:8.1f} ms  {len(found):5} calls  {wanted}")
            began = time.perf_counter()
            await find_call(connection, facts[5000].call.id)
            print(f"{(time.perf_counter() - began) * 1e3:8.1f} ms  one call with its time line")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))

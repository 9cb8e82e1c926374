"""How long clearing what `storage.keep` has no room for holds the writers' lock, and what calls stored meanwhile feel of it.

In a database of a million calls: `python -m tests.bench.clearing`. Each turn of clearing follows one without. At the end, whether the
file grows when more calls come.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from time import monotonic

import click

from daemon.clearing import REST_LEAST_S, REST_TIMES
from storage.database import writing
from storage.retention import DAY_S, Clearing
from storage.writer import Writer
from tests.bench.year_of_calls import DAYS, FIRST_DAY, make
from tests.storage.sample_calls import a_call, ended

_FIRST = datetime.combine(FIRST_DAY, time(), UTC).timestamp()
_EVERY_S = 0.05
PROMISED_S = 0.25


@dataclass(slots=True)
class Spans:
    """Durations in seconds."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """In milliseconds."""
        found = sorted(self.seconds)
        if not found:
            return "none"
        median, p99 = (found[int(len(found) * share)] * 1e3 for share in (0.5, 0.99))
        late = sum(each > PROMISED_S for each in found)
        return (
            f"{len(found):,}: median {median:.1f} ms, p99 {p99:.1f}, most {found[-1] * 1e3:.1f}; above 250 ms: {late}"
        )


class Live:
    """Stores a call each 50 ms, and notes how long each took from `put` until it was durable."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._serial = 0
        self.waits = Spans()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began = monotonic()
            # A year after those that are there, so that none of these is cleared.
            self._writer.put(ended(a_call(10_000_000 + self._serial)))
            self._serial += 1
            await self._writer.flush()
            self.waits.seconds.append(monotonic() - began)
            await asyncio.sleep(_EVERY_S)


async def clear(path: Path, before: float, seconds: float) -> tuple[Spans, int]:
    """Clear for so long as the daemon does; how long each step held the lock, and how many rows went."""
    clearing, holds, rows, ends_at = Clearing(before), Spans(), 0, monotonic() + seconds
    while monotonic() < ends_at:
        step = await asyncio.to_thread(clearing.step, path)
        if step is None:
            break
        holds.seconds.append(step.held_s)
        rows += step.rows
        await asyncio.sleep(max(REST_LEAST_S, REST_TIMES * step.held_s))
    return holds, rows


async def measure(path: Path, days: int, seconds: float, rounds: int) -> None:
    """Turns without clearing and with it, told as they end."""
    async with writing(path, now=_FIRST) as store:
        writer = Writer(store)
        writing_task = asyncio.ensure_future(writer.run())
        live = Live(writer)
        await writer.flush()
        task = asyncio.ensure_future(live.run())
        for _ in range(rounds):
            live.waits = Spans()
            await asyncio.sleep(seconds)
            click.echo(f"stored without clearing  {live.waits}")
            live.waits = Spans()
            holds, rows = await clear(path, _FIRST + days * DAY_S, seconds)
            click.echo(f"stored while clearing    {live.waits}")
            click.echo(f"  steps held the lock    {holds}; {rows:,} rows went")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await writer.close(5)
        await writing_task


def pages(path: Path) -> Sequence[int]:
    """How many the file has, and how many of them are free."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]


async def refill(path: Path, calls: int) -> None:
    """Store so many more."""
    async with writing(path, now=_FIRST) as store:
        for first in range(0, calls, 500):
            await store.write([ended(a_call(20_000_000 + number)) for number in range(first, first + 500)])


@click.command()
@click.option("--calls", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="About so many.")
@click.option(
    "--db",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One that was made before; it is changed.",
)
@click.option("--days", default=DAYS // 2, show_default=True, help="So many of the year are to go.")
@click.option("--seconds", default=60.0, show_default=True, help="Of each turn.")
@click.option("--rounds", default=3, show_default=True)
def main(calls: int, db: Path | None, days: int, seconds: float, rounds: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="ringtally-") as folder:
        path = db or Path(folder) / "calls.db"
        if db is None:
            make(path, calls)
        before = pages(path)
        asyncio.run(measure(path, days, seconds, rounds))
        cleared = pages(path)
        asyncio.run(refill(path, 5000))
        filled = pages(path)
        click.echo(f"pages, and free ones: {before} before, {cleared} cleared, {filled} with 5,000 calls more")


if __name__ == "__main__":
    main()

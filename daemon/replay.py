"""Recordings through the same pipeline as the live stream, as fast as they go."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from daemon.sinks.database import gaps_in, with_their_cases
from handlers.ami.events import Event, StreamBroken
from handlers.ami.recording import Entry, RecordingError, parse_line
from handlers.ami.retold import Retold
from handlers.case_facts import CaseFact
from handlers.core import Core
from handlers.facts import CallEnded, Fact, GapEnded
from handlers.rules import Rules
from handlers.steady_time import SteadyTime
from storage.database import writing
from storage.writer import Writer

FLUSH_EVERY = 5000


def entries(path: Path) -> Iterator[Entry]:
    """The lines of a recording, `.gz` or not. Raises RecordingError with file and line, OSError.

    A recorder that was killed leaves half a line, or a compressed file without its end: what is whole before it counts.
    """
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield parse_line(line)
                except RecordingError as error:
                    if not line.endswith(b"\n"):
                        return
                    raise RecordingError(f"{path}, line {number}: {error}") from None
    except EOFError:
        return
    except (gzip.BadGzipFile, zlib.error) as error:
        raise RecordingError(f"{path}, after line {number}: damaged, or not compressed by gzip ({error})") from None


def events_of(path: Path, steady: SteadyTime) -> Iterator[Event]:
    """The events of one recording, in order, at the moments at which they came; what broke and resumed the stream too."""
    retold = Retold()
    for entry in entries(path):
        yield from retold.take(entry, steady.at(entry.t, entry.mono))
    yield from retold.close()


def facts_of(paths: Sequence[Path], core: Core) -> Iterator[Sequence[Fact]]:
    """What the core says of several recordings of one PBX, one connection after the other."""
    steady = SteadyTime()
    for number, path in enumerate(paths):
        if number:
            yield core.handle(StreamBroken(core.now))
            steady.broke_off()
        for event in events_of(path, steady):
            facts = core.handle(event)
            if facts:
                yield facts


@asynccontextmanager
async def running_writer(path: Path, now: float) -> AsyncIterator[Writer]:
    """A writer on the database at `path`, which has stored everything when the block is left."""
    async with writing(path, now=now) as database, asyncio.TaskGroup() as tasks:
        writer = Writer(database)
        tasks.create_task(writer.run(), name="writer")
        try:
            yield writer
            await writer.flush()
        finally:
            await writer.close(5.0)


def calls_of(paths: Sequence[Path], core: Core) -> Iterator[CallEnded]:
    """The calls of several recordings in the order of their ends; behind them, as they stand, those that live at the end."""
    return (ended for ended, _, _ in _entries_of(paths, core) if ended is not None)


def _entries_of(paths: Sequence[Path], core: Core) -> Iterator[tuple[CallEnded | None, list[CaseFact], list[GapEnded]]]:
    """The same with what they meant to cases, which are left as of the last event; and gaps."""
    for facts in facts_of(paths, core):
        if gaps := gaps_in(facts):
            yield None, [], gaps
        yield from ((ended, cases, []) for ended, cases in with_their_cases(facts))
    yield from ((ended, [], []) for ended in core.break_off(core.now))


async def replay(paths: Sequence[Path], rules: Rules, database: Path, now: float) -> list[CallEnded]:
    """Replay into a database; the calls, as `calls_of` gives them."""
    told: list[CallEnded] = []
    async with running_writer(database, now) as writer:
        for number, (ended, cases, gaps) in enumerate(_entries_of(paths, Core(rules)), start=1):
            if ended is not None:
                told.append(ended)
            writer.put(ended, cases=cases, gaps=gaps)
            if number % FLUSH_EVERY == 0:
                await writer.flush()
    return told

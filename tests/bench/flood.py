"""Twenty thousand events a second while the disk stalls: `python -m tests.bench.flood`; is each call stored exactly once?

Three processes: a PBX that sends the stream at its pace, the whole daemon, and this one, which holds the database locked for
some seconds, asks for the metrics, and in the end compares what is stored with what the stream holds.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, Literal

import click
import orjson

from config.ami_account import passes_filter
from handlers.facts import CallEnded
from tests.bench.live_calls import Listener
from tests.bench.pbx import SLICE_S
from tests.bench.stream import PLAYED, START, Serials, Template, flow, template_of

Mix = Literal["all", "shipped"]
# It swells and ebbs for as long as the longest calls take.
TIDE_S = 15.0
PHONES = 5_000
_SCRAPE_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Flood:
    """A stream in a file, with the file of its slices, and the calls in it by id: direction and result."""

    path: Path
    slices: Path
    size: int
    events: int
    rate: float
    """Events a second, at its height."""
    calls: Mapping[str, tuple[str, str | None]]


def templates_of(mix: Mix) -> list[Template]:
    """The recordings as an account that may read everything is told of them, or as the shipped one is."""
    whole = [template_of(name) for name in PLAYED]
    if mix == "all":
        return whole
    return [
        replace(each, messages=tuple((at, pieces) for at, pieces in each.messages if _is_sent(b"".join(pieces))))
        for each in whole
    ]


def _is_sent(raw: bytes) -> bool:
    return passes_filter(raw.decode(errors="replace"))


def make(folder: Path, mix: Mix, rate: float, seconds: float, seed: int = 1) -> Flood:
    """A flood of this rate, which stays at its height for so many seconds."""
    templates = templates_of(mix)
    per_round = sum(len(template.messages) for template in templates)
    rounds = max(1, round((seconds + TIDE_S) * rate / per_round))
    random = Random(seed)
    every_s = per_round / len(templates) / rate
    path, slices = folder / "stream", folder / "slices"
    ends, calls, listener = array("Q"), dict[str, tuple[str, str | None]](), Listener()
    size = events = high = 0
    with path.open("wb") as file:
        for at, raw in flow(templates, Serials(random, PHONES), random, every_s, rounds):
            while at >= START + (len(ends) + 1) * SLICE_S:
                ends.append(size)
            size += file.write(raw)
            events += 1
            high += TIDE_S <= at - START < TIDE_S + seconds
            for fact in listener.hear(at, raw):
                if isinstance(fact, CallEnded):
                    calls[fact.call.id] = fact.call.direction, fact.call.result
    ends.append(size)
    slices.write_bytes(ends.tobytes())
    return Flood(path, slices, size, events, high / seconds, calls)


def locked(database: Path, at_s: float, seconds: float) -> None:
    """Be the other program that holds the database for itself."""
    time.sleep(at_s)
    connection = sqlite3.connect(database, isolation_level=None, timeout=5.0)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def scrape(port: int, until: float, took: list[float]) -> None:
    """Ask for the metrics now and then; how long each answer took."""
    while time.monotonic() < until:
        time.sleep(_SCRAPE_EVERY_S)
        asked_at = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            answer.read()
        took.append(time.monotonic() - asked_at)


@contextmanager
def _started(*words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", *map(str, words)], stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def run(flood: Flood, database: Path, stall_s: float) -> dict[str, Any]:
    """One flood, with both kinds of stall; what the daemon and the PBX measured."""
    lasts_s = flood.slices.stat().st_size / 8 * SLICE_S
    took: list[float] = []
    with _started("tests.bench.pbx", flood.path, flood.slices) as pbx:
        assert pbx.stdout is not None
        port = pbx.stdout.readline().decode().strip()
        words = (port, str(flood.size), str(database), str(lasts_s * 0.6), str(stall_s))
        with _started("tests.bench.flooded", *words) as daemon:
            assert daemon.stdout is not None
            http = int(daemon.stdout.readline())
            threads = [
                Thread(target=locked, args=(database, lasts_s * 0.3, stall_s)),
                Thread(target=scrape, args=(http, time.monotonic() + lasts_s - _SCRAPE_EVERY_S, took)),
            ]
            for thread in threads:
                thread.start()
            told: dict[str, Any] = orjson.loads(daemon.stdout.readline())
            for thread in threads:
                thread.join()
            told["pbx"] = orjson.loads(pbx.stdout.readline())
            daemon.wait()
    return told | {"scrape_s": max(took, default=0.0)}


@dataclass(frozen=True, slots=True)
class Compared:
    """What is stored against what the stream holds."""

    stored: int
    lost: int
    doubled: int
    invented: int
    otherwise: int
    """Of another direction or result than the stream has it."""


def compared(flood: Flood, database: Path) -> Compared:
    """Call by call."""
    connection = sqlite3.connect(database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT id, direction, result FROM call").fetchall()
    finally:
        connection.close()
    stored = {call: (direction, result) for call, direction, result in rows}
    return Compared(
        stored=len(rows),
        lost=len(flood.calls.keys() - stored.keys()),
        doubled=len(rows) - len(stored),
        invented=len(stored.keys() - flood.calls.keys()),
        otherwise=sum(stored[call] != told for call, told in flood.calls.items() if call in stored),
    )


@click.command()
@click.option("--rate", default=20_000, show_default=True, type=click.IntRange(min=100), help="Events a second.")
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(min=1), help="At that rate.")
@click.option("--stall", default=5.0, show_default=True, help="Seconds; the file locked by another, then the disk.")
@click.option("--mix", "mixes", default=("all", "shipped"), multiple=True, type=click.Choice(("all", "shipped")))
def main(rate: int, seconds: int, stall: float, mixes: tuple[Mix, ...]) -> None:
    """Is each call stored exactly once, and does the PBX ever wait for us?"""
    for mix in mixes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            flood, database = make(folder, mix, rate, seconds), folder / "calls.db"
            click.echo(
                f"{mix}: {flood.events:,} events of {flood.size / flood.events:.0f} bytes, {flood.rate:,.0f} a second at the "
                f"height, {len(flood.calls):,} calls; two stalls of {stall:g} s"
            )
            told = run(flood, database, stall)
            for line in lines(told, flood, compared(flood, database)):
                click.echo(f"    {line}")


def lines(told: Mapping[str, Any], flood: Flood, found: Compared) -> Iterator[str]:
    """What is to be read of a run."""
    pbx = told["pbx"]
    yield (
        f"calls: {found.stored:,} stored, {found.lost} lost, {found.doubled} doubled, {found.invented} invented, "
        f"{found.otherwise} told otherwise; {told['dropped']} dropped, {told['refused']} refused, {told['bad']} bad messages"
    )
    yield (
        f"the PBX: waited {pbx['longest_s'] * 1000:.1f} ms at the longest for us to read; itself {pbx['late_s'] * 1000:.0f} ms late "
        f"at the most; {told['connects']} connection"
    )
    yield (
        f"the loop: {told['late_p99_s'] * 1000:.0f} ms late (p99), {told['late_most_s'] * 1000:.0f} ms at the most; "
        f"a scrape took {told['scrape_s'] * 1000:.0f} ms at the most"
    )
    yield (
        f"waiting at the most: {told['backlog']:,} events for the core, {told['waiting']:,} calls for the disk "
        f"(degraded for {told['degraded_s']:.1f} s); {told['live']:,} calls lived at once"
    )
    yield (
        f"CPU {told['cpu_s'] / flood.events * 1e6:.1f} µs/event, {told['cpu_s'] / told['wall_s'] * 100:.0f} % of a core; "
        f"{told['rss_mb']:.0f} MB resident at the most; all handled {told['handled_s'] - pbx['took_s']:.2f} s after the last was sent"
    )


if __name__ == "__main__":
    main()

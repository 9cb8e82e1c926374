"""Lets the readers take turns on the same stream and prints medians and ratios."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click
import orjson

from tests.bench.crowds import costs_beside
from tests.bench.live_calls import LIVE, costs
from tests.bench.readers import KINDS
from tests.bench.stream import Stream, stream_of

ROWS = {
    "panoramisk": "(a) panoramisk, a '*' callback that does nothing",
    "framing": "(b) our framing",
    "tracker": "(c) framing and tracker",
    "daemon": "(d) the whole daemon, storage and metrics",
}
Runs = Mapping[str, Sequence[Mapping[str, float]]]


@contextmanager
def sending(raw: bytes) -> Iterator[int]:
    """A PBX that sends this stream; its port."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "stream")
        path.write_bytes(raw)
        command = [sys.executable, "-m", "tests.bench.pbx", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as pbx:
            assert pbx.stdout is not None
            try:
                yield int(pbx.stdout.readline())
            finally:
                pbx.kill()


def run(kind: str, port: int, size: int) -> dict[str, float]:
    """One run of one reader in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.readers", kind, str(port), str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, float] = orjson.loads(done.stdout)
    if measured.get("lost"):
        raise click.ClickException(f"{measured['lost']} calls were dropped: the disk is too slow for a measurement")
    return measured


def measure(stream: Stream, rounds: int) -> Runs:
    """Every reader once in each round, one after the other."""
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    raw = stream.raw
    with sending(raw) as port:
        for _ in range(rounds):
            for kind in KINDS:
                runs[kind].append(run(kind, port, len(raw)))
    return runs


def table(runs: Runs, events: int) -> Iterator[str]:
    """The lines of the table."""
    yield f"{'':50}  CPU µs/event  (min-max)      events/s  (a) takes so many times the CPU"
    costs = {kind: [each["cpu_s"] / events * 1e6 for each in each_run] for kind, each_run in runs.items()}
    for kind, name in ROWS.items():
        of_kind = costs[kind]
        spread = f"({min(of_kind):.2f}-{max(of_kind):.2f})"
        speed = median(events / each["wall_s"] for each in runs[kind])
        ratio = median(a / mine for a, mine in zip(costs["panoramisk"], of_kind, strict=True))
        yield f"{name:50}  {median(of_kind):12.2f}  {spread:13}  {speed:9,.0f}  {ratio:6.1f}"


@click.command()
@click.option("--events", default=200_000, show_default=True, type=click.IntRange(min=1), help="At least so many.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Runs of each reader.")
@click.option(
    "--live", default=LIVE, show_default=True, multiple=True, type=click.IntRange(min=1), help="So many other calls."
)
def main(events: int, rounds: int, live: tuple[int, ...]) -> None:
    """What an AMI event costs in ringtally, and in panoramisk, on the same stream over loopback TCP."""
    stream = stream_of(events)
    raw, number = stream.raw, len(stream.events)
    click.echo(
        f"{number:,} events of {len(raw) / number:.0f} bytes, {sum(stream.plays.values()):,} plays of {len(stream.plays)} "
        f"recordings; {rounds} runs each, taking turns; CPython {platform.python_version()}, {os.cpu_count()} cores"
    )
    for line in table(measure(stream, rounds), number):
        click.echo(line)
    click.echo("framing and tracker in one process, message by message, while so many other calls live:")
    for cost in costs(stream, rounds, live):
        click.echo(f"{cost.live:12,} calls {'':31}  {cost.us:12.2f}  ({cost.least:.2f}-{cost.most:.2f})")
    click.echo("the same beside")
    for name, cost in costs_beside(stream, rounds):
        click.echo(f"      {name:44}  {cost.us:12.2f}  ({cost.least:.2f}-{cost.most:.2f})")


if __name__ == "__main__":
    main()

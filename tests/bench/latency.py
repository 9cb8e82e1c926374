"""From an event on the socket to the message at a subscriber: `make bench-latency`, or `python -m tests.bench.latency`.

One clock stamps an event just before it is sent and a message when it is heard, so the way over both sockets and through the
broker is in the figures. Beside it, what an event costs the daemon with a broker and without, the two taking turns.
"""

import asyncio
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from statistics import median

import click

from tests.bench.latency_runs import AtRate, after_quiet, at_rate
from tests.mqtt.broker import mosquitto

_SHARES = (0.5, 0.95, 0.99, 1.0)


def percentile(values: Sequence[float], share: float) -> float:
    """The least of the values that this share of them does not exceed; NaN of none."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1] if values else float("nan")


def row(name: str, taken: Sequence[float]) -> str:
    """One line of the first table, in milliseconds."""
    shares = "  ".join(f"{percentile(taken, share) * 1000:6.1f}" for share in _SHARES)
    return f"{name:54}  {len(taken):8,}  {shares}"


def table(rates: Sequence[AtRate], quiet: Sequence[float]) -> Iterator[str]:
    """The lines of both tables."""
    yield f"{'from the event to the subscriber, ms':54}  messages     p50     p95     p99     max"
    for each in rates:
        at = f"{each.rate:,.0f} events/s"
        yield row(f"{at}: started, queued, ringing, answered", each.live)
        yield row(f"{at}: ended, through the outbox", each.ended)
    yield row("a retained state's first change after a quiet time", quiet)
    for each in rates:
        yield row(f"(this process itself woke up late at {each.rate:,.0f} events/s)", each.late)
    yield ""
    yield f"{'CPU of the daemon, µs/event':30}  sent/s  without  with a broker  ratio   unheard"
    for each in rates:
        off, on = (median(cost.per_event_us for cost in costs) for costs in (each.off, each.on))
        name = f"{each.rate:,.0f} events/s"
        yield f"{name:30}  {each.per_s:6,.0f}  {off:7.1f}  {on:13.1f}  {each.ratio:5.2f}  {each.unheard:8,}"


async def measure(rates: Sequence[float], seconds: float, warm_s: float, rounds: int, changes: int) -> list[str]:
    """Both tables."""
    with tempfile.TemporaryDirectory() as name:
        async with mosquitto(Path(name)) as broker:
            found = [await at_rate(rate, seconds, warm_s, rounds, broker) for rate in rates]
            return list(table(found, await after_quiet(changes, broker)))


@click.command()
@click.option(
    "--rate",
    "rates",
    multiple=True,
    type=click.FloatRange(min=1),
    default=(100, 1000),
    show_default=True,
    help="Events/s.",
)
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(min=1), help="Measured in each run.")
@click.option("--warm", default=10.0, show_default=True, type=click.FloatRange(min=0), help="Seconds before that.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Runs of each kind.")
@click.option("--changes", default=40, show_default=True, type=click.IntRange(min=1), help="Of a state, after quiet.")
def main(rates: tuple[float, ...], seconds: float, warm: float, rounds: int, changes: int) -> None:
    """How soon a subscriber knows, and what telling him costs."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(
        f"{rounds} rounds of {seconds:g} s after {warm:g} s of warming up; CPython {platform.python_version()}, "
        f"{os.cpu_count()} cores, load before {load}"
    )
    for line in asyncio.run(measure(rates, seconds, warm, rounds, changes)):
        click.echo(line)


if __name__ == "__main__":
    main()

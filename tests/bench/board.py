"""From an event on the PBX's socket to the frame in which a wallboard shows it: `make bench-board`, or `python -m tests.bench.board`.

A caller joins a queue; the board's count of who waits is one more. The clock of the page is compared with ours before, and a frame
counts from the moment at which the next one begins: what is measured is never less than what somebody in front of it waits.
"""

import asyncio
import os
import platform
from collections.abc import Iterator, Sequence

import click

from tests.bench.board_runs import SOURCES, Shown, shown_by
from tests.bench.latency import percentile

TARGET_MS = 200
_SHARES = (0.5, 0.95, 1.0)


def row(name: str, shown: Shown) -> str:
    """One line, in milliseconds."""
    shares = "  ".join(f"{percentile(shown.took_ms, share):7.0f}" for share in _SHARES)
    return f"{name:62}  {len(shown.took_ms):5}  {shares}  {shown.unseen:6}"


def table(found: Sequence[tuple[str, Shown]]) -> Iterator[str]:
    """All lines, and whether the target is met."""
    yield f"{'from the event to the frame that shows it, ms':62}  calls      p50      p95      max  unseen"
    for name, shown in found:
        yield row(name, shown)
    late = [name for name, shown in found if shown.unseen or not percentile(shown.took_ms, 0.95) <= TARGET_MS]
    yield f"target: p95 at most {TARGET_MS} ms: " + ("met" if not late else f"NOT met by {', '.join(late)}")


async def measure(calls: int) -> list[str]:
    """Both sources, at both paces."""
    found = []
    for source in SOURCES:
        for pace in ("quiet", "busy"):
            found.append((f"{source}, {pace}", await shown_by(source, pace, calls)))
    return list(table(found))


@click.command()
@click.option("--calls", default=200, show_default=True, type=click.IntRange(min=1), help="In each of four runs.")
def main(calls: int) -> None:
    """How soon a board shows what happens on the PBX."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    click.echo(
        f"{calls} calls in each run; quiet: a change each 1.2 to 1.6 s, busy: one in a second on average, at random; "
        f"CPython {platform.python_version()}, {os.cpu_count()} cores, load before {load}"
    )
    for line in asyncio.run(measure(calls)):
        click.echo(line)


if __name__ == "__main__":
    main()

"""How many instructions one event costs, by valgrind: the same figure on a busy machine and on one at rest.

`python -m tests.bench.instructions [CHECKOUT...]` counts this version, or the handlers of other checkouts of the project, on the
same events. What a version imports and what is made once (patterns, numbering plans, caches) is not counted.
"""

import marshal
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.bench import counted
from tests.bench.stream import stream_of

WARMING_UP = 2_000
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


def pieces_of(events: Sequence[tuple[float, bytes]], size: int) -> list[tuple[float, bytes]]:
    """The events as they are read, at least so many bytes at a time, each piece with the moment of its last event."""
    pieces: list[tuple[float, bytes]] = []
    piece: list[bytes] = []
    for place, (at, raw) in enumerate(events, 1):
        piece.append(raw)
        if sum(map(len, piece)) >= size or place == len(events):
            pieces.append((at, b"".join(piece)))
            piece = []
    return pieces


def written(stream: Path, events: Sequence[tuple[float, bytes]], warming_up: int, piece: int) -> None:
    """The events as `counted.py` reads them: what warms up, and what is counted."""
    stream.write_bytes(marshal.dumps((pieces_of(events[:warming_up], piece), pieces_of(events[warming_up:], piece))))


def count(checkout: Path, stream: Path, directory: Path) -> dict[str, int]:
    """Instructions of each part, all events together, with the handlers of this checkout."""
    command = [sys.executable, "-P", counted.__file__, str(stream)]
    environment = {
        "PYTHONPATH": str(checkout),
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(directory / "compiled"),
    }
    environment = os.environ | environment
    quiet = subprocess.DEVNULL  # it says how much it heard
    subprocess.run(
        command, env=environment, check=True, stdout=quiet
    )  # compiles what is imported: that is not to be counted
    out = directory / "counts"
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--dump-before=sched_yield", f"--callgrind-out-file={out}"]
    subprocess.run([*valgrind, *command], env=environment, check=True, stdout=quiet)
    # One dump at each mark: before the first part, then each part and what comes between it and the next.
    totals = []
    for place in range(2, 2 * len(counted.PARTS) + 1, 2):
        found = _TOTALS.search(Path(f"{out}.{place}").read_text())
        if found is None:
            raise click.ClickException(f"valgrind counted nothing for {counted.PARTS[place // 2 - 1]}")
        totals.append(int(found[1]))
    parts = [total - before for total, before in zip(totals, [0, *totals], strict=False)]
    return dict(zip(counted.PARTS, parts, strict=True))


@click.command()
@click.argument("checkouts", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--events", default=10_000, show_default=True, type=click.IntRange(min=1), help="So many.")
@click.option(
    "--piece",
    default=65_536,
    show_default=True,
    type=click.IntRange(min=1),
    help="Bytes at a time; 1: each event alone.",
)
def main(checkouts: tuple[Path, ...], events: int, piece: int) -> None:
    """Thousand instructions per event in framing, decoding and core, of this version or of other checkouts."""
    if shutil.which("valgrind") is None:
        raise click.ClickException("valgrind counts, and is not there: install valgrind (apt install valgrind)")
    told = stream_of(WARMING_UP + events).events[: WARMING_UP + events]
    click.echo(f"{'thousand instructions/event':40}" + "".join(f"{part:>10}" for part in (*counted.PARTS, "together")))
    for checkout in checkouts or (Path(),):
        with tempfile.TemporaryDirectory() as name:
            stream = Path(name, "stream")
            written(stream, told, WARMING_UP, piece)
            parts = count(checkout.resolve(), stream, Path(name))
        each = [number / events / 1000 for number in (*parts.values(), sum(parts.values()))]
        click.echo(f"{checkout!s:40}" + "".join(f"{number:10.1f}" for number in each))


if __name__ == "__main__":
    main()

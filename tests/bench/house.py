"""Ten thousand calls at a time through the whole daemon: `python -m tests.bench.house`.

What an event costs beside them, how long who asks for metrics and live calls waits, how long it takes to know them again after the
connection was lost, and for how long the daemon hears nobody meanwhile.
"""

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click
import orjson

_TIMES = 5
_LISTENS_S = 5.0


class House:
    """A daemon and its PBX."""

    def __init__(self, daemon: "subprocess.Popen[str]", port: int) -> None:
        self._daemon = daemon
        self._address = f"http://127.0.0.1:{port}"

    def do(self, order: str) -> dict[str, Any]:
        """Let the daemon do something; what it measured since the order before."""
        assert self._daemon.stdin is not None
        assert self._daemon.stdout is not None
        print(order, file=self._daemon.stdin, flush=True)
        told: dict[str, Any] = orjson.loads(self._daemon.stdout.readline())
        return told

    def asked(self, path: str) -> tuple[dict[str, Any], list[float]]:
        """Ask some times for a page; what the daemon measured, and how long each answer took."""
        self.do("mark")
        took = []
        for _ in range(_TIMES):
            began = time.monotonic()
            with urllib.request.urlopen(f"{self._address}{path}", timeout=60) as answer:
                answer.read()
            took.append(time.monotonic() - began)
        return self.do("mark"), took

    def listened(self) -> dict[str, Any]:
        """Watch a board for some seconds, on which all topics stand at first, then what changes."""
        self.do("mark")
        until = time.monotonic() + _LISTENS_S
        with urllib.request.urlopen(f"{self._address}/api/v1/stream", timeout=60) as answer:
            while time.monotonic() < until:
                answer.read1()
        return self.do("mark")


@contextmanager
def open_house(calls: int, events: int) -> Iterator[House]:
    """The PBX and the daemon, each a process of its own."""
    here = [sys.executable, "-m"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([*here, "tests.bench.house_pbx", str(calls), str(events)], stdout=subprocess.PIPE) as pbx,
    ):
        assert pbx.stdout is not None
        try:
            port = pbx.stdout.readline().decode().strip()
            command = [*here, "tests.bench.housed", port, str(Path(folder, "calls.db"))]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as daemon:
                assert daemon.stdout is not None
                yield House(daemon, int(daemon.stdout.readline()))
        finally:
            pbx.kill()


def lines(calls: int, events: int) -> Iterator[str]:
    """The table."""
    yield f"{'':44}  CPU ms  answered in ms (most)  loop late, ms  collector's longest, ms"
    with open_house(calls, events) as house:
        told = house.do("BenchFill")
        assert told["calls"] == calls
        yield _line("they begin, as fast as they are taken", told)
        told = house.do("BenchStream")
        yield _line(f"{events:,} events beside them, {told['cpu_s'] / events * 1e6:.1f} µs each", told)
        for path in ("/metrics", "/api/v1/live"):
            told, took = house.asked(path)
            yield _line(path, told, took)
        yield _line(f"a wallboard listens for {_LISTENS_S:.0f} s", house.listened())
        told = house.do("drop")
        assert told["calls"] == calls
        yield _line(f"known again after a lost connection ({told['wall_s']:.1f} s)", told)


def _line(what: str, told: Mapping[str, Any], took: list[float] | None = None) -> str:
    answered = f"{median(took) * 1000:.0f} ({max(took) * 1000:.0f})" if took else ""
    per = len(took) if took else 1
    return (
        f"{what:44}  {told['cpu_s'] / per * 1000:6.0f}  {answered:>21}  {told['late_most_s'] * 1000:13.0f}  "
        f"{told['collected_s'] * 1000:10.0f}"
    )


@click.command()
@click.option("--calls", default=10_000, show_default=True, type=click.IntRange(min=1), help="So many at a time.")
@click.option("--events", default=100_000, show_default=True, type=click.IntRange(min=1), help="At least so many more.")
def main(calls: int, events: int) -> None:
    """What ten thousand calls at a time cost the whole daemon."""
    for line in lines(calls, events):
        click.echo(line)


if __name__ == "__main__":
    main()

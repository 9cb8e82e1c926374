"""What is counted is the events that were asked for, as they would be read; who has no valgrind is told to get it."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from handlers.ami.decode import WANTED
from handlers.ami.framing import Framer
from tests.bench import counted
from tests.bench.instructions import main, pieces_of, written
from tests.bench.stream import stream_of

pytestmark = pytest.mark.slow


def test_pieces_are_the_stream_and_as_long_as_asked_for() -> None:
    events = stream_of(1_000).events
    pieces = pieces_of(events, 4_096)
    assert b"".join(data for _, data in pieces) == b"".join(raw for _, raw in events)
    assert all(len(data) >= 4_096 for _, data in pieces[:-1])
    assert pieces[-1][0] == events[-1][0]
    assert pieces_of(events, 1) == list(events)


def test_every_part_hears_the_whole_stream(tmp_path: Path) -> None:
    events = stream_of(1_000).events
    stream = tmp_path / "stream"
    written(stream, events, warming_up=200, piece=4_096)
    done = subprocess.run([sys.executable, counted.__file__, str(stream)], capture_output=True, check=True)
    heard = [int(line) for line in done.stdout.split()]
    framer = Framer(WANTED, banner=False)
    framer.feed(b"".join(raw for _, raw in events))
    assert heard == [framer.events.total()] * len(counted.PARTS)


def test_without_valgrind_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = CliRunner().invoke(main, ["--events", "200"])
    assert (done.exit_code, "install valgrind" in done.output) == (1, True)

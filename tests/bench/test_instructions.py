"""Instructions are counted of the events that were asked for, as they would be read, by valgrind where it is there."""

import shutil

import pytest
from click.testing import CliRunner

from tests.bench.counted import PARTS
from tests.bench.instructions import main, pieces_of
from tests.bench.stream import stream_of

pytestmark = pytest.mark.slow


def test_pieces_are_the_stream_and_as_long_as_asked_for() -> None:
    events = stream_of(1_000).events
    pieces = pieces_of(events, 4_096)
    assert b"".join(data for _, data in pieces) == b"".join(raw for _, raw in events)
    assert all(len(data) >= 4_096 for _, data in pieces[:-1])
    assert pieces[-1][0] == events[-1][0]
    assert pieces_of(events, 1) == list(events)


@pytest.mark.skipif(
    shutil.which("valgrind") is None, reason="valgrind counts; it is not among the parts that every test needs"
)
def test_every_part_is_counted() -> None:
    done = CliRunner().invoke(main, ["--events", "200"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    head, row = done.output.splitlines()
    assert head.split()[-len(PARTS) - 1 :] == [*PARTS, "together"]
    *parts, together = map(float, row.split()[1:])
    assert all(part > 1 for part in parts)
    assert sum(parts) == pytest.approx(together, abs=0.2)

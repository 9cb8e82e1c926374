"""What the settings `storage.durability` promise of a power cut, with nothing but an honest flush to rely on."""

import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest

from tests.storage.power_cut import Disk, Step, recorded
from tests.storage.sample_calls import many

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace tells what is flushed, and is not there"),
]
CALLS = 160
CUTS = 150


@pytest.fixture(scope="module", params=["normal", "full"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Step]]:
    """What a process did that stored `CALLS` calls, one after the other."""
    return request.param, recorded(tmp_path_factory.mktemp("run") / "calls.db", request.param, CALLS)


def found_after(folder: Path) -> int:
    """How many calls are there, sound, and from the first on without a gap."""
    connection = sqlite3.connect(folder / "calls.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'call'").fetchone():
            return 0
        ids = [row[0] for row in connection.execute("SELECT id FROM call ORDER BY key")]
        assert ids == [fact.call.id for fact in many(len(ids))]
        return len(ids)
    finally:
        connection.close()


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_whatever_the_cut_leaves_is_sound_and_full_loses_no_call_that_was_acknowledged(
    run: tuple[str, list[Step]], kept: float, tmp_path: Path
) -> None:
    durability, steps = run
    chance = Random(f"{durability} {kept}")
    first = next(n for n, step in enumerate(steps) if step.what == "told")
    moments = set(chance.sample(range(first, len(steps)), CUTS))
    disk, lost = Disk(), []
    for n, step in enumerate(steps):
        disk.take(step)
        if n in moments:
            folder = tmp_path / str(n)
            folder.mkdir()
            disk.cut(folder, chance, kept)
            found = found_after(folder)
            assert found <= disk.acknowledged + 1
            lost.append(max(0, disk.acknowledged - found))
            shutil.rmtree(folder)
    assert disk.acknowledged == CALLS
    if durability == "full":
        assert max(lost) == 0
    elif kept == 0.0:
        assert max(lost) > 0, "this is what full costs a flush for"


def test_full_flushes_once_between_two_acknowledgements_and_normal_at_checkpoints_alone(
    run: tuple[str, list[Step]],
) -> None:
    durability, steps = run
    flushes, each = 0, []
    for step in steps:
        if step.what == "flush":
            flushes += 1
        elif step.what == "told" and step.data.strip().isdigit():
            each.append(flushes)
            flushes = 0
    between = each[1:]
    usual = 1 if durability == "full" else 0
    assert sum(count == usual for count in between) > 0.9 * len(between)
    assert all(count >= usual for count in between)

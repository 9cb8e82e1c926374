"""Killed while a damaged database is set aside, whenever that is: the next start goes on with what waited, once, and tells of the file."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog.testing

from storage.damaged import unfinished
from storage.database import writing
from storage.place import files_beside
from tests.storage.faults import header
from tests.storage.sample_calls import START
from tests.storage.storing import set_aside, sound
from tests.storage.test_crash import ROOT
from tests.storage.test_damaged import content
from tests.storage.test_going_on import ALL_KEPT, fill, kept, what_waits

pytestmark = pytest.mark.slow


@dataclass
class Left:
    """A damaged database, what waits in it, and what is left of it where it is killed, for each moment."""

    path: Path
    before: list[object]
    damaged: bytes
    at: list[Path]

    @property
    def is_readable(self) -> bool:
        """Is the page that is damaged in the -wal too?"""
        return self.path.with_name(f"{self.path.name}-wal").exists()

    def just_before_the_end(self, folder: Path) -> Path:
        """A copy of what is left where all is done but that what waits goes on."""
        left = [each for each in self.at if unfinished(each) and each.exists()][-2]
        shutil.copytree(left.parent, folder / "left")
        return folder / "left" / left.name


@pytest.fixture(scope="module", params=["all in the file", "the latest in the -wal"])
def left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Something of each kind waits in it."""
    folder = tmp_path_factory.mktemp("killed")
    path, made = folder / "damaged" / "calls.db", folder / "made.db"
    path.parent.mkdir()
    asyncio.run(empty(made))
    with closing(sqlite3.connect(made)) as connection:
        if request.param == "the latest in the -wal":
            connection.execute("SELECT count(*) FROM call").fetchone()  # the last one to leave would empty the -wal
        fill(made)
        for each in folder.glob("made.db*"):
            shutil.copyfile(each, path.parent / each.name.replace("made", "calls"))
    before = asyncio.run(what_waits(made))
    header(path)
    return Left(path, before, content(path), killed(path, folder / "killed"))


async def empty(path: Path) -> None:
    async with writing(path, now=START):
        pass


def killed(path: Path, folder: Path) -> list[Path]:
    """The databases that were left, one for each moment."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tests.storage.setting_aside", path, folder], check=True, cwd=ROOT, timeout=120
    )
    return sorted((each / path.name for each in folder.iterdir()), key=lambda each: int(each.parent.name))


def test_whenever_it_is_killed_the_next_start_goes_on_with_all_that_waited(left: Left, tmp_path: Path) -> None:
    interrupted = 0
    for each in left.at:
        is_interrupted = bool(unfinished(each))
        path = shutil.copytree(each.parent, tmp_path / each.parent.name) / each.name
        with structlog.testing.capture_logs() as logs:
            asyncio.run(empty(path))
        assert asyncio.run(what_waits(path)) == left.before, path
        assert sound(path), path
        assert not unfinished(path), path
        if lines := [line for line in logs if line["event"] == "database_set_aside"]:
            assert [kept(dict(line)) for line in lines] == [ALL_KEPT], path
        if lines or not left.is_readable:
            assert [content(aside) for aside in set_aside(path)] == [left.damaged], path
        interrupted += is_interrupted and bool(lines)
    assert interrupted > 20


def test_a_file_that_somebody_has_taken_away_meanwhile_is_not_looked_for(left: Left, tmp_path: Path) -> None:
    path = left.just_before_the_end(tmp_path)
    (aside,) = unfinished(path)
    aside.rename(tmp_path / "mine")
    with structlog.testing.capture_logs() as logs:
        asyncio.run(empty(path))
    assert (unfinished(path), logs) == ([], [])


def test_what_went_on_already_is_not_put_there_once_more_though_the_mark_is_still_there(
    left: Left, tmp_path: Path
) -> None:
    path = left.just_before_the_end(tmp_path)
    (aside,) = unfinished(path)
    asyncio.run(empty(path))
    assert asyncio.run(what_waits(path)) == left.before
    aside.with_name(f"{aside.name}.going-on").touch()
    with structlog.testing.capture_logs() as logs:
        asyncio.run(empty(path))
    assert asyncio.run(what_waits(path)) == left.before
    assert (unfinished(path), logs) == ([], [])


def test_a_new_file_that_is_damaged_too_costs_nothing_that_waits_in_the_old_one(left: Left, tmp_path: Path) -> None:
    path = left.just_before_the_end(tmp_path)
    for each in files_beside(path):
        each.unlink(missing_ok=True)
    header(path)
    asyncio.run(empty(path))
    assert asyncio.run(what_waits(path)) == left.before
    assert (unfinished(path), len(set_aside(path))) == ([], 2)

"""Until when an earlier run heard the PBX, where it did not write that down or what it wrote is damaged: told early rather than late."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog.testing

from handlers.facts import GapEnded
from storage.database import writing
from storage.live_calls import Heard, LiveChange, kept_calls
from storage.reading import reading
from tests.storage.faults import all_but_the_first_page, break_table, everything_and_shorter, first_page, header
from tests.storage.sample_calls import START, many
from tests.storage.storing import checkpoint, set_aside

WRITTEN_AT = START + 90_000.0
NOW = START + 100_000.0
ENDS_AT = round(max(fact.at for fact in many(300)), 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


async def heard(path: Path) -> Heard | None:
    async with reading(path) as connection:
        return (await kept_calls(connection))[1]


async def filled(path: Path, until: float | None = ENDS_AT + 60) -> None:
    """300 calls, and until when the PBX was heard."""
    async with writing(path, now=START) as store:
        live = None if until is None else LiveChange({}, Heard(until, "stopped"))
        await store.write(many(300), live=live)
    checkpoint(path)


async def started_after(path: Path, damage: Callable[[Path], None]) -> Heard | None:
    """What a start finds whose database was damaged so."""
    damage(path)
    os.utime(path, (WRITTEN_AT, WRITTEN_AT))
    async with writing(path, now=NOW):
        pass
    assert len(set_aside(path)) == 1
    return await heard(path)


async def test_what_a_damaged_file_still_says_of_it_is_believed(path: Path) -> None:
    await filled(path)
    assert await started_after(path, lambda path: break_table(path, "migration")) == Heard(ENDS_AT + 60, "stopped")


async def test_where_it_cannot_be_read_it_is_the_newest_moment_that_is_stored(path: Path) -> None:
    await filled(path)

    def damage(path: Path) -> None:
        break_table(path, "migration")
        break_table(path, "heard")

    assert await started_after(path, damage) == Heard(ENDS_AT, "killed")


async def test_a_header_that_is_lost_hides_it_no_more_than_the_rest(path: Path) -> None:
    await filled(path)
    assert await started_after(path, header) == Heard(ENDS_AT + 60, "stopped")


@pytest.mark.parametrize("damage", [first_page, all_but_the_first_page, everything_and_shorter])
async def test_where_no_call_can_be_read_it_is_when_the_file_was_written_last(
    damage: Callable[[Path], None], path: Path
) -> None:
    await filled(path)
    assert await started_after(path, damage) == Heard(WRITTEN_AT, "killed")


async def test_a_file_written_in_the_future_tells_nothing_and_that_is_told(path: Path) -> None:
    await filled(path)
    first_page(path)
    os.utime(path, (NOW + 3600, NOW + 3600))
    with structlog.testing.capture_logs() as logs:
        async with writing(path, now=NOW):
            pass
    assert await heard(path) is None
    assert [line["event"] for line in logs] == ["gap_beginning_unknown", "database_set_aside"]


async def test_a_damaged_file_in_which_nothing_was_ever_heard_makes_no_gap(path: Path) -> None:
    async with writing(path, now=START):
        pass
    checkpoint(path)
    assert await started_after(path, lambda path: break_table(path, "migration")) is None


async def test_a_database_from_before_that_was_written_down_was_heard_until_what_it_has_last(path: Path) -> None:
    await filled(path, until=None)
    assert await heard(path) == Heard(ENDS_AT, "stopped")
    async with writing(path, now=NOW) as store:
        await store.write((), gaps=[GapEnded(ENDS_AT + 9, ENDS_AT + 5, "silent")])
    assert await heard(path) == Heard(ENDS_AT + 9, "stopped")
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM call")
    connection.execute("DELETE FROM gap")
    connection.commit()
    connection.close()
    assert await heard(path) is None

"""What can be read of a damaged database is saved, and the damaged file stays as it is."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from handlers.facts import GapEnded
from storage.call_filter import CallFilter
from storage.calls import each_time_line, find_calls
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.requests import add_note
from storage.rescue import rescue
from tests.storage.faults import PAGE, break_table, header, overwrite
from tests.storage.sample_calls import START, a_missed_call, ended, many
from tests.storage.sample_cases import a_case, missed
from tests.storage.storing import sound

CALLS = 2000
EVERYTHING = CallFilter(merged=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with something in each table."""
    path = tmp_path_factory.mktemp("original") / "calls.db"

    async def fill() -> None:
        async with writing(path, now=START) as store:
            for first in range(0, CALLS, 500):
                await store.write(many(500, first=first))
            call = ended(a_missed_call(2))
            await store.write([call], None, [missed(a_case(2), call.call)], [GapEnded(START + 9, START, "killed")])

    asyncio.run(fill())
    assert add_note(path, a_missed_call(2).id, "Anna", "x", START)
    return path.read_bytes()


@pytest.fixture
def damaged(original: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "calls.db.damaged-1"
    path.write_bytes(original)
    return path


async def saved(path: Path) -> list[str]:
    async with reading(path) as connection:
        return [call.id for call in await find_calls(connection, EVERYTHING)]


async def time_lines(path: Path) -> list[object]:
    async with reading(path) as connection:
        return [each async for each in each_time_line(connection, EVERYTHING)]


def a_page_of_calls(path: Path) -> None:
    """A leaf in the middle: by its type, and a number that only calls have."""
    content = path.read_bytes()
    leaves = [
        at
        for at in range(0, len(content), PAGE)
        if content[at] == 13 and b"megafon" in content[at : at + PAGE] and b"yandex-direct" in content[at : at + PAGE]
    ]
    overwrite(path, leaves[len(leaves) // 2], PAGE)


@pytest.mark.parametrize("damage", [lambda _path: None, header])
def test_of_a_file_that_lost_no_row_everything_is_saved(
    damage: Callable[[Path], None], damaged: Path, original: bytes, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.db"
    whole.write_bytes(original)
    damage(damaged)
    before = damaged.read_bytes()
    rows = {each.table: each.rows for each in rescue(damaged, tmp_path / "saved.db", START)}
    assert asyncio.run(time_lines(tmp_path / "saved.db")) == asyncio.run(time_lines(whole))
    assert {name: rows[name] for name in ("call", "missed_case", "case_fact", "note", "gap")} == {
        **{"call": CALLS, "missed_case": 1, "case_fact": 1, "note": 1, "gap": 1}
    }
    assert sound(tmp_path / "saved.db")
    assert damaged.read_bytes() == before
    assert [each.name for each in tmp_path.glob(".rescue*")] == []


def test_a_damaged_page_costs_the_rows_on_it(damaged: Path, tmp_path: Path) -> None:
    a_page_of_calls(damaged)
    result = {each.table: each for each in rescue(damaged, tmp_path / "saved.db", START)}
    assert CALLS - 30 < result["call"].rows < CALLS
    assert result["call"].unreadable > 0
    assert result["leg"].rows == 3 * CALLS
    found = asyncio.run(saved(tmp_path / "saved.db"))
    assert len(found) == result["call"].rows
    assert sound(tmp_path / "saved.db")


def test_a_lost_table_leaves_the_others(damaged: Path, tmp_path: Path) -> None:
    break_table(damaged, "leg")
    result = {each.table: each for each in rescue(damaged, tmp_path / "saved.db", START)}
    assert (result["leg"].rows, result["call"].rows) == (0, CALLS)


def test_what_is_there_is_not_written_over(damaged: Path, tmp_path: Path) -> None:
    (tmp_path / "saved.db").write_text("something")
    with pytest.raises(StorageError, match=r"saved\.db is there already; name a new file"):
        rescue(damaged, tmp_path / "saved.db", START)
    assert (tmp_path / "saved.db").read_text() == "something"

"""Files that somebody takes away or replaces: it is noticed, and storing goes on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from handlers.case_facts import Case
from storage import writer as writer_module
from storage.cases import CaseFilter, find_cases
from storage.errors import StorageError
from storage.reading import reading
from storage.writer import Writer
from tests.storage.sample_calls import many
from tests.storage.sample_cases import a_case
from tests.storage.storing import filled, ids, set_aside, sound, store_more, stored, storing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def remove(path: Path) -> None:
    path.unlink()


async def noticed(writer: Writer, told: Sequence[Any], event: str) -> None:
    async with asyncio.timeout(60):
        while not any(line["event"] == event for line in told):
            await asyncio.sleep(0.01)


async def test_a_file_that_is_removed_is_begun_anew_before_anybody_calls(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "_LOOKS_EVERY_S", 0.05)
    standing: list[Case] = [a_case(5)]
    with structlog.testing.capture_logs() as told:
        async with storing(path, standing=lambda: standing) as writer:
            for each in path.parent.iterdir():
                each.unlink()
            await noticed(writer, told, "database_replaced")
            assert "move it back" in next(line["cure"] for line in told if line["event"] == "database_replaced")
            async with reading(path) as connection:
                assert await find_cases(connection, CaseFilter()) == standing
            await store_more(writer, 300)
    assert await stored(path) == ids(10, first=300)
    assert sound(path)


async def test_what_is_stored_just_as_the_file_is_removed_is_stored_again(path: Path) -> None:
    async with storing(path) as writer:
        remove(path)
        await store_more(writer, 300)
    assert await stored(path) == ids(10, first=300)
    assert sound(path)


async def test_a_backup_that_is_put_in_the_place_of_the_file_is_gone_on_with_and_not_mixed_with_the_old_wal(
    path: Path,
) -> None:
    backup = path.with_name("backup")
    await filled(backup, first=1000)
    async with storing(path) as writer:
        await store_more(writer, 300, 100)
        backup.rename(path)
        await store_more(writer, 400)
    assert await stored(path) == [*ids(10, first=400), *ids(300, first=1000)]
    assert sound(path)
    assert [each.name for each in path.parent.glob("*.replaced-*-wal")], "what was not in the old file yet is kept"


@pytest.mark.parametrize("gone", [("-wal",), ("-shm",), ("-wal", "-shm")])
async def test_a_wal_that_is_removed_costs_nothing(gone: Sequence[str], path: Path) -> None:
    async with storing(path) as writer:
        await store_more(writer, 300, 100)
        for end in gone:
            path.with_name(path.name + end).unlink()
        await store_more(writer, 400)
        assert await stored(path) == ids(410)
        assert set_aside(path) == []
    assert sound(path)


async def test_a_folder_that_is_gone_is_told_once_and_storing_goes_on_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "calls.db"
    with structlog.testing.capture_logs() as told:
        async with storing(path) as writer:
            folder.rename(tmp_path / "moved")
            for fact in many(10, first=300):
                writer.put(fact)
            for _ in range(3):
                with pytest.raises(StorageError, match="data is not a directory"):
                    await writer.flush()
            assert writer.health.state == "degraded"
            (tmp_path / "moved").rename(folder)
            await store_more(writer, 310)
    assert await stored(path) == ids(320)
    assert sound(path)
    events = [line["event"] for line in told]
    assert events.count("store_degraded") == 1
    assert events[-1] == "store_recovered"

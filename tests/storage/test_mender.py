"""The disk is full or read-only, another program has the database: calls wait, and none is lost."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from storage import database, opening
from storage.database import writing
from storage.errors import StorageError
from storage.writer import Writer
from tests.storage.faults import HOLDER_OF_ALL, held
from tests.storage.sample_calls import START, many
from tests.storage.small_disk import own_mounts
from tests.storage.storing import filled, ids, store_more, stored, storing

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def on_a_small_disk(folder: Path, fault: str) -> list[Any]:
    command = [*own_mounts(), sys.executable, "-W", "error", "-m", "tests.storage.small_disk", str(folder), fault]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_while_the_disk_is_full_calls_wait_and_are_read_and_then_all_are_stored(tmp_path: Path) -> None:
    degraded, during, readable, recovered, after, are_all_there, integrity = on_a_small_disk(tmp_path, "full")
    assert degraded["event"] == "store_degraded"
    assert "cannot grow: the disk (or the quota) is full; free some space" in degraded["reason"]
    assert during == {"told": [degraded["reason"]] * 3, "state": "degraded", "waiting": 700}
    assert readable == 50
    assert (recovered["event"], recovered["dropped"]) == ("store_recovered", 0)
    assert after == {"state": "ok", "lost": 0}
    assert are_all_there
    assert integrity == "ok"


def test_a_disk_that_is_read_only_at_the_start_is_told_and_can_be_read(tmp_path: Path) -> None:
    refusal, readable = on_a_small_disk(tmp_path, "read_only")
    assert "calls.db cannot be opened for writing (Read-only file system)" in refusal
    assert readable == 50


async def test_a_lock_held_longer_than_any_time_out_only_makes_calls_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WRITER_WAITS_S", 0.05)
    with structlog.testing.capture_logs() as told:
        async with storing(path) as writer:
            with held(path) as holder:
                for fact in many(20, first=300):
                    writer.put(fact)
                for _ in range(3):
                    with pytest.raises(StorageError, match="is locked by another program"):
                        await writer.flush()
                assert writer.health.state == "degraded"
                assert await stored(path) == ids(300)
                holder.kill()
            await store_more(writer, 320)
    assert await stored(path) == ids(330)
    assert [line["event"] for line in told] == ["store_degraded", "store_recovered"]


async def test_a_start_while_another_program_writes_is_none_but_waiting(path: Path) -> None:
    await filled(path)
    with held(path) as holder:
        async with writing(path, now=START) as store:
            writer = Writer(store)
            task = asyncio.ensure_future(writer.run())
            for fact in many(10, first=300):
                writer.put(fact)
            with pytest.raises(StorageError, match="is locked by another program"):
                await writer.flush()
            holder.kill()
            await store_more(writer, 310)
            await writer.close(2.0)
            await task
    assert await stored(path) == ids(320)


async def test_a_start_while_another_program_keeps_readers_out_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_OPENING_WAITS_S", 0.1)
    await filled(path)
    with held(path, HOLDER_OF_ALL), pytest.raises(StorageError, match="is locked by another program"):
        async with writing(path, now=START):
            pass
    assert await stored(path) == ids(300)

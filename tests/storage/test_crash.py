"""Power off: whatever was acknowledged is there after SIGKILL, once, and the database is sound. And a disk that is full."""

import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
from itertools import count
from pathlib import Path

import pytest

from tests.storage.crashing import STEP
from tests.storage.sample_calls import many

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KILLS = 20


def start(path: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.crashing", str(path), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def acknowledged(process: subprocess.Popen[str]) -> int:
    """What the process said last before it was killed."""
    # Not communicate with a time limit: that reads past the pipe's buffer, in which the first lines may be already.
    assert process.stdout is not None
    said = process.stdout.read()
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    whole_lines = said[: said.rfind("\n") + 1].split()
    return int(whole_lines[-1]) if whole_lines else 0


def look_after_a_crash(path: Path) -> int:
    """The number of calls, all of them whole and none twice."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found = [row[0] for row in connection.execute("SELECT id FROM call ORDER BY key")]
        # From the first on without a gap: a batch is there or not, and what came before it is.
        assert found == [fact.call.id for fact in many(len(found))]
        assert len(found) % STEP == 0
        for table, each in (("leg", 3), ("talk", 2), ("hold", 1), ("queue_stay", 2)):
            count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            assert count == each * len(found), table
    finally:
        connection.close()
    return len(found)


def test_killed_at_random_moments_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    chance = random.Random(20261123)
    before = 0
    for kills in count():
        if kills >= KILLS and before > KILLS * STEP:  # they did write, however little of a processor they were given
            break
        assert kills < 5 * KILLS
        process = start(path)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.1))
        process.kill()
        told = acknowledged(process)
        found = look_after_a_crash(path)
        assert found >= max(told, before)
        before = found


def test_killed_before_each_statement_of_a_transaction_the_batch_is_whole_or_absent(tmp_path: Path) -> None:
    outcomes = []
    for statement in range(1, 40):
        path = tmp_path / f"{statement}.db"
        process = start(path, str(statement))
        told = acknowledged(process)
        found = look_after_a_crash(path)
        assert found in {told, told + STEP}
        outcomes.append(told)
        if told > STEP:  # the second batch had fewer statements than that: it was acknowledged
            break
    assert outcomes[:-1] == [STEP] * (len(outcomes) - 1)
    assert len(outcomes) > 9  # BEGIN, the keys, six tables, COMMIT


def test_a_disk_that_is_full_is_told_and_nothing_is_lost_when_there_is_room_again(tmp_path: Path) -> None:
    script = f"""
        import asyncio, resource, signal
        from pathlib import Path
        from storage.database import writing
        from storage.errors import StorageError
        from storage.writer import Writer
        from tests.storage.sample_calls import many

        async def main():
            path = Path({str(tmp_path / "calls.db")!r})
            async with writing(path, now=1.0) as store:
                writer = Writer(store)
                task = asyncio.ensure_future(writer.run())
                for fact in many(50):
                    writer.put(fact)
                await writer.flush()
                room = max(file.stat().st_size for file in path.parent.iterdir())
                _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
                resource.setrlimit(resource.RLIMIT_FSIZE, (room + 5000, hard))
                for fact in many(500, first=50):
                    writer.put(fact)
                for _ in range(2):
                    try:
                        await writer.flush()
                    except StorageError as error:
                        print(error, writer.health.waiting)
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
                await writer.flush()
                print(writer.health.state, await writer.close(5))
                await task

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    lines = [line for line in done.stdout.splitlines() if "store_" not in line]
    assert len(lines) == 3
    for line in lines[:2]:
        assert "calls.db cannot be read or written: the disk reports an error" in line
        assert line.endswith(" 500")
    assert lines[2] == "ok 0"
    connection = sqlite3.connect(tmp_path / "calls.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT count(*), count(DISTINCT id) FROM call").fetchone() == (550, 550)
    connection.close()

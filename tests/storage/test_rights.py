"""Who has no rights to the file or its directory is told so, and reads all the same where that can be."""

import asyncio
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import writing
from storage.schema import MIGRATIONS
from tests.storage.sample_calls import a_call, ended
from tests.storage.unusable import NOW, open_and_close


def as_somebody_without_rights(directory: Path, code: str) -> str:
    """Run code as a user who owns nothing here, and return what it prints. Root is not stopped by a file's mode."""
    script = f"""
        import asyncio, os, sys, tempfile
        from pathlib import Path
        from storage import database, reading
        from storage.call_filter import CallFilter
        from storage.calls import find_calls
        steps = reading.migrations()
        reading.migrations = lambda: steps
        async def write():
            async with database.writing(path, now=1.0):
                pass
        async def read():
            async with reading.reading(path) as connection:
                return len(await find_calls(connection, CallFilter()))
        # Checkout and interpreter may be out of reach for that user: everything is imported before.
        with tempfile.TemporaryDirectory() as elsewhere:
            path = Path(elsewhere, "calls.db")
            asyncio.run(write())
            asyncio.run(read())
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        path = Path(sys.argv[1])
        try:
            print(asyncio.run({code}()))
        except database.StorageError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), str(directory / "calls.db")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=MIGRATIONS.parent.parent,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture
def shown() -> Iterator[Path]:
    """A directory that everybody can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory
        directory.chmod(0o755)


def make_read_only(directory: Path) -> None:
    for file in directory.iterdir():
        file.chmod(0o444)
    directory.chmod(0o555)


def test_a_directory_that_may_not_be_written_is_told(shown: Path) -> None:
    shown.chmod(0o555)
    assert "calls.db cannot be opened for writing (Permission denied); give this user" in as_somebody_without_rights(
        shown, "write"
    )


def test_a_file_that_may_not_be_written_is_told(shown: Path) -> None:
    asyncio.run(open_and_close(shown / "calls.db"))
    (shown / "calls.db").chmod(0o444)
    assert "calls.db cannot be opened for writing (Permission denied)" in as_somebody_without_rights(shown, "write")


def test_a_file_that_may_not_be_read_is_told(shown: Path) -> None:
    asyncio.run(open_and_close(shown / "calls.db"))
    (shown / "calls.db").chmod(0o000)
    assert "calls.db cannot be opened; see that the path and the rights" in as_somebody_without_rights(shown, "read")


def test_who_may_only_read_reads_a_database_that_nobody_has_open(shown: Path) -> None:
    async def fill() -> None:
        async with writing(shown / "calls.db", now=NOW) as store:
            await store.write([ended(a_call())])

    asyncio.run(fill())
    make_read_only(shown)
    assert as_somebody_without_rights(shown, "read") == "1"


async def test_who_may_only_read_reads_beside_the_daemon(shown: Path) -> None:
    path = shown / "calls.db"
    async with writing(path, now=NOW) as store:
        await store.write([ended(a_call())])
        make_read_only(shown)
        assert await asyncio.to_thread(as_somebody_without_rights, shown, "read") == "1"

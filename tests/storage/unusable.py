"""Databases that cannot be used, each in a way of its own, and the words in which an operator is told."""

import asyncio
import sqlite3
from pathlib import Path

from storage.database import writing

NOW = 1_795_450_294.013


async def open_and_close(path: Path) -> None:
    async with writing(path, now=NOW):
        pass


def a_directory(path: Path) -> None:
    path.mkdir()


def no_directory(path: Path) -> None:
    path.parent.rmdir()


def a_file_for_directory(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


def not_a_database(path: Path) -> None:
    path.write_text("this is no database, " * 100)


def of_another_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()


def newer(path: Path) -> None:
    asyncio.run(open_and_close(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def changed(path: Path) -> None:
    asyncio.run(open_and_close(path))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE migration SET sha256 = 'another'")
    connection.commit()
    connection.close()


def damaged(path: Path) -> None:
    asyncio.run(open_and_close(path))
    content = path.read_bytes()
    path.write_bytes(content[:200] + b"\xa5" * (len(content) - 200))


def empty(path: Path) -> None:
    path.touch()


def absent(path: Path) -> None:
    assert not path.exists()


REFUSED = [
    (not_a_database, "is not a database; name another file"),
    (of_another_program, "is a database of another program; name another file"),
    (newer, r"was made by a newer ringtally \(schema 99, .*update ringtally"),
    (changed, r"was made with another 0001_calls\.sql than the one installed"),
]
"""What neither who writes nor who reads can use."""

"""Each way in which SQLite fails has words that say what to do."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.clients import store_clients
from storage.errors import StorageError, cure, primary_code
from storage.requests import to_do


def sqlite_error(code: int, words: str = "words") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_BUSY, "is locked by another program"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "is locked by another program"),
        (sqlite3.SQLITE_FULL, "the disk (or the quota) is full; free some space"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "give this user the right to write"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk reports an error; see the kernel's log"),
        (sqlite3.SQLITE_IOERR_SHORT_READ, "its -wal was removed, or a part of the file"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged; restore a backup"),
        (sqlite3.SQLITE_NOTADB, "is not a database"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_PERM, "may not be opened by this user"),
    ],
)
def test_a_failure_of_sqlite_says_what_to_do(code: int, words: str) -> None:
    assert words in cure(sqlite_error(code))
    assert cure(sqlite_error(code)).endswith(" (words)")


def test_any_other_failure_is_told_in_its_own_words_on_one_line() -> None:
    assert cure(ValueError("Connection\nclosed")) == "cannot be used: Connection closed"
    assert cure(sqlite_error(sqlite3.SQLITE_MISUSE)) == "cannot be used: words"
    assert primary_code(ValueError()) is None


@pytest.mark.parametrize(
    "speak", [lambda path: to_do(path, 0), lambda path: store_clients(path, {"+7900": ("A", None)})]
)
def test_who_writes_beside_the_daemon_makes_no_database_and_fails_in_one_line(
    speak: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "calls.db"
    with pytest.raises(StorageError, match="there is no database at"):
        speak(path)
    assert not path.exists()
    with pytest.raises(StorageError, match="cannot be looked for"):
        speak(path.with_name("x" * 300))

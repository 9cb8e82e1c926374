"""The schema of the database: numbered SQL files, each applied once, in one transaction together with its record."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.errors import SchemaTooNewError, StorageError

APPLICATION_ID = 0x72746C79
MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file: `0001_calls.sql` is number 1, name `calls`."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What its record is compared with, so that a file changed afterwards is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """Its statements one by one: `executescript` would commit before the record is written."""
        statement = ""
        for line in self.sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""


def migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """All there are, numbered from 1 without a gap (a StorageError says where one is)."""
    found = []
    for expected, path in enumerate(sorted(directory.glob("*.sql")), start=1):
        number, _, name = path.stem.partition("_")
        if not number.isdigit() or int(number) != expected:
            raise StorageError(f"{path} should be migration number {expected:04}; install ringtally anew")
        found.append(Migration(expected, name, path.read_text(encoding="utf-8")))
    return found


def migrate(connection: sqlite3.Connection, path: Path, applied_at: float, steps: Sequence[Migration]) -> int:
    """Bring the database up to date and return how many migrations that took.

    `applied_at` is noted with each (epoch seconds). Two processes may do this at once: each looks again once it has the
    write lock. Raises SchemaTooNewError and StorageError; a migration that fails leaves no trace.
    """
    check(connection, path, steps)
    applied = 0
    for step in steps:
        if step.number <= version(connection):
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            if step.number > version(connection):
                for statement in step.statements():
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO migration (number, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
                    (step.number, step.name, step.sha256, round(applied_at * 1000)),
                )
                connection.execute(f"PRAGMA user_version = {step.number:d}")
                applied += 1
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return applied


def check(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Raise StorageError unless this is a database of ours, not newer than we are, made by the migrations we know."""
    if not _is_ours(connection):
        raise StorageError(f"{path} is a database of another program; name another file")
    present = version(connection)
    if present > len(steps):
        raise SchemaTooNewError(
            f"{path} was made by a newer ringtally (schema {present}, this one knows {len(steps)}); "
            "update ringtally or name another file"
        )
    if not present:
        return
    recorded = {number: sha256 for number, sha256 in connection.execute("SELECT number, sha256 FROM migration")}
    for step in steps[:present]:
        if recorded.get(step.number) != step.sha256:
            raise StorageError(
                f"{path} was made with another {step.number:04}_{step.name}.sql than the one installed; "
                "install the ringtally it was made with, or name another file"
            )


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied, 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Ours, or so empty that it can become ours.

    Another process may make it one of ours this very moment: asked in this order, that shows as ours.
    """
    is_empty = connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    return bool(application_id == APPLICATION_ID or (application_id == 0 and is_empty))

"""Migrations: each once, whole or not at all, with its record; a database that is not ours is left alone."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.errors import SchemaTooNewError, StorageError
from storage.schema import APPLICATION_ID, Migration, check, migrate, migrations, version

PATH = Path("calls.db")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_a_new_database_gets_every_migration_with_its_record(connection: sqlite3.Connection) -> None:
    steps = migrations()
    assert migrate(connection, PATH, 1_795_450_294.013, steps) == len(steps)
    recorded = connection.execute("SELECT number, name, sha256, applied_at FROM migration ORDER BY number").fetchall()
    assert recorded == [(step.number, step.name, step.sha256, 1_795_450_294_013) for step in steps]
    assert version(connection) == len(steps)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_migrating_again_changes_nothing(connection: sqlite3.Connection) -> None:
    migrate(connection, PATH, 1.0, migrations())
    before = list(connection.iterdump())
    assert migrate(connection, PATH, 2.0, migrations()) == 0
    assert list(connection.iterdump()) == before


def test_a_later_migration_is_added_to_the_earlier_ones(connection: sqlite3.Connection) -> None:
    steps = migrations()
    migrate(connection, PATH, 1.0, steps)
    more = [
        *steps,
        Migration(len(steps) + 1, "more", "CREATE TABLE more (a INTEGER) STRICT;\nINSERT INTO more VALUES (7);"),
    ]
    assert migrate(connection, PATH, 2.0, more) == 1
    assert connection.execute("SELECT a FROM more").fetchone() == (7,)


def test_a_migration_that_fails_leaves_no_trace(connection: sqlite3.Connection) -> None:
    steps = migrations()
    migrate(connection, PATH, 1.0, steps)
    before = list(connection.iterdump())
    broken = Migration(
        len(steps) + 1, "broken", "CREATE TABLE half (a INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);"
    )
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(connection, PATH, 2.0, [*steps, broken])
    assert list(connection.iterdump()) == before
    assert version(connection) == len(steps)
    assert not connection.in_transaction


def test_a_database_of_a_newer_ringtally_is_refused(connection: sqlite3.Connection) -> None:
    steps = migrations()
    migrate(connection, PATH, 1.0, [*steps, Migration(len(steps) + 1, "future", "CREATE TABLE f (a INTEGER) STRICT;")])
    with pytest.raises(SchemaTooNewError, match=rf"calls.db was made by a newer ringtally \(schema {len(steps) + 1}, "):
        migrate(connection, PATH, 2.0, steps)


def test_a_changed_migration_is_refused(connection: sqlite3.Connection) -> None:
    steps = migrations()
    migrate(connection, PATH, 1.0, steps)
    changed = [replace(steps[0], sql=steps[0].sql + "-- a word more\n"), *steps[1:]]
    with pytest.raises(StorageError, match=r"made with another 0001_calls\.sql"):
        migrate(connection, PATH, 2.0, changed)


@pytest.mark.parametrize("made", ["PRAGMA application_id = 7", "CREATE TABLE theirs (a)"])
def test_a_database_of_another_program_is_left_alone(connection: sqlite3.Connection, made: str) -> None:
    connection.execute(made)
    with pytest.raises(StorageError, match="database of another program"):
        migrate(connection, PATH, 1.0, migrations())
    assert version(connection) == 0


def test_an_empty_file_may_become_ours(connection: sqlite3.Connection) -> None:
    check(connection, PATH, migrations())


def test_a_gap_in_the_numbers_is_told(tmp_path: Path) -> None:
    (tmp_path / "0001_one.sql").write_text("SELECT 1;")
    (tmp_path / "0003_three.sql").write_text("SELECT 1;")
    with pytest.raises(StorageError, match=r"0003_three\.sql should be migration number 0002"):
        migrations(tmp_path)


def test_no_statement_of_a_migration_is_lost() -> None:
    for step in migrations():
        statements = list(step.statements())
        assert "".join(statements).strip() == step.sql.strip()
        assert statements


def test_a_file_that_becomes_ours_while_it_is_looked_at_is_ours(tmp_path: Path) -> None:
    """Two that start at once: one makes the schema between two looks of the other."""
    path = tmp_path / "calls.db"
    looks: list[str] = []

    def meanwhile(statement: str) -> None:
        looks.append(statement)
        if len(looks) == 2:
            other = sqlite3.connect(path, isolation_level=None)
            migrate(other, path, 1_795_450_294.013, migrations())
            other.close()

    connection = sqlite3.connect(path, isolation_level=None)
    connection.set_trace_callback(meanwhile)
    try:
        check(connection, path, migrations())
        assert len(looks) > 2
    finally:
        connection.close()

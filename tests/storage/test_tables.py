"""Every field of every fact has its column, and every column its field."""

import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest

from handlers.facts import Call
from storage import tables
from storage.batch import MOST_ROWS
from storage.schema import migrate, migrations

LIMIT_OF_PARAMETERS = 32_766


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, Path(":memory:"), 0.0, migrations())
    return connection


@pytest.mark.parametrize("table", [tables.CALL, *tables.PARTS], ids=lambda table: table.name)
def test_a_table_has_exactly_the_columns_that_are_written(table: tables.Table, connection: sqlite3.Connection) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
    connection.close()
    if table is tables.CALL:
        columns.remove("missed_case")  # written with the case
    assert sorted(columns) == sorted(table.columns)


def test_a_field_of_a_call_is_a_column_or_is_kept_in_another_way() -> None:
    kept_otherwise = {"state", "state_since", "queues", "agents", "transfers", "case_id", "contacted_at", "notes"}
    kept_otherwise |= {"client", "responsible"}  # by the number
    kept_otherwise |= {"waits_in"}  # not at all: it is over
    assert {field.name for field in fields(Call)} == set(tables.CALL.fields) | kept_otherwise


@pytest.mark.parametrize("table", [tables.CALL, *tables.PARTS], ids=lambda table: table.name)
def test_the_longest_statement_stays_below_the_limit_of_parameters(table: tables.Table) -> None:
    assert len(table.columns) * MOST_ROWS < LIMIT_OF_PARAMETERS
    assert table.insert(MOST_ROWS).count("?") == len(table.columns) * MOST_ROWS


def test_every_table_is_strict_so_that_a_moment_is_an_integer_or_refused(connection: sqlite3.Connection) -> None:
    listed = connection.execute("PRAGMA table_list").fetchall()
    connection.close()
    strict = {row[1]: row[5] for row in listed if row[2] == "table" and not row[1].startswith("sqlite_")}
    calls = {"call", "leg", "queue_stay", "talk", "hold", "transfer"}
    cases = {"missed_case", "case_fact", "request", "note", "client"}
    assert set(strict) == calls | cases | {"migration", "outbox", "gap", "live_call", "heard", "retention"}
    assert all(strict.values())

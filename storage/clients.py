"""The directory of clients in the database: put there by the daemon, joined by whoever lists calls and cases.

What is asked of it is asked by the normalised number, one look into its index each. Every function raises StorageError where the
database cannot be used.
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import aiosqlite
import orjson

from handlers.clients import Entry
from storage.errors import beside_the_daemon, readable

Known = Literal["known", "unknown"]
OUTSIDE_NUMBER = "CASE c.direction WHEN 'in' THEN c.caller_e164 WHEN 'out' THEN c.called_e164 END"
"""Of a call `c`, in SQL: `handlers.clients.outside_number`."""
_WAITS_S = 5.0
_ROWS_AT_ONCE = 5000
_FRESH = "CREATE TEMP TABLE fresh (number TEXT NOT NULL PRIMARY KEY, name TEXT, responsible TEXT) WITHOUT ROWID"
# Few statements, however many rows: beside a busy event loop each step of `executemany` may wait for the interpreter lock.
_FILL = (
    "INSERT INTO fresh SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') "
    "FROM json_each(?)"
)
# What differs is found before the write lock is taken: nobody else writes this table, and calls wait for that lock.
_GONE = (
    "CREATE TEMP TABLE gone AS SELECT k.number FROM client k LEFT JOIN fresh f ON f.number = k.number "
    "WHERE f.number IS NULL"
)
_NEW = (
    "CREATE TEMP TABLE new AS SELECT f.number, f.name, f.responsible FROM fresh f LEFT JOIN client k ON k.number = f.number "
    "WHERE k.number IS NULL OR k.name IS NOT f.name OR k.responsible IS NOT f.responsible"
)
_CHANGES = "SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM new)"


def client_column(number: str) -> str:
    """The client of the number that this SQL says, as a JSON array or NULL: for `client_of`."""
    return f"(SELECT json_array(k.name, k.responsible) FROM client k WHERE k.number = {number})"  # noqa: S608 - our own names


def client_value(number: str, column: str) -> str:
    """One column, `name` or `responsible`, of the client of the number that this SQL says."""
    return f"(SELECT k.{column} FROM client k WHERE k.number = {number})"  # noqa: S608 - our own names


def client_of(column: str | None) -> dict[str, Any]:
    """What `client_column` found, as the fields of a call or case."""
    if column is None:
        return {}
    name, responsible = orjson.loads(column)
    return {"client": name, "responsible": responsible}


def known_condition(number: str, known: Known) -> str:
    """The condition that the directory has the number that this SQL says, or has it not. Where there is no number neither holds."""
    there = f"EXISTS (SELECT 1 FROM client k WHERE k.number = {number})"  # noqa: S608 - our own names
    return there if known == "known" else f"{number} IS NOT NULL AND NOT {there}"


async def clients_known(connection: aiosqlite.Connection) -> bool:
    """Does the directory have anybody?"""
    with readable():
        ((there,),) = await connection.execute_fetchall("SELECT EXISTS (SELECT 1 FROM client)")
    return bool(there)


def store_clients(database: Path, clients: Mapping[str, Entry]) -> int:
    """Make the directory these clients, by number; gives how many numbers changed. All at once or nothing.

    What did not change is not written, so that the lock is held as short as can be.
    """
    rows = ((number, *client) for number, client in clients.items())
    with beside_the_daemon(database, _WAITS_S, autocommit=True) as connection:
        connection.execute(_FRESH)
        while some := tuple(islice(rows, _ROWS_AT_ONCE)):
            connection.execute(_FILL, (orjson.dumps(some).decode(),))
        connection.execute(_GONE)
        connection.execute(_NEW)
        ((changes,),) = connection.execute(_CHANGES)
        if changes:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM client WHERE number IN (SELECT number FROM gone)")
            connection.execute("INSERT OR REPLACE INTO client SELECT number, name, responsible FROM new")
            connection.execute("COMMIT")
    return int(changes)


def stored_clients(database: Path) -> dict[str, Entry]:
    """The directory as it was stored last, by number."""
    with beside_the_daemon(database, _WAITS_S) as connection:
        rows = connection.execute("SELECT number, name, responsible FROM client").fetchall()
    return {number: (name, responsible) for number, name, responsible in rows}

"""How SQLite looks for the answer to a question: EXPLAIN QUERY PLAN of each statement that it runs."""

from collections.abc import Awaitable, Callable

import aiosqlite


async def plan_of(
    connection: aiosqlite.Connection, question: Callable[[aiosqlite.Connection], Awaitable[object]]
) -> list[str]:
    """Its steps, statement by statement."""
    statements: list[str] = []
    await connection.set_trace_callback(statements.append)
    await question(connection)
    await connection.set_trace_callback(None)  # type: ignore[arg-type]  # None ends it, says sqlite3
    steps: list[str] = []
    for statement in statements:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            rows = await connection.execute_fetchall(f"EXPLAIN QUERY PLAN {statement}")
            steps += [str(row[3]) for row in rows]
    return steps

"""The names by which reports can be asked for: of trunks and queues that calls are stored of."""

import aiosqlite

from storage.errors import readable

MOST = 200
# One look into an index for each name, however many calls have it.
_NEXT = (
    "WITH RECURSIVE found (name, n) AS (SELECT min({name}), 1 FROM {source} UNION ALL SELECT "
    "(SELECT min({name}) FROM {source} AND {name} > found.name), n + 1 FROM found WHERE found.name IS NOT NULL AND n < ?) "
    "SELECT name FROM found WHERE name IS NOT NULL"
)
_TRUNKS = _NEXT.format(
    name="trunk", source="call INDEXED BY call_in_by_trunk WHERE direction = 'in' AND merged_into IS NULL"
)
_QUEUES = _NEXT.format(name="queue", source="queue_stay WHERE queue > ''")


async def names_met(connection: aiosqlite.Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The trunks of incoming calls, and the queues joined: in order of their letters, each at most `MOST` of them."""
    with readable():
        trunks = await connection.execute_fetchall(_TRUNKS, (MOST,))
        queues = await connection.execute_fetchall(_QUEUES, (MOST,))
    return tuple(name for (name,) in trunks), tuple(name for (name,) in queues)

"""`GET /api/v1/gaps`: when the PBX was not heard (contract, sections 4 and 6). Nothing in it is anybody's secret."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from aiohttp import web

from daemon.http_queries import gap_filter
from daemon.http_server import BadQueryError, error_answer, json_answer
from storage.gaps import find_gaps, gap_json
from storage.reading import reading


@dataclass(frozen=True, slots=True)
class GapRoute:
    """The route on one daemon's gaps. `zone` is asked each time: settings may change while it runs."""

    database: Path
    zone: Callable[[], tzinfo]

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [web.get("/api/v1/gaps", self._gaps)]

    async def _gaps(self, request: web.Request) -> web.Response:
        try:
            wanted = gap_filter(request.query, self.zone())
        except BadQueryError as error:
            return error_answer(400, str(error))
        async with reading(self.database) as connection:
            found = await find_gaps(connection, wanted)
        return json_answer({"v": 1, "gaps": [gap_json(gap) for gap in found]})

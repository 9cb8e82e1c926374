"""`GET /api/v1/access`: what the tokens of a request allow, for a page that was given one (contract, section 6)."""

from aiohttp import web

from daemon.http_access import may_read_all, may_write
from daemon.http_server import json_answer


class AccessRoute:
    """Tells whoever asks what he may do; a wrong token allows nothing, and counts as one everywhere."""

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [web.get("/api/v1/access", self._access)]

    async def _access(self, request: web.Request) -> web.Response:
        return json_answer({"v": 1, "reads_all": may_read_all(request), "writes": may_write(request)})

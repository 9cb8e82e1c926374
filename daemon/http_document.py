"""`GET /api/v1/openapi.yaml` and `asyncapi.yaml`: the API and the topics as documents for programs. Nothing in them is anybody's secret."""

from pathlib import Path

from aiohttp import web

_WEB = Path(__file__).parent / "web"
DOCUMENT, TOPICS = _WEB / "openapi.yaml", _WEB / "asyncapi.yaml"


class DocumentRoute:
    """The documents, from memory."""

    def __init__(self) -> None:
        self._bodies = {f"/api/v1/{path.name}": path.read_bytes() for path in (DOCUMENT, TOPICS)}

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [web.get(path, self._document) for path in self._bodies]

    async def _document(self, request: web.Request) -> web.Response:
        body = self._bodies[request.path]
        return web.Response(body=body, content_type="application/yaml", headers={"Cache-Control": "no-cache"})

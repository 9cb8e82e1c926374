"""`GET /api/v1/openapi.yaml`: the API as a document for programs. Nothing in it is anybody's secret."""

from pathlib import Path

from aiohttp import web

DOCUMENT = Path(__file__).parent / "web" / "openapi.yaml"


class DocumentRoute:
    """The document, from memory."""

    def __init__(self, document: Path = DOCUMENT) -> None:
        self._body = document.read_bytes()

    def routes(self) -> list[web.RouteDef]:
        """For the HTTP server."""
        return [web.get("/api/v1/openapi.yaml", self._document)]

    async def _document(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._body, content_type="application/yaml", headers={"Cache-Control": "no-cache"})

"""The pages that the daemon serves, as files from memory: every folder of `web`, and where the wallboard listens (contract, section 6)."""

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from config.sections import Settings
from daemon import clock
from daemon.dialling import dialling
from storage.call_json import iso

WEB = Path(__file__).parent / "web"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    body: bytes
    zipped: bytes
    content_type: str
    etag: str


def pages_in(folder: Path) -> dict[str, Page]:
    """All files below `folder`, by their path relative to it; what is not among them does not exist for a browser."""
    return {
        path.relative_to(folder).as_posix(): _page(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }


def _page(path: Path) -> Page:
    body = path.read_bytes()
    return Page(body, gzip.compress(body, 6, mtime=0), _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])


def page_names(folder: Path = WEB) -> tuple[str, ...]:
    """The folders that a browser may open; the others hold what pages share."""
    return tuple(sorted(path.parent.name for path in folder.glob("*/index.html")))


class WebPages:
    """Serves every folder of `folder`. `settings` is asked each time, since a reload may change them."""

    def __init__(self, settings: Callable[[], Settings], version: str, folder: Path = WEB) -> None:
        self._settings = settings
        self._version = version
        self._pages = pages_in(folder)
        self._folders = sorted({name.partition("/")[0] for name in self._pages if "/" in name})

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        some = "{page:" + "|".join(map(re.escape, self._folders)) + "}"
        return [
            web.get("/wallboard/config.json", self._config),
            web.get(f"/{some}", self._to_the_page),
            web.get(f"/{some}/{{path:.*}}", self._file),
        ]

    async def _to_the_page(self, request: web.Request) -> web.Response:
        page = request.match_info["page"]
        if f"{page}/index.html" not in self._pages:
            raise web.HTTPNotFound
        query = f"?{request.query_string}" if request.query_string else ""
        return web.Response(status=308, headers={"Location": f"{page}/{query}"})

    async def _file(self, request: web.Request) -> web.Response:
        folder = request.match_info["page"]
        page = self._pages.get(f"{folder}/{request.match_info['path'] or 'index.html'}")
        if page is None:
            raise web.HTTPNotFound
        headers = {
            "Cache-Control": "no-cache",
            "ETag": f'"{page.etag}"',
            "Vary": "Accept-Encoding",
            "Content-Security-Policy": self._policy(folder),
        }
        if f'"{page.etag}"' in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        body = page.body
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = page.zipped
        return web.Response(body=body, content_type=page.content_type, charset="utf-8", headers=headers)

    def _policy(self, folder: str) -> str:
        """Nothing but our own files runs, and they talk to nobody but the daemon; the wallboard to the broker too."""
        broker = _broker(self._settings()) if folder == "wallboard" else None
        sockets = "" if broker is None else f" {urlsplit(broker).scheme}://{urlsplit(broker).netloc}"
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    async def _config(self, _request: web.Request) -> web.Response:
        settings = self._settings()
        config = {
            "broker": _broker(settings),
            "root": None if settings.mqtt is None else f"{settings.mqtt.prefix}/{settings.site.name}",
            "language": settings.site.language,
            "dial": dialling(settings.callback, settings.numbers.region),
            "version": self._version,
            "now": iso(clock.now()),
        }
        return web.Response(
            body=orjson.dumps(config), content_type="application/json", headers={"Cache-Control": "no-store"}
        )


def _broker(settings: Settings) -> str | None:
    """Where browsers listen; None: to the daemon's own stream."""
    return (settings.mqtt.websocket or None) if settings.mqtt is not None else None

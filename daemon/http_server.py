"""What the daemon serves: metrics, health, the landing page, calls as JSON and as a stream (contract, section 6)."""

import asyncio
import hmac
import html
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from daemon.sinks.stream import StreamSink

HEARTBEAT_S = 15.0
LIMIT_MOST = 1000
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


class HttpListenError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class BadQueryError(ValueError):
    """A parameter of a request that cannot be understood; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from. `calls` and `call` give JSON, in full or masked."""

    version: str
    metrics: Callable[[str], Awaitable[tuple[bytes, str]]]
    not_ready: Callable[[], str | None]
    """Why the daemon is not ready, or None."""
    live: Callable[[bool], dict[str, Any]]
    calls: Callable[[Mapping[str, str], bool], Awaitable[dict[str, Any]]]
    call: Callable[[str, bool], Awaitable[dict[str, Any] | None]]


class HttpServer:
    """Serves on one address. Without the read token numbers and names are masked."""

    def __init__(self, sources: Sources, stream: StreamSink, read_token: str = "") -> None:
        self._sources = sources
        self._stream = stream
        self._read_token = read_token
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    async def start(self, listen: str) -> int:
        """Listen on `host:port`; gives the port. Raises HttpListenError."""
        app = web.Application(middlewares=[_harden], client_max_size=65_536)
        app.add_routes(
            [
                web.get("/", self._landing),
                web.get("/metrics", self._metrics),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._ready),
                web.get("/api/v1/live", self._live),
                web.get("/api/v1/calls", self._calls),
                web.get("/api/v1/calls/{id}", self._call),
                web.get("/api/v1/stream", self._events),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        host, _, port = listen.rpartition(":")
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await self._runner.cleanup()
            self._runner = None
            raise HttpListenError(
                f"cannot listen on {listen}: {error.strerror or error}; set http.listen to a free address of this machine"
            ) from None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """End all answers, streams too."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def _may_read_all(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        return bool(self._read_token) and hmac.compare_digest(given, self._read_token.encode())

    async def _landing(self, _request: web.Request) -> web.Response:
        state = self._sources.not_ready()
        links = ("/metrics", "/-/healthy", "/-/ready", "/api/v1/live", "/api/v1/calls", "/api/v1/stream")
        items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>ringtally</title>'
            "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:3em auto;padding:0 1em}"
            "a{color:#0a58a8}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cc4ff}}</style>"
            f"<h1>ringtally {html.escape(self._sources.version)}</h1>"
            f"<p>{html.escape('Connected to the PBX.' if state is None else 'Not ready: ' + state)}</p><ul>{items}</ul></html>"
        )
        return web.Response(text=body, content_type="text/html")

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._sources.metrics(request.headers.get("Accept", ""))
        response = web.Response(body=body, headers={"Content-Type": content_type})
        response.enable_compression()
        return response

    async def _healthy(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        reason = self._sources.not_ready()
        return web.Response(
            text="ready\n" if reason is None else f"not ready: {reason}\n", status=200 if reason is None else 503
        )

    async def _live(self, request: web.Request) -> web.Response:
        return _json(self._sources.live(self._may_read_all(request)))

    async def _calls(self, request: web.Request) -> web.Response:
        try:
            return _json(await self._sources.calls(request.query, self._may_read_all(request)))
        except BadQueryError as error:
            return _json({"error": str(error)}, 400)

    async def _call(self, request: web.Request) -> web.Response:
        found = await self._sources.call(request.match_info["id"], self._may_read_all(request))
        return _json({"error": "no such call"}, 404) if found is None else _json(found)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        subscriber = self._stream.subscribe(self._may_read_all(request))
        if subscriber is None:
            return _json({"error": "too many listeners"}, 503)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", **_SECURITY}
        )
        try:
            await response.prepare(request)
            while not subscriber.gone and not self._stopping.is_set():
                frames = asyncio.ensure_future(subscriber.next_frames(HEARTBEAT_S))
                stopping = asyncio.ensure_future(self._stopping.wait())
                done, pending = await asyncio.wait({frames, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in pending:
                    task.cancel()
                if frames in done:
                    await asyncio.wait_for(response.write(frames.result()), HEARTBEAT_S)
        except (ConnectionError, TimeoutError):
            pass  # the client is gone, or takes nothing any more
        finally:
            self._stream.unsubscribe(subscriber)
        return response


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


@web.middleware
async def _harden(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Security headers everywhere, and errors of the API as JSON."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if not request.path.startswith("/api/"):
            raise
        response = _json({"error": error.reason}, error.status)
    if not response.prepared:
        response.headers.update(_SECURITY)
    return response

"""What the daemon serves: metrics, health, the landing page, calls as JSON and as a stream (contract, section 6)."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web

from config.web_config import WebConfig
from daemon import clock
from daemon.board.encoding import encoded
from daemon.case_words import BODY_LONGEST
from daemon.http_access import Tokens, may_read_all
from daemon.http_door import Door, DoorSite
from daemon.http_gate import Gate
from daemon.http_landing import landing
from daemon.http_refusals import Refusals
from daemon.http_turns import Turns
from daemon.sinks.stream import StreamSink
from daemon.web_config_watch import WebConfigWatch
from daemon.words import Language
from storage.errors import StorageError

HEARTBEAT_S = 5.0
# A client that takes nothing for so many heartbeats is let go.
PATIENCE = 3
STOP_WITHIN_S = 0.5
# Longer than proxies keep one that they do not use.
KEPT_OPEN_S = 75.0
# So long what is left of a request is waited for, once it is answered.
LINGER_S = 2.0
UNREADABLE_EVERY_S = 60.0
ALL_TOLD = b": all told\n\n"
"""In a stream, after every state was told once."""
log = structlog.get_logger()
# aiohttp would log each malformed request with its traceback: whoever can connect could fill the log with his own words.
_SILENT = logging.Logger("silent")
_SILENT.addHandler(logging.NullHandler())
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KEPT_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After")


class HttpListenError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


class BadQueryError(ValueError):
    """A parameter of a request that cannot be understood; the message says what would be."""


class NotAllowedError(Exception):
    """Only those may ask this who show the read token."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from. `calls` and `call` give JSON, in full or masked."""

    version: str
    metrics: Callable[[str], Awaitable[tuple[bytes, str]]]
    not_ready: Callable[[], str | None]
    """Why the daemon is not ready, or None."""
    live: Callable[[bool], dict[str, Any]]
    calls: Callable[[Mapping[str, str], bool], Awaitable[dict[str, Any]]]
    """Raises BadQueryError, NotAllowedError, StorageError."""
    call: Callable[[str, bool], Awaitable[dict[str, Any] | None]]
    trouble: Callable[[], str | None] = lambda: None
    """What somebody should look after though the daemon runs and needs no restart, or None."""
    language: Callable[[], Language] = lambda: "en"
    """The site's."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may ask, and what: the contract's tokens, further names of ours, the web config file."""

    tokens: Tokens = field(default_factory=Tokens)
    hosts: tuple[str, ...] = ()
    web_config: WebConfigWatch | None = None
    refusals: Refusals = field(default_factory=Refusals)


class HttpServer:
    """Serves on one address. Without the read token numbers and names are masked; a wrong one is none."""

    def __init__(
        self,
        sources: Sources,
        stream: StreamSink,
        guard: Guard,
        heartbeat_s: float = HEARTBEAT_S,
        more_routes: Sequence[web.RouteDef] = (),
    ) -> None:
        self._sources = sources
        self._more_routes = more_routes
        self._stream = stream
        self._guard = guard
        self._gate = Gate(guard.tokens, guard.refusals, guard.hosts, self._web_config)
        self._turns = Turns(guard.refusals)
        self._heartbeat_s = heartbeat_s
        self._runner: web.AppRunner | None = None

    async def start(self, listen: str) -> int:
        """Listen on `host:port`; gives the port. Raises HttpListenError."""
        app = web.Application(middlewares=[_harden, self._admit], client_max_size=BODY_LONGEST)
        app[_UNREADABLE] = Unreadable()
        app.on_response_prepare.append(self._add_headers)
        app.add_routes(
            [
                web.get("/", self._landing),
                web.get("/metrics", self._metrics),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._ready),
                web.get("/api/v1/live", self._live),
                web.get("/api/v1/calls", self._calls),
                web.get("/api/v1/calls/{id}", self._call),
                web.get("/api/v1/stream", self._events, allow_head=False),
                *self._more_routes,
            ]
        )
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=_SILENT,
            shutdown_timeout=STOP_WITHIN_S,
            handler_cancellation=True,
            keepalive_timeout=KEPT_OPEN_S,
            lingering_time=LINGER_S,
        )
        await runner.setup()
        host, _, port = listen.rpartition(":")
        try:
            await DoorSite(runner, self._door_of(runner), host.strip("[]"), int(port)).start()
        except OSError as error:
            await runner.cleanup()
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
            raise HttpListenError(
                f"cannot listen on {listen}: {reason}; set http.listen to a free address of this machine"
            ) from None
        self._runner = runner
        return int(runner.addresses[0][1])

    def _door_of(self, runner: web.AppRunner) -> Door:
        watch, server = self._guard.web_config, runner.server
        assert server is not None  # noqa: S101 - it is set up
        if watch is None or not watch.has_tls:
            self._door = Door(server, self._guard.refusals)
        else:
            self._door = Door(server, self._guard.refusals, watch.context, watch.accepts)
        return self._door

    def _web_config(self) -> WebConfig | None:
        return None if self._guard.web_config is None else self._guard.web_config.config()

    @web.middleware
    async def _admit(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self._door.spoke(request)
        return await self._gate.let_through(request, lambda admitted: self._turns.taken(admitted, handler))

    async def _add_headers(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Those of the web config file. A policy for pages comes beside ours: a browser keeps to both."""
        found = self._web_config()
        for name, value in found.headers.items() if found is not None else ():
            if name == "Content-Security-Policy":
                response.headers.add(name, value)
            else:
                response.headers[name] = value

    async def stop(self) -> None:
        """End all answers, streams too, within `STOP_WITHIN_S`."""
        self._stream.close()
        self._gate.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _landing(self, request: web.Request) -> web.Response:
        return landing(request, self._sources.version, self._sources.not_ready(), self._sources.language())

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._sources.metrics(request.headers.get("Accept", ""))
        # Compressed off the loop too, however short.
        response = web.Response(body=body, headers={"Content-Type": content_type}, zlib_executor_size=0)
        response.enable_compression()
        return response

    async def _healthy(self, _request: web.Request) -> web.Response:
        trouble = self._sources.trouble()
        return web.Response(text="ok\n" if trouble is None else f"ok, but {trouble}\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        reason = self._sources.not_ready()
        return web.Response(
            text="ready\n" if reason is None else f"not ready: {reason}\n", status=200 if reason is None else 503
        )

    async def _live(self, request: web.Request) -> web.Response:
        return json_answer(self._sources.live(may_read_all(request)))

    async def _calls(self, request: web.Request) -> web.Response:
        try:
            return json_answer(await self._sources.calls(request.query, may_read_all(request)))
        except BadQueryError as error:
            return error_answer(400, str(error))
        except NotAllowedError as error:
            return error_answer(403, str(error))

    async def _call(self, request: web.Request) -> web.Response:
        found = await self._sources.call(request.match_info["id"], may_read_all(request))
        return error_answer(404, "no such call") if found is None else json_answer(found)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        subscriber = self._stream.subscribe(may_read_all(request))
        if subscriber is None:
            return error_answer(503, "too many listeners")
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", **_SECURITY}
        )
        try:
            await response.prepare(request)
            told = ALL_TOLD
            while frames := await subscriber.next_frames(self._heartbeat_s):
                async with asyncio.timeout(PATIENCE * self._heartbeat_s):
                    await response.write(frames + told)
                told = b""
        except ConnectionError:
            pass  # the client is gone
        except TimeoutError:
            # It takes nothing any more: what is still to be written would be waited for without end.
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._stream.unsubscribe(subscriber)
        return response


class Unreadable:
    """Tells the operator that the database cannot be read: once a minute at most, however often somebody asks for it."""

    def __init__(self) -> None:
        self._told_at = -UNREADABLE_EVERY_S

    def tell(self, reason: str) -> None:
        """Somebody asked, and this is why there was no answer."""
        if clock.monotonic() - self._told_at >= UNREADABLE_EVERY_S:
            self._told_at = clock.monotonic()
            log.warning("calls_unreadable", reason=reason)


_UNREADABLE = web.AppKey("unreadable", Unreadable)


def json_answer(body: object, status: int = 200) -> web.Response:
    """An answer of the API."""
    return web.Response(
        body=encoded(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def error_answer(status: int, message: str) -> web.Response:
    """What is wrong with a request, as the API says it."""
    return json_answer({"error": message}, status)


@web.middleware
async def _harden(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Security headers everywhere, and errors of the API as JSON."""
    response = await _answer(request, handler)
    if not response.prepared:
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
    return response


async def _answer(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        status, message, headers = error.status, error.reason, error.headers
    except StorageError as error:
        request.app[_UNREADABLE].tell(str(error))
        status, message, headers = 503, "the calls cannot be read now; the daemon's log says why", None
    except ConnectionError:
        raise  # nobody is there to be answered
    except Exception:
        resource = request.match_info.route.resource
        log.exception("request_failed", path=resource.canonical if resource is not None else None)
        status, message, headers = 500, "this went wrong; the daemon's log says how", None
    if request.path.startswith("/api/"):
        answer = error_answer(status, message)
    else:
        answer = web.Response(text=f"{status}: {message}\n", status=status)
    for name in _KEPT_HEADERS:
        if headers is not None and name in headers:
            answer.headers[name] = headers[name]
    return answer

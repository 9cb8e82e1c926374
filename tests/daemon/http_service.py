"""The HTTP server on a free port, with answers that a test decides."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import structlog

from config.web_hashes import token_hash
from daemon.board.call_events import render_call
from daemon.http_access import Tokens
from daemon.http_server import BadQueryError, Guard, HttpServer, NotAllowedError, Sources
from handlers.facts import Call
from storage.errors import StorageError
from tests.daemon.boards import Stream
from tests.documents.validity import check_streamed

TOKEN = "right-token"


@dataclass
class Service:
    """A server and what it was asked."""

    reason: str | None = None
    asked: list[Any] = field(default_factory=list)
    live: list[Call] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.stream = Stream(render_call, self.live_calls)

    def live_calls(self) -> Iterator[Call]:
        return iter(self.live)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sources(self) -> Sources:
        async def metrics(accept: str) -> tuple[bytes, str]:
            self.asked.append(accept)
            return b"ringtally_x 1\n" * 200, "text/plain; version=0.0.4; charset=utf-8"

        async def calls(query: Mapping[str, str], full: bool) -> dict[str, Any]:
            self.asked.append((dict(query), full))
            match query.get("fail"):
                case "query":
                    raise BadQueryError("limit is a number")
                case "allowed":
                    raise NotAllowedError("with the token only")
                case "storage":
                    raise StorageError("/secret/path/ringtally.db is gone")
                case "bug":
                    raise KeyError("a bug")
            return {"calls": [], "full": full}

        async def call(call_id: str, full: bool) -> dict[str, Any] | None:
            self.asked.append(call_id)
            return {"id": call_id, "full": full} if call_id == "1.2" else None

        return Sources("1.2.3", metrics, lambda: self.reason, lambda full: {"full": full}, calls, call)


@asynccontextmanager
async def serving(service: Service, token: str = TOKEN, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """The server for the time of the block, and a client of it. What it began is over at the end."""
    before = asyncio.all_tasks()
    guard = options.pop("guard", None) or Guard(Tokens(token_hash(token) if token else ""))
    server = HttpServer(service.sources(), service.stream, guard, **options)
    service.port = await server.start("127.0.0.1:0")
    try:
        async with aiohttp.ClientSession(service.url) as session:
            yield session
    finally:
        await server.stop()
    assert service.stream.listeners == 0
    left = asyncio.all_tasks() - before
    assert not left, left


async def until(what: Any, seconds: float = 30.0) -> None:
    """Wait for what nothing signals."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.005)


async def said_to(port: int, request: bytes) -> bytes:
    """The whole answer to some bytes; the connection is to be closed by the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@contextmanager
def logged(monkeypatch: pytest.MonkeyPatch, module: Any) -> Iterator[list[Any]]:
    """What a module logs, whatever an earlier test made of the loggers."""
    monkeypatch.setattr(module, "log", structlog.get_logger())
    with structlog.testing.capture_logs() as lines:
        yield lines


async def next_frame(content: Any) -> tuple[str, bytes]:
    """The topic and the data of the next event of a stream; each is two lines and an empty one, and comments are passed over."""
    while (first := await content.readline()).startswith(b": "):
        assert await content.readline() == b"\n"
    second, end = await content.readline(), await content.readline()
    assert first.startswith(b"event: ")
    assert second.startswith(b"data: ")
    assert end == b"\n"
    topic, data = first[7:].decode().strip(), second[6:].strip()
    check_streamed(topic, data)
    return topic, data

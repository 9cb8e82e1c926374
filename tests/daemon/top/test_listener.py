"""Listening to the daemon's HTTP server: what is shown there, how it comes back, and when it gives up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web

from daemon.top.heard import Heard
from daemon.top.listener import Door, TurnedAwayError, listen
from tests.daemon.http_service import TOKEN, Service, serving, until
from tests.daemon.top.told import NOW


@asynccontextmanager
async def listening(door: Door) -> AsyncIterator[Heard]:
    heard = Heard()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(listen(door, heard, lambda: None))
        yield heard
        task.cancel()


@asynccontextmanager
async def answering(answer: Callable[[web.Request], web.Response]) -> AsyncIterator[str]:
    """Something else than ringtally, that answers so."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_everything_is_told_once_at_the_start() -> None:
    service = Service()
    async with serving(service, heartbeat_s=0.05), listening(Door(service.url)) as heard:
        await until(lambda: heard.is_complete)
        assert heard.get("calls/active") is not None
        assert heard.get("bridge/info") is not None


async def test_with_the_token_it_is_told_in_full_and_neither_it_nor_the_password_is_shown() -> None:
    service = Service()
    async with serving(service, heartbeat_s=0.05):
        door = Door(service.url, TOKEN, aiohttp.encode_basic_auth("anna", "hush"))
        async with listening(door) as heard:
            await until(lambda: heard.is_complete)
            assert list(service.stream._subscribers.values()) == [True]
        await until(lambda: not service.stream.listeners)
    assert TOKEN not in repr(door)
    assert door.login not in repr(door)


async def test_it_comes_back_to_a_daemon_that_was_gone() -> None:
    service = Service()
    async with serving(service, heartbeat_s=0.05):
        port = service.port
    async with listening(Door(f"http://127.0.0.1:{port}")) as heard:
        await until(lambda: heard.verdict().link == "no_daemon")
        assert "refused" in heard.verdict().why
        runner = web.AppRunner(_stream_of(b"event: missed/count\ndata: 3\n\n: all told\n\n"), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await until(lambda: heard.is_complete)
        await runner.cleanup()
        await until(lambda: heard.verdict().link == "no_daemon")


def _stream_of(*parts: bytes) -> web.Application:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return response

    app = web.Application()
    app.router.add_get("/api/v1/stream", handle)
    return app


async def test_a_message_that_comes_in_pieces_is_one() -> None:
    raw = b'event: calls/active\ndata: {"ts":"2026-11-23T16:11:40Z","total":2}\n\n: all told\n\n'
    runner = web.AppRunner(_stream_of(*(raw[n : n + 1] for n in range(len(raw)))), handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with listening(Door(f"http://127.0.0.1:{runner.addresses[0][1]}")) as heard:
        await until(lambda: heard.is_complete)
        assert heard.get("calls/active") == {"ts": "2026-11-23T16:11:40Z", "total": 2}
        assert heard.told_at == NOW
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "a name with its password is needed: --user"),
        (421, r"nobody \\x1b\[31mhere; ask by its address, or add the name to http.hosts"),
        (404, r"no ringtally answers there \(404 nobody"),
        (200, r"no ringtally answers there \(200 nobody"),
        (302, "no ringtally answers there"),
    ],
)
async def test_where_asking_again_does_not_help_it_says_what_would(status: int, words: str) -> None:
    async with answering(lambda _: web.Response(status=status, text="nobody \x1b[31mhere")) as url:
        with pytest.raises(TurnedAwayError, match=words):
            await listen(Door(url), Heard(), lambda: None)


async def test_a_wrong_password_is_not_tried_again() -> None:
    asked = []

    def answer(request: web.Request) -> web.Response:
        asked.append(request.headers["Authorization"])
        return web.Response(status=401)

    async with answering(answer) as url:
        with pytest.raises(TurnedAwayError, match="is wrong"):
            await listen(Door(url, login=aiohttp.encode_basic_auth("anna", "x")), Heard(), lambda: None)
    assert len(asked) == 1


async def test_a_full_house_is_told_in_its_own_words_and_tried_again() -> None:
    body = '{"error":"too many listeners"}'
    async with answering(lambda _: web.Response(status=503, text=body)) as url, listening(Door(url)) as heard:
        await until(lambda: heard.verdict().link == "no_daemon")
        assert "too many listeners" in heard.verdict().why

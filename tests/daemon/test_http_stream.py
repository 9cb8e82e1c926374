"""The stream over a real connection: who listens is told, who leaves is forgotten, who does not read is let go."""

import asyncio
import re
import socket
from typing import Any

import orjson
import pytest

from daemon.board.call_events import CALLS_ACTIVE, EVENT_CALL
from daemon.http_server import Guard, HttpServer
from daemon.sinks.stream import CLIENTS_LIMIT
from handlers.facts import CallStarted
from tests.daemon.http_service import TOKEN, Service, next_frame, serving, until
from tests.storage.sample_calls import START, a_call

EVENTS, EVENT_BYTES = 200, 100_000
SAID = EVENTS * EVENT_BYTES
ASKING = b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n"


def started(**changes: Any) -> CallStarted:
    return CallStarted(START, a_call(state="ringing", **changes))


async def next_event(content: Any) -> tuple[str, Any]:
    """What is told of calls next; the other topics have tests of their own."""
    topic, payload = "", None
    async with asyncio.timeout(60):
        while topic not in {CALLS_ACTIVE, EVENT_CALL}:
            topic, data = await next_frame(content)
            payload = orjson.loads(data)
    return topic, payload


async def test_a_listener_gets_the_state_and_then_what_happens() -> None:
    service = Service(live=[a_call(state="talking")])
    async with serving(service) as client, client.get("/api/v1/stream") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        topic, payload = await next_event(answer.content)
        assert (topic, payload["total"], payload["calls"][0]["caller"]) == ("calls/active", 1, "8900•••2233")
        service.stream.take([started(caller="79001112233")])
        topic, payload = await next_event(answer.content)
        assert (topic, payload["type"], payload["call"]["caller"]) == ("event/call", "started", "7900•••2233")


async def test_with_the_token_the_stream_is_not_masked() -> None:
    service = Service(live=[a_call(state="talking", caller="79001112233")])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with serving(service) as client, client.get("/api/v1/stream", headers=headers) as answer:
        _, payload = await next_event(answer.content)
        assert payload["calls"][0]["caller"] == "79001112233"


async def test_it_is_said_once_when_every_state_was_told() -> None:
    async with serving(Service(), heartbeat_s=0.02) as client, client.get("/api/v1/stream") as answer:
        raw = b""
        async with asyncio.timeout(60):
            while raw.count(b": still here\n\n") < 2:
                raw += await answer.content.readany()
    before, _, after = raw.partition(b": all told\n\n")
    assert b"event: calls/active" in before
    assert not re.sub(rb": still here\n\n", b"", after)


async def test_a_silent_line_is_kept_alive() -> None:
    async with serving(Service(), heartbeat_s=0.02) as client, client.get("/api/v1/stream") as answer:
        async with asyncio.timeout(60):
            while await answer.content.readline() != b": still here\n":
                pass
            assert [await answer.content.readline() for _ in range(3)] == [b"\n", b": still here\n", b"\n"]


async def test_a_listener_that_leaves_is_forgotten_at_once() -> None:
    service = Service()
    async with serving(service) as client:
        for _ in range(3):
            async with client.get("/api/v1/stream") as answer:
                await next_event(answer.content)
                assert service.stream.listeners == 1
            await until(lambda: service.stream.listeners == 0)


async def test_there_is_an_end_to_how_many_may_listen() -> None:
    service = Service()
    async with serving(service) as client:
        for _ in range(CLIENTS_LIMIT):
            assert service.stream.subscribe(False) is not None
        async with client.get("/api/v1/stream") as answer:
            assert (answer.status, await answer.json()) == (503, {"error": "too many listeners"})
        for subscriber in list(service.stream._subscribers):
            service.stream.unsubscribe(subscriber)


async def test_stopping_ends_every_stream_with_its_last_event() -> None:
    service = Service()
    server = HttpServer(service.sources(), service.stream, Guard())
    service.port = await server.start("127.0.0.1:0")
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(ASKING)
    await until(lambda: service.stream.listeners == 1)
    service.stream.take([started(id="the last one")])
    await server.stop()
    async with asyncio.timeout(60):
        heard = await reader.read()
    assert b"the last one" in heard
    assert heard.endswith(b"0\r\n\r\n"), "the answer was ended, not cut"
    assert service.stream.listeners == 0
    writer.close()
    await writer.wait_closed()


def not_reading(port: int) -> socket.socket:
    """A client that asks and then takes nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(ASKING)
    return client


def read_to_the_end(client: socket.socket) -> bytes:
    """All that still comes; the connection's end is awaited."""
    heard = b""
    client.settimeout(60)
    with client:
        while piece := client.recv(1_000_000):
            heard += piece
    return heard


async def choke(service: Service) -> None:
    """Say more than the buffers between the two hold."""
    await until(lambda: service.stream.listeners == 1)
    for number in range(EVENTS):
        service.stream.take([started(id=f"{number}" + "x" * EVENT_BYTES)])
        await asyncio.sleep(0)


async def test_a_listener_that_does_not_read_is_let_go(capfd: pytest.CaptureFixture[str]) -> None:
    service = Service()
    async with serving(service, heartbeat_s=0.1) as session:
        client = not_reading(service.port)
        await choke(service)
        await until(lambda: service.stream.listeners == 0)
        client.settimeout(60)
        heard = await asyncio.to_thread(read_to_the_end, client)
        assert b"calls/active" in heard
        assert len(heard) < SAID, "cut, not waited for: what was still to be written is thrown away"
        assert not heard.endswith(b"0\r\n\r\n")
        async with session.get("/-/healthy") as answer:
            assert answer.status == 200
    assert capfd.readouterr() == ("", "")


async def test_a_listener_that_does_not_read_holds_up_nobody_else_and_not_the_stop() -> None:
    service = Service()
    async with asyncio.timeout(30), serving(service, heartbeat_s=60.0) as session:
        client = not_reading(service.port)
        await choke(service)
        async with session.get("/api/v1/stream") as answer:
            await next_event(answer.content)
            service.stream.take([started(id="for all")])
            _, payload = await next_event(answer.content)
            assert payload["call"]["id"] == "for all"
    client.close()

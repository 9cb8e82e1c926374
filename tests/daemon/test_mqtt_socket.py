"""A socket that comes about without anybody having to wait for it."""

import asyncio
import socket
import threading

import pytest

from daemon.mqtt_socket import dial


def test_a_look_up_that_takes_for_ever_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer, is_over = threading.Event(), threading.Event(), threading.Event()

    def look_up(*_arguments: object, **_options: object) -> list[object]:
        asked.set()
        answer.wait(20)
        is_over.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def stopped_meanwhile() -> None:
        task = asyncio.ensure_future(dial("broker.example", 1883))
        while not asked.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(stopped_meanwhile())
    assert not is_over.is_set(), "the loop's end waited for the answer"
    answer.set()
    assert is_over.wait(5)


async def test_the_first_address_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = closed.getsockname()
    addresses = [
        (255, socket.SOCK_STREAM, 6, "", dead),  # a kind of address that the kernel does not have
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", dead),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: list(addresses))
    async with server:
        with await dial("broker.example", 1) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
            assert not sock.getblocking()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: addresses[:2])
    with pytest.raises(ConnectionRefusedError):
        await dial("broker.example", 1)


async def test_an_address_that_swallows_what_is_sent_to_it_keeps_nobody_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    good = server.sockets[0].getsockname()
    with socket.socket() as silent, socket.socket() as filling:
        # Nobody accepts, and the queue of those who wait is full: Linux drops what else would connect.
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        filling.connect(silent.getsockname())
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", to) for to in (*[silent.getsockname()] * 4, good)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: list(addresses))
        async with server, asyncio.timeout(60):
            with await dial("broker.example", 1) as sock:
                assert sock.getpeername() == good
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "mqtt-dial"]

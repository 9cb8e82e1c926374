"""The demo's broker as a subscriber meets it, over TCP and over websockets, with real clients."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from daemon.demo import broker as broker_module
from daemon.demo.broker import USERNAME, DemoBroker, NoBroker, demo_broker

pytestmark = pytest.mark.slow

WITHIN_S = 60.0


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[DemoBroker]:
    async with demo_broker(folder) as broker:
        assert isinstance(broker, DemoBroker), broker
        yield broker
    assert (folder / "broker.log").read_text() == ""


def publisher(broker: DemoBroker, **options: Any) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, username=USERNAME, password=broker.password, **options)


def reader(broker: DemoBroker, way: str, **options: Any) -> aiomqtt.Client:
    if way == "websockets":
        options |= {"transport": "websockets", "websocket_path": "/"}
    return aiomqtt.Client("127.0.0.1", broker.websocket_port if way == "websockets" else broker.port, **options)


async def heard(client: aiomqtt.Client, count: int) -> list[tuple[str, bytes, bool]]:
    found: list[tuple[str, bytes, bool]] = []
    async with asyncio.timeout(WITHIN_S):
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            found.append((str(message.topic), message.payload, message.retain))
            if len(found) == count:
                break
    return found


@pytest.mark.parametrize("way", ["tcp", "websockets"])
async def test_anybody_reads_what_was_retained_and_then_what_is_told_in_order(tmp_path: Path, way: str) -> None:
    async with running(tmp_path) as broker, publisher(broker) as daemon:
        await daemon.publish("site/old", b"gone soon", qos=1, retain=True)
        await daemon.publish("site/state", b"first", qos=1, retain=True)
        await daemon.publish("site/state", b"last", qos=1, retain=True)
        await daemon.publish("site/old", b"", qos=1, retain=True)
        async with reader(broker, way) as client:
            await client.subscribe("site/#", qos=1)
            assert await heard(client, 1) == [("site/state", b"last", True)]
            for number in range(50):
                await daemon.publish("site/event", b"%d" % number, qos=1)
            assert await heard(client, 50) == [("site/event", b"%d" % number, False) for number in range(50)]


@pytest.mark.parametrize("way", ["tcp", "websockets"])
async def test_who_only_reads_can_change_nothing(tmp_path: Path, way: str) -> None:
    async with running(tmp_path) as broker, publisher(broker) as daemon, reader(broker, way) as client:
        await daemon.publish("site/state", b"true", qos=1, retain=True)
        await client.publish("site/state", b"false", qos=1, retain=True)
        async with reader(broker, way) as other:
            await other.subscribe("site/#", qos=1)
            assert await heard(other, 1) == [("site/state", b"true", True)]
            await daemon.publish("site/state", b"end", qos=1)
            assert await heard(other, 1) == [("site/state", b"end", False)]


@pytest.mark.parametrize(
    "options",
    [
        {"username": USERNAME, "password": "guessed"},
        {"username": USERNAME},
        {"will": aiomqtt.Will("site/state", b"false", qos=1, retain=True)},
    ],
)
async def test_a_wrong_password_and_a_stranger_s_last_will_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    async with running(tmp_path) as broker:
        with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori[sz]ed|[Bb]ad user name"):
            async with reader(broker, "tcp", **options):
                pass


async def test_the_publisher_s_last_will_is_told_when_its_connection_breaks(tmp_path: Path) -> None:
    async with running(tmp_path) as broker, reader(broker, "websockets") as client:
        await client.subscribe("site/#", qos=1)
        daemon = publisher(broker, will=aiomqtt.Will("site/bridge", b"offline", qos=1, retain=True))
        await daemon.__aenter__()
        await daemon.publish("site/bridge", b"online", qos=1, retain=True)
        assert await heard(client, 1) == [("site/bridge", b"online", False)]
        sock = daemon._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        assert await heard(client, 1) == [("site/bridge", b"offline", False)]
        with suppress(aiomqtt.MqttError):  # it knows by now, or does not
            await daemon.__aexit__(None, None, None)


async def test_it_ends_by_itself_and_at_once_when_the_demo_is_killed(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.daemon.demo.broker_holder", str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        port = int(await demo.stdout.readline())
        async with aiomqtt.Client("127.0.0.1", port) as client:
            demo.send_signal(signal.SIGKILL)
            await demo.wait()
            with pytest.raises(aiomqtt.MqttError):
                await anext(aiter(client.messages))
    with pytest.raises(OSError, match=r"\b111\b|refused"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_without_its_extra_there_is_none_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "_LIBRARY", "no_such_library")
    async with demo_broker(tmp_path) as broker:
        assert broker == NoBroker()
    assert os.listdir(tmp_path) == []


async def test_one_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_COMMAND", ("-c", "raise OSError('no room')"))
    async with demo_broker(tmp_path) as broker:
        assert broker == NoBroker("OSError: no room")


async def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = 'import os, time; print(\'{"tcp": 1, "websocket": %d}\' % os.getpid(), flush=True); time.sleep(60)'
    monkeypatch.setattr(broker_module, "_COMMAND", ("-c", stubborn))
    monkeypatch.setattr(broker_module, "END_WITHIN_S", 0.1)
    async with demo_broker(tmp_path) as broker:
        assert isinstance(broker, DemoBroker)
        os.kill(broker.websocket_port, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(broker.websocket_port, 0)

"""The connection to a broker that is none, says nothing or cannot be reached: a short word, in time, and nothing left behind."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from daemon.mqtt_link import Broker, MqttError, MqttRefusedError, MqttTlsError, mqtt_session
from tests.daemon.certificates import make_certificates
from tests.daemon.free_port import closed_port

SILENT_FOR_S = 0.2


def broker(port: int, host: str = "127.0.0.1", **parts: object) -> Broker:
    usual: dict[str, object] = {"timeout_s": SILENT_FOR_S, "password": "no-one-must-see-this"}
    return Broker(host, port, "us", ("root/bridge/state", b"offline"), **(usual | parts))  # type: ignore[arg-type]  # as a test says


@asynccontextmanager
async def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Something that takes connections, hears our CONNECT, says this and then nothing more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if answer:
                await reader.read(1000)
                writer.write(answer)
            while await reader.read(1000):
                pass
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def failing(to: Broker) -> MqttError:
    """What connecting comes to; no task is left of it."""
    before = asyncio.all_tasks()
    with pytest.raises(MqttError) as told:
        async with asyncio.timeout(60), mqtt_session(to):
            raise AssertionError("connected")
    for _ in range(5):
        await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if "aiomqtt" in repr(task) or "mqtt_link.py" in repr(task)]
    assert not [task for task in left if "tests" not in repr(task)]
    return told.value


async def test_nobody_listens() -> None:
    assert str(await failing(broker(closed_port()))) == "Connection refused"


async def test_a_name_that_is_none() -> None:
    assert "no-such-host" not in str(await failing(broker(1, "no-such-host.invalid", timeout_s=5.0)))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00"])
async def test_something_that_speaks_no_mqtt_is_not_waited_for(answer: bytes) -> None:
    async with answering(answer) as port:
        error = await failing(broker(port))
    assert not isinstance(error, MqttRefusedError | MqttTlsError)


@pytest.mark.parametrize(
    ("version", "answer", "refuses"),
    [
        ("3.1.1", b"\x20\x02\x00\x04", True),
        ("3.1.1", b"\x20\x02\x00\x05", True),
        ("3.1.1", b"\x20\x02\x00\x03", False),
        ("5", b"\x20\x03\x00\x86\x00", True),
        ("5", b"\x20\x03\x00\x87\x00", True),
        ("5", b"\x20\x03\x00\x88\x00", False),
    ],
)
async def test_not_let_in_is_another_thing_than_not_now(version: str, answer: bytes, refuses: bool) -> None:
    async with answering(answer) as port:
        error = await failing(broker(port, version=version))
    assert isinstance(error, MqttRefusedError) is refuses
    assert str(error)
    assert "code:" not in str(error)


async def test_a_tls_handshake_that_stands_still_is_given_up(tmp_path: Path) -> None:
    async with answering(b"") as port:
        error = await failing(broker(port, tls=ssl.create_default_context()))
    assert str(error) == "no answer in time"


async def test_a_certificate_of_an_unknown_authority_is_told_as_that(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "IP:127.0.0.1")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificates.server)
    async with answering(b"", server) as port:
        error = await failing(broker(port, tls=ssl.create_default_context(), timeout_s=5.0))
    assert isinstance(error, MqttTlsError)
    assert "unable to get" in str(error) or "self" in str(error)


async def test_what_speaks_no_tls_is_told_as_that(tmp_path: Path) -> None:
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        error = await failing(broker(port, tls=ssl.create_default_context(), timeout_s=5.0))
    assert isinstance(error, MqttTlsError)


async def test_a_stop_does_not_wait_for_a_connection_that_does_not_come_about() -> None:
    async with answering(b"") as port:

        async def connect() -> None:
            async with mqtt_session(broker(port, timeout_s=3600.0)):
                raise AssertionError

        task = asyncio.ensure_future(connect())
        await asyncio.sleep(0.05)
        task.cancel()
        async with asyncio.timeout(60):
            await asyncio.wait([task])
        assert task.cancelled()


async def test_a_message_that_is_never_acknowledged_ends_the_wait_and_a_connection_that_ends_is_noticed() -> None:
    lost = asyncio.Event()
    async with (
        answering(b"\x20\x02\x00\x00") as port,
        asyncio.timeout(60),
        mqtt_session(broker(port), lost=lost.set) as session,
    ):
        await session.publish("a", b"1", qos=0)
        with pytest.raises(MqttError, match="no answer in time"):
            await session.publish("a", b"2", qos=1)
    assert lost.is_set()


@pytest.mark.parametrize(
    ("version", "connected", "answer", "granted"),
    [
        ("3.1.1", b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x00", True),
        ("3.1.1", b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x80", False),
        ("5", b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x00", True),
        ("5", b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x01\x00\x87", False),
    ],
)
async def test_what_the_broker_lets_us_not_hear_is_known(
    version: str, connected: bytes, answer: bytes, granted: bool
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in (connected, answer):
            await reader.read(1000)
            writer.write(each)
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    to = broker(server.sockets[0].getsockname()[1], version=version, timeout_s=5.0)
    async with server, mqtt_session(to) as session:
        assert await session.subscribe("a") is granted


def test_the_password_does_not_show() -> None:
    assert "no-one-must-see-this" not in repr(broker(1))

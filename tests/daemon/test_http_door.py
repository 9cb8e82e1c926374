"""The door of the HTTP server: floods of connections, silence, and TLS, by sockets that mean no good and clients that do."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import bcrypt
import pytest
from aiohttp import web

from daemon import http_door, http_refusals, http_server, web_config_watch
from daemon.http_access import Tokens
from daemon.http_refusals import Refusals
from daemon.http_server import Guard
from daemon.web_config_watch import WebConfigWatch
from tests.daemon.certificates import Certificates, make_certificates, make_client_certificate
from tests.daemon.http_service import Service, logged, said_to, serving, until

HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n"


@asynccontextmanager
async def door(folder: Path, web_config: str = "") -> AsyncIterator[tuple[int, Refusals]]:
    """A server's port, and what it counts."""
    path = folder / "web.yml"
    path.write_text(web_config)
    refusals, service = Refusals(), Service()
    guard = Guard(Tokens(), (), WebConfigWatch(path) if web_config else None, refusals)
    async with serving(service, guard=guard):
        yield service.port, refusals


async def connected(port: int, count: int) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    return [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]


async def is_ended(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(60):
            return await reader.read() == b""
    except ConnectionError:
        return True


async def test_of_one_address_there_are_so_many_connections_and_others_still_get_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "OF_ONE_ADDRESS_MOST", 20)
    monkeypatch.setattr(http_door, "place_of", str)  # this machine's addresses stand for those of others
    async with door(tmp_path) as (port, refusals):
        held = await connected(port, 20)
        for reader, writer in await connected(port, 5):
            assert await is_ended(reader)
            writer.close()
        assert refusals.counts["too_many_connections"] == 5
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        writer.write(HEALTHY)
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()
        for _, writer in held[:5]:
            writer.close()
            await writer.wait_closed()
        assert (await said_to(port, HEALTHY)).startswith(b"HTTP/1.1 200 ")
        for _, writer in held[5:]:
            writer.close()


async def test_of_all_together_there_are_so_many_and_a_flood_is_one_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "CONNECTIONS_MOST", 30)
    monkeypatch.setattr(http_door, "KEPT_FREE", 0)
    with logged(monkeypatch, http_refusals) as lines:
        async with door(tmp_path) as (port, refusals):
            flood = await connected(port, 200)
            await until(lambda: refusals.counts["too_many_connections"] == 170)
            for _, writer in flood:
                writer.close()
            await asyncio.gather(*(writer.wait_closed() for _, writer in flood), return_exceptions=True)
            assert (await said_to(port, HEALTHY)).startswith(b"HTTP/1.1 200 ")
    assert [line["reason"] for line in lines] == ["too_many_connections"]


async def test_all_addresses_of_this_machine_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "OF_ONE_ADDRESS_MOST", 20)
    async with door(tmp_path) as (port, refusals):
        held = await connected(port, 20)
        for number in range(2, 6):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0))
            assert await is_ended(reader)
            writer.close()
        assert refusals.counts["too_many_connections"] == 4
        for _, writer in held:
            writer.close()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        *((each, "127.0.0.0/8") for each in ("127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.9")),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1:2", "2001:db8::/64"),
        ("", ""),
    ],
)
def test_by_what_connections_are_counted(address: str, place: str) -> None:
    assert http_door.place_of(address) == place


async def test_who_comes_from_several_addresses_leaves_room_for_those_who_have_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_door, "place_of", str)
    for name, value in (("CONNECTIONS_MOST", 50), ("OF_ONE_ADDRESS_MOST", 20), ("KEPT_FREE", 10), ("FEW", 3)):
        monkeypatch.setattr(http_door, name, value)
    async with door(tmp_path) as (port, refusals):
        held = []
        for number in (2, 3, 4):
            for _ in range(20):
                held.append(await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0)))
        await until(lambda: refusals.counts["too_many_connections"] == 17)
        others = []
        for number in (5, 6):
            for _ in range(3):
                pair = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{number}", 0))
                pair[1].write(HEALTHY.replace(b"Connection: close\r\n", b""))
                assert (await pair[0].readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 ")
                others.append(pair)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.5", 0))
        assert await is_ended(reader), "the fourth of few"
        for _, each in (*held, *others, (reader, writer)):
            each.close()


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"GET /"], ids=["nothing", "half a header", "half a line"]
)
@pytest.mark.parametrize("web_config", ["", TLS], ids=["plain", "tls"])
async def test_who_connects_and_asks_nothing_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, web_config: str
) -> None:
    monkeypatch.setattr(http_door, "HEAD_WITHIN_S", 0.2)
    monkeypatch.setattr(http_door, "HANDSHAKE_WITHIN_S", 0.2)
    make_certificates(tmp_path, "DNS:localhost")
    async with door(tmp_path, web_config) as (port, refusals):
        (reader, writer), *_ = await connected(port, 1)
        writer.write(said)
        assert await is_ended(reader)
        writer.close()
        assert refusals.counts["silent"] + refusals.counts["tls"] >= 1


@pytest.mark.parametrize("web_config", ["", TLS], ids=["plain", "tls"])
async def test_who_asks_in_time_may_be_silent_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web_config: str
) -> None:
    monkeypatch.setattr(http_door, "HEAD_WITHIN_S", 0.2)
    context = trusting(make_certificates(tmp_path, "DNS:localhost")) if web_config else None
    async with door(tmp_path, web_config) as (port, refusals):
        reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
        for _ in range(2):
            writer.write(HEALTHY.replace(b"Connection: close\r\n", b""))
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.4)  # longer than a connection may begin with silence
        writer.close()
        assert refusals.counts["silent"] == 0


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 500 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(50_000)) + b"\r\n",
    ],
    ids=["a long URL", "a long header", "many headers", "a flood of headers"],
)
async def test_more_than_a_request_needs_is_refused(tmp_path: Path, request_: bytes) -> None:
    async with door(tmp_path) as (port, _):
        (reader, writer), *_ = await connected(port, 1)
        writer.write(request_)
        try:
            answer = await reader.read()
        except ConnectionError:  # closed before it was all read
            answer = b"HTTP/1.0 400 "
        assert answer.startswith(b"HTTP/1.0 400 ")
        writer.close()
        assert (await said_to(port, HEALTHY)).startswith(b"HTTP/1.1 200 ")


async def test_who_takes_nothing_of_an_answer_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel, which alone knows that nothing is taken."""
    monkeypatch.setattr(http_door, "UNREAD_WITHIN_S", 0.5)

    async def much(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 50_000_000)

    taken: list[asyncio.Transport] = []

    class Doors(http_door.Door):
        def arrived(self, transport: asyncio.Transport) -> None:
            taken.append(transport)
            super().arrived(transport)

    monkeypatch.setattr(http_server, "Door", Doors)
    service = Service()
    async with serving(service, more_routes=[web.get("/much", much)]):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1000)
        writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        await until(lambda: taken[0].get_extra_info("socket").fileno() < 0, 20)
        writer.close()


def trusting(certificates: Certificates, client: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.authority)
    if client is not None:
        context.load_cert_chain(client)
    return context


async def healthy_by_tls(port: int, context: ssl.SSLContext) -> tuple[bytes, str]:
    """The answer, and the serial number of who gave it."""
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    try:
        writer.write(HEALTHY)
        serial = writer.get_extra_info("peercert")["serialNumber"]
        async with asyncio.timeout(60):
            return await reader.read(), serial
    finally:
        writer.close()


async def test_a_renewed_certificate_is_shown_to_the_next_who_connects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path, "DNS:localhost")
    with logged(monkeypatch, web_config_watch) as lines:
        async with door(tmp_path, TLS) as (port, _):
            answer, first = await healthy_by_tls(port, trusting(certificates))
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert (await healthy_by_tls(port, trusting(certificates)))[1] == first
            assert not lines
            kept = certificates.server.read_bytes()
            certificates.server.write_bytes(kept[: len(kept) // 2])
            assert (await healthy_by_tls(port, trusting(certificates)))[1] == first
            renewed = make_certificates(tmp_path, "DNS:localhost")
            assert (await healthy_by_tls(port, trusting(renewed)))[1] != first
            (tmp_path / "web.yml").write_text("# no TLS any more\n")
            assert (await healthy_by_tls(port, trusting(renewed)))[0].startswith(b"HTTP/1.1 200 ")
    assert [line["event"] for line in lines] == [
        *("web_config_problem", "web_config_refused", "web_config_reread"),
        *("web_config_problem", "web_config_refused"),
    ]


async def test_who_speaks_no_tls_is_told_nothing(tmp_path: Path) -> None:
    make_certificates(tmp_path, "DNS:localhost")
    async with door(tmp_path, TLS) as (port, refusals):
        (reader, writer), *_ = await connected(port, 1)
        writer.write(HEALTHY)
        async with asyncio.timeout(60):
            assert b"HTTP" not in await reader.read()
        writer.close()
        await until(lambda: refusals.counts["tls"] == 1)


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "DNS:localhost")
    async with door(tmp_path, TLS + "  min_version: TLS13\n") as (port, _):
        context = trusting(certificates)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await refused(port, context)
        assert (await healthy_by_tls(port, trusting(certificates)))[0].startswith(b"HTTP/1.1 200 ")


async def refused(port: int, context: ssl.SSLContext) -> bool:
    """In TLS 1.3 a client learns only with its first reading that its certificate does not do."""
    try:
        return (await healthy_by_tls(port, context))[0] == b""
    except (ssl.SSLError, ConnectionError):
        return True


async def test_of_clients_with_certificates_only_those_of_the_authority_and_of_the_names_get_in(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    certificates = make_certificates(tmp_path, "DNS:localhost")
    ours, theirs = (make_certificates(tmp_path / name, "DNS:x") for name in ("ours", "theirs"))
    board = make_client_certificate(tmp_path / "ours", "DNS:board.example.com,IP:192.0.2.7")
    stranger = make_client_certificate(tmp_path / "theirs", "DNS:board.example.com")
    wants = f"{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {ours.authority}\n"
    async with door(tmp_path, wants) as (port, refusals):
        assert (await healthy_by_tls(port, trusting(certificates, board)))[0].startswith(b"HTTP/1.1 200 ")
        assert await refused(port, trusting(certificates))
        assert await refused(port, trusting(certificates, stranger))
        for allowed, gets_in in (("[192.0.2.7, other]", True), ("[other]", False), ("[client]", False)):
            (tmp_path / "web.yml").write_text(f"{wants}  client_allowed_sans: {allowed}\n")
            context = trusting(certificates, board)
            if gets_in:
                assert (await healthy_by_tls(port, context))[0].startswith(b"HTTP/1.1 200 ")
            else:
                assert await refused(port, context)
        await until(lambda: refusals.counts["tls"] >= 4)
    assert theirs.authority != ours.authority


async def test_curl_gets_in_by_tls_and_password_and_says_why_where_it_does_not(tmp_path: Path) -> None:
    curl = shutil.which("curl")
    assert curl is not None, "no curl"
    certificates = make_certificates(tmp_path, "DNS:localhost,IP:127.0.0.1")
    users = f"basic_auth_users:\n  anna: {bcrypt.hashpw(b'hush', bcrypt.gensalt(4)).decode()}\n"
    async with door(tmp_path, TLS + users) as (port, _):

        async def said(*words: str) -> tuple[int, str]:
            process = await asyncio.create_subprocess_exec(
                curl,
                *("-sS", "-w", "%{http_code}", *words, f"https://localhost:{port}/-/healthy"),
                env={**os.environ, "no_proxy": "*"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            out, _ = await process.communicate()
            return process.returncode or 0, out.decode()

        trusted = ("--cacert", str(certificates.authority))
        assert await said(*trusted, "-u", "anna:hush") == (0, "ok\n200")
        assert await said(*trusted, "-u", "anna:wrong") == (0, "401: Unauthorized\n401")
        assert await said(*trusted) == (0, "401: Unauthorized\n401")
        status, told = await said("-u", "anna:hush")
        assert status == 60, told

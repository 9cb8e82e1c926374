"""The answers of the HTTP server: to questions, to mistakes, and to whoever means no good."""

import logging

import pytest

from daemon import http_server
from daemon.http_server import Guard, HttpListenError, HttpServer
from tests.daemon.http_service import TOKEN, Service, logged, said_to, serving

PATHS = {
    "/": "text/html; charset=utf-8",
    "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    "/-/healthy": "text/plain; charset=utf-8",
    "/-/ready": "text/plain; charset=utf-8",
    "/api/v1/live": "application/json",
    "/api/v1/calls": "application/json",
    "/api/v1/calls/1.2": "application/json",
}
HARDENING = ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy")


@pytest.mark.parametrize("path", PATHS)
async def test_every_address_answers_get_and_head(path: str) -> None:
    async with serving(Service()) as client:
        async with client.get(path) as answer:
            body = await answer.read()
            assert (answer.status, answer.headers["Content-Type"]) == (200, PATHS[path])
            assert all(header in answer.headers for header in HARDENING)
        async with client.head(path) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, PATHS[path])
            assert await answer.read() == b""
        assert body


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/api", "/-/", "/%2e%2e/etc/passwd", "/<script>"])
async def test_what_is_not_there_is_told_in_plain_text(path: str) -> None:
    async with serving(Service()) as client, client.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "text/plain")
        assert await answer.text() == "404: Not Found\n"
        assert all(header in answer.headers for header in HARDENING)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/calls", "/api/v1/calls/", "/api/v1/calls/1/2"])
async def test_under_the_api_it_is_told_in_json(path: str) -> None:
    async with serving(Service()) as client, client.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/json")
        assert await answer.json() == {"error": "Not Found"}


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/stream"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_and_told_which_would_do(method: str, path: str) -> None:
    async with serving(Service()) as client, client.request(method, path, data=b"x") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == ("GET" if path.endswith("stream") else "GET,HEAD")
        assert answer.content_type == ("application/json" if path.startswith("/api/") else "text/plain")
        assert all(header in answer.headers for header in HARDENING)


async def test_the_stream_has_no_head() -> None:
    service = Service()
    async with serving(service) as client, client.head("/api/v1/stream") as answer:
        assert answer.status == 405
        assert service.stream.listeners == 0


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        ("query", 400, "limit is a number"),
        ("allowed", 403, "with the token only"),
        ("storage", 503, "the calls cannot be read now; the daemon's log says why"),
        ("bug", 500, "this went wrong; the daemon's log says how"),
    ],
)
async def test_what_goes_wrong_is_told_in_json_and_no_inner_thing_with_it(
    failure: str, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, http_server) as lines:
        async with serving(Service()) as client, client.get("/api/v1/calls", params={"fail": failure}) as answer:
            assert (answer.status, await answer.json()) == (status, {"error": message})
            assert answer.headers["Cache-Control"] == "no-store"
    told = [(line["event"], line.get("reason"), line.get("path")) for line in lines]
    assert told == {
        "storage": [("calls_unreadable", "/secret/path/ringtally.db is gone", None)],
        "bug": [("request_failed", None, "/api/v1/calls")],
    }.get(failure, [])


async def test_a_call_is_found_by_its_id_or_told_to_be_none() -> None:
    service = Service()
    async with serving(service) as client:
        async with client.get("/api/v1/calls/1.2") as answer:
            assert await answer.json() == {"id": "1.2", "full": False}
        async with client.get("/api/v1/calls/%3Cscript%3E%22%0d%0aX: y") as answer:
            assert (answer.status, await answer.json()) == (404, {"error": "no such call"})
            assert "X" not in answer.headers
    assert service.asked == ["1.2", '<script>"\r\nX: y']


@pytest.mark.parametrize(
    ("authorization", "full"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer   {TOKEN}", True),
        (None, False),
        ("", False),
        ("Bearer", False),
        ("Bearer ", False),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN.upper()}", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer пароль", False),
    ],
)
async def test_the_token_shows_everything_and_any_other_word_nothing_more(
    authorization: str | None, full: bool
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with serving(Service()) as client:
        for path in ("/api/v1/live", "/api/v1/calls", "/api/v1/calls/1.2"):
            async with client.get(path, headers=headers) as answer:
                assert (answer.status, (await answer.json())["full"]) == (200, full)


@pytest.mark.parametrize("given", [b"\xff\xfe\x80", b"\xc3", b"\xed\xa0\x80"])
async def test_a_token_of_garbage_is_none(given: bytes) -> None:
    service = Service()
    async with serving(service):
        request = b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + given
        answer = await said_to(service.port, request + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"full":false}')


@pytest.mark.parametrize("authorization", ["Bearer ", "Bearer", "Bearer x"])
async def test_without_a_token_in_the_settings_nobody_sees_everything(authorization: str) -> None:
    async with (
        serving(Service(), token="") as client,
        client.get("/api/v1/live", headers={"Authorization": authorization}) as answer,
    ):
        assert await answer.json() == {"full": False}


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x1b[2J HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_and_leaves_no_line_in_the_log(
    request_: bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Service()
    with caplog.at_level(logging.DEBUG), logged(monkeypatch, http_server) as lines:
        async with serving(service) as client:
            assert (await said_to(service.port, request_)).startswith(b"HTTP/1.0 400 ")
            async with client.get("/-/healthy") as answer:
                assert answer.status == 200
    assert not lines
    assert not [record for record in caplog.records if record.name != "asyncio"]
    assert capfd.readouterr() == ("", "")


async def test_ready_says_why_not() -> None:
    service = Service(reason="the PBX is not connected (refused)")
    async with serving(service) as client:
        async with client.get("/-/ready") as answer:
            assert (answer.status, await answer.text()) == (503, "not ready: the PBX is not connected (refused)\n")
        async with client.get("/-/healthy") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        service.reason = None
        async with client.get("/-/ready") as answer:
            assert (answer.status, await answer.text()) == (200, "ready\n")


async def test_metrics_are_given_in_the_format_asked_for_and_compressed_if_wished() -> None:
    service = Service()
    async with serving(service) as client:
        for encoding, header in (("gzip", "gzip"), ("deflate", "deflate"), ("identity", None)):
            headers = {"Accept": "application/openmetrics-text", "Accept-Encoding": encoding}
            async with client.get("/metrics", headers=headers) as answer:
                assert answer.headers.get("Content-Encoding") == header
                assert await answer.read() == b"ringtally_x 1\n" * 200
    assert service.asked == ["application/openmetrics-text"] * 3


async def test_a_port_in_use_is_said_with_its_cure() -> None:
    service = Service()
    async with serving(service):
        other = HttpServer(service.sources(), service.stream, Guard())
        with pytest.raises(HttpListenError) as error:
            await other.start(f"127.0.0.1:{service.port}")
        await other.stop()
    assert str(error.value) == (
        f"cannot listen on 127.0.0.1:{service.port}: Address already in use; "
        "set http.listen to a free address of this machine"
    )


async def test_an_address_that_is_not_ours_is_said_too() -> None:
    service = Service()
    with pytest.raises(HttpListenError, match=r"on 192\.0\.2\.1:9796: Cannot assign requested address; set"):
        await HttpServer(service.sources(), service.stream, Guard()).start("192.0.2.1:9796")


async def test_a_database_that_cannot_be_read_is_told_once_however_often_somebody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with logged(monkeypatch, http_server) as told:
        async with serving(Service()) as client:
            for _ in range(5):
                async with client.get("/api/v1/calls", params={"fail": "storage"}) as answer:
                    assert answer.status == 503
    assert [line["event"] for line in told] == ["calls_unreadable"]

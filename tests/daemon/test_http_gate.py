"""Passwords, tokens, names and origins: who gets through the gate of the HTTP server, and what becomes of who guesses."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import bcrypt
import pytest
from aiohttp import web

from config.web_hashes import token_hash
from daemon import http_gate, http_refusals
from daemon.http_access import Tokens, may_read_all, may_write
from daemon.http_failures import Failures
from daemon.http_refusals import Refusals
from daemon.http_server import Guard
from daemon.web_config_watch import WebConfigWatch
from tests.daemon.http_service import Service, logged, said_to, serving

READ, WRITE, PASSWORD = "read-token", "write-token", "Пароль: 42"
ANNA = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
USERS = f"basic_auth_users:\n  anna: {ANNA}\n"
BROWSER = {"Sec-Fetch-Mode": "cors"}


async def _what_may_i(request: web.Request) -> web.Response:
    body = await request.text() if may_write(request) else ""
    return web.json_response({"reads": may_read_all(request), "writes": may_write(request), "body": body})


ROUTES = [web.get("/api/v1/me", _what_may_i), web.post("/api/v1/me", _what_may_i)]


@asynccontextmanager
async def gate(
    folder: Path, web_config: str = "", hosts: tuple[str, ...] = (), refusals: Refusals | None = None
) -> AsyncIterator[tuple[aiohttp.ClientSession, Refusals]]:
    """A server with both tokens, and what it counts."""
    path = folder / "web.yml"
    path.write_text(web_config)
    refusals = refusals or Refusals()
    tokens = Tokens(token_hash(READ), token_hash(WRITE))
    guard = Guard(tokens, hosts, WebConfigWatch(path) if web_config else None, refusals)
    async with serving(Service(), guard=guard, more_routes=ROUTES) as client:
        yield client, refusals


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def asked(client: aiohttp.ClientSession, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
    """Status and JSON of an answer."""
    method = more.pop("method", "GET")
    async with client.request(method, "/api/v1/me", headers=headers, **more) as answer:
        return answer.status, await answer.json()


async def test_each_token_allows_its_own_and_both_together_all(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, refusals):
        for headers, reads, writes in (
            ({}, False, False),
            (bearer(READ), True, False),
            (bearer(WRITE), False, True),
            ({"X-Ringtally-Token": READ}, True, False),
            ({**bearer(WRITE), "X-Ringtally-Token": READ}, True, True),
            ({"X-Ringtally-Token": f"{READ}, {WRITE}"}, True, True),
            ({"X-Ringtally-Token": f"wrong,wrong too,{READ}"}, False, False),
            ({**bearer("wrong"), "X-Ringtally-Token": READ}, True, False),
            (bearer(token_hash(READ)), False, False),
        ):
            status, told = await asked(client, headers)
            assert (status, told["reads"], told["writes"]) == (200, reads, writes), headers
        assert refusals.counts["token"] == 2


async def test_with_users_nothing_is_answered_without_a_password(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, _):
        for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/calls", "/api/v1/stream", "/nothing"):
            async with client.get(path) as answer:
                assert (answer.status, answer.headers["WWW-Authenticate"]) == (
                    401,
                    'Basic realm="ringtally", charset="UTF-8"',
                ), path
            async with client.get(path, headers=bearer(READ)) as answer:
                assert answer.status == 401, path


async def test_the_password_opens_the_door_and_the_token_says_what_may_be_done_there(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, _):
        login = {"Authorization": basic("anna", PASSWORD)}
        assert await asked(client, login) == (200, {"reads": False, "writes": False, "body": ""})
        status, told = await asked(client, {**login, "X-Ringtally-Token": WRITE}, method="POST", data="{}")
        assert (status, told) == (200, {"reads": False, "writes": True, "body": "{}"})


@pytest.mark.parametrize(
    "authorization",
    [
        basic("anna", "wrong"),
        basic("anna", ""),
        basic("nobody", PASSWORD),
        pytest.param(basic("anna", ANNA), id="the hash itself"),  # salted anew in each process
        basic("anna\0", PASSWORD),
        basic("anna", PASSWORD + "\0x"),
        "Basic !!!!",
        "Basic " + base64.b64encode(b"anna").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic",
        "Digest x",
        "",
    ],
)
async def test_what_is_no_right_password_opens_nothing(tmp_path: Path, authorization: str) -> None:
    headers = {"Authorization": authorization}
    async with gate(tmp_path, USERS) as (client, _), client.get("/-/healthy", headers=headers) as answer:
        assert (answer.status, await answer.text()) == (401, "401: Unauthorized\n")


async def test_a_password_is_cut_where_bcrypt_cuts_it_as_with_other_exporters(tmp_path: Path) -> None:
    long = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    async with gate(tmp_path, f"basic_auth_users: {{anna: {long}}}") as (client, _):
        for password, status in (("x" * 72, 200), ("x" * 100, 200), ("x" * 71, 401)):
            assert (await asked(client, {"Authorization": basic("anna", password)}))[0] == status


async def test_a_name_that_there_is_not_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    slow = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(11)).decode()
    took: dict[str, float] = {}
    async with gate(tmp_path, f"basic_auth_users: {{anna: {slow}}}") as (client, _):
        for name in ("anna", "nobody"):
            began = time.process_time()
            assert (await asked(client, {"Authorization": basic(name, "wrong")}))[0] == 401
            took[name] = time.process_time() - began
    assert took["nobody"] > took["anna"] / 3, took
    assert took["anna"] > took["nobody"] / 3, took


async def test_who_guesses_is_looked_at_no_more_and_told_when_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logged(monkeypatch, http_refusals) as lines:
        async with gate(tmp_path) as (client, refusals):
            for number in range(10):
                assert (await asked(client, bearer(f"guess-{number}")))[0] == 200
            async with client.get("/api/v1/me", headers=bearer(READ)) as answer:
                assert (answer.status, await answer.json()) == (429, {"error": "too many wrong passwords or tokens"})
                assert 1 <= int(answer.headers["Retry-After"]) <= 6
            for number in range(10, 30):
                assert (await asked(client, bearer(f"guess-{number}")))[0] == 429
            assert (await asked(client))[0] == 200, "who shows no token guesses nothing"
            assert (refusals.counts["token"], refusals.counts["too_many_failures"]) == (10, 21)
    (line,) = lines
    assert (line["event"], line["reason"], line["address"]) == ("http_refused", "too_many_failures", "127.0.0.1")
    assert "guess" not in str({**line, "cure": ""})


async def test_who_guesses_passwords_is_stopped_too(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, refusals):
        statuses = [
            (await asked(client, {"Authorization": basic("anna", f"guess-{number}")}))[0] for number in range(15)
        ]
        assert statuses == [401] * 10 + [429] * 5
        assert (await asked(client, {"Authorization": basic("anna", PASSWORD)}))[0] == 429
        assert refusals.counts["password"] == 10


async def test_a_program_with_a_token_of_yesterday_shuts_nobody_out(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, refusals):
        stale = {"Authorization": basic("anna", "of yesterday")}
        for _ in range(30):
            assert (await asked(client, stale))[0] == 401
        login = {"Authorization": basic("anna", PASSWORD)}
        for _ in range(30):
            assert (await asked(client, {**login, "X-Ringtally-Token": "of yesterday"}))[1]["reads"] is False
        assert (await asked(client, {**login, "X-Ringtally-Token": READ}))[1]["reads"] is True
        assert (refusals.counts["password"], refusals.counts["token"]) == (30, 30)
        assert refusals.counts["too_many_failures"] == 0


async def test_passwords_never_take_more_than_their_share_of_a_processor_and_never_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From as many addresses as one likes: the limit for each is out of the way here."""
    monkeypatch.setattr(Failures, "wait_s", lambda *_: 0.0)
    slow = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()
    async with gate(tmp_path, f"basic_auth_users: {{anna: {slow}}}") as (client, refusals):
        assert (await asked(client, {"Authorization": basic("anna", PASSWORD)}))[0] == 200
        gaps: list[float] = []

        async def watch() -> None:
            while True:
                began = time.monotonic()
                await asyncio.sleep(0.01)
                gaps.append(time.monotonic() - began)

        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watch())
            guesses = [
                tasks.create_task(asked(client, {"Authorization": basic("anna", f"guess-{number}")}))
                for number in range(80)
            ]
            statuses = [(await each)[0] for each in guesses]
            watching.cancel()
        assert statuses.count(401) >= 1
        assert statuses.count(429) >= 60, statuses
        assert refusals.counts["busy"] == statuses.count(429)
        assert sorted(gaps)[len(gaps) // 2] < 0.1, "the loop went on meanwhile"
        known = [(await asked(client, {"Authorization": basic("anna", PASSWORD)}))[0] for _ in range(5)]
        assert known == [200] * 5, "who is known is let in all the same"


async def test_a_new_password_counts_with_the_next_request_and_the_old_one_no_more(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, _):
        old, new = basic("anna", PASSWORD), basic("anna", "another")
        assert (await asked(client, {"Authorization": old}))[0] == 200
        hashed = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()
        (tmp_path / "web.yml").write_text(f"basic_auth_users: {{anna: {hashed}}}  # changed\n")
        assert (await asked(client, {"Authorization": new}))[0] == 200
        assert (await asked(client, {"Authorization": old}))[0] == 401
        (tmp_path / "web.yml").write_text("basic_auth_users: {anna: oops}")
        assert (await asked(client, {"Authorization": new}))[0] == 200, "what cannot be used changes nothing"
        (tmp_path / "web.yml").unlink()
        assert (await asked(client))[0] == 401


async def test_all_requests_together_keep_to_the_rate_of_the_web_config_file(tmp_path: Path) -> None:
    async with gate(tmp_path, "rate_limit: {interval: 1h, burst: 5}") as (client, refusals):
        assert [(await asked(client))[0] for _ in range(8)] == [200] * 5 + [429] * 3
        assert refusals.counts["too_many_requests"] == 3


async def test_headers_of_the_web_config_file_are_on_every_answer_beside_ours(tmp_path: Path) -> None:
    headers = (
        "http_server_config: {headers: {X-Frame-Options: deny, Content-Security-Policy: sandbox, "
        "Strict-Transport-Security: max-age=1}}"
    )
    async with gate(tmp_path, headers) as (client, _):
        for path in ("/", "/nothing", "/api/v1/me", "/api/v1/stream"):
            async with client.get(path) as answer:
                assert answer.headers["X-Frame-Options"] == "deny"
                assert answer.headers["Strict-Transport-Security"] == "max-age=1"
                ours, theirs = answer.headers.getall("Content-Security-Policy")
                assert (ours.startswith("default-src 'none'"), theirs) == (True, "sandbox")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:9796", 200),
        ("[::1]:9796", 200),
        ("localhost:9796", 200),
        ("pbx", 200),
        ("pbx.office.lan:80", 200),
        ("Board.Example.com", 200),
        ("evil.example.com", 421),
        ("evil.example.com:9796", 421),
        ("127.0.0.1.evil.example.com", 421),
        ("localhost.evil.example.com.", 421),
        ("user@evil.example.com", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
async def test_a_page_whose_name_was_made_to_lead_here_is_told_nothing(tmp_path: Path, host: str, status: int) -> None:
    async with gate(tmp_path, hosts=("board.example.com",)) as (client, refusals):
        async with client.get("/api/v1/calls", headers={"Host": host}) as answer:
            assert answer.status == status
            assert ("http.hosts" in await answer.text()) == (status == 421)
        assert refusals.counts["host"] == (status == 421)


async def test_without_a_host_it_is_no_browser_that_asks(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, _):
        port = client._base_url.port if client._base_url is not None else None
        assert port is not None
        assert (await said_to(port, b"GET /-/healthy HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 200 ")


async def test_where_a_password_is_asked_for_any_name_will_do(tmp_path: Path) -> None:
    async with gate(tmp_path, USERS) as (client, _):
        headers = {"Host": "board.example.com", "Authorization": basic("anna", PASSWORD)}
        assert (await asked(client, headers))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "{own}"}, 200),
        ({"Origin": "{own}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "{own}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://[::1"}, 403),
    ],
)
async def test_a_page_of_another_origin_writes_nothing_even_with_the_token(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with gate(tmp_path) as (client, refusals):
        own = str(client._base_url).rstrip("/")
        given = {name: value.replace("{own}", own) for name, value in headers.items()}
        assert (await asked(client, {**given, **bearer(WRITE)}, method="POST", data="{}"))[0] == status
        assert refusals.counts["origin"] == (status == 403)


async def test_a_body_that_drips_is_waited_for_no_longer_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_gate, "BODY_WITHIN_S", 0.2)
    async with gate(tmp_path) as (client, refusals):
        assert client._base_url is not None
        assert client._base_url.port is not None
        head = f"POST /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {WRITE}\r\nContent-Length: 100\r\n\r\n{{"
        answer = await said_to(client._base_url.port, head.encode())
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert refusals.counts["slow_body"] == 1


async def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with gate(tmp_path) as (client, _):
        status, _told = await asked(client, bearer(WRITE), method="POST", data=b"x" * 70_000)
        assert status == 413

"""Logging in: what is sent, to whom, and what never is."""

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.sections import Ami
from daemon import ami_client, ami_login
from daemon.parts import account_of
from tests.daemon.certificates import make_certificates
from tests.daemon.fake_asterisk import (
    CHALLENGE,
    SECRET,
    USERNAME,
    FakeAsterisk,
    account,
    captured_logs,
    denied,
    listening,
    silence,
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


@pytest.fixture(autouse=True)
def quick_reconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)


async def test_a_plain_login_sends_the_secret_and_wants_events() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        login = pbx.sessions[0].asked[0]
        assert {"Action": "Login", "Username": USERNAME, "Secret": SECRET, "Events": "on"}.items() <= login.items()


async def test_a_login_by_challenge_never_sends_the_secret() -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, md5=True)) as heard:
        await heard.ready()
        challenge, login = pbx.sessions[0].asked[:2]
        assert (challenge["Action"], challenge["AuthType"]) == ("Challenge", "MD5")
        assert login["Key"] == hashlib.md5((CHALLENGE + SECRET).encode(), usedforsecurity=False).hexdigest()
        assert not any(SECRET in value for asked in pbx.sessions[0].asked for value in asked.values())


async def test_a_pbx_without_challenges_is_not_given_the_secret_instead(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers["Challenge"] = denied
        async with listening(account(pbx.port, md5=True)):
            await (await pbx.session()).left()
        assert pbx.sessions[0].names == ["Challenge"]
    assert logs[0]["reason"] == "no MD5 challenge: Permission denied"


@pytest.mark.parametrize(
    ("ami", "md5"),
    [
        ({"host": "127.0.0.1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "192.0.2.1"}, True),
        ({"host": "pbx.example"}, True),
        ({"host": "192.0.2.1", "tls": True}, False),
        ({"host": "192.0.2.1", "auth": "plain"}, False),
        ({"host": "127.0.0.1", "auth": "md5"}, True),
    ],
)
def test_the_challenge_is_the_default_where_the_secret_would_cross_a_network(ami: dict[str, Any], md5: bool) -> None:
    assert account_of(Ami(secret=SecretStr(SECRET), **ami)).md5 is md5


@pytest.mark.parametrize("md5", [False, True])
async def test_the_secret_is_in_no_log_line_and_no_error(md5: bool, logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers["Login"] = denied
        async with listening(account(pbx.port, md5=md5)) as heard:
            await heard.turn.until(lambda: "refused" in heard.states)
            assert SECRET not in repr(heard.client._account)
    assert logs
    assert SECRET not in repr(logs)


async def test_somebody_else_on_that_port_is_told_and_given_nothing(logs: list[Any]) -> None:
    async with FakeAsterisk(banner=b"SSH-2.0-OpenSSH_9.2\x1b[31m\r\n") as pbx:
        async with listening(account(pbx.port)) as heard:
            await heard.turn.until(lambda: "unreachable" in heard.states)
        assert pbx.sessions[0].asked == []
    assert logs[0]["reason"] == r"no Asterisk listens there: it says 'SSH-2.0-OpenSSH_9.2\x1b[31m'"


async def test_a_proxy_that_does_not_greet_is_logged_in_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_login, "GREETED_WITHIN_S", 0.01)
    async with FakeAsterisk(banner=b"") as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        assert heard.kinds == ["StreamResumed"]


async def test_whoever_hangs_up_instead_of_greeting_is_unreachable_at_once(
    monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    monkeypatch.setattr(ami_login, "GREETED_WITHIN_S", 600.0)
    async with FakeAsterisk(banner=b"") as pbx:
        async with listening(account(pbx.port)) as heard:
            (await pbx.session()).hang_up()
            await heard.turn.until(lambda: "unreachable" in heard.states)
        assert pbx.sessions[0].asked == []
    assert "connection" in logs[0]["reason"]


async def test_whoever_never_answers_the_login_is_unreachable(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers["Login"] = silence
        async with listening(account(pbx.port, timeout_s=0.05)) as heard:
            await pbx.session(2)
            assert heard.states[0] == "unreachable"
    assert [line["reason"] for line in logs] == ["no answer in time"]


def tls_server(server: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    return context


def tls_client(port: int, authority: Path, host: str = "127.0.0.1") -> Any:
    return account_of(Ami(host=host, port=port, secret=SecretStr(SECRET), tls=True, ca_file=authority))


async def test_over_tls_the_authority_of_the_settings_is_trusted(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, "IP:127.0.0.1")
    async with (
        FakeAsterisk(tls=tls_server(made.server)) as pbx,
        listening(tls_client(pbx.port, made.authority)) as heard,
    ):
        await heard.ready()
        heard.client.drop()
        await heard.ready(2)


@pytest.mark.parametrize(
    ("names", "why"), [("DNS:other.example", "IP address mismatch"), ("IP:127.0.0.2", "IP address mismatch")]
)
async def test_a_certificate_of_another_name_is_refused(names: str, why: str, tmp_path: Path, logs: list[Any]) -> None:
    made = make_certificates(tmp_path, names)
    async with FakeAsterisk(tls=tls_server(made.server)) as pbx:
        async with listening(tls_client(pbx.port, made.authority)) as heard:
            await heard.turn.until(lambda: heard.states)
            assert heard.states[0] == "unreachable"
        assert pbx.sessions == [] or pbx.sessions[0].asked == []
    assert why in logs[0]["reason"]
    assert logs[0]["cure"] == "check ami.tls, ami.ca_file and whom the certificate names"


async def test_the_host_name_of_the_settings_must_be_in_the_certificate(tmp_path: Path, logs: list[Any]) -> None:
    made = make_certificates(tmp_path, "DNS:localhost")
    async with FakeAsterisk(tls=tls_server(made.server)) as pbx:
        async with listening(tls_client(pbx.port, made.authority, "localhost")) as heard:
            await heard.ready()
        async with listening(tls_client(pbx.port, made.authority, "127.0.0.1")) as heard:
            await heard.turn.until(lambda: "unreachable" in heard.states)
    assert "certificate is not valid for '127.0.0.1'" in logs[-1]["reason"]


async def test_an_authority_that_nobody_named_is_not_trusted(tmp_path: Path, logs: list[Any]) -> None:
    (tmp_path / "other").mkdir()
    made = make_certificates(tmp_path, "IP:127.0.0.1")
    other = make_certificates(tmp_path / "other", "IP:127.0.0.1", "somebody else")
    async with (
        FakeAsterisk(tls=tls_server(made.server)) as pbx,
        listening(tls_client(pbx.port, other.authority)) as heard,
    ):
        await heard.turn.until(lambda: heard.states)
        assert heard.states[0] == "unreachable"
    assert "certificate verify failed" in logs[0]["reason"]


async def test_a_pbx_that_speaks_no_tls_is_not_spoken_to_without(tmp_path: Path, logs: list[Any]) -> None:
    made = make_certificates(tmp_path, "IP:127.0.0.1")
    async with FakeAsterisk() as pbx:
        async with listening(tls_client(pbx.port, made.authority)) as heard:
            await heard.turn.until(lambda: heard.states)
            assert heard.states[0] == "unreachable"
        assert pbx.sessions[0].asked == []
    assert logs[0]["event"] == "ami_unreachable"

"""Logging in to real Asterisk, the newest and the oldest that is told of: every way in, and the ways that must not be."""

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from config.sections import Ami
from daemon import ami_client
from daemon.ami_login import AmiAccount
from daemon.parts import account_of
from handlers.ami.events import Snapshot, StreamResumed
from tests.asterisk.pbx import SECRET, Pbx
from tests.daemon.certificates import Certificates, make_certificates
from tests.daemon.fake_asterisk import Heard, captured_logs, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")
TLS_PORT = 5039
MORE = """
[general](+)
tlsenable = yes
tlsbindaddr = @IP@:{port}
tlscertfile = {certificate}
tlsprivatekey = {certificate}

[unaware]
secret = {secret}
read = call,agent
write = reporting
"""


def more_manager_conf(certificate: Path) -> str:
    """TLS, and an account that may not see `FullyBooted`."""
    return MORE.format(port=TLS_PORT, certificate=certificate, secret=SECRET)


@contextlib.asynccontextmanager
async def started(pbx: Pbx) -> AsyncIterator[Pbx]:
    try:
        await pbx.boot()
        yield pbx
    finally:
        await pbx.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"), "IP:127.22.20.1,IP:127.16.20.1")


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=[22, 16])
async def pbx(request: pytest.FixtureRequest, certificates: Certificates) -> AsyncIterator[Pbx]:
    async with started(Pbx(request.param, 20, more_manager_conf(certificates.server))) as pbx:
        yield pbx


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    with captured_logs(monkeypatch) as lines:
        yield lines


class Listened(Heard):
    """Keeps the stream itself too."""

    def __init__(self) -> None:
        super().__init__()
        self.raw = b""

    def tap(self, data: bytes) -> None:
        self.raw += data
        super().tap(data)

    @property
    def order(self) -> list[str]:
        """What came, by a word each, but for the list of commands, which has some of them as well."""
        words = rb"Authentication accepted|FullyBooted(?=\r\n)|(?<=Ping: )Pong|Challenge(?=: [0-9])|QueueStatusComplete"
        return [found.decode() for found in re.findall(words, self.raw)]

    @property
    def snapshots(self) -> list[Snapshot]:
        return [each.snapshot for each in self.events if isinstance(each, StreamResumed)]


def account(pbx: Pbx, **parts: Any) -> AmiAccount:
    return account_of(Ami(**({"host": pbx.ip, "secret": SecretStr(SECRET)} | parts)))


@pytest.mark.parametrize(("auth", "first"), [("plain", []), ("md5", ["Challenge"])])
async def test_the_shipped_account_logs_in(auth: str, first: list[str], pbx: Pbx, logs: list[Any]) -> None:
    heard = Listened()
    async with listening(account(pbx, auth=auth), heard):
        await heard.ready()
        (snapshot,) = heard.snapshots
        assert snapshot.channels == ()
        assert snapshot.bridges == ()
        assert snapshot.entries == ()
        assert snapshot.members
        assert snapshot.queues
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", snapshot.boot)
        # A booted PBX says so before it answers the first action: whoever waits for it any longer waits in vain.
        assert heard.order == [*first, "Authentication accepted", "FullyBooted", "Pong", "QueueStatusComplete"]
    assert [line["event"] for line in logs] == ["ami_ready"]
    assert logs[0]["banner"].startswith("Asterisk Call Manager/")


async def test_an_account_that_may_not_see_fully_booted_gets_its_snapshot_at_once(pbx: Pbx, logs: list[Any]) -> None:
    heard = Listened()
    async with listening(account(pbx, username="unaware"), heard):
        await heard.ready()
        assert heard.kinds == ["StreamResumed"]
        assert heard.snapshots[0].members
        assert heard.order == ["Authentication accepted", "Pong", "QueueStatusComplete"]
    assert [line["event"] for line in logs] == ["ami_ready"]


@pytest.mark.parametrize("auth", ["plain", "md5"])
async def test_a_wrong_secret_is_refused_and_tried_once(auth: str, pbx: Pbx, logs: list[Any]) -> None:
    heard = Listened()
    async with listening(account(pbx, auth=auth, secret=SecretStr("wrong")), heard):
        await heard.turn.until(lambda: heard.states)
        assert heard.states == ["refused"]
        assert heard.events == []
        assert heard.raw.count(b"Authentication failed") == 1
    assert [(line["event"], line["reason"]) for line in logs] == [("ami_refused", "Authentication failed")]


async def test_a_user_that_does_not_exist_is_refused(pbx: Pbx, logs: list[Any]) -> None:
    async with listening(account(pbx, username="nobody")) as heard:
        await heard.turn.until(lambda: heard.states)
        assert heard.states == ["refused"]


async def test_over_tls_all_is_the_same(pbx: Pbx, certificates: Certificates, logs: list[Any]) -> None:
    heard = Listened()
    async with listening(account(pbx, port=TLS_PORT, tls=True, ca_file=certificates.authority), heard):
        await heard.ready()
        assert heard.snapshots[0].members
        assert heard.order == ["Authentication accepted", "FullyBooted", "Pong", "QueueStatusComplete"]


async def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_login(pbx: Pbx, logs: list[Any]) -> None:
    async with listening(account(pbx, port=TLS_PORT, tls=True)) as heard:
        await heard.turn.until(lambda: heard.states)
        assert heard.states == ["unreachable"]
        assert heard.bytes == 0
    assert "certificate verify failed" in logs[0]["reason"]


async def from_before_the_boot(made: Callable[[], Pbx], **who: Any) -> Listened:
    """What a client hears on one connection that was there before the PBX, until the PBX's queues are in a snapshot.

    Asterisk 16 on a machine with twenty others at work ended such a session while it booted, one time in five: then once more.
    """
    for _ in range(4):
        pbx, heard = made(), Listened()
        async with listening(account(pbx, **who), heard):
            await heard.turn.until(lambda heard=heard: "unreachable" in heard.states)  # type: ignore[misc]
            async with started(pbx):
                await heard.turn.until(lambda heard=heard: heard.snapshots and heard.snapshots[-1].members)  # type: ignore[misc]
                assert heard.states[-1] == "ready"
                if heard.client.counters.connects == 1:
                    return heard
    raise AssertionError("no session outlives the boot")


@pytest.mark.parametrize("version", [22, 16])
async def test_a_client_that_was_there_before_the_pbx_asks_again_when_it_has_booted(
    version: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    """Asterisk lets people in before its modules are loaded: the first snapshot knows no queues."""
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)
    heard = await from_before_the_boot(
        lambda: Pbx(version, 21, more_manager_conf(certificates.server)), reconnect_max=0.02, ping_interval=60
    )
    assert [snapshot.queues is None for snapshot in heard.snapshots] == [True, False]
    assert heard.snapshots[0].boot == heard.snapshots[1].boot
    assert heard.order == ["Authentication accepted", "Pong", "FullyBooted", "Pong", "QueueStatusComplete"]
    told = [line["event"] for line in logs]
    assert told[: told.index("ami_ready")].count("ami_unreachable") <= 2  # once for each reason
    assert "ami_asked_again" in told


@pytest.mark.parametrize("version", [22, 16])
async def test_it_finds_the_queues_even_where_nobody_tells_it_of_the_boot(
    version: int, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)
    heard = await from_before_the_boot(
        lambda: Pbx(version, 22, more_manager_conf(certificates.server)),
        username="unaware",
        reconnect_max=0.02,
        ping_interval=0.1,
    )
    assert heard.snapshots[0].queues is None
    assert "FullyBooted" not in heard.order

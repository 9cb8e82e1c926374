"""The daemon's life: it starts without its PBX, finds it, loses it, and stops with everything stored."""

import asyncio
import os
import signal
import warnings
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.sections import Ami, Http, Storage
from daemon.ami_client import AmiClient
from daemon.app import App, PartLostError, run_until_signalled
from daemon.http_server import HttpListenError
from daemon.parts import account_of
from handlers.ami.events import Event
from handlers.facts import Call, CallStarted, Fact
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.errors import StorageError
from storage.reading import reading
from tests.daemon.app_service import Ledger, lines, ready, replay, running, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import until
from tests.handlers.playbook import Play
from tests.storage.threads import no_thread_left


async def rows(folder: Path) -> list[Call]:
    async with reading(folder / "calls.db") as connection:
        return await find_calls(connection, CallFilter())


async def stored(folder: Path) -> list[str]:
    return [call.id for call in await rows(folder)]


async def test_a_pbx_that_is_down_at_the_start_is_no_failure_and_is_found_when_it_comes(tmp_path: Path) -> None:
    port = closed_port()
    async with running(settings_for(tmp_path, port)) as (daemon, client):
        await until(lambda: daemon.client.state == "unreachable")
        async with client.get("/-/ready") as answer:
            assert (answer.status, await answer.text()) == (
                503,
                "not ready: the PBX is not connected (unreachable)\n",
            )
        async with client.get("/-/healthy") as answer:
            assert answer.status == 200
        async with client.get("/metrics") as answer:
            assert "\nringtally_ami_connected 0.0\n" in await answer.text()
        pbx = FakeAsterisk()
        await pbx.listen(port)
        await until(lambda: daemon.client.state == "ready")
        async with client.get("/-/ready") as answer:
            assert (answer.status, await answer.text()) == (200, "ready\n")
        async with client.get("/metrics") as answer:
            assert "\nringtally_ami_connected 1.0\n" in await answer.text()
        await pbx.go_down()
        await until(lambda: daemon.client.state == "unreachable")
        async with client.get("/-/ready") as answer:
            assert answer.status == 503
        async with client.get("/metrics") as answer:
            assert "\nringtally_ami_connected 0.0\n" in await answer.text()


async def test_a_refused_log_in_keeps_the_daemon_running_and_unready(tmp_path: Path) -> None:
    wrong = {"username": "ringtally", "secret": SecretStr("wrong")}
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port, ami=Ami(port=pbx.port, **wrong))
        async with running(settings) as (daemon, client):
            await until(lambda: daemon.client.state == "refused")
            async with client.get("/-/ready") as answer:
                assert "(refused)" in await answer.text()
            async with client.get("/api/v1/calls") as answer:
                assert answer.status == 200


async def test_every_sink_is_told_the_facts_in_one_order_and_the_calls_are_stored(tmp_path: Path) -> None:
    one, two = Ledger(), Ledger()
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port), [one, two]) as (daemon, _):
        for name in ("07-ivr-queue-second-agent", "15-pickup", "19-internal"):
            await replay(pbx, daemon, lines(name))
    assert one.facts == two.facts
    assert len(one.calls) == 4
    assert {call.id for call in one.calls} == set(await stored(tmp_path))


class Script(Play):
    """A play that is only written down."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def say(self, event: Event) -> None:
        self.events.append(event)


async def test_what_came_before_the_stop_is_handled_and_stored_before_the_end(tmp_path: Path) -> None:
    ledger, play = Ledger(), Script()
    ids = []
    for _ in range(2000):
        ids.append(play.incoming())
        play.hang_up(ids[-1])
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port), [ledger]) as (daemon, _):
        await until(lambda: daemon.pump.backlog == 0)
        for event in play.events:
            daemon.pump.feed([event])
        assert daemon.pump.backlog == len(play.events) > 2000, "more than one turn's work, and the stop comes next"
    assert [call.id for call in ledger.calls] == ids
    assert sorted(await stored(tmp_path)) == sorted(ids)


async def test_the_stop_waits_neither_for_a_pbx_that_says_nothing_nor_for_a_listener(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        pbx.answers["Login"] = lambda _session, _action: b""
        with no_thread_left():
            async with running(settings_for(tmp_path, pbx.port)) as (_, client):
                listening = await client.get("/api/v1/stream")
                await (await pbx.session()).asked_for("Login")
            listening.close()


async def test_a_port_in_use_is_told_and_nothing_is_left_open(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, running(settings_for(tmp_path, pbx.port)) as (daemon, _):
        taken = Http(listen=f"127.0.0.1:{daemon.port}")
        second = settings_for(tmp_path, pbx.port, http=taken, storage=Storage(path=tmp_path / "second.db"))
        with no_thread_left(), pytest.raises(HttpListenError, match=f"{daemon.port}: Address already in use; set http"):
            await App(second).run()
        assert len(pbx.sessions) <= 1, "who cannot serve does not log in"


async def test_a_database_that_cannot_be_had_is_told_before_anything_listens(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "nowhere", closed_port())
    with pytest.raises(StorageError, match="nowhere is not a directory"):
        await App(settings).run()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_in_order(number: signal.Signals, tmp_path: Path) -> None:
    class StopOnFirstCall(Ledger):
        def take(self, facts: object) -> None:
            super().take(facts)  # type: ignore[arg-type]  # the facts, whatever they are called here
            if any(isinstance(fact, CallStarted) for fact in self.facts):
                os.kill(os.getpid(), number)

    ledger = StopOnFirstCall()
    async with FakeAsterisk() as pbx:
        app = App(settings_for(tmp_path, pbx.port), [ledger])
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(run_until_signalled(app))
            await app.started
            session = await pbx.session()
            await session.asked_for("QueueStatus")
            session.send(new_channel("1795450260.1") + hangup("1795450260.1"))
    assert await stored(tmp_path) == ["1795450260.1"]
    assert signal.getsignal(number) in {signal.default_int_handler, signal.SIG_DFL}


@pytest.mark.parametrize(
    ("ami", "md5", "tls"),
    [
        ({"host": "127.0.0.1"}, False, False),
        ({"host": "::1"}, False, False),
        ({"host": "192.0.2.7"}, True, False),
        ({"host": "192.0.2.7", "tls": True}, False, True),
        ({"host": "127.0.0.1", "auth": "md5"}, True, False),
        ({"host": "192.0.2.7", "auth": "plain"}, False, False),
    ],
)
def test_a_secret_crosses_no_network_in_the_clear_unless_told_to(ami: dict[str, object], md5: bool, tls: bool) -> None:
    account = account_of(Ami(username="ringtally", secret=SecretStr("no-one-must-see-this"), **ami))
    assert (account.md5, account.tls is not None) == (md5, tls)
    assert account.secret == "no-one-must-see-this"
    assert "no-one-must-see-this" not in repr(account)


def kinds(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


async def test_a_call_that_lives_when_the_pbx_goes_is_told_as_unknown_once_it_is_back(tmp_path: Path) -> None:
    ledger = Ledger()
    async with FakeAsterisk() as pbx:
        port = pbx.port
        async with ready(settings_for(tmp_path, port), [ledger]) as (daemon, client):
            await replay(pbx, daemon, [new_channel("1795450260.1")])
            await pbx.go_down()
            await until(lambda: daemon.client.state == "unreachable")
            async with client.get("/api/v1/live") as answer:
                assert (await answer.json())["total"] == 1
            await pbx.listen(port)
            await until(lambda: daemon.client.state == "ready" and ledger.calls)
            async with client.get("/metrics") as answer:
                text = await answer.text()
    (call,) = ledger.calls
    assert (call.result, call.end_seen, call.incomplete) == ("unknown", False, True)
    assert 'ringtally_calls_incomplete_total{reason="end_unseen"} 1.0\n' in text
    assert "\nringtally_ami_connects_total 2.0\n" in text
    assert "GapEnded" in kinds(ledger.facts)


async def test_one_that_is_stopped_before_its_parts_began_ends_without_a_word_of_python(tmp_path: Path) -> None:
    app = App(settings_for(tmp_path, closed_port()))
    app.stop.set()
    with no_thread_left(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        await app.run()
    assert [str(each.message) for each in warned] == []


async def test_a_part_that_ends_by_a_cancellation_that_nobody_asked_for_ends_the_daemon_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(_client: AmiClient) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(AmiClient, "run", cancelled)
    with no_thread_left(), pytest.raises(ExceptionGroup) as failed:
        async with asyncio.timeout(60):
            await App(settings_for(tmp_path, closed_port())).run()
    assert failed.group_contains(PartLostError, match="the part ami ended")

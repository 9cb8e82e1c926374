"""The whole daemon takes new settings while calls live."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import structlog

from config.loader import ConfigError, LoadedSettings, Problem
from config.sections import Ami, Log, Queue, ServiceLevel, Settings, Source, Storage, Trunk, Wallboard
from config.working_hours import working_hours_of
from daemon.app import App, Running
from tests.daemon.app_service import Ledger, replay, settings_for
from tests.daemon.fake_asterisk import Action, FakeAsterisk, Session, hangup, listed, new_channel, run_of_headers
from tests.daemon.http_service import next_frame, until
from tests.daemon.service_manager import Told
from tests.documents.asking import asking


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@dataclass
class Reloadable:
    """A daemon whose next settings a test decides."""

    app: App
    daemon: Running
    client: aiohttp.ClientSession
    ledger: Ledger
    told: Told
    next: list[Settings | Exception] = field(default_factory=list)

    async def reload(self, settings: Settings | Exception) -> None:
        """The settings are read again; returns when that is over."""
        self.next.append(settings)
        self.app.reload.set()
        await self.told.heard("READY=1", self.told.messages.count("READY=1") + 1)

    async def metrics(self) -> str:
        async with self.client.get("/metrics") as answer:
            return await answer.text()

    async def trunks(self) -> list[str]:
        async with self.client.get("/api/v1/live") as answer:
            return [call["trunk"] for call in (await answer.json())["calls"]]


@asynccontextmanager
async def reloadable(settings: Settings) -> AsyncIterator[Reloadable]:
    """The daemon for the time of the block, connected."""
    following: list[Settings | Exception] = []

    def load() -> LoadedSettings:
        answer = following.pop()
        if isinstance(answer, Exception):
            raise answer
        return LoadedSettings(answer, ())

    ledger, told = Ledger(), Told()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        app = App(settings, [ledger], load=load, notifier=told)
        tasks.create_task(app.run())
        daemon = await app.started
        await until(lambda: daemon.client.state == "ready")
        async with asking(f"http://127.0.0.1:{daemon.port}") as client:
            yield Reloadable(app, daemon, client, ledger, told, following)
        app.stop.set()
    assert told.messages[0] == "READY=1"
    assert told.messages[-1] == "STOPPING=1"


async def test_new_trunks_sources_and_goals_hold_for_the_next_call_and_the_live_one_stays(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it:
            await replay(pbx, it.daemon, [new_channel("1795450254.1")])
            await it.reload(
                settings_for(
                    tmp_path,
                    pbx.port,
                    trunks=(Trunk(name="city", channels=("PJSIP/trunk-*",)),),
                    sources=(Source(name="google", dids=("7001",)),),
                    queues={"support": Queue(threshold=7), "sales": Queue()},
                    service_level=ServiceLevel(threshold=9),
                    working_hours=working_hours_of({"mon-sun": ["00:00-24:00"]}),
                )
            )
            await replay(pbx, it.daemon, [new_channel("1795450254.2")])
            assert await it.trunks() == ["town", "city"]
            await replay(pbx, it.daemon, [hangup("1795450254.1"), hangup("1795450254.2")])
            text = await it.metrics()
            assert len(pbx.sessions) == 1, "nobody hung up on the PBX"
    assert [(call.trunk, call.incomplete) for call in it.ledger.calls] == [("town", False), ("city", False)]
    for trunk in ("town", "city"):
        assert f'ringtally_calls_total{{direction="in",result="failed",trunk="{trunk}"}} 1.0' in text
    for queue, threshold in (("support", "7.0"), ("sales", "9.0"), ("other", "9.0")):
        assert f'ringtally_service_level_threshold_seconds{{queue="{queue}"}} {threshold}' in text
    assert 'ringtally_source_calls_total{result="missed",source="google"}' in text
    assert "\nringtally_site_open 1.0\n" in text


async def test_new_limits_of_the_wallboard_are_told_to_boards_that_are_open(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it, it.client.get("/api/v1/stream") as stream:
            assert await told_of_the_site(stream) == [None, 0.8]
            await it.reload(
                settings.model_copy(
                    update={"wallboard": Wallboard(waiting_alarm=6), "service_level": ServiceLevel(goal=0.9)}
                )
            )
            assert await told_of_the_site(stream) == [6, 0.9]


async def told_of_the_site(stream: aiohttp.ClientResponse) -> list[float | None]:
    """How many alarm, and the goal, of the next `bridge/info`."""
    while True:
        topic, data = await next_frame(stream.content)
        if topic == "bridge/info":
            said = json.loads(data)
            return [said["alarms"]["waiting_alarm"], said["goal"]]


async def test_wrong_settings_leave_everything_as_it_was(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it:
            await replay(pbx, it.daemon, [new_channel("1795450254.1")])
            await it.reload(ConfigError([Problem("ringtally.toml", "ami.port", "is no port", "1 to 65535")]))
            (tmp_path / "ca.pem").write_text("no certificate")
            await it.reload(settings_for(tmp_path, pbx.port, trunks=(), ami=Ami(tls=True, ca_file=tmp_path / "ca.pem")))
            await replay(pbx, it.daemon, [new_channel("1795450254.2")])
            assert await it.trunks() == ["town", "town"]
            assert len(pbx.sessions) == 1


async def test_another_pbx_account_reconnects_and_the_live_call_lives_on(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it:
            await replay(pbx, it.daemon, [new_channel("1795450254.1")])
            pbx.answers["CoreShowChannels"] = _one_channel
            ami = settings.ami.model_copy(update={"ping_interval": 7.0})
            await it.reload(settings.model_copy(update={"ami": ami}))
            await until(lambda: len(pbx.sessions) == 2 and it.daemon.client.state == "ready")
            assert await it.trunks() == ["town"]
            await replay(pbx, it.daemon, [hangup("1795450254.1")])
    (call,) = it.ledger.calls
    assert (call.id, call.end_seen) == ("1795450254.1", True)


def _one_channel(_session: Session, action: Action) -> bytes:
    shown = f"CoreShowChannel\r\nActionID: {{id}}\r\n{run_of_headers('1795450254.1')}".rstrip()
    return listed(action, "CoreShowChannelsComplete", [shown])


async def test_a_log_level_holds_at_once_for_everybody_who_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it:
            await it.reload(settings.model_copy(update={"log": Log(level="error", format="json")}))
            await until(lambda: pbx.sessions != [])
            capsys.readouterr()
            pbx.sessions[0].hang_up()
            await until(lambda: len(pbx.sessions) == 2 and it.daemon.client.state == "ready")
            assert capsys.readouterr().err == "", "a lost connection is a warning"


async def test_what_takes_a_restart_stays_in_force(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with reloadable(settings) as it:
            await it.reload(settings.model_copy(update={"storage": Storage(path=tmp_path / "other.db")}))
            await replay(pbx, it.daemon, [new_channel("1795450254.1") + hangup("1795450254.1")])
            assert it.ledger.calls
    assert not (tmp_path / "other.db").exists()

"""The board in the daemon: the same topics on the stream, figures that outlive a restart, no outbox where no broker is set."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from config.sections import Mqtt
from daemon import clock
from tests.daemon.app_service import ready, replay, running, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, listed, new_channel
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import next_frame, until

STATES = {
    *("bridge/info", "bridge/health", "calls/active", "stats/today", "missed/count", "missed/open"),
    *("queue/support/state", "trunk/town/state", "trunk/other/state"),
}


async def states(client: aiohttp.ClientSession, calls: int = 0) -> dict[str, Any]:
    """What somebody is told who comes now, once the day has so many calls."""
    found: dict[str, Any] = {}
    async with asyncio.timeout(60), client.get("/api/v1/stream") as stream:
        while (
            not found.keys() >= STATES
            or found["stats/today"]["calls"] < calls
            or found["trunk/town/state"]["today"]["in"] < calls
        ):
            topic, data = await next_frame(stream.content)
            found[topic] = orjson.loads(data)
    return found


def kept(folder: Path) -> int:
    connection = sqlite3.connect(folder / "calls.db")
    try:
        return int(connection.execute("SELECT count(*) FROM outbox").fetchone()[0])
    finally:
        connection.close()


def calls(*numbers: int) -> list[bytes]:
    now = int(clock.now())
    return [part for n in numbers for part in (new_channel(f"{now}.{n}"), hangup(f"{now}.{n}"))]


async def test_the_days_figures_go_on_after_a_restart(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with ready(settings) as (daemon, client):
            await replay(pbx, daemon, calls(1, 2, 3))
            before = await states(client, 3)
        assert (before["stats/today"]["calls"], before["trunk/town/state"]["today"]["in"]) == (3, 3)
        async with ready(settings) as (daemon, client):
            again = await states(client)
            for topic in ("stats/today", "trunk/town/state"):
                assert again[topic] | {"ts": ""} == before[topic] | {"ts": ""}
            await replay(pbx, daemon, calls(4))
            assert (await states(client, 4))["stats/today"]["calls"] == 4


async def test_a_call_that_lives_through_a_restart_is_one_call_of_the_day(tmp_path: Path) -> None:
    id_ = f"{int(clock.now())}.1"
    shown = (
        f"CoreShowChannel\r\nActionID: {{id}}\r\nChannel: PJSIP/trunk-{id_}\r\nChannelState: 4\r\n"
        f"CallerIDNum: 79001112233\r\nContext: from-trunk\r\nExten: 7001\r\nUniqueid: {id_}\r\nLinkedid: {id_}\r\n"
        "Duration: 00:00:01"
    )
    async with FakeAsterisk() as pbx:
        settings = settings_for(tmp_path, pbx.port)
        async with ready(settings) as (daemon, _):
            await replay(pbx, daemon, [new_channel(id_)])
        pbx.answers["CoreShowChannels"] = lambda _, action: listed(action, "CoreShowChannelsComplete", [shown])
        async with ready(settings) as (daemon, client):
            assert (await states(client))["stats/today"]["results"] == {}
            await replay(pbx, daemon, [hangup(id_)])
            async with asyncio.timeout(60):
                while "failed" not in (today := (await states(client, 1))["stats/today"])["results"]:
                    await asyncio.sleep(0.1)  # a topic is told anew once a second
            assert (today["calls"], today["results"]) == (1, {"failed": 1})


async def test_health_tells_of_the_pbx_and_of_no_broker(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path, closed_port())) as (daemon, client):
        await until(lambda: daemon.client.state == "unreachable")
        health = (await states(client))["bridge/health"]
        assert (health["ami"], health["mqtt"], health["store"], health["outbox"]) == ("unreachable", "off", "ok", 0)
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (_, client):
        health = (await states(client))["bridge/health"]
        assert health["ami"] == "ready"
        assert health["since"].endswith("Z")


async def test_without_a_broker_in_the_settings_nothing_is_kept_for_one(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
            await replay(pbx, daemon, calls(1, 2))
            async with client.get("/metrics") as answer:
                assert "ringtally_mqtt" not in await answer.text()
        assert kept(tmp_path) == 0
        settings = settings_for(tmp_path, pbx.port, mqtt=Mqtt(port=closed_port(), reconnect_max=0.05))
        async with ready(settings) as (daemon, client):
            await replay(pbx, daemon, calls(3, 4))
            await daemon.writer.flush()
            async with client.get("/metrics") as answer:
                text = await answer.text()
            assert "\nringtally_mqtt_connected 0.0\n" in text
            assert "\nringtally_mqtt_outbox_messages 2.0\n" in text
            await until(lambda: daemon.mqtt is not None and daemon.mqtt.state == "unreachable")
        assert kept(tmp_path) == 2

"""`ringtally forget` while the daemon runs: out of its memory, its database's files and what the broker keeps; killed, it goes on."""

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import orjson

from daemon import clock
from storage.forgetting import ask_to_forget
from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk, hangup, new_channel
from tests.daemon.ringtally_process import ran, running_daemon
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import listening
from tests.mqtt.service import mqtt, publishing
from tests.mqtt.test_outages import back_again

NUMBER = "+79001112233"
WINDOWS = [NUMBER[1:][i : i + 6] for i in range(6)]
FULL = 'numbers = "full"\n'


def held_in(path: Path) -> list[str]:
    """Which six digits in a row of him, as they are written or turned round, the database's files have."""
    held = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    return [each for window in WINDOWS for each in (window, window[::-1]) if each.encode() in held]


async def forget(folder: Path, *words: str) -> str:
    """Told to forget him; what the command said."""
    done = await ran("--config", folder / "ringtally.toml", "forget", "8 900 111-22-33", "--yes", *words)
    assert done.status == 0, done.stderr
    assert not done.stdout
    return done.stderr


async def test_a_missed_caller_is_forgotten_by_the_daemon_and_by_the_broker(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, FULL)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
        await listener.until(lambda: any(each.payload == b"1" for each in listener.of("missed/count")))
        await listener.until(lambda: NUMBER.encode() in listener.of("missed/open")[-1].payload)
        await listener.until(lambda: bool(listener.of("event/missed")))
        assert held_in(tmp_path / "calls.db")
        said = await forget(tmp_path)
        assert said.startswith("1 call, 1 case")
        assert held_in(tmp_path / "calls.db") == []
        await listener.until(lambda: listener.of("missed/count")[-1].payload == b"0")
        await listener.until(lambda: listener.of("event/missed")[-1].json["type"] == "dismissed")
        event = listener.of("event/missed")[-1].json
        assert event["case"]["number"].startswith("forgotten-")
        assert "1 call" not in await forget(tmp_path)  # there is nothing any more
        async with listening(broker.port) as late:  # who comes now is told what the broker has retained
            await late.until(
                lambda: {"bridge/state", "calls/active", "missed/open"} <= {each.topic for each in late.heard}
            )
            kept = b"".join(each.payload for each in late.heard if each.retained)
            assert kept
            assert [window for window in WINDOWS if window.encode() in kept] == []
        assert await daemon.stop() == 0
    assert held_in(tmp_path / "calls.db") == []
    said = "".join(daemon.lines)
    assert [window for window in WINDOWS if window in said] == []
    assert daemon.events("number_forgotten")


async def test_what_waits_for_a_broker_that_is_away_is_told_without_him(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port, FULL)) as daemon,
    ):
        await broker.kill()
        await daemon.until("/metrics", "ringtally_mqtt_connected 0.0")
        pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 2.0")
        said = await forget(tmp_path)
        assert "2 messages for the broker" in said or "3 messages for the broker" in said
        assert held_in(tmp_path / "calls.db") == []
        async with back_again(broker, daemon) as listener:
            await listener.until(lambda: len(listener.of("event/missed")) >= 2)
            told = orjson.dumps([each.json for each in listener.heard if each.payload.startswith(b"{")])
            assert b"forgotten-" in told
            assert [window for window in WINDOWS if window.encode() in told] == []
        assert await daemon.stop() == 0


async def test_a_call_that_lives_ends_before_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        pbx.sessions[-1].send(new_channel("1795450260.1"))
        await daemon.until("/metrics", 'ringtally_calls_active{direction="in",state="ivr"} 1.0')
        forgetting = asyncio.ensure_future(forget(tmp_path))
        await daemon.told("forgetting_waits")
        assert not forgetting.done()
        pbx.sessions[-1].send(hangup("1795450260.1"))
        assert (await forgetting).startswith("1 call\n")
        assert held_in(path) == []
        assert await daemon.stop() == 0
    with closing(sqlite3.connect(path)) as connection:
        ((caller, result),) = connection.execute("SELECT caller, result FROM call").fetchall()
    assert caller.startswith("forgotten-")
    assert result == "failed"


async def test_a_daemon_that_is_killed_in_the_middle_forgets_at_its_next_start(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker:
        section = mqtt(broker.port)
        async with publishing(tmp_path, pbx, section) as daemon:
            calls = [f"1795450260.{number}" for number in range(400)]
            pbx.sessions[-1].send(b"".join(new_channel(each) + hangup(each) for each in calls))
            await daemon.until("/metrics", 'ringtally_calls_total{direction="in",result="failed",trunk="town"} 400.0')
            await asyncio.to_thread(until_all_are_stored, path, len(calls))
            forgets_not(path, calls[-1])
            ask_to_forget(path, NUMBER, "root", clock.now())
            await asyncio.to_thread(until_some_are_forgotten, path)
            daemon.send(signal.SIGKILL)
            await daemon.ended()
        forgets_again(path)
        assert 0 < forgotten_calls(path) < 400
        assert held_in(path)
        async with running_daemon(tmp_path / "ringtally.toml") as daemon:
            await daemon.told("number_forgotten")
            assert held_in(path) == []
            assert await daemon.stop() == 0
    assert forgotten_calls(path) == 400
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(DISTINCT caller) FROM call").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_while_no_daemon_runs_the_command_does_it_all(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker:
        async with publishing(tmp_path, pbx, mqtt(broker.port)) as daemon:
            pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
            await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="open"} 1.0')
            assert await daemon.stop() == 0
        assert held_in(tmp_path / "calls.db")
        said = await forget(tmp_path)
        assert said.startswith("1 call, 1 case")
        assert held_in(tmp_path / "calls.db") == []


def forgotten_calls(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM call WHERE caller LIKE 'forgotten-%'").fetchone()[0])


def forgets_not(path: Path, call: str) -> None:
    """Who is killed late had not done it all either."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            f"CREATE TRIGGER not_yet BEFORE UPDATE ON call WHEN old.id = '{call}' BEGIN SELECT RAISE(ABORT, 'not yet'); END"
        )


def forgets_again(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER not_yet")


def until_all_are_stored(path: Path, wanted: int) -> None:
    ends_at = clock.monotonic() + 60
    with closing(sqlite3.connect(path)) as connection:
        while connection.execute("SELECT count(*) FROM call").fetchone() != (wanted,):
            assert clock.monotonic() < ends_at
            time.sleep(0.01)  # a file that is written tells nobody


def until_some_are_forgotten(path: Path) -> None:
    ends_at = clock.monotonic() + 60
    while not forgotten_calls(path):
        assert clock.monotonic() < ends_at

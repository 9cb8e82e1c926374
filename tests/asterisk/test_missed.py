"""Missed callers beside a real Asterisk: windows run out in real time, the daemon is killed in between, and all outputs agree.

One is called back, in vain and then with success; one calls again himself; one is never called.
"""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from tests.asterisk.lab.sip_phone import answer, reject
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.daemon.ringtally_process import Daemon, ran, running_daemon, write_settings
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening

CALLED_BACK, CALLS_AGAIN, FORGOTTEN = "79001112233", "79002223344", "79003334455"
WINDOW_S = 20
SETTINGS = """
[[trunks]]
name = "town"
channels = ["PJSIP/trunk-*"]
[follow_up]
window = "%ds"
min_talk_out = "1s"
[mqtt]
port = %d
numbers = "full"
"""


async def gives_up(pbx: Pbx, number: str) -> None:
    """Somebody calls, hears it ring for a second, and gives up."""
    call = pbx.incoming("7001", cid=number)
    await asyncio.sleep(1)
    await call.cancel()


async def talks(pbx: Pbx, extension: str, number: str) -> float:
    """An extension calls the town and talks for two seconds; gives the moment of the answer as the phone saw it."""
    pbx.trunk.behave = answer(0.5)
    back = pbx.p[extension].call(number)
    await pbx.up(back)
    answered_at = clock.now()
    await asyncio.sleep(2)
    await back.bye()
    return answered_at


async def missed_events(listener: Listener, count: int) -> list[dict[str, Any]]:
    """So many events of cases, each once, in order."""

    def found() -> list[dict[str, Any]]:
        by_id = {each.json["event_id"]: each.json for each in listener.of("event/missed")}
        return list(by_id.values())

    await listener.until(lambda: len(found()) >= count)
    return found()


@pytest.mark.parametrize(("version", "number"), [(22, 70), (16, 71)])
async def test_missed_callers_are_told_right_over_two_deaths_of_the_daemon(
    version: int, number: int, tmp_path: Path
) -> None:
    async with (
        running_pbx(version, number) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
    ):
        settings = write_settings(tmp_path, pbx.ip, 5038, SECRET, SETTINGS % (WINDOW_S, broker.port))
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            for each in (CALLED_BACK, CALLS_AGAIN, FORGOTTEN, FORGOTTEN):
                await gives_up(pbx, each)
            await missed_events(listener, 4)
            await daemon.until("/metrics", 'ringtally_missed_cases_total{trunk="town"} 3.0')
            assert 'ringtally_missed_calls_total{result="short_abandoned",trunk="town"} 4.0' in await text(daemon)
        # Killed: the block's end gives no farewell.
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            pbx.trunk.behave = reject(486, 0.2)
            await pbx.over(pbx.p["102"].call(f"9{CALLED_BACK}"))
            answered_at = await talks(pbx, "102", f"9{CALLED_BACK}")
            pbx.p["101"].behave = answer(0.5)
            again = pbx.incoming("7001", cid=CALLS_AGAIN)
            await pbx.up(again)
            await asyncio.sleep(1)
            await again.bye()
            await missed_events(listener, 7)
            await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="open"} 1.0')
            async with asyncio.timeout(WINDOW_S + 10):
                while 'ringtally_truly_missed_cases_total{trunk="town"} 1.0' not in await text(daemon):
                    await asyncio.sleep(0.1)
            await daemon_counted(daemon)
            await missed_events(listener, 8)
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="truly_missed"} 1.0')
            await listener.until(lambda: listener.of("missed/count")[-1].payload == b"1")
            assert 'ringtally_truly_missed_cases_total{trunk="town"} 0.0' in await text(daemon)
            events = await missed_events(listener, 8)
            assert await daemon.stop() == 0
    cases = [
        json.loads(line)
        for line in (await ran("--config", settings, "missed", "--format", "jsonl")).stdout.splitlines()
    ]
    calls = [
        json.loads(line) for line in (await ran("--config", settings, "calls", "--format", "jsonl")).stdout.splitlines()
    ]
    assert_the_list_is_right(cases, calls, answered_at)
    assert_the_events_are_right(events, cases)
    (waiting,) = listener.of("missed/open")[-1].json["cases"]
    assert waiting == cases[2]
    truly = (await ran("--config", settings, "missed", "--truly", "--format", "jsonl")).stdout.splitlines()
    assert [json.loads(line)["id"] for line in truly] == [cases[2]["id"]]


async def text(daemon: Daemon) -> str:
    return (await daemon.get("/metrics"))[1]


async def daemon_counted(daemon: Daemon) -> None:
    told = await text(daemon)
    for line in (
        'ringtally_missed_cases_recovered_total{contact="outgoing",late="no"} 1.0',
        'ringtally_missed_cases_recovered_total{contact="incoming",late="no"} 1.0',
        'ringtally_callback_attempts_total{result="busy"} 1.0',
        'ringtally_missed_contact_seconds_count{contact="outgoing"} 1.0',
        'ringtally_missed_cases_waiting{state="truly_missed"} 1.0',
    ):
        assert line in told, line


def assert_the_list_is_right(cases: list[dict[str, Any]], calls: list[dict[str, Any]], answered_at: float) -> None:
    assert [(case["number"], case["state"], case["contact"], case["calls"], case["attempts"]) for case in cases] == [
        (f"+{CALLED_BACK}", "recovered", "outgoing", 1, 1),
        (f"+{CALLS_AGAIN}", "recovered", "incoming", 1, 0),
        (f"+{FORGOTTEN}", "truly_missed", None, 2, 0),
    ]
    by_id = {call["id"]: call for call in calls}
    for case in cases:
        assert [by_id[each]["case_id"] for each in case["call_ids"]] == [case["id"]] * case["calls"]
        assert {by_id[each]["contacted_at"] for each in case["call_ids"]} == {case["contact_at"]}
        assert moment(case["due_at"]) - moment(case["opened_at"]) == pytest.approx(WINDOW_S, abs=0.002)
        assert case["opened_at"] == by_id[case["id"]]["ended_at"]
    back = by_id[cases[0]["contact_call"]]
    assert (back["direction"], back["answered_at"]) == ("out", cases[0]["contact_at"])
    assert moment(cases[0]["contact_at"]) == pytest.approx(answered_at, abs=0.5)
    assert by_id[cases[1]["contact_call"]]["direction"] == "in"
    assert sum(call["missed"] for call in calls) == 4


def assert_the_events_are_right(events: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    told = {case["id"]: [event["type"] for event in events if event["case"]["id"] == case["id"]] for case in cases}
    assert list(told.values()) == [
        ["missed", "attempt", "recovered"],
        ["missed", "recovered"],
        ["missed", "missed", "truly_missed"],
    ]
    (deadline,) = [event for event in events if event["type"] == "truly_missed"]
    assert deadline["at"] == cases[2]["due_at"]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

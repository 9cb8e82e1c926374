"""Missed callers beside a real Asterisk: windows run out in real time, the daemon is killed in between, and all outputs agree.

One is called back, in vain and then with success; one calls again himself; one is never called, and his time runs out; the time of
another runs out while the daemon is dead.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.daemon.ringtally_process import Daemon, ran_here, running_daemon, write_settings
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import Listener, listening

CALLED_BACK, CALLS_AGAIN, FORGOTTEN, UNHEARD = "79001112233", "79002223344", "79003334455", "79004445566"
WINDOW_S = 20
OF_ITS_CASE = ("attempts", "due_at", "contact", "contact_at", "contact_by", "contact_call", "contact_s", "reaction_s")
TODAY = {
    "missed": 5,
    "missed_cases": 4,
    "truly_missed_cases": 2,
    "recovered_cases": 2,
    "recovered_late_cases": 0,
    "callback_attempts": 1,
}
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


@dataclass(slots=True)
class Seen:
    """What the phones saw: the moments at which callers gave up, and at which somebody answered, by the outside number."""

    given_up: dict[str, list[float]] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    answer_s: float = 0.0
    """How long who called again waited for the answer."""


async def gives_up(pbx: Pbx, number: str, seen: Seen) -> None:
    """Somebody calls, hears it ring for a second, and gives up."""
    call = pbx.incoming("7001", cid=number)
    await asyncio.sleep(1)
    await call.cancel()
    seen.given_up.setdefault(number, []).append(clock.now())


async def talks(pbx: Pbx, extension: str, number: str, seen: Seen) -> None:
    """An extension calls the town and talks for two seconds."""
    pbx.trunk.behave = answer(0.5)
    back = pbx.p[extension].call(f"9{number}")
    await pbx.up(back)
    seen.answered[number] = clock.now()
    await asyncio.sleep(2)
    await back.bye()


async def is_answered(pbx: Pbx, number: str, seen: Seen) -> None:
    """Somebody calls again, and 101 answers."""
    pbx.p["101"].behave = answer(0.5)
    began_at = clock.now()
    again = pbx.incoming("7001", cid=number)
    await pbx.up(again)
    seen.answered[number] = clock.now()
    seen.answer_s = seen.answered[number] - began_at
    await asyncio.sleep(1)
    await again.bye()


async def missed_events(listener: Listener, count: int) -> list[dict[str, Any]]:
    """So many events of cases, each once, in order."""

    def found() -> list[dict[str, Any]]:
        by_id = {each.json["event_id"]: each.json for each in listener.of("event/missed")}
        return list(by_id.values())

    await listener.until(lambda: len(found()) >= count)
    return found()


async def test_missed_callers_are_told_right_over_three_deaths_of_the_daemon(tmp_path: Path) -> None:
    """On both Asterisks at once: most of the time is that of a window which runs out."""
    async with asyncio.TaskGroup() as tasks:
        for version in (22, 16):
            (tmp_path / str(version)).mkdir()
            tasks.create_task(are_told_right(version, tmp_path / str(version)))


async def are_told_right(version: int, folder: Path) -> None:
    seen = Seen()
    async with (
        running_pbx(version, 70) as pbx,
        mosquitto(folder) as broker,
        listening(broker.port) as listener,
    ):
        settings = write_settings(folder, pbx.ip, 5038, SECRET, SETTINGS % (WINDOW_S, broker.port))
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            for each in (CALLED_BACK, CALLS_AGAIN, FORGOTTEN, FORGOTTEN):
                await gives_up(pbx, each, seen)
            await missed_events(listener, 4)
            await daemon.until("/metrics", 'ringtally_missed_cases_total{trunk="town"} 3.0')
            assert 'ringtally_missed_calls_total{result="short_abandoned",trunk="town"} 4.0' in await text(daemon)
        # Killed: the block's end gives no farewell.
        async with running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            pbx.trunk.behave = reject(486, 0.2)
            await pbx.over(pbx.p["102"].call(f"9{CALLED_BACK}"))
            await talks(pbx, "102", CALLED_BACK, seen)
            await is_answered(pbx, CALLS_AGAIN, seen)
            await missed_events(listener, 7)
            await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="open"} 1.0')
            pbx.p["101"].behave = no_answer()
            await gives_up(pbx, UNHEARD, seen)
            async with asyncio.timeout(WINDOW_S + 10):
                while 'ringtally_truly_missed_cases_total{trunk="town"} 1.0' not in await text(daemon):
                    await asyncio.sleep(0.1)
            await daemon_counted(daemon)
            await missed_events(listener, 9)
        await asyncio.sleep(seen.given_up[UNHEARD][0] + WINDOW_S + 1 - clock.now())
        for counted in (1, 0):
            listener.heard = [each for each in listener.heard if each.topic == "event/missed"]
            async with running_daemon(settings) as daemon:
                await daemon.told("ami_ready")
                await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="truly_missed"} 2.0')
                await listener.until(lambda: truly_missed_on_the_list(listener) == 2)
                await listener.hears("missed/count", b"2")
                assert f'ringtally_truly_missed_cases_total{{trunk="town"}} {counted}.0' in await text(daemon)
                events = await missed_events(listener, 10)
                await listener.until(lambda: today(listener) == TODAY)
    listed = ("--config", settings, "missed", "--format", "jsonl")
    cases = [json.loads(line) for line in (await ran_here(*listed)).stdout.splitlines()]
    calls = [
        json.loads(line)
        for line in (await ran_here("--config", settings, "calls", "--format", "jsonl")).stdout.splitlines()
    ]
    assert_the_list_is_right(cases, calls)
    assert_the_phones_saw_the_same(cases, calls, seen)
    assert_the_events_are_right(events, cases)
    assert listener.of("missed/open")[-1].json["cases"] == cases[2:]
    await assert_the_reports_agree(settings, cases, calls, seen)
    for option in ("--truly", "--open"):
        told = (await ran_here(*listed, option)).stdout.splitlines()
        assert [json.loads(line)["id"] for line in told] == [case["id"] for case in cases[2:]]


def truly_missed_on_the_list(listener: Listener) -> int:
    """As of the last word on it."""
    told = listener.of("missed/open")[-1:]
    return sum(case["state"] == "truly_missed" for each in told for case in each.json["cases"])


def today(listener: Listener) -> dict[str, Any]:
    """The day's figures of missed callers, as of the last word on them."""
    told = listener.of("stats/today")[-1:]
    return {name: each.json[name] for each in told for name in TODAY}


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


def assert_the_list_is_right(cases: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
    assert [(case["number"], case["state"], case["contact"], case["calls"], case["attempts"]) for case in cases] == [
        (f"+{CALLED_BACK}", "recovered", "outgoing", 1, 1),
        (f"+{CALLS_AGAIN}", "recovered", "incoming", 1, 0),
        (f"+{FORGOTTEN}", "truly_missed", None, 2, 0),
        (f"+{UNHEARD}", "truly_missed", None, 1, 0),
    ]
    by_id = {call["id"]: call for call in calls}
    for case in cases:
        assert [by_id[each]["case_id"] for each in case["call_ids"]] == [case["id"]] * case["calls"]
        assert {by_id[each]["contacted_at"] for each in case["call_ids"]} == {case["contact_at"]}
        assert moment(case["due_at"]) - moment(case["opened_at"]) == pytest.approx(WINDOW_S, abs=0.002)
        assert case["opened_at"] == by_id[case["id"]]["ended_at"]
    for case, direction in zip(cases, ("out", "in"), strict=False):
        contact = by_id[case["contact_call"]]
        assert (contact["direction"], contact["answered_at"]) == (direction, case["contact_at"])
    assert sum(call["missed"] for call in calls) == 5


def assert_the_phones_saw_the_same(cases: list[dict[str, Any]], calls: list[dict[str, Any]], seen: Seen) -> None:
    by_id = {call["id"]: call for call in calls}
    for case in cases:
        number = case["number"].removeprefix("+")
        ends = [moment(by_id[each]["ended_at"]) for each in case["call_ids"]]
        assert ends == pytest.approx(seen.given_up[number], abs=0.5)
        if number in seen.answered:
            assert moment(case["contact_at"]) == pytest.approx(seen.answered[number], abs=0.5)
            assert case["contact_s"] == pytest.approx(seen.answered[number] - seen.given_up[number][0], abs=0.5)


async def assert_the_reports_agree(
    settings: Path, cases: list[dict[str, Any]], calls: list[dict[str, Any]], seen: Seen
) -> None:
    """Reports and lists are of one mind, at the deadline too: nothing came after it."""
    by_id = {call["id"]: call for call in calls}
    told = [each for case in cases for each in case["call_ids"]]
    outcomes = ["by_us", "by_client", "truly_missed", "truly_missed", "truly_missed"]
    for option in ((), ("--at-deadline",)):
        report = json.loads(
            (await ran_here("--config", settings, "report", "missed", "--format", "json", *option)).stdout
        )
        rows = {row["id"]: row for row in report["calls"]}
        assert [rows[each]["outcome"] for each in told] == outcomes
        for case in cases:
            for row in (rows[each] for each in case["call_ids"]):
                assert row["case_id"] == case["id"]
                assert {name: row[name] for name in OF_ITS_CASE} == {name: case[name] for name in OF_ITS_CASE}
        counted = {name: count for name, count in report["total"]["calls_by_outcome"].items() if count}
        assert counted == {"by_us": 1, "by_client": 1, "truly_missed": 3}
    waits = json.loads((await ran_here("--config", settings, "report", "wait", "--format", "json")).stdout)
    (row,) = waits["rows"]
    assert (row["key"], row["answered"], row["missed"]) == ("town", 1, 5)
    answered = by_id[cases[1]["contact_call"]]
    assert (row["answered_wait"]["max_s"], row["talk_s"]) == (answered["wait_s"], answered["talk_s"])
    assert row["answered_wait"]["max_s"] == pytest.approx(seen.answer_s, abs=0.3)
    assert row["missed_wait"]["count"] == 5


def assert_the_events_are_right(events: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    told = {case["id"]: [event["type"] for event in events if event["case"]["id"] == case["id"]] for case in cases}
    assert list(told.values()) == [
        ["missed", "attempt", "recovered"],
        ["missed", "recovered"],
        ["missed", "missed", "truly_missed"],
        ["missed", "truly_missed"],
    ]
    deadlines = [event["at"] for event in events if event["type"] == "truly_missed"]
    assert deadlines == [case["due_at"] for case in cases[2:]]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

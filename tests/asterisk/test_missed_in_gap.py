"""The line to a real Asterisk is cut over the deadline of missed callers: who was reached meanwhile, and when, is told afterwards.

Two are being called back when the line is cut. One answers before his time runs out, the other after it, both unseen; nobody calls
the third. The daemon goes on without the line, or is killed meanwhile and started again.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.scenarios.words import rings
from tests.asterisk.test_missed import Seen, gives_up, moment
from tests.daemon.ringtally_process import Daemon, ran_here, running_daemon, write_settings
from tests.torture.proxy import Line, line_to

IN_TIME, TOO_LATE, NEVER = "79001112233", "79002223344", "79003334455"
WINDOW_S = 15
SETTINGS = f"""
[[trunks]]
name = "town"
channels = ["PJSIP/trunk-*"]
[follow_up]
window = "{WINDOW_S}s"
min_talk_out = "1s"
"""
CONNECTED = "ringtally_ami_connected 1.0"
NOT_CONNECTED = "ringtally_ami_connected 0.0"
OPEN = 'ringtally_missed_cases_waiting{state="open"} %d.0'
TRULY_MISSED = 'ringtally_missed_cases_waiting{state="truly_missed"} %d.0'
COUNTED = 'ringtally_truly_missed_cases_total{trunk="town"}'


async def rings_out(pbx: Pbx, extension: str, number: str) -> tuple[CallerLeg, CalledLeg]:
    """An extension calls back, and it rings there until somebody answers."""
    back = pbx.p[extension].call(f"9{number}")
    async with asyncio.timeout(60):
        leg = await pbx.trunk.incoming.get()
    await rings(leg)
    return back, leg


async def until_moment(at: float) -> None:
    await asyncio.sleep(max(0.0, at - clock.now()))


@asynccontextmanager
async def through_the_deadline(settings: Path, line: Line, is_killed: bool, first: Daemon) -> AsyncIterator[Daemon]:
    """The daemon that hears the PBX again: the one that lost the line, or one that is started while it is cut."""
    async with AsyncExitStack() as stack:
        daemon = first
        if is_killed:
            await first.stop(signal.SIGKILL)
            daemon = await stack.enter_async_context(running_daemon(settings))
            await daemon.until("/metrics", OPEN % 3)
        await line.restore()
        await daemon.until("/metrics", CONNECTED)
        yield daemon


async def test_who_is_reached_while_the_line_is_cut_over_his_deadline_is_told_as_it_was(tmp_path: Path) -> None:
    """On 22 the daemon goes on, on 16 it is killed; both at once, for they wait most of the time."""
    async with asyncio.TaskGroup() as tasks:
        for version, is_killed in ((22, False), (16, True)):
            (tmp_path / str(version)).mkdir()
            tasks.create_task(is_told_as_it_was(version, is_killed, tmp_path / str(version)))


async def is_told_as_it_was(version: int, is_killed: bool, folder: Path) -> None:
    seen = Seen()
    async with running_pbx(version, 72) as pbx, line_to(pbx.ip, 5038) as line:
        settings = write_settings(folder, "127.0.0.1", line.port, SECRET, SETTINGS)
        async with running_daemon(settings) as first:
            await first.told("ami_ready")
            for each in (IN_TIME, TOO_LATE, NEVER):
                await gives_up(pbx, each, seen)
            back, his = await rings_out(pbx, "102", IN_TIME)
            late_back, his_late = await rings_out(pbx, "103", TOO_LATE)
            await first.until("/metrics", OPEN % 3)
            await first.until("/metrics", 'ringtally_calls_active{direction="out",state="ringing"} 2.0')
            await line.refuse()
            await first.until("/metrics", NOT_CONNECTED)
            await answers(pbx, his, back, IN_TIME, seen)
            assert seen.answered[IN_TIME] < seen.given_up[IN_TIME][0] + WINDOW_S
            await until_moment(seen.given_up[NEVER][0] + WINDOW_S + 1)
            assert OPEN % 3 in await metrics(first)
            assert f"{COUNTED} 1" not in await metrics(first)
            await answers(pbx, his_late, late_back, TOO_LATE, seen)
            async with through_the_deadline(settings, line, is_killed, first) as daemon:
                await daemon.until("/metrics", TRULY_MISSED % 2)
                await daemon.until("/metrics", OPEN % 1)
                await until_moment(seen.answered[TOO_LATE] + 2)
                await back.bye()
                await late_back.bye()
                await daemon.until("/metrics", OPEN % 0)
                await daemon.until("/metrics", TRULY_MISSED % 1)
                told = await metrics(daemon)
                assert f"{COUNTED} 2.0" in told
                for late in ("no", "yes"):
                    assert f'ringtally_missed_cases_recovered_total{{contact="outgoing",late="{late}"}} 1.0' in told
                assert await daemon.stop() == 0  # killed, it would owe what it told in its last quarter of a second
    cases = {each["number"]: each for each in await lines_of(settings, "missed")}
    assert {number: (case["state"], case["attempts"]) for number, case in cases.items()} == {
        f"+{IN_TIME}": ("recovered", 0),
        f"+{TOO_LATE}": ("recovered_late", 0),
        f"+{NEVER}": ("truly_missed", 0),
    }
    for who in (IN_TIME, TOO_LATE):
        assert moment(cases[f"+{who}"]["contact_at"]) == pytest.approx(seen.answered[who], abs=0.5)
    assert await outcomes(settings) == ["by_us", "late", "truly_missed"]
    assert await outcomes(settings, "--at-deadline") == ["by_us", "truly_missed", "truly_missed"]


async def answers(pbx: Pbx, his: CalledLeg, back: CallerLeg, number: str, seen: Seen) -> None:
    his.accept()
    await pbx.up(back)
    seen.answered[number] = clock.now()


async def metrics(daemon: Daemon) -> str:
    return (await daemon.get("/metrics"))[1]


async def lines_of(settings: Path, *words: str) -> list[dict[str, Any]]:
    said = (await ran_here("--config", settings, *words, "--format", "jsonl")).stdout
    return [json.loads(line) for line in said.splitlines()]


async def outcomes(settings: Path, *words: str) -> list[str]:
    """Of the missed calls, in their order."""
    return [row["outcome"] for row in await lines_of(settings, "report", "missed", *words)]

"""The daemon beside a real Asterisk: phones call, and what it says is what the phones saw.

It logs in with the account that ringtally ships, so the account's rights and filter are under test as well.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from config.sections import Ami, Http, Settings, Storage
from daemon.app import App, Running
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.database import reading
from tests.asterisk.lab.compare import Report, compare_calls
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.scenarios import EXPECTED, SCENARIOS
from tests.asterisk.truth import was_taken, with_the_phones_times
from tests.daemon.app_service import Ledger
from tests.recordings import expected

# Together under a minute per version: each runs on an Asterisk of its own, four at a time.
NAMES = (
    "01-direct-caller-hangs-up",
    "02-direct-agent-hangs-up",
    "03-direct-no-answer",
    "04-direct-busy",
    "05-direct-caller-abandons",
    "06-ivr-hangup",
    "07-ivr-queue-second-agent",
    "08-queue-abandon",
    "09-queue-timeout-voicemail",
    "10-queue-joinempty",
    "11-ring-group",
    "12-blind-transfer-answered",
    "14-attended-transfer-replaces",
    "15-pickup",
    "16-park-and-retrieve",
    "17-outgoing-answered",
    "18-outgoing-busy-and-unanswered",
    "19-internal",
    "20-missed-then-callback",
    "20b-missed-then-calls-again",
    "21-hold",
    "22-queue-local-n",
    "23-forward-302",
    "28-strange-names",
    "28b-injected-numbers",
    "30-queue-agent-actions",
)
AT_ONCE = 4


def settings_for(pbx: Pbx, database: Path) -> Settings:
    return Settings(
        ami=Ami(host=pbx.ip, secret=SecretStr(SECRET), ping_interval=1.0),
        http=Http(listen="127.0.0.1:0"),
        storage=Storage(path=str(database)),
    )


async def play(version: int, number: int, name: str, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One scenario on a fresh Asterisk with the daemon beside it: the calls as its database has them, and as they should be."""
    database = folder / f"{version}-{name}.db"
    async with running_pbx(version, number) as pbx, asyncio.TaskGroup() as tasks:
        ledger = Ledger()
        app = App(settings_for(pbx, database), [ledger])
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_ready(daemon.port)
        await SCENARIOS[name](pbx)
        await until_told(daemon, ledger, pbx)
        app.stop.set()
        await running
    async with reading(database) as connection:
        calls = [call_json(call) for call in await find_calls(connection, CallFilter(merged=True))]
    wanted = EXPECTED[name] if name in EXPECTED else expected(name)
    return calls, with_the_phones_times(wanted, pbx.recs, pbx.truth)


async def until_told(daemon: Running, ledger: Ledger, pbx: Pbx) -> None:
    """Until every call that a phone began has ended for the daemon; what it never tells of, the comparison will show.

    That nothing lives is not enough: the phones know of a call's end before its first event has come through.
    """
    begun = sum(was_taken(leg) for leg in pbx.recs)
    with suppress(TimeoutError):
        async with asyncio.timeout(15):
            while len(ledger.ended) < begun or list(daemon.core.live_calls()):
                await asyncio.sleep(0.02)


async def until_ready(port: int) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/-/ready") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("version", [22, 16])
async def test_the_daemon_tells_what_the_phones_saw(
    version: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    free = list(range(1, AT_ONCE + 1))
    slots = asyncio.Semaphore(AT_ONCE)

    played: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {}

    async def one(name: str) -> None:
        async with slots:
            number = free.pop()
            try:
                played[name] = await play(version, number, name, tmp_path)
            finally:
                free.append(number)

    async with asyncio.TaskGroup() as tasks:
        for name in (*NAMES, *EXPECTED):
            tasks.create_task(one(name))
    wrong = []
    for name, (calls, wanted) in played.items():
        report = Report(name)
        compare_calls(wanted, calls, report, False)
        if report.hard:
            wrong.append(name)
    assert not wrong, capsys.readouterr().out


async def test_asterisk_dies_and_comes_back_and_the_daemon_says_so(tmp_path: Path) -> None:
    async with running_pbx(22, 9) as pbx, asyncio.TaskGroup() as tasks:
        app = App(settings_for(pbx, tmp_path / "calls.db"))
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_ready(daemon.port)
        caller = pbx.incoming("7001")
        async with asyncio.timeout(10):
            while not list(daemon.core.live_calls()):
                await asyncio.sleep(0.02)
        await pbx.kill()
        async with asyncio.timeout(10):
            while daemon.client.state == "ready":
                await asyncio.sleep(0.02)
        caller.end("the PBX is gone")
        await pbx.boot()
        await until_ready(daemon.port)
        assert not list(daemon.core.live_calls())
        assert daemon.client.counters.connects == 2
        assert daemon.client.counters.gap_s > 0
        app.stop.set()
        await running
    async with reading(tmp_path / "calls.db") as connection:
        (call,) = await find_calls(connection, CallFilter())
    assert (call.result, call.end_seen, call.incomplete) == ("unknown", False, True)

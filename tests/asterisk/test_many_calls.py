"""A busy minute on a real Asterisk: many callers at once, each told as the phones saw it, nobody mixed up with anybody."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from daemon.app import App
from handlers.facts import RESULTS
from storage.call_filter import CallFilter
from storage.call_json import call_json
from storage.calls import find_calls
from storage.database import reading
from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx, running_pbx
from tests.asterisk.test_live_calls import settings_for, until_ready, until_told
from tests.daemon.app_service import Ledger

CALLS = 50
NUMBERS = (
    "7001",
    "7002",
    "7003",
    "7004",
    "7005",
    "7006",
    "7008",
    "7009",
    "7010",
    "7012",
    "7013",
    "7014",
    "7015",
    "7016",
)
TOLERANCE_S = 0.3
# Who answers at the moment at which the caller hangs up, the queue gives up or another phone is quicker is cut off at once.
SAME_MOMENT_S = 0.2


async def call_in(pbx: Pbx, random: Random, number: str) -> None:
    """One caller: calls a random number after a random while, and has a random patience."""
    await asyncio.sleep(random.uniform(0, 25))
    leg = pbx.incoming(random.choice(NUMBERS), cid=number)
    try:
        async with asyncio.timeout(random.uniform(1, 14)):
            await pbx.over(leg)
    except TimeoutError:
        await (leg.bye() if leg.state == "up" else leg.cancel())


async def play(pbx: Pbx, random: Random) -> None:
    manners = [answer(0.5, 3), answer(2, 2), no_answer(), reject(486), answer(1, 5)]
    for phone in (*pbx.p.values(), pbx.trunk):
        phone.behave = [random.choice(manners) for _ in range(CALLS * 4)]
    async with asyncio.TaskGroup() as tasks:
        for serial in range(CALLS):
            tasks.create_task(call_in(pbx, Random(random.random()), f"790000{serial:05}"))


def wrong(caller: dict[str, Any], phones: list[dict[str, Any]], calls: list[dict[str, Any]]) -> str | None:
    """What is wrong with what was told of this caller, or None."""
    if len(calls) != 1:
        return f"told {len(calls)} times"
    (call,) = calls
    lifted = sorted((leg for leg in phones if "t_answer" in leg), key=lambda leg: leg["t_answer"])
    took = [leg for leg in lifted if leg["t_end"] - leg["t_answer"] > SAME_MOMENT_S]
    if lifted and not took:
        return None if call["end_seen"] else "its end was not seen"
    if not took:
        return (
            None
            if call["result"] in set(RESULTS["in"]) - {"answered", "unknown"}
            else f"{call['result']}, not answered"
        )
    wait_s = took[0]["t_answer"] - caller["t_invite"]
    talk_s = sum(leg["t_end"] - leg["t_answer"] for leg in took)
    if call["result"] != "answered":
        return f"{call['result']}, answered by {took[0]['ua']}"
    by = {took[0]["ua"], took[0].get("ruri", "").partition(":")[2].partition("@")[0]}
    if call["answered_by"] not in by:
        return f"answered by {call['answered_by']}, not {took[0]['ua']}"
    if abs(call["wait_s"] - wait_s) > TOLERANCE_S or abs(call["talk_s"] - talk_s) > TOLERANCE_S:
        return f"wait {call['wait_s']} for {wait_s:.3f}, talk {call['talk_s']} for {talk_s:.3f}"
    return None


@pytest.mark.parametrize("version", [22, 16])
async def test_everybody_is_told_once_and_as_the_phones_saw_it(version: int, tmp_path: Path) -> None:
    async with running_pbx(version, 40) as pbx, asyncio.TaskGroup() as tasks:
        ledger = Ledger()
        app = App(settings_for(pbx, tmp_path / "calls.db"), [ledger])
        running = tasks.create_task(app.run())
        daemon = await app.started
        await until_ready(daemon.port)
        await play(pbx, Random(version))
        await until_told(daemon, ledger, CALLS)
        assert not daemon.client.counters.bad
        assert daemon.core.sizes() == {"channels": 0, "bridges": 0, "calls": 0, "linkedids": 0}
        app.stop.set()
        await running
    async with reading(tmp_path / "calls.db") as connection:
        told = [call_json(call) for call in await find_calls(connection, CallFilter())]
    callers = [leg for leg in pbx.recs if leg["kind"] == "caller"]
    assert len(callers) == CALLS
    findings = []
    for caller in callers:
        phones = [leg for leg in pbx.recs if leg["kind"] == "phone" and leg["cid"] == caller["cid"]]
        finding = wrong(caller, phones, [call for call in told if call["caller"] == caller["cid"]])
        if finding is not None:
            findings.append(f"{caller['cid']} to {caller['dialed']}: {finding}")
    assert not findings, "\n".join(findings)
    assert len(told) == CALLS
    assert len([call for call in told if call["result"] == "answered"]) > CALLS / 5

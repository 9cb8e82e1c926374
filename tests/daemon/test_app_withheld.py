"""A PBX whose queues fill though no event of them comes: told in the log and in a metric, until one comes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as plain_text

from config.ami_account import READ
from daemon import ami_withheld
from tests.daemon.app_service import ready, settings_for
from tests.daemon.fake_asterisk import Action, FakeAsterisk, Session, captured_logs, event, listed
from tests.daemon.http_service import until
from tests.daemon.test_ami_withheld import caller

RELOAD = event("Reload", "Module: app_queue\r\nStatus: 0\r\n")
JOINED = event(
    "QueueMemberStatus",
    "Queue: support\r\nMemberName: Anna\r\nInterface: PJSIP/101\r\nStateInterface: PJSIP/101\r\nMembership: static\r\nPenalty: 0\r\n"
    "CallsTaken: 0\r\nLastCall: 0\r\nLastPause: 0\r\nInCall: 0\r\nStatus: 1\r\nPaused: 0\r\nPausedReason: \r\nRinginuse: 0\r\nWrapuptime: 0\r\n",
)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    # The log-in is a moment ago here, and the lists follow one another.
    monkeypatch.setattr(ami_withheld, "YOUNGER_BY_S", -60.0)
    monkeypatch.setattr(ami_withheld, "APART_S", 1e-9)
    with captured_logs(monkeypatch) as lines:
        yield lines


def one_waits(_session: Session, action: Action) -> bytes:
    item = caller(0).decode().removeprefix("Event: ").replace("ours-7", "{id}")
    return listed(action, "QueueStatusComplete", [item])


async def told(client: aiohttp.ClientSession) -> dict[str, float]:
    async with client.get("/metrics") as answer:
        families = {family.name: family for family in plain_text(await answer.text())}
    return {each.labels["class"]: each.value for each in families["ringtally_ami_events_withheld"].samples}


def warned(logs: list[Any]) -> list[dict[str, str]]:
    return [line for line in logs if line["event"] == "ami_events_withheld"]


async def lists_queues(pbx: FakeAsterisk, times: int) -> None:
    """The queues are reloaded so many times, and asked for each time; what the last answer says may not be judged yet."""
    session = pbx.sessions[-1]
    for _ in range(times):
        asked = session.names.count("QueueStatus")
        session.send(RELOAD)
        await session.asked_for("QueueStatus", asked + 1)


async def test_a_class_that_is_withheld_is_told_once_and_no_longer_when_an_event_of_it_comes(
    tmp_path: Path, logs: list[Any]
) -> None:
    none = {"agent": 0, "call": 0, "dialplan": 0}
    async with FakeAsterisk(steady=True) as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        assert await told(client) == none
        pbx.answers["QueueStatus"] = one_waits
        await lists_queues(pbx, 3)
        await until(lambda: daemon.client.counters.withheld)
        assert await told(client) == none | {"agent": 1}
        await lists_queues(pbx, 3)
        (line,) = warned(logs)
        assert (line["class"], line["log_level"]) == ("agent", "warning")
        assert f"read = {','.join(READ)}" in line["cure"]
        pbx.sessions[-1].send(JOINED)
        await until(lambda: not daemon.client.counters.withheld)
        assert await told(client) == none


async def test_a_new_connection_begins_anew_and_is_told_of_again(tmp_path: Path, logs: list[Any]) -> None:
    async with FakeAsterisk(steady=True) as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, client):
        pbx.answers["QueueStatus"] = one_waits
        for number in (1, 2):
            await lists_queues(pbx, 3)
            await until(lambda: daemon.client.counters.withheld)
            assert len(warned(logs)) == number
            pbx.sessions[-1].hang_up()
            await pbx.session(number + 1)
            await until(lambda connects=number + 1: daemon.client.counters.connects == connects)
            assert (await told(client))["agent"] == 0

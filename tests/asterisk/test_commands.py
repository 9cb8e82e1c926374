"""check-ami, record and the daemon as processes, beside a real Asterisk."""

import asyncio
import json
import tomllib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from config.ami_account import EVENT_FILTERS
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.test_frozen import STAMPED
from tests.daemon.recorder_process import recording
from tests.daemon.ringtally_process import Ended, ran, running_daemon, write_settings

VERSIONS = [22, 16]
CLASSES = ("system", "call", "agent", "dialplan")
ACTIONS = ("CoreShowChannels", "CoreStatus", "QueueStatus", "BridgeList", "DeviceStateList")


async def add_account(pbx: Pbx, name: str, *lines: str) -> None:
    """One more account, and Asterisk knows it."""
    with (pbx.run / "etc/manager.conf").open("a") as manager:
        manager.write("\n".join(["", f"[{name}]", f"secret = {SECRET}", *lines, ""]))
    await pbx.ctl.act("Reload", Module="manager")


async def amid_calls(pbx: Pbx, command: Coroutine[Any, Any, Ended]) -> Ended:
    """What a command says while somebody calls a queue, again and again, each time for a second."""
    async with asyncio.TaskGroup() as tasks:
        checking = tasks.create_task(command)
        while not checking.done():
            caller = pbx.incoming("7003")
            await asyncio.wait([checking], timeout=1.0)
            caller.end("enough")
    return checking.result()


def settings_for(pbx: Pbx, folder: Path, username: str = "ringtally", more: str = "") -> Path:
    path = write_settings(folder, pbx.ip, 5038, SECRET, more)
    path.write_text(path.read_text().replace("[ami]\n", f'[ami]\nusername = "{username}"\n'))
    return path


@pytest.mark.parametrize("is_stamped", [False, True], ids=["without stamps", "with stamps"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_the_shipped_account_sees_everything_that_is_needed(
    version: int, is_stamped: bool, tmp_path: Path
) -> None:
    async with running_pbx(version, 30, STAMPED if is_stamped else "") as pbx:
        settings = settings_for(pbx, tmp_path)
        # The check leaves before its time, when it has seen all.
        ended = await amid_calls(pbx, ran("--config", settings, "check-ami", "--watch", "60"))
        left = await pbx.ctl.act("Getvar", Variable="VMSTATUS")
    lines = ended.stdout.decode().splitlines()
    assert [line for line in lines if line.startswith("yes")] == [
        *(f"yes action {name}" for name in ACTIONS),
        *(f"yes events of class {name}" for name in CLASSES),
        *(["yes the PBX's time in events"] if is_stamped else []),
    ]
    warnings = [line for line in lines if line.startswith("WARNING")]
    assert ["timestampevents = yes" in line for line in warnings] == ([] if is_stamped else [True])
    # It leaves when it has seen every class; whether a phone or member has changed by then is chance.
    assert not [line for line in lines if line.startswith(("NO", "?   events of class", "?   action"))]
    assert ended.status == 0
    assert {"name": "trunk", "channels": ["PJSIP/trunk-*"]} in tomllib.loads("\n".join(lines[lines.index("") :]))[
        "trunks"
    ]
    # What it provoked has changed nothing.
    assert left["Value"] == ""


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_an_account_lacks_is_told_with_its_cost(version: int, tmp_path: Path) -> None:
    filters = [f"eventfilter = {pattern}" for pattern in EVENT_FILTERS]
    only_two = [each.replace("|VMSTATUS", "") for each in filters]
    accounts = {
        "nodialplan": (("read = system,call,agent", "write = reporting", *filters), ["NO  events of class dialplan"]),
        "noreporting": (
            ("read = system,call,agent,dialplan", "write =", *filters),
            ["NO  action CoreShowChannels", "NO  action CoreStatus", "NO  action DeviceStateList"],
        ),
        "nosystem": (("read = call,agent,dialplan", "write = reporting", *filters), ["NO  events of class system"]),
        "narrow": (("read = system,call,agent,dialplan", "write = reporting", *only_two), ["NO  VarSet of VMSTATUS"]),
    }
    async with running_pbx(version, 31) as pbx:
        for name, (lines, missing) in accounts.items():
            await add_account(pbx, name, *lines)
            ended = await ran("--config", settings_for(pbx, tmp_path, name), "check-ami", "--watch", "0")
            told = [line for line in ended.stdout.decode().splitlines() if line.startswith("NO")]
            assert [line.split(":")[0] for line in told] == missing, name
            assert all(len(line.split(": ", 1)[1]) > 20 for line in told), name
            assert ended.status == 1, name


async def test_who_may_not_read_calls_is_told_when_one_comes(tmp_path: Path) -> None:
    async with running_pbx(22, 32) as pbx:
        await add_account(pbx, "deaf", "read = system,dialplan", "write = reporting")
        settings = settings_for(pbx, tmp_path, "deaf")
        ended = await amid_calls(pbx, ran("--config", settings, "check-ami", "--watch", "2"))
    told = ended.stdout.decode()
    assert "NO  events of class call: there is no call to count at all" in told
    assert "NO  events of class agent" in told
    assert ended.status == 1


async def test_a_wrong_secret_is_one_line(tmp_path: Path) -> None:
    async with running_pbx(22, 33) as pbx:
        settings = write_settings(tmp_path, pbx.ip, 5038, "not-the-secret")
        ended = await ran("--config", settings, "check-ami")
    assert (ended.status, ended.stdout) == (1, b"")
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("Error")]
    assert "refused the login of ringtally" in line


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_daemon_as_a_process_counts_the_calls_that_phones_make(version: int, tmp_path: Path) -> None:
    more = '[[trunks]]\nname = "town"\nchannels = ["PJSIP/trunk-*"]\n'
    file = tmp_path / "stream.jsonl"
    async with running_pbx(version, 34) as pbx:
        settings = settings_for(pbx, tmp_path, more=more)
        async with recording(settings, file, "--anonymise") as recorder, running_daemon(settings) as daemon:
            await daemon.told("ami_ready")
            await recorder.says("ami_ready")
            await SCENARIOS["01-direct-caller-hangs-up"](pbx)
            await SCENARIOS["04-direct-busy"](pbx)
            for result in ("answered", "busy"):
                await daemon.until(
                    "/metrics", f'ringtally_calls_total{{direction="in",result="{result}",trunk="town"}} 1.0'
                )
            await recorder.has(b"Event: Hangup\\r", 4)
            assert await daemon.stop() == 0
    listed = await ran("--config", settings, "calls", "--format", "jsonl")
    calls = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(call["result"], call["caller"], call["trunk"]) for call in calls] == [
        ("answered", "79001112233", "town"),
        ("busy", "79001112233", "town"),
    ]
    replayed = await ran("--config", settings, "replay", file, "--format", "jsonl")
    told = [json.loads(line) for line in replayed.stdout.splitlines()]
    assert [(call["id"], call["result"]) for call in told] == [(call["id"], call["result"]) for call in calls]
    assert b"1112233" not in file.read_bytes()

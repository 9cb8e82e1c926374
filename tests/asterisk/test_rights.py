"""What accounts of a real Asterisk may do: the shipped one nothing that matters, and one that may is told of or refused."""

import math
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.ami_account import EVENT_FILTERS, READ
from config.sections import Ami
from daemon import ami_questions, ami_withheld
from daemon.parts import account_of
from handlers.ami.events import ChannelsListed
from tests.asterisk.pbx import SECRET, Pbx, running_pbx
from tests.asterisk.test_commands import VERSIONS, add_account, settings_for
from tests.daemon.fake_asterisk import Heard, captured_logs, listening
from tests.daemon.ringtally_process import ran, running_daemon

# What `write` of the shipped account has, and one class each.
CLASSES = ("originate", "command", "config", "system", "call", "agent", "user", "message", "agi", "aoc")
# What each class of `read` tells when somebody calls a queue and a phone.
TELLS = {"agent": "QueueCallerJoin", "call": "Newchannel", "dialplan": "VarSet"}


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_class_of_write_that_is_not_needed_is_told_and_the_shipped_account_has_none(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with captured_logs(monkeypatch) as logs:
        async with running_pbx(version, 34) as pbx:
            await each_class_is_told(pbx, logs)
            await and_refused_where_the_settings_say_so(pbx, tmp_path)


async def each_class_is_told(pbx: Pbx, logs: list[Any]) -> None:
    for name in CLASSES:
        await add_account(pbx, f"may-{name}", "read = all", f"write = reporting,{name}")
    await add_account(pbx, "almighty", "read = all", "write = all")
    for username, wanted in (
        *((f"may-{name}", name) for name in CLASSES),
        ("almighty", ", ".join(CLASSES)),
    ):
        account = account_of(Ami(host=pbx.ip, username=username, secret=SecretStr(SECRET)))
        async with listening(account) as heard:
            await heard.ready()
            (told,) = [line["write"] for line in logs if line["event"] == "ami_rights_too_wide"]
            assert told == wanted
            assert not heard.client.counters.bad  # its long answer is no bad message to whoever counts those
        logs.clear()


async def and_refused_where_the_settings_say_so(pbx: Pbx, folder: Path) -> None:
    strict = settings_for(pbx, folder)
    strict.write_text(strict.read_text().replace("[ami]\n", "[ami]\nstrict_rights = true\n"))
    async with running_daemon(strict) as daemon:
        await daemon.until("/-/ready", "ready")
        assert not daemon.events("ami_rights_too_wide")
        assert await daemon.stop() == 0
    strict.write_text(strict.read_text().replace('"ringtally"\n', '"almighty"\n', 1))
    ended = await ran("--config", strict, "run")
    assert ended.status == 1
    assert f"write = {', '.join(CLASSES)}, and ami.strict_rights is set" in ended.stderr.splitlines()[-1]
    checked = await ran("--config", strict, "check-ami", "--watch", "0")
    assert checked.status == 1
    assert checked.stdout.decode().count("ami.strict_rights is set: take the right away") == len(CLASSES)


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_class_of_events_that_an_account_may_not_read_is_noticed_amid_calls_and_the_shipped_account_is_not_accused(
    version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A minute between two lists, and the age of what they show, are the affair of the unit tests.
    for module, name, value in (
        (ami_questions, "MEMBERS_EVERY_S", 0.2),
        (ami_questions, "CHANNELS_EVERY_S", 0.2),
        (ami_withheld, "YOUNGER_BY_S", math.inf),  # nothing is judged yet
        (ami_withheld, "APART_S", 0.1),
    ):
        monkeypatch.setattr(module, name, value)
    with captured_logs(monkeypatch) as logs:
        async with running_pbx(version, 35) as pbx, AsyncExitStack() as stack:
            filters = [f"eventfilter = {pattern}" for pattern in EVENT_FILTERS]
            for name in TELLS:
                read = ",".join(each for each in READ if each != name)
                await add_account(pbx, f"no-{name}", f"read = {read}", "write = reporting", *filters)
            ears: dict[str, Heard] = {}
            for username in ("ringtally", *(f"no-{name}" for name in TELLS)):
                account = account_of(Ami(host=pbx.ip, username=username, secret=SecretStr(SECRET)))
                ears[username] = await stack.enter_async_context(listening(replace(account, ping_interval_s=0.1)))
                await ears[username].ready()
            calls = [pbx.incoming("7003"), pbx.incoming("7009")]
            for username, heard in ears.items():
                told = {event for name, event in TELLS.items() if username != f"no-{name}"}
                await heard.turn.until(partial(has_heard, heard, told))
            assert not any(withheld_from(heard) for heard in ears.values())
            monkeypatch.setattr(ami_withheld, "YOUNGER_BY_S", -5.0)
            for name in TELLS:
                heard = ears[f"no-{name}"]
                await heard.turn.until(partial(withheld_from, heard))
                assert withheld_from(heard) == {name}
            shipped = ears["ringtally"]
            listed = len(lists_amid_calls(shipped))
            await shipped.turn.until(lambda: len(lists_amid_calls(shipped)) > listed + 2)
            assert not withheld_from(shipped)
            for call in calls:
                call.end("enough")
    assert sorted(line["class"] for line in logs if line["event"] == "ami_events_withheld") == sorted(TELLS)


def has_heard(heard: Heard, names: set[str]) -> bool:
    return names <= heard.client.counters.events.keys()


def withheld_from(heard: Heard) -> frozenset[str]:
    return heard.client.counters.withheld


def lists_amid_calls(heard: Heard) -> list[ChannelsListed]:
    return [each for each in heard.events if isinstance(each, ChannelsListed) and len(each.blocks) > 2]

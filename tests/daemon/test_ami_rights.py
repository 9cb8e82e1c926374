"""An account that may do more than it needs: told once, or refused where the settings say so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import ami_client
from daemon.ami_check import inspect_ami
from handlers.rules import Rules
from tests.daemon.fake_asterisk import SECRET, FakeAsterisk, Session, account, captured_logs, listening
from tests.daemon.ringtally_process import ran, running_daemon, write_settings
from tests.daemon.test_ami_check import OBSERVER, a_pbx, commands

EVERYTHING = (
    "Originate",
    "Command",
    "UpdateConfig",
    "ModuleLoad",
    "Redirect",
    "QueueAdd",
    "UserEvent",
    "MessageSend",
    "AGI",
    "AOCMessage",
)
WORDS = "originate, command, config, system, call, agent, user, message, agi, aoc"


def a_wide_pbx(actions: tuple[str, ...] = EVERYTHING) -> FakeAsterisk:
    pbx = a_pbx()
    pbx.answers["ListCommands"] = commands((*OBSERVER, *actions))
    return pbx


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(ami_client, "RECONNECT_FIRST_S", 0.01)
    with captured_logs(monkeypatch) as lines:
        yield lines


def warned(logs: list[Any]) -> list[str]:
    return [line["write"] for line in logs if line["event"] == "ami_rights_too_wide"]


async def test_it_is_told_once_however_often_the_line_is_made_anew_and_again_when_it_changes(logs: list[Any]) -> None:
    async with a_wide_pbx() as pbx, listening(account(pbx.port)) as heard:
        for number in range(1, 4):
            await heard.ready(number)
            (await pbx.session(number)).hang_up()
        await heard.ready(4)
        assert warned(logs) == [WORDS]
        pbx.answers["ListCommands"] = commands((*OBSERVER, "Originate"))
        (await pbx.session(4)).hang_up()
        await heard.ready(5)
        assert warned(logs) == [WORDS, "originate"]
        assert heard.client.counters.excess_rights == 1


async def test_the_shipped_accounts_rights_are_worth_no_word(logs: list[Any]) -> None:
    async with a_pbx() as pbx, listening(account(pbx.port)) as heard:
        await heard.ready()
        assert warned(logs) == []


async def test_one_that_lists_nothing_is_taken_as_it_is(logs: list[Any]) -> None:
    async with FakeAsterisk() as pbx, listening(account(pbx.port, strict_rights=True)) as heard:
        await heard.ready()
        assert warned(logs) == []


async def test_where_rights_are_strict_nothing_is_asked_of_the_pbx_and_it_is_not_tried_again(logs: list[Any]) -> None:
    async with a_wide_pbx() as pbx, listening(account(pbx.port, strict_rights=True)) as heard:
        gave_up: list[str] = []
        heard.client.on_give_up = lambda: gave_up.append("now")
        session: Session = await pbx.session()
        await session.left()
        assert session.names == ["Login", "ListCommands"]
        assert (heard.states, gave_up, len(pbx.sessions)) == (["refused"], ["now"], 1)
        assert str(heard.client.given_up) == (
            f"the AMI account has write = {WORDS}, and ami.strict_rights is set; take these rights away: "
            "write = reporting is all that is needed, see: ringtally pbx-snippet"
        )


async def test_check_ami_fails_where_rights_are_strict() -> None:
    async with a_wide_pbx(("Originate",)) as pbx:
        lines, good = await inspect_ami(account(pbx.port, strict_rights=True), Rules(), 0)
        assert not good
        assert [line for line in lines if line.startswith("NO")] == [
            "NO  write has originate: the account may start calls, and programs through them, "
            "and ami.strict_rights is set: take the right away"
        ]
        assert (await inspect_ami(account(pbx.port), Rules(), 0))[1]


@pytest.mark.slow
async def test_the_daemon_and_the_recorder_end_with_the_cure(tmp_path: Path) -> None:
    async with a_wide_pbx() as pbx:
        path = write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)
        path.write_text(path.read_text().replace("[ami]\n", "[ami]\nstrict_rights = true\n"))
        for words in (["run"], ["record", tmp_path / "a.jsonl"]):
            ended = await ran("--config", path, *words)
            assert ended.status == 1
            last = ended.stderr.splitlines()[-1]
            assert last.startswith(f"Error: the AMI account has write = {WORDS}, and ami.strict_rights is set; take")
            assert SECRET not in ended.stderr


@pytest.mark.slow
async def test_the_daemon_says_so_in_its_log_and_runs(tmp_path: Path) -> None:
    async with (
        a_wide_pbx() as pbx,
        running_daemon(write_settings(tmp_path, "127.0.0.1", pbx.port, SECRET)) as daemon,
    ):
        told = await daemon.told("ami_rights_too_wide")
        assert (told["level"], told["write"]) == ("warning", WORDS)
        await daemon.until("/-/ready", "ready")

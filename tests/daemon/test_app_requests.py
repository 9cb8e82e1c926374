"""What people say reaches a running daemon, by HTTP and by command, and a stopped one at its start."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from config.sections import Http
from daemon import case_commands
from daemon.cli import main
from storage.cases import CaseFilter, find_cases
from storage.reading import reading
from storage.requests import to_do
from tests.daemon.app_service import TOKEN, lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.http_service import until

WRITE = "write-token"
WRITING = {"Authorization": f"Bearer {WRITE}"}
HTTP = Http(listen="127.0.0.1:0", read_token=SecretStr(TOKEN), write_token=SecretStr(WRITE))
CONTACT = {"number": "8 900 111-22-33", "by": "Анна", "note": "по почте"}


async def run(folder: Path, *words: str) -> Result:
    """A command in a thread: the daemon goes on."""
    settings = folder / "ringtally.toml"
    settings.write_text(f'[storage]\npath = "{folder / "calls.db"}"\n')
    return await asyncio.to_thread(CliRunner().invoke, main, ["--config", str(settings), *words])


async def posted(client: aiohttp.ClientSession, body: Any, **options: Any) -> tuple[int, Any]:
    async with client.post("/api/v1/contacts", json=body, **options) as answer:
        return answer.status, await answer.json()


async def test_a_contact_by_http_closes_the_case_once_and_keeps_its_note(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port, http=HTTP)) as (daemon, client):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        (case,) = daemon.core.waiting_cases()
        for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}):
            assert (await posted(client, CONTACT, headers=headers))[0] == 403
        status, told = await posted(client, CONTACT | {"number": "Иван"}, headers=WRITING)
        assert (status, told["error"]) == (400, "number is a telephone number, e.g. +79001112233")
        async with client.post("/api/v1/contacts", data=b"\xff{", headers=WRITING) as answer:
            assert answer.status == 400
        assert list(daemon.core.waiting_cases()) == [case]
        assert await posted(client, CONTACT, headers=WRITING) == (
            200,
            {"v": 1, "outcome": "done", "cases": [case.id]},
        )
        assert list(daemon.core.waiting_cases()) == []
        nobody = CONTACT | {"number": "+79990000000"}
        assert await posted(client, nobody, headers=WRITING) == (200, {"v": 1, "outcome": "no_case", "cases": []})
        async with reading(tmp_path / "calls.db") as connection:
            (kept,) = await find_cases(connection, CaseFilter())
    assert (kept.state, kept.contact, kept.contact_by, kept.notes[0].text) == (
        "recovered",
        "external",
        "Анна",
        "по почте",
    )


async def test_without_a_write_token_in_the_settings_nobody_writes(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (_, client):
        assert (await posted(client, CONTACT, headers={"Authorization": "Bearer "}))[0] == 403


async def test_commands_reach_a_running_daemon(tmp_path: Path) -> None:
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, _):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        await daemon.writer.flush()
        (case,) = daemon.core.waiting_cases()
        claimed = await run(tmp_path, "claim", case.id, "--by", "Анна", "--for", "10m")
        assert (claimed.exit_code, claimed.stderr) == (0, "claimed\n")
        assert next(daemon.core.waiting_cases()).claimed_by == "Анна"
        other = await run(tmp_path, "claim", case.id, "--by", "Олег")
        assert (other.exit_code, other.stdout) == (1, "")
        assert "somebody else calls this one back" in other.stderr
        assert (await run(tmp_path, "claim", case.id, "--by", "Анна", "--release")).stderr == "released\n"
        assert (await run(tmp_path, "note", case.id, "ждёт письма", "--by", "Анна")).exit_code == 0
        assert (await run(tmp_path, "note", "1.1", "x")).exit_code == 1
        unknown = await run(tmp_path, "dismiss", "1.1")
        assert (unknown.exit_code, "no case of this id waits" in unknown.stderr) == (1, True)
        assert (await run(tmp_path, "dismiss", case.id, "--why", "спам")).stderr == "dismissed\n"
        assert list(daemon.core.waiting_cases()) == []
        listed = await run(tmp_path, "missed", "--format", "jsonl")
        assert '"state":"dismissed"' in listed.stdout
        assert "ждёт письма" in listed.stdout


async def test_what_was_said_to_a_stopped_daemon_is_heard_at_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_commands, "ANSWER_WITHIN_S", 0.0)
    async with FakeAsterisk() as pbx:
        async with ready(settings_for(tmp_path, pbx.port)) as (daemon, _):
            await replay(pbx, daemon, lines("05-direct-caller-abandons"))
        said = await run(tmp_path, "contact", "+79001112233", "--by", "Анна")
        assert (said.exit_code, said.stderr) == (0, "noted; it takes effect when ringtally runs\n")
        async with ready(settings_for(tmp_path, pbx.port)) as (daemon, _):
            await until(lambda: not list(daemon.core.waiting_cases()))


@pytest.mark.parametrize("words", [("dismiss", "1.1"), ("claim", "1.1"), ("claim", "1.1", "--release")])
async def test_of_a_case_that_is_none_nothing_is_noted_for_a_stopped_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(case_commands, "ANSWER_WITHIN_S", 0.0)
    async with FakeAsterisk() as pbx, ready(settings_for(tmp_path, pbx.port)) as (daemon, _):
        await replay(pbx, daemon, lines("05-direct-caller-abandons"))
    said = await run(tmp_path, *words)
    assert (said.exit_code, "no case of this id waits" in said.stderr) == (1, True)
    assert to_do(tmp_path / "calls.db", 0) == []


@pytest.mark.parametrize(
    "words",
    [
        ("contact", "Иван"),
        ("contact", "+79001112233", "--at", "2999-01-01T00:00"),
        ("contact", "+79001112233", "--by", " "),
        ("claim", "1.1", "--for", "soon"),
        ("note", "1.1", "  "),
    ],
)
async def test_what_makes_no_sense_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert (await run(tmp_path, *words)).exit_code == 2

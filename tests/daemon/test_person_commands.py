"""`forget` asks before and says in counts what it did; `export` tells all that is known of a person, and nothing of others' calls."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from daemon import clock
from daemon.cli import main
from daemon.replay import running_writer
from handlers.calls.kept import KeptCall
from storage.clients import store_clients
from storage.database import writing
from storage.forgetting import to_forget
from storage.live_calls import Heard, LiveChange
from storage.requests import Asked, add_note, ask
from tests.handlers.cases.office import Office
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed

Run = Callable[..., Result]
SPELLED, NUMBER = "8 (900) 111-22-33", "+79001112233"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    async def store() -> None:
        async with running_writer(tmp_path / "calls.db", START) as writer:
            writer.put(ended(a_missed_call()), cases=[missed(a_case())])
            writer.put(ended(a_call(1)))
            writer.put(ended(a_call(2, caller="89161239999", caller_e164="+79161239999", caller_name="Пётр")))

    asyncio.run(store())
    return tmp_path / "calls.db"


@pytest.fixture
def run(database: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(clock, "now", lambda: START + 3600)
    settings = database.parent / "ringtally.toml"
    settings.write_text(f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{database}"\n')

    def go(*words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--config", str(settings), *words], input=answer)

    return go


def test_forget_asks_before_and_no_is_no(run: Run, database: Path) -> None:
    said = run("forget", SPELLED, answer="n\n")
    assert said.exit_code == 1
    assert f"forget {NUMBER}: 2 calls, 1 case? [y/N]" in said.stderr
    assert to_forget(database) == []
    assert json.loads(run("export", SPELLED).stdout)["calls"]


def test_forget_says_what_it_did_and_again_that_there_is_nothing(run: Run) -> None:
    said = run("forget", SPELLED, answer="y\n")
    assert (said.exit_code, said.stdout) == (0, "")
    assert "\n2 calls, 1 case\nbackups, recordings" in said.stderr
    again = run("forget", SPELLED, "--yes")
    assert again.exit_code == 0
    assert again.stderr.startswith("nothing is known of this number\n")


def test_forget_names_what_it_does_not_touch_in_the_sites_language(run: Run, database: Path) -> None:
    aside = database.with_name("calls.db.damaged-20261128T101500Z")
    aside.touch()
    config = database.parent / "ringtally.toml"
    config.write_text(config.read_text() + '[clients]\nfile = "/srv/clients.csv"\n')
    said = run("forget", SPELLED, "--yes", "--lang", "ru")
    assert said.exit_code == 0
    assert said.stderr.startswith("2 звонка, 1 ")
    assert f"не тронуто: {aside}\n" in said.stderr
    assert "уберите номер из /srv/clients.csv" in said.stderr


@pytest.mark.parametrize("command", ["forget", "export"])
@pytest.mark.parametrize("number", ["101", "Иван", "12345"])
def test_an_extension_or_what_is_no_number_is_wrong_usage(run: Run, command: str, number: str) -> None:
    said = run(command, number)
    assert said.exit_code == 2
    assert "this is no telephone number" in said.stderr


@pytest.mark.parametrize("command", ["forget", "export"])
def test_without_a_database_it_is_said_what_to_do(run: Run, database: Path, command: str) -> None:
    database.unlink()
    said = run(command, SPELLED)
    assert said.exit_code == 1
    assert "there is no database at" in said.stderr


def test_export_tells_everything(run: Run, database: Path) -> None:
    store_clients(database, {NUMBER: ("ООО Ромашка", "101"), "+79161239999": ("Пётр", None)})
    add_note(database, a_call(1).id, "Анна", "ждёт письма", START)
    add_note(database, a_call(2).id, "Анна", "дал номер 89001112233", START)
    ask(database, Asked(kind="contact", subject="89001112233", at=START + 5, by="Анна", text="по почте"), START + 9)
    told = json.loads(run("export", SPELLED).stdout)
    assert (told["number"], told["exported_at"]) == (NUMBER, "2026-11-23T17:11:34.013Z")
    assert told["client"] == {"number": NUMBER, "name": "ООО Ромашка", "responsible": "101"}
    assert [call["id"] for call in told["calls"]] == [a_missed_call().id, a_call(1).id]
    answered = told["calls"][1]
    assert len(answered["legs"]) == 3
    assert answered["agents"][0] == {"device": "PJSIP/101", "name": "Анна"}
    assert answered["notes"][0]["text"] == "ждёт письма"
    (case,) = told["cases"]
    assert (case["number"], [fact["kind"] for fact in case["history"]]) == (NUMBER, ["missed"])
    assert [(each["by"], each["note"], each["outcome"]) for each in told["contacts"]] == [("Анна", "по почте", None)]
    assert told["named_in_notes"] == [
        {"call": a_call(2).id, "at": "2026-11-23T16:11:34.013Z", "by": "Анна", "text": "дал номер 89001112233"}
    ]
    assert "Пётр" not in json.dumps(told, ensure_ascii=False)


def test_export_in_other_forms_is_the_list_of_his_calls(run: Run) -> None:
    rows = list(csv.reader(io.StringIO(run("export", SPELLED, "--format", "csv").stdout)))
    assert len(rows) == 3
    assert len(run("export", SPELLED, "--format", "jsonl").stdout.splitlines()) == 2
    assert run("export", SPELLED, "--format", "xlsx").stdout_bytes.startswith(b"PK")


def test_of_a_stranger_nothing_is_known(run: Run) -> None:
    told = json.loads(run("export", "+79990001122").stdout)
    assert (told["calls"], told["cases"], told["contacts"], told["client"]) == ([], [], [], None)


def test_what_a_caller_wrote_is_harmless_in_an_export(run: Run, database: Path) -> None:
    async def store() -> None:
        async with running_writer(database, START) as writer:
            writer.put(ended(replace(a_call(3), caller_name="\x1b[31m\u202eevil")))

    asyncio.run(store())
    said = run("export", SPELLED).stdout
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_export_tells_the_calls_that_live_and_of_one_that_cannot_be_read_its_id(run: Run, database: Path) -> None:
    office = Office()
    talks, _leg = office.picked_up()
    office.picked_up("89161239999")
    kept = {call.id: call for call in office.core.changed_calls(office.now, at_once=True)}
    assert len(kept) == 2
    kept["9.9"] = KeptCall("9.9", "", office.now, {"number": NUMBER})

    async def store() -> None:
        async with writing(database, now=0.0) as writer:
            await writer.write([], live=LiveChange(kept, Heard(office.now, "killed")))

    asyncio.run(store())
    said = run("export", SPELLED).stdout
    told, unreadable = json.loads(said)["live_calls"]
    assert (told["id"], told["caller_e164"], told["end_seen"]) == (talks, NUMBER, False)
    assert told["caller"] == "89001112233"
    assert told["legs"]
    assert unreadable == {"id": "9.9"}
    assert "9161239999" not in said
    assert json.loads(run("export", "+79990001122").stdout)["live_calls"] == []

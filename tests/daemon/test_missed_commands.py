"""`missed`: which cases, in which form, by which rule, and that nothing a caller or a colleague wrote does anything."""

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
from daemon.case_table import HEADER
from daemon.cli import main
from daemon.replay import running_writer
from handlers.case_facts import Case
from handlers.clients import Client
from storage.case_json import case_json
from storage.clients import store_clients
from tests.recordings import stream
from tests.storage.sample_calls import START, a_missed_call, ended
from tests.storage.sample_cases import a_case, a_recovered_case, missed

Run = Callable[..., Result]
TRULY = replace(a_case(1), state="truly_missed", number="+79009998877", source="google")
DONE = replace(
    a_recovered_case(2), department="Продажи", claimed_by="=cmd|x", claimed_until=START + 7200, contact_by="\x1b[31m<b>"
)
LATE = replace(a_recovered_case(3), state="recovered_late")
OLD = replace(a_case(4), state="truly_missed", last_missed_at=START - 30 * 86_400)
CLIENT = Client("=ООО|«Ромашка»", "\x1b[31mОлег")
CASES = [replace(case, call_ids=(case.id,)) for case in (a_case(0), TRULY, DONE, LATE, OLD)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(clock, "now", lambda: START + 3600)
    settings = tmp_path / "ringtally.toml"
    settings.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{tmp_path / "calls.db"}"\n[follow_up]\nrule = "miko"\n'
    )
    store(tmp_path / "calls.db", CASES)
    store_clients(tmp_path / "calls.db", {TRULY.number: CLIENT})

    def go(*words: str | Path) -> Result:
        return CliRunner().invoke(main, ["--config", str(settings), "missed", *map(str, words)])

    return go


def store(path: Path, cases: list[Case]) -> None:
    async def go() -> None:
        async with running_writer(path, START) as writer:
            for number, case in enumerate(cases):
                writer.put(ended(a_missed_call(number)), cases=[missed(case)])

    asyncio.run(go())


def ids(result: Result) -> list[int]:
    assert result.exit_code == 0, result.output
    found = [json.loads(line)["id"] for line in result.stdout.splitlines()]
    return [[case.id for case in CASES].index(each) for each in found]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("--all",), [0, 1, 2, 3, 4]),
        (("--open",), [0, 1]),
        (("--truly",), [1, 4]),
        (("--truly", "--at-deadline"), [1, 3, 4]),
        (("--number", "8 (900) 999-88-77"), [1]),
        (("--department", "Продажи"), [2]),
        (("--unknown-clients",), [0, 2, 3, 4]),
        (("--known-clients",), [1]),
        (("--known-clients", "--number", "89001112233"), []),
        (("--source", "google"), [1]),
        (("--trunk", "megafon", "--queue", "support"), [0, 1, 2, 3, 4]),
        (("--period", "yesterday"), []),
        (("--from", "2026-11-23T19:13:40", "--to", "2026-11-23T19:15"), [2]),
    ],
)
def test_which_cases_are_listed_who_waits_longest_first(run: Run, options: tuple[str, ...], found: list[int]) -> None:
    assert ids(run("--format", "jsonl", *options)) == found


def test_json_is_the_contracts_case(run: Run) -> None:
    told = json.loads(run("--format", "json").stdout)
    known = replace(TRULY, client=CLIENT.name, responsible=CLIENT.responsible, call_ids=CASES[1].call_ids)
    unclaimed = [case.as_of(clock.now()) for case in (CASES[0], known, *CASES[2:])]
    assert told == [json.loads(json.dumps(case_json(case))) for case in unclaimed]


def test_the_table_says_it_in_words_and_by_which_rule(run: Run) -> None:
    result = run("--truly")
    assert "truly_missed" in result.stdout
    assert "+79009998877" in result.stdout
    assert "rule miko; window 1 h; closed by: outgoing, incoming; talk of at least 0 s / 0 s" in result.stderr
    russian = run("--lang", "ru")
    assert "истинно пропущен" in russian.stdout
    assert "правило miko" in russian.stderr
    assert "\x1b" not in russian.stdout + result.stdout


def test_every_part_of_the_rule_is_told(run: Run, tmp_path: Path) -> None:
    assert run().stderr.endswith("; the last nine digits are compared; on the list for 7 d\n")
    settings = tmp_path / "ringtally.toml"
    settings.write_text(
        settings.read_text()
        + 'match = "number"\nwindow = "15m"\nlist_for = "1d"\nignore = ["89001112233", "89001112234"]\n'
        + 'count = ["busy", "lost_after_transfer"]\nclosed_by = ["outgoing"]\nmin_talk_out = "7s"\n'
        + '[working_hours]\nmon-fri = ["09:00-18:00"]\n'
    )
    assert run().stderr == (
        "rule miko; window 15 min (working time); closed by: outgoing; talk of at least 7 s / 0 s; on the list for 1 d; "
        "ignored numbers: 2; missed is: busy, lost_after_transfer\n"
    )
    assert "пропущенным считается: занято, потерян после перевода" in run("--lang", "ru").stderr


def test_csv_has_a_row_each_and_no_formula(run: Run) -> None:
    rows = list(csv.reader(io.StringIO(run("--format", "csv").stdout)))
    assert rows[0] == list(HEADER)
    assert len(rows) == 1 + len(CASES)
    cells = [cell for row in rows for cell in row]
    assert "'=cmd|x" in cells
    assert not [cell for cell in cells if cell.startswith("=") or "\x1b" in cell]


def test_html_says_the_rule_and_is_inert(run: Run) -> None:
    text = run("--format", "html").stdout
    assert '<p class="line">rule miko; ' in text
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "\x1b" not in text


def test_a_spreadsheet_is_one(run: Run) -> None:
    assert run("--format", "xlsx").stdout_bytes.startswith(b"PK")


@pytest.mark.parametrize("options", [("--open", "--truly"), ("--all", "--open"), ("--at-deadline",)])
def test_what_contradicts_itself_is_wrong_usage(run: Run, options: tuple[str, ...]) -> None:
    assert run(*options).exit_code == 2


def test_a_replay_keeps_the_cases_of_its_recordings(run: Run, tmp_path: Path) -> None:
    database = tmp_path / "replayed.db"
    words = ["replay", str(stream("20b-missed-then-calls-again")), "--db", str(database), "--format", "jsonl"]
    assert CliRunner().invoke(main, words).exit_code == 0
    told = [json.loads(line) for line in run("--db", database, "--format", "jsonl").stdout.splitlines()]
    assert [(case["state"], case["contact"]) for case in told] == [("recovered", "incoming"), ("open", None)]


def test_without_a_directory_who_asks_for_unknown_clients_is_told(run: Run, tmp_path: Path) -> None:
    store_clients(tmp_path / "calls.db", {})
    result = run("--unknown-clients", "--format", "jsonl")
    assert len(ids(result)) == len(CASES)
    assert "warning: the directory of clients is empty" in result.stderr
    assert "warning" not in run("--format", "jsonl").stderr


def test_a_claim_of_which_the_time_is_over_is_not_shown_though_no_daemon_noted_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = START + 7200
    claimed = replace(a_case(9), claimed_by="Анна", claimed_until=until)
    path = tmp_path / "claimed.db"
    store(path, [claimed])
    for now, by in ((until - 1, "Анна"), (until, None)):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        (told,) = [json.loads(line) for line in run("--db", path, "--format", "jsonl").stdout.splitlines()]
        assert (told["claimed_by"], told["claimed_until"] is None) == (by, by is None)

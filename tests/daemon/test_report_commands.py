"""`calls`, `call` and `replay`: what is listed, in which form, and that nothing a caller wrote does anything."""

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from daemon.cli import main
from daemon.replay import running_writer
from handlers.clients import Client
from handlers.facts import CallEnded
from storage.clients import store_clients
from tests.hostile import HOSTILE, csv_rows, is_inert
from tests.recordings import expected, stream
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    settings = tmp_path / "ringtally.toml"
    settings.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\nlanguage = "en"\n[storage]\npath = "{tmp_path / "calls.db"}"\n'
    )

    def go(*words: str | Path) -> Result:
        return CliRunner().invoke(main, ["--config", str(settings), *map(str, words)])

    return go


def store(path: Path, *calls: CallEnded) -> None:
    async def go() -> None:
        async with running_writer(path, START) as writer:
            for call in calls:
                writer.put(call)

    asyncio.run(go())


def listed(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def hostile(tmp_path: Path) -> list[str]:
    """A database in which every caller means harm."""
    store(
        tmp_path / "calls.db",
        *(
            ended(a_call(n, caller_name=text, caller=text, called=text, queue=text, queues=(text,)))
            for n, text in enumerate(HOSTILE.values())
        ),
    )
    return [a_call(n).id for n in range(len(HOSTILE))]


def test_json_lines_hold_every_call_in_order(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", *(ended(a_call(n)) for n in (2, 0, 1)))
    assert [call["id"] for call in listed(run("calls", "--format", "jsonl"))] == [a_call(n).id for n in range(3)]
    assert json.loads(run("calls", "--format", "json").stdout) == listed(run("calls", "--format", "jsonl"))


def test_a_table_without_a_period_holds_the_last_fifty(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", *(ended(a_call(n)) for n in range(60)))
    lines = run("calls").stdout.splitlines()
    assert len(lines) == 51
    assert a_call(10).id in lines[1]
    assert a_call(59).id in lines[-1]
    assert len(run("calls", "--from", "2020-01-01").stdout.splitlines()) == 61


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (("--missed",), [1]),
        (("--direction", "out"), [2]),
        (("--result", "abandoned"), [1]),
        (("--queue", "sales"), [0, 1, 2]),
        (("--trunk", "mts"), [2]),
        (("--number", "+7 900 111-22-33"), [0, 1]),
        (("--from", "2026-11-23T19:12:00"), [1, 2]),
        (("--to", "2026-11-23T16:12:00Z"), [0]),
        (("--from", "2026-11-23", "--to", "2026-11-23"), [0, 1, 2]),
        (("--from", "2026-11-24"), []),
    ],
)
def test_calls_are_found_by_what_is_asked(
    run: Run, tmp_path: Path, question: tuple[str, ...], found: list[int]
) -> None:
    other = {"direction": "out", "trunk": "mts", "caller": "101", "caller_e164": "101", "called": "89165550101"}
    calls = [a_call(0), a_missed_call(1), a_call(2, **other, called_e164="+79165550101")]
    store(tmp_path / "calls.db", *map(ended, calls))
    assert [call["id"] for call in listed(run("calls", *question, "--format", "jsonl"))] == [calls[n].id for n in found]


def test_local_time_and_language_are_the_sites_unless_asked(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call()))
    assert "2026-11-23 19:11:34" in run("calls").stdout
    assert "отвечен" in run("calls", "--lang", "ru").stdout


def test_no_database_says_which_and_what_to_do(run: Run, tmp_path: Path) -> None:
    for command in (("calls",), ("call", "1.1")):
        result = run(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert str(tmp_path / "calls.db") in result.stderr
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("hostile")
def test_a_table_obeys_no_caller(run: Run) -> None:
    shown = run("calls", "--from", "2026-01-01").stdout
    lines = shown.split("\n")
    assert len(lines) == len(HOSTILE) + 2
    assert all(map(is_inert, lines))
    assert "[red]rich[/red]" in shown
    russian = run("calls", "--from", "2026-01-01", "--lang", "ru").stdout
    assert all(map(is_inert, russian.split("\n")))
    # A name is no word of ours, nor a format: it is not translated, and nothing is put into it.
    for name in ("answered", "other", "{} {0} {0.__class__} {name!r}", "%s %n %d %(name)s %x%x%x"):
        assert russian.count(name) >= 4
    assert "\\x1b[31mred" in shown


def test_a_time_line_obeys_no_caller(run: Run, hostile: list[str]) -> None:
    for call_id in hostile:
        shown = run("call", call_id).stdout
        assert call_id in shown
        assert all(map(is_inert, shown.split("\n")))


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.usefixtures("hostile")
def test_json_shows_a_terminal_nothing_to_obey_and_loses_nothing(run: Run, form: str) -> None:
    shown = run("calls", "--format", form).stdout
    assert all(character == "\n" or character.isprintable() for character in shown)
    found = json.loads(shown) if form == "json" else [json.loads(line) for line in shown.splitlines()]
    assert [call["caller_name"] for call in found] == [
        text.encode("utf-8", "replace").decode() for text in HOSTILE.values()
    ]


@pytest.mark.usefixtures("hostile")
def test_a_csv_file_holds_no_formula(run: Run) -> None:
    text = run("calls", "--from", "2026-01-01", "--format", "csv").stdout_bytes.decode()
    assert all(character in "\r\n" or character.isprintable() for character in text)
    for delimiter in ",;":
        for row in csv_rows(text, delimiter):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "@", "-")), cell
                assert not cell.startswith("+") or cell[1:].isdigit(), cell
    assert len(csv_rows(text)) == len(HOSTILE) + 1


@pytest.mark.usefixtures("hostile")
def test_a_page_holds_no_script_and_loads_nothing(run: Run) -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()
            self.attributes: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)
            self.attributes |= {name for name, _ in attrs}

    page = run("calls", "--format", "html").stdout
    tags = Tags()
    tags.feed(page)
    parts = {"html", "head", "meta", "title", "style", "body", "section"}
    assert tags.seen == parts | {"h2", "table", "thead", "tbody", "tr", "th", "td"}
    assert tags.attributes == {"lang", "charset", "name", "http-equiv", "content", "scope", "class", "dir"}
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page


@pytest.mark.usefixtures("hostile")
def test_a_spreadsheet_holds_text_only(run: Run) -> None:
    book = zipfile.ZipFile(io.BytesIO(run("calls", "--format", "xlsx").stdout_bytes))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert "=HYPERLINK" in book.read("xl/sharedStrings.xml").decode()
    assert not [name for name in book.namelist() if "vba" in name.lower() or "external" in name.lower()]


def test_one_call_is_told_as_a_time_line(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call()))
    shown = run("call", a_call().id).stdout
    for word in (
        "queue stay",
        "ring",
        "talk period",
        "hold",
        "blind transfer",
        "101 → 102",
        "caller hung up",
        "elsewhere",
    ):
        assert word in shown
    told = json.loads(run("call", a_call().id, "--format", "json").stdout)
    assert told["id"] == a_call().id
    assert {"legs", "talks"} <= set(told)


def test_a_call_that_is_not_there_says_how_to_find_one(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call()))
    result = run("call", "\x1b[31m1.1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "\x1b" not in result.stderr
    assert "ringtally calls" in result.stderr


def test_whatever_is_asked_for_is_a_value_and_no_part_of_a_question(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call()))
    for text in HOSTILE.values():
        for option in ("--queue", "--trunk", "--number"):
            # A number of any spelling is found by its digits: these have those of no call.
            found = run("calls", option, text, "--format", "jsonl")
            assert (found.exit_code, found.stdout) == (0, "") or text == HOSTILE["number-for-a-name"], (option, text)
        one = run("call", "--", text)
        assert (one.exit_code, one.stdout) == (1, ""), text
        assert all(map(is_inert, one.stderr.split("\n"))), text
    (call,) = listed(run("calls", "--format", "jsonl"))
    assert call["id"] == a_call().id


def test_a_replay_tells_the_calls_and_keeps_them_where_asked(run: Run, tmp_path: Path) -> None:
    name = "07-ivr-queue-second-agent"
    result = run("replay", stream(name), "--db", tmp_path / "kept.db", "--format", "jsonl")
    (call,) = listed(result)
    (wanted,) = expected(name)["calls"]
    assert (call["direction"], call["result"]) == (wanted["direction"], wanted["result"])
    assert listed(run("calls", "--db", tmp_path / "kept.db", "--format", "jsonl")) == [call]


def test_what_is_no_recording_says_file_and_line(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"t": 1, "note": "connected"}\nnonsense\n')
    result = run("replay", broken)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{broken}, line 2: not JSON" in result.stderr


def test_russian_excel_opens_the_list_by_a_double_click(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call()))
    text = run("calls", "--format", "csv-excel", "--lang", "ru").stdout_bytes.decode()
    assert text.startswith("\ufeffначало;направление;")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert (row["начало"], row["ожидание"], row["кто звонил"]) == ("23.11.2026 19:11:34", "0:00:08", "89001112233")


def test_known_and_unknown_clients_are_taken_apart_and_known_ones_have_their_names(run: Run, tmp_path: Path) -> None:
    store(tmp_path / "calls.db", ended(a_call(0)), ended(a_call(1, caller_e164="+79161112233")))
    warned = run("calls", "--unknown-clients", "--format", "jsonl")
    assert len(listed(warned)) == 2
    assert "warning: the directory of clients is empty" in warned.stderr
    store_clients(tmp_path / "calls.db", {"+79001112233": Client("ООО «Ромашка»", "Анна")})
    (known,) = listed(run("calls", "--known-clients", "--format", "jsonl"))
    assert (known["id"], known["client"], known["responsible"]) == (a_call(0).id, "ООО «Ромашка»", "Анна")
    (unknown,) = listed(run("calls", "--unknown-clients", "--format", "jsonl"))
    assert (unknown["id"], unknown["client"], unknown["responsible"]) == (a_call(1).id, None, None)
    assert json.loads(run("call", known["id"], "--format", "json").stdout)["client"] == "ООО «Ромашка»"

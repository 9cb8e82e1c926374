"""`report`: every report in every form, what is asked for, and that nothing a caller wrote does anything."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from daemon import clock
from daemon.cli import main
from tests.hostile import HOSTILE, is_inert
from tests.storage.reports.generated import Made, stored
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, a_recovered_case

Run = Callable[..., Result]
FORMS = ("table", "json", "jsonl", "csv", "csv-excel", "xlsx", "html")
NAMES = ("wait", "missed")
HOUR_S = 3600
# 19:11:34 of the 23rd in Moscow: an answered call and three missed ones, of which one got through late; the day before another two.
RECOVERED = replace(a_recovered_case(1), contact_call=a_call(0).id, contact_at=a_missed_call(1).started_at + 400)
MADE = [
    Made(ended(a_call(0, wait_s=8.0, talk_s=60.0)), None),
    Made(ended(a_missed_call(1, wait_s=30.0)), RECOVERED),
    Made(ended(a_missed_call(2, wait_s=50.0, trunk="mts", caller_e164="+79009998877")), replace(a_case(2), state="truly_missed", number="+79009998877"), was_late=True),
    Made(ended(a_missed_call(3, caller="anonymous", caller_e164=None, wait_s=None)), None),
    Made(ended(a_call(0, id="0.1", started_at=START - 86_400, wait_s=4.0)), None),
    Made(ended(a_missed_call(0, id="0.2", started_at=START - 86_000, wait_s=10.0, caller_e164="+79161112233")), replace(a_case(0), id="0.2", state="open")),
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(clock, "now", lambda: START + HOUR_S)
    settings = tmp_path / "ringtally.toml"
    settings.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{tmp_path / "calls.db"}"\n'
        '[[departments]]\nname = "Продажи"\nqueues = ["support"]\n'
    )
    asyncio.run(stored(tmp_path / "calls.db", MADE))

    def go(*words: str | Path) -> Result:
        result = CliRunner().invoke(main, ["--config", str(settings), "report", *map(str, words)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return go


def read(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout_bytes.decode()


def book(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return openpyxl.load_workbook(io.BytesIO(result.stdout_bytes))


def test_the_wait_by_trunk_as_json_is_the_contracts(run: Run) -> None:
    told = json.loads(read(run("wait", "--period", "today", "--format", "json")))
    assert told["period"] == {"from": "2026-11-22T21:00:00.000Z", "to": "2026-11-23T21:00:00.000Z"}
    assert told["timezone"] == "Europe/Moscow"
    assert told["before"] == {"from": "2026-11-21T21:00:00.000Z", "to": "2026-11-22T17:11:34.013Z"}
    assert [row["key"] for row in told["rows"]] == ["megafon", "mts"]
    assert told["total"] == {
        "calls": 4, "answered": 1, "missed": 3, "other": 0, "talk_s": 60.0, "wait_s": 88.0, "full_s": 148.0,
        "wait_avg_s": 29.333, "talk_avg_s": 60.0,
        "answered_wait": {"count": 1, "avg_s": 8.0, "median_s": 8.0, "p90_s": 8.0, "max_s": 8.0},
        "missed_wait": {"count": 2, "avg_s": 40.0, "median_s": 40.0, "p90_s": 48.0, "max_s": 50.0},
    }  # fmt: skip
    assert (told["total_before"]["calls"], told["total_before"]["wait_avg_s"]) == (2, 7.0)
    assert told["rows"][1]["before"]["calls"] == 0


def test_json_lines_are_the_rows(run: Run) -> None:
    rows = [json.loads(line) for line in read(run("wait", "--by", "hour", "--format", "jsonl")).splitlines()]
    assert [row["key"] for row in rows] == [f"{hour:02}" for hour in range(24)]
    assert rows[19]["calls"] == 6
    assert rows[19]["before"] is None
    calls = [json.loads(line) for line in read(run("missed", "--format", "jsonl")).splitlines()]
    assert [call["outcome"] for call in calls] == ["open", "by_us", "truly_missed", "no_case"]


def test_the_missed_calls_as_json_are_the_contracts(run: Run) -> None:
    told = json.loads(read(run("missed", "--period", "today", "--format", "json")))
    assert told["rule"] == {
        "name": "default", "window_s": 3600.0, "working_time": False, "closed_by": ["external", "incoming", "outgoing"],
        "min_talk_out_s": 5.0, "min_talk_in_s": 0.0, "match": "number",
    }  # fmt: skip
    first = told["calls"][0]
    assert first["outcome"] == "by_us"
    assert (first["contact_call"], first["contact_talk_s"], first["contact_s"]) == (a_call(0).id, 60.0, 300.5)
    assert (told["total"]["missed"], told["total"]["answered"], told["total"]["missed_share"]) == (3, 1, 0.75)
    assert told["total"]["callers"] == 2
    assert told["total_before"]["missed"] == 1
    assert [(group["key"], group["missed"]) for group in told["by_trunk"]] == [("megafon", 2), ("mts", 1)]
    assert [group["key"] for group in told["by_department"]] == ["Продажи"]
    assert told["by_hour"][19]["missed"] == 3


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_told_in_every_form_and_language(run: Run, name: str, form: str, language: str) -> None:
    for period in ((), ("--period", "today"), ("--period", "prev-month")):
        result = run(name, *period, "--format", form, "--lang", language)
        assert result.exit_code == 0, result.output
        assert result.stdout_bytes.strip() or (form == "jsonl" and period)
        assert result.stderr == ""


def test_the_table_says_what_it_is_about_and_by_which_rule(run: Run) -> None:
    text = read(run("missed", "--period", "today", "--lang", "ru", "--trunk", "mts"))
    assert "Анализ пропущенных вызовов" in text
    assert "период: 23.11.2026 (Europe/Moscow)" in text
    assert "сравнивается с: 22.11.2026 00:00 – 22.11.2026 20:11" in text
    assert "только: линия: mts" in text
    assert "правило default; срок 1 ч" in text
    assert "истинно пропущен: 1  100,0\u202f%   было: 0" in text
    assert "+79009998877" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ((), 6),
        (("--trunk", "mts"), 1),
        (("--queue", "support"), 6),
        (("--queue", "sales"), 0),
        (("--department", "Продажи"), 6),
        (("--department", "none"), 0),
        (("--number", "8 900 999-88-77"), 1),
        (("--period", "yesterday"), 2),
        (("--from", "2026-11-23T19:12:30", "--to", "2026-11-23T19:13:40"), 2),
        (("--unknown-clients",), 5),
    ],
)
def test_calls_are_counted_by_what_is_asked(run: Run, options: tuple[str, ...], calls: int) -> None:
    assert json.loads(read(run("wait", *options, "--format", "json")))["total"]["calls"] == calls


def test_at_the_deadline_only_what_stands_for_good_is_told(run: Run) -> None:
    told = json.loads(read(run("missed", "--at-deadline", "--format", "json")))
    assert told["at_deadline"] is True
    assert "as of each deadline" in read(run("missed", "--at-deadline"))
    truly = next(call for call in told["calls"] if call["outcome"] == "truly_missed")
    assert (truly["contact_at"], truly["attempts"]) == (None, 0)


def test_without_a_period_a_table_shows_the_last_fifty_and_counts_all(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "more.db"
    asyncio.run(stored(path, [Made(ended(a_missed_call(n)), None) for n in range(60)]))
    text = read(run("missed", "--db", path))
    assert text.count("no call back possible") >= 50
    assert "missed calls: 60" in text
    assert "only the last are shown: 50 / 60" in text
    assert a_missed_call(9).id not in text
    assert a_missed_call(10).id in text
    assert a_missed_call(9).id in read(run("missed", "--db", path, "--period", "30d"))


def test_the_workbook_has_the_calls_the_totals_and_where_they_lead(run: Run) -> None:
    sheets = book(run("missed", "--period", "today", "--format", "xlsx"))
    assert sheets.sheetnames == [
        *(
            "summary",
            "list of missed calls",
            "by trunk",
            "by department",
            "by hour",
            "by weekday and hour",
            "later calls",
        ),
    ]
    calls = sheets["list of missed calls"]
    head = {cell.value: cell.column - 1 for cell in calls[1]}
    first = [cell.value for cell in calls[2]]
    assert first[head["missed at"]].isoformat(timespec="seconds") == "2026-11-23T19:12:34"
    assert first[head["reaction"]].total_seconds() == pytest.approx(100.25)
    assert calls.cell(2, head["later call"] + 1).hyperlink.location == "'later calls'!A2"
    assert sheets["later calls"]["A2"].value == a_call(0).id
    colours = [calls.cell(row, head["state"] + 1).fill.start_color.rgb for row in (2, 3, 4)]
    assert colours == ["FFD9F2E3", "FFFAD4D4", "FFE9ECEF"]


def test_the_hour_and_weekday_of_most_missed_calls_is_seen_in_a_workbook_and_in_a_terminal(run: Run) -> None:
    heat = book(run("missed", "--period", "7d", "--format", "xlsx"))["by weekday and hour"]
    told = json.loads(read(run("missed", "--period", "7d", "--format", "json")))["by_weekday"]
    assert [cell.value for cell in heat[1]] == ["weekday", *(f"{hour:02}" for hour in range(24)), "total"]
    assert [[cell.value or 0 for cell in row[1:25]] for row in heat["A2:Y8"]] == told
    assert (heat["A2"].value, heat["Z2"].value, heat["Z9"].value) == ("Mon", 3, 4)
    (scale,) = heat.conditional_formatting
    assert (str(scale.sqref), scale.rules[0].type) == ("B2:Y8", "colorScale")
    text = read(run("missed", "--period", "7d"))
    lines = text[text.index("by weekday and hour") :].splitlines()
    assert [line.split() for line in lines[1:3]] == [["weekday", "19", "total"], ["Mon", "3", "3"]]


def test_the_wait_by_hour_stands_beside_what_is_asked_for(run: Run) -> None:
    sheets = book(run("wait", "--period", "today", "--format", "xlsx"))
    assert sheets.sheetnames == ["summary", "by trunk", "by hour"]
    by_hour = json.loads(read(run("wait", "--period", "today", "--by", "hour", "--format", "json")))
    assert sheets["by hour"]["A2"].value == "19:00"
    assert sheets["by hour"]["B2"].value == by_hour["rows"][19]["calls"] == 4
    assert "by hour" in read(run("wait", "--period", "today"))
    assert "by hour" not in read(run("wait", "--period", "today", "--format", "csv"))
    assert read(run("wait", "--by", "hour")).count("by hour") == 1


def test_russian_excel_gets_its_own_csv(run: Run) -> None:
    text = read(run("wait", "--lang", "ru", "--format", "csv-excel"))
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][:2] == ["линия", "количество звонков"]
    assert rows[-1][0] == "всего"
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A database in which every caller, trunk, queue and person means harm."""
    path = tmp_path / "hostile.db"
    made = []
    for n, text in enumerate(each.encode("utf-8", "replace").decode() for each in HOSTILE.values()):
        call = a_missed_call(
            n,
            id=f"{n}{text}",
            caller_name=text,
            caller=text,
            caller_e164=None,
            trunk=text,
            source=text,
            queue=text,
            queues=(text,),
        )
        case = replace(a_recovered_case(n), id=call.id, contact_by=text, contact_call=text, trunk=text)
        made.append(Made(ended(call), case))
    asyncio.run(stored(path, made))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_what_a_caller_wrote_is_nothing_but_text(run: Run, hostile: Path, name: str) -> None:
    for options in (("--by", "queue"), ("--by", "trunk")) if name == "wait" else ((),):
        for form in ("table", "json", "jsonl", "html"):
            text = read(run(name, *options, "--db", hostile, "--format", form))
            if form == "table":
                assert all(map(is_inert, text.split("\n")))
            assert all(character in "\n\u2068\u2069" or character.isprintable() for character in text), form
        assert "<script>" not in read(run(name, *options, "--db", hostile, "--format", "html"))
        for form, delimiter in (("csv", ","), ("csv-excel", ";")):
            for row in csv.reader(
                io.StringIO(read(run(name, *options, "--db", hostile, "--format", form))), delimiter=delimiter
            ):
                for cell in row:
                    assert not cell.lstrip().startswith(("=", "@", "-", "＝")), cell
                    assert not cell.startswith("+") or cell[1:].isdigit(), cell
        for sheet in book(run(name, *options, "--db", hostile, "--format", "xlsx")):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", cell.value
                    assert cell.hyperlink is None or not cell.hyperlink.target


def test_a_page_has_the_same_tags_whatever_a_caller_wrote(run: Run, hostile: Path) -> None:
    class Tags(HTMLParser):
        seen: frozenset[str] = frozenset()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen |= {tag, *(name for name, _ in attrs)}

    tags = Tags()
    tags.feed(read(run("missed", "--db", hostile, "--format", "html")))
    assert not tags.seen & {"script", "img", "iframe", "onload", "src", "style=", "link"}


@pytest.mark.parametrize("form", FORMS)
def test_half_characters_of_a_command_line_are_no_trouble(run: Run, form: str) -> None:
    for name in NAMES:
        assert run(name, "--number", "\udcff", "--trunk", "\udcff", "--format", form).exit_code == 0


def test_what_is_no_period_or_report_is_wrong_usage(run: Run) -> None:
    for words in (
        ("wait", "--period", "today", "--from", "2026-11-01"),
        ("wait", "--by", "agent"),
        ("nothing",),
        ("missed", "--from", "2026-11-02", "--to", "2026-11-01"),
        ("missed", "--known-clients", "--format", "pdf"),
    ):
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")


def test_no_database_says_which_and_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "calls.db").unlink()
    for name in NAMES:
        result = run(name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert str(tmp_path / "calls.db") in result.stderr

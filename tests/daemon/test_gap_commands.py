"""`gaps`: when the PBX was not heard; and lists and reports of such a time say so, others do not."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from daemon import clock
from daemon.cli import main
from daemon.replay import running_writer
from handlers.ami.events import GapReason
from handlers.facts import GapEnded
from tests.storage.sample_calls import START, a_missed_call, ended

DAY = 86_400
MIDNIGHT = 1_795_381_200.0  # in Moscow
Run = Callable[..., Result]
GAPS = [
    GapEnded(START + 60.25, START, "connection_lost"),
    GapEnded(START + 300, START + 160.25, "pbx_restarted"),
    GapEnded(MIDNIGHT + 2 * DAY + 90, MIDNIGHT + 2 * DAY - 30, "killed"),
]
TOGETHER = "not heard: 2 gaps, 3:20"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(clock, "now", lambda: START + 3600)
    settings = tmp_path / "ringtally.toml"
    settings.write_text(f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{tmp_path / "calls.db"}"\n')
    store(tmp_path / "calls.db")

    def go(*words: str) -> Result:
        result = CliRunner().invoke(main, ["--config", str(settings), *words])
        assert result.exit_code == 0, result.output
        return result

    return go


def store(path: Path) -> None:
    async def go() -> None:
        async with running_writer(path, START) as writer:
            writer.put(ended(a_missed_call()))
            writer.put(None, gaps=GAPS)

    asyncio.run(go())


def test_each_gap_is_told_with_its_bounds_and_why(run: Run) -> None:
    found = [json.loads(line) for line in run("gaps", "--format", "jsonl").stdout.splitlines()]
    assert found[0] == {
        "from": "2026-11-23T16:11:34.013Z",
        "to": "2026-11-23T16:12:34.263Z",
        "lasted_s": 60.25,
        "reason": "connection_lost",
    }
    assert [each["reason"] for each in found] == [gap.reason for gap in GAPS]


def test_a_period_has_those_that_reach_into_it(run: Run) -> None:
    found = json.loads(run("gaps", "--from", "2026-11-25", "--format", "json").stdout)
    assert [each["reason"] for each in found] == ["killed"]
    assert len(json.loads(run("gaps", "--period", "today", "--format", "json").stdout)) == 2


def test_people_read_it_in_their_language_and_their_time(run: Run) -> None:
    table = run("gaps", "--lang", "ru").stdout
    assert "2026-11-23 19:11:34" in table
    assert "связь прервалась" in table
    rows = list(csv.reader(io.StringIO(run("gaps", "--format", "csv").stdout)))
    assert rows[0] == ["not heard from", "not heard until", "lasted", "why"]
    assert [row[3] for row in rows[1:]] == ["the connection was lost", "the PBX was restarted", "ringtally died"]


@pytest.mark.parametrize("command", [("report", "wait"), ("report", "missed"), ("calls",), ("missed",)])
def test_what_is_about_a_period_with_gaps_says_so_and_no_other(run: Run, command: tuple[str, ...]) -> None:
    assert TOGETHER in run(*command, "--period", "today", "--format", "html").stdout
    assert TOGETHER in run(*command, "--period", "today").output
    assert "АТС не было слышно: 2 перерыва, 3:20" in run(*command, "--period", "today", "--lang", "ru").output
    assert "not heard" not in run(*command, "--period", "yesterday").output
    assert "not heard: 1 gap, 1:30" in run(*command, "--from", "2026-11-25").output, "the part inside"


@pytest.mark.parametrize("which", ["wait", "missed"])
def test_a_report_as_json_has_the_gaps_of_its_period(run: Run, which: str) -> None:
    told = json.loads(run("report", which, "--period", "today", "--format", "json").stdout)
    assert told["gaps"] == {"count": 2, "lasted_s": 200.0}
    assert json.loads(run("report", which, "--period", "yesterday", "--format", "json").stdout)["gaps"]["count"] == 0


def test_every_reason_that_there_is_has_its_words(tmp_path: Path, run: Run) -> None:
    reasons = get_args(GapReason)

    async def go() -> None:
        async with running_writer(tmp_path / "calls.db", START) as writer:
            writer.put(None, gaps=[GapEnded(n + 1.0, float(n), reason) for n, reason in enumerate(reasons)])

    asyncio.run(go())
    rows = list(csv.reader(io.StringIO(run("gaps", "--to", "1970-01-02", "--format", "csv").stdout)))
    assert len({row[3] for row in rows[1:]} - set(reasons)) == len(reasons)
    assert "ringtally stood still or fell behind" in {row[3] for row in rows}

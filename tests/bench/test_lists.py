"""The bench of lists makes a year as it says, whose cases are those of its calls, and asks all of its questions."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench.lists import QUESTIONS, main

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A small year, and what was said of it."""
    path = tmp_path_factory.mktemp("bench") / "year.db"
    done = CliRunner().invoke(main, ["--calls", "4000", "--rounds", "1", "--indexes", "1", "--db", str(path)])
    assert done.exit_code == 0, done.output
    return path, done.output


def test_each_question_has_a_row_and_a_plan(year: tuple[Path, str]) -> None:
    _, told = year
    lines = told.splitlines()
    for name in QUESTIONS:
        (row,) = [line for line in lines if line.startswith(f"{name:34} ")]
        assert int(row[34:].split()[0].replace(",", "")) > 0, row
        assert lines[lines.index(f"{name}:") + 1].startswith("    ")
    assert "call_in_by_trunk" in told.partition("What storing a call saves")[2]


def test_the_year_has_as_many_calls_as_asked_for_and_their_cases(year: tuple[Path, str]) -> None:
    path, _ = year
    connection = sqlite3.connect(path)
    try:
        in_the_year = "started_at < strftime('%s', '2027-01-01') * 1000"
        ((calls,),) = connection.execute(f"SELECT count(*) FROM call WHERE {in_the_year}")
        assert calls == pytest.approx(4000, rel=0.05)
        ((stray,),) = connection.execute(
            "SELECT count(*) FROM call WHERE missed AND missed_case IS NULL AND caller IS NOT NULL"
        )
        assert stray == 0
        states = {state for (state,) in connection.execute("SELECT DISTINCT state FROM missed_case")}
        assert states >= {"recovered", "recovered_late", "truly_missed"}
    finally:
        connection.close()

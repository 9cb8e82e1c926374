"""The bench of clearing runs, and tells what it is about."""

from click.testing import CliRunner

from tests.bench.clearing import main


def test_it_tells_of_holds_waits_and_pages() -> None:
    told = CliRunner().invoke(main, ["--calls", "1000", "--seconds", "0.5", "--rounds", "1", "--days", "300"])
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[:2]] == ["stored without clearing", "stored while clearing"]
    assert "rows went" in lines[2]
    assert " 0 rows" not in lines[2]
    assert lines[3].startswith("pages, and free ones: ")

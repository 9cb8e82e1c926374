"""`rescue`: says what it saved, and what it saved is a database that the other commands read."""

from pathlib import Path

from click.testing import CliRunner, Result

from daemon.cli import main
from tests.daemon.test_report_commands import store
from tests.storage.faults import header
from tests.storage.sample_calls import a_call, ended


def ringtally(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_database_without_its_header_is_read_again_by_the_other_commands(tmp_path: Path) -> None:
    damaged, saved = tmp_path / "calls.db.damaged-1", tmp_path / "saved.db"
    store(damaged, ended(a_call()))
    header(damaged)
    done = ringtally("rescue", damaged, saved)
    assert (done.exit_code, done.output) == (
        0,
        "call: 1 rows\nleg: 3 rows\nqueue_stay: 2 rows\ntalk: 2 rows\nhold: 1 rows\ntransfer: 2 rows\n",
    )
    assert a_call().id in ringtally("calls", "--db", saved, "--format", "jsonl").output


def test_a_file_that_is_there_already_is_refused_in_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "calls.db.damaged-1"
    store(damaged, ended(a_call()))
    done = ringtally("rescue", damaged, damaged)
    assert done.exit_code == 1
    assert done.output == f"Error: {damaged} is there already; name a new file\n"

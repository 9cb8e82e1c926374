"""Reports about a time of which calls are gone say so, and compare with nothing: fewer calls are not what it was."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from daemon import clock
from daemon.cli import main
from daemon.replay import running_writer
from storage.retention import DAY_S, Clearing, settle
from tests.storage.sample_calls import START, a_missed_call, ended

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls of three days, the first one's cleared away."""
    monkeypatch.setattr(clock, "now", lambda: START + 3 * DAY_S)
    database = tmp_path / "calls.db"
    settings = tmp_path / "ringtally.toml"
    settings.write_text(f'[site]\ntimezone = "Europe/Moscow"\n[storage]\npath = "{database}"\n')

    async def store() -> None:
        async with running_writer(database, START) as writer:
            for day in range(3):
                writer.put(ended(a_missed_call(day * 24 * 60)))

    asyncio.run(store())
    settle(database, START + 3 * DAY_S)
    clearing = Clearing(START + DAY_S / 2)
    while clearing.step(database):
        pass

    def go(*words: str) -> Result:
        result = CliRunner().invoke(main, ["--config", str(settings), *words])
        assert result.exit_code == 0, result.output
        return result

    return go


@pytest.mark.parametrize("report", ["wait", "missed"])
def test_a_period_of_which_calls_are_gone_says_so(run: Run, report: str) -> None:
    line = "calls that began before 2026-11-24 07:11 are not kept"
    assert line in run("report", report).stdout
    assert line in run("report", report, "--from", "2026-11-24").stdout
    assert "не хранятся" in run("report", report, "--from", "2026-11-24", "--lang", "ru").stdout
    assert "not kept" not in run("report", report, "--from", "2026-11-25").stdout


@pytest.mark.parametrize("report", ["wait", "missed"])
@pytest.mark.parametrize(("day", "is_compared"), [("2026-11-24", False), ("2026-11-25", False), ("2026-11-26", True)])
def test_a_period_before_of_which_calls_are_gone_is_compared_with_nothing(
    run: Run, report: str, day: str, is_compared: bool
) -> None:
    told = json.loads(run("report", report, "--from", day, "--to", day, "--format", "json").stdout)
    assert (told["before"] is not None, told["total_before"] is not None) == (is_compared, is_compared)
    assert told["kept_from"] == "2026-11-24T04:11:34.013Z"

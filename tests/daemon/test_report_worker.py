"""What the process that makes reports says of its own faults."""

from pathlib import Path

import pytest

from config.sections import Settings
from daemon import report_worker
from daemon.report_worker import ReportTask

NUMBER = "79001112233"
TASK = ReportTask(None, Path("calls.db"), Settings(), "en", "json", 0.0, 10, 10, 60.0)


async def _stumbles(_task: ReportTask) -> bytes:
    known: dict[str, bytes] = {}
    try:
        return known[NUMBER]
    except KeyError as error:
        raise ValueError(f"what is {NUMBER}?") from error


def test_of_a_fault_it_tells_kinds_and_lines_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_worker, "made", _stumbles)
    told = report_worker._tried(TASK)
    words = told.body.decode()
    assert told.outcome == "fault"
    assert NUMBER not in words
    assert words.count("in _stumbles") == 2
    assert "KeyError" in words
    assert words.endswith("ValueError")

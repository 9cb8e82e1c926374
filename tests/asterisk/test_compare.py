"""The oracle's comparison finds what is wrong, and only that: a judge that never objects would make every test green."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.asterisk.lab.compare import FIELDS, Report, compare_calls, compare_cases, main

Row = dict[str, Any]
CALL: Row = {
    "direction": "in",
    "result": "answered",
    "missed": False,
    "caller": "79001112233",
    "caller_e164": "+79001112233",
    "called": "7001",
    "called_e164": None,
    "trunk": "trunk",
    "queue": "support",
    "queues": ["support"],
    "answered_by": "101",
    "voicemail": False,
    "end_seen": True,
    "wait_s": 2.0,
    "talk_s": 3.0,
    "hold_s": 1.0,
    "total_s": 5.0,
    "started_at": 1000.0,
    "ended_by": "caller",
    "lost_after_transfer": False,
    "transfers": [{"kind": "blind", "by": "101", "to": "102", "result": "answered"}],
}
EXPECTED = CALL | {"agents_devices": ["101"]}
TOLD = CALL | {"id": "c1", "agents": ["PJSIP/101-0000002a"]}
CASE: Row = {"number_e164": "+79001112233", "state": "open", "contact": None, "attempts": 0, "calls": [1]}


def told(capsys: pytest.CaptureFixture[str], expected: Sequence[Row], actual: Sequence[Row]) -> list[str]:
    """The differences that the comparison tells, without the scenario's name."""
    report = Report("s")
    right, of_all = compare_calls({"calls": expected}, actual, report, False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == report.hard + report.soft
    assert of_all == len(expected)
    assert right == of_all or report.hard
    return [line.replace("s, ", "", 1) for line in lines]


def test_what_is_right_is_told_by_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, [EXPECTED], [TOLD]) == []


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "agents_names"])
def test_each_field_that_is_wrong_is_one_difference(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = TOLD["agents" if field == "agents_devices" else field]
    wrong = [*before, "999"] if isinstance(before, list) else not before if isinstance(before, bool) else 77
    (line,) = told(capsys, [EXPECTED], [TOLD | {"agents" if field == "agents_devices" else field: wrong}])
    assert line.startswith(f'call 1 ("79001112233"), {field}: expected ')


@pytest.mark.parametrize(("names", "told_of"), [(["Anna"], 0), (["Boris"], 1), ([None], 1)])
def test_the_names_of_agents_are_compared_where_they_are_expected(
    names: list[str | None], told_of: int, capsys: pytest.CaptureFixture[str]
) -> None:
    agents = [{"device": "PJSIP/101", "name": "Anna"}]
    assert len(told(capsys, [EXPECTED | {"agents_names": names}], [TOLD | {"agents": agents}])) == told_of


@pytest.mark.parametrize(
    ("field", "want", "got", "right"),
    [
        ("wait_s", 2.0, 2.14, True),
        ("wait_s", 2.0, 2.16, False),
        ("wait_s", {"min": 1, "max": 2}, 2.1, True),
        ("wait_s", {"min": 1, "max": 2}, 0.8, False),
        ("wait_s", None, 99, True),
        ("wait_s", 0.0, None, True),
        ("wait_s", 1.0, None, False),
        ("wait_s", 1.0, True, False),
        ("caller", "79001112233", "89001112233", True),
        ("caller", "101", "8101", False),
        ("called", {"any": ["7001", "7002"]}, "7002", True),
        ("called", {"any": ["7001", "7002"]}, "7003", False),
        ("answered_by", "101", "Local/101@from-queue-0000002a;1", True),
        ("answered_by", "101", {"device": "PJSIP/101"}, True),
        ("queues", ["a", "b"], ["a", "a", "b"], True),
        ("queues", ["a", "b"], ["b", "a"], False),
    ],
)
def test_what_meets_an_expectation(
    field: str, want: Any, got: Any, right: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(capsys, [EXPECTED | {field: want}], [TOLD | {field: got}])
    assert len(lines) == (0 if right else 1)


def test_a_call_that_is_not_told_and_one_that_nobody_made(capsys: pytest.CaptureFixture[str]) -> None:
    other = EXPECTED | {"caller": "79990000000", "started_at": 1020.0}
    more = TOLD | {"id": "c2", "caller": "102", "started_at": 1010.0}
    assert [line.partition(":")[0] for line in told(capsys, [EXPECTED, other], [TOLD, more])] == [
        'call 2 ("79990000000"), presence',
        "extra call c2 from 102 to 7001 at 1010.0, presence",
    ]


def test_two_calls_of_one_caller_are_told_apart_by_their_starts(capsys: pytest.CaptureFixture[str]) -> None:
    later = {"started_at": 1020.0, "wait_s": 4.0}
    assert told(capsys, [EXPECTED, EXPECTED | later], [TOLD | later, TOLD]) == []


def test_a_recording_may_be_replayed_at_another_time(capsys: pytest.CaptureFixture[str]) -> None:
    later = {"started_at": 1020.0, "wait_s": 4.0}
    replayed = [TOLD | {"started_at": 5000.0}, TOLD | later | {"started_at": "1970-01-01T01:23:40Z"}]
    assert told(capsys, [EXPECTED, EXPECTED | later], replayed) == []


def test_a_doubt_is_told_and_does_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("s")
    assert compare_calls({"calls": [EXPECTED | {"doubt": ["trunk"]}]}, [TOLD | {"trunk": "x"}], report, False) == (1, 1)
    assert (report.hard, report.soft) == (0, 1)
    assert capsys.readouterr().out.startswith("doubt: s, call 1")


def test_where_no_abandon_is_short_another_result_is_expected() -> None:
    oracle = {"calls": [EXPECTED | {"result": "short_abandoned", "short0": {"result": "answered"}}]}
    short, none_short = Report("s"), Report("s")
    compare_calls(oracle, [TOLD], short, False)
    compare_calls(oracle, [TOLD], none_short, True)
    assert (short.hard, none_short.hard) == (1, 0)


def test_a_part_of_another_call_must_say_of_which(capsys: pytest.CaptureFixture[str]) -> None:
    part = EXPECTED | {"merged_into": 1, "started_at": 1002.0}
    told_part = TOLD | {"id": "c2", "started_at": 1002.0}
    assert told(capsys, [EXPECTED, part], [TOLD, told_part | {"merged_into": "c1"}]) == []
    for into in (None, "c9"):
        (line,) = told(capsys, [EXPECTED, part], [TOLD, told_part | {"merged_into": into}])
        assert line.startswith('call 2 ("79001112233"), merged_into: expected "c1"')


@pytest.mark.parametrize(
    ("cases", "wrong"),
    [
        ([CASE | {"number": "+79001112233"}], 0),
        ([], 1),
        ([CASE | {"number": "79001112233"}], 1),
        ([CASE | {"number": "+79001112233", "state": "reached", "attempts": 1}], 2),
        ([CASE | {"number": "+79001112233"}, CASE | {"number": "+79990000000"}], 1),
    ],
)
def test_the_follow_up_cases_are_compared_too(cases: list[Row], wrong: int) -> None:
    report = Report("s")
    compare_cases({"cases": [CASE]}, cases, report, False)
    assert report.hard == wrong


@pytest.mark.parametrize(
    ("change", "calls", "status"),
    [({}, "calls.jsonl", 0), ({"result": "busy"}, "calls.jsonl", 1), ({}, "nowhere.jsonl", 2)],
)
def test_the_command_says_by_its_status_whether_all_is_right(
    change: Row, calls: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "expected.json").write_text(json.dumps({"scenario": "s", "calls": [EXPECTED]}))
    (tmp_path / "calls.jsonl").write_text(json.dumps(TOLD | change) + "\n")
    monkeypatch.setattr(sys, "argv", ["compare", str(tmp_path / "expected.json"), str(tmp_path / calls)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status

"""The figures of waits, against a slow adding up of every call."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.departments import Departments
from handlers.facts import Call
from storage.reading import reading
from storage.reports.report_filter import ReportFilter
from storage.reports.spread import Spread
from storage.reports.wait import WAIT_BY, WaitBy, WaitFigures, WaitReport, wait_report
from tests.storage.query_plan import plan_of
from tests.storage.reports.generated import DEPARTMENTS, Made, office, stored
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

BERLIN = ZoneInfo("Europe/Berlin")
DAY_S = 86_400


async def told(
    path: Path,
    wanted: ReportFilter,
    by: WaitBy = "trunk",
    before: ReportFilter | None = None,
    departments: Departments = DEPARTMENTS,
) -> WaitReport:
    async with reading(path) as connection:
        return await wait_report(connection, wanted, by, BERLIN, departments, before)


def nearly(value: float) -> Any:
    """Equal to what was added up in another order."""
    return pytest.approx(value, abs=1e-3)


def added_up(calls: Iterable[Call]) -> WaitFigures:
    """The slow way: no SQL, each figure by its definition."""
    waited = list(calls)
    answered = [call for call in waited if call.result == "answered" and not call.missed]
    missed = [call for call in waited if call.missed]
    talks = [call.talk_s for call in waited if call.result == "answered" and call.talk_s is not None]
    return WaitFigures(
        len(answered),
        len(missed),
        len(waited) - len(answered) - len(missed),
        nearly(sum(talks)),
        len(talks),
        _spread(call.wait_s for call in answered),
        _spread(call.wait_s for call in missed),
    )


def _spread(waits: Iterable[float | None]) -> Spread:
    known = sorted(wait for wait in waits if wait is not None)
    if not known:
        return Spread()
    p90 = statistics.quantiles(known, n=10, method="inclusive")[8] if len(known) > 1 else known[0]
    parts = (sum(known), statistics.mean(known), statistics.median(known), p90, known[-1])
    return Spread(len(known), *map(nearly, parts))


def key_of(made: Made, by: WaitBy) -> str | None:
    call = made.ended.call
    local = datetime.fromtimestamp(call.started_at, BERLIN)
    return {
        "trunk": call.trunk,
        "queue": call.queue,
        "department": DEPARTMENTS.of(made.ended),
        "hour": local.strftime("%H"),
        "day": local.date().isoformat(),
    }[by]


def matches(made: Made, wanted: ReportFilter) -> bool:
    call = made.ended.call
    return (
        call.direction == "in"
        and call.merged_into is None
        and (wanted.since is None or call.started_at >= wanted.since)
        and (wanted.until is None or call.started_at < wanted.until)
        and wanted.trunk in {None, call.trunk}
        and wanted.queue in {None, call.queue}
        and wanted.department in {None, DEPARTMENTS.of(made.ended)}
        and wanted.number in {None, call.caller_e164}
    )


@pytest.mark.parametrize("seed", range(3))
async def test_every_figure_is_that_of_the_calls_one_by_one(tmp_path: Path, seed: int) -> None:
    made = office(Random(seed), 500)
    await stored(tmp_path / "calls.db", made)
    for wanted in (
        ReportFilter(),
        ReportFilter(since=START - 100 * DAY_S, until=START - 20 * DAY_S),
        ReportFilter(trunk="=1+1"),
        ReportFilter(queue="sales", since=START - 200 * DAY_S),
        ReportFilter(department="Продажи"),
        ReportFilter(department="none"),
        ReportFilter(number="+79000000007"),
    ):
        for by in WAIT_BY:
            await check(tmp_path / "calls.db", made, wanted, by)


async def check(path: Path, made: Sequence[Made], wanted: ReportFilter, by: WaitBy) -> None:
    found = await told(path, wanted, by)
    those = [each for each in made if matches(each, wanted)]
    keys = {key_of(each, by) for each in those}
    assert found.total == added_up(each.ended.call for each in those)
    assert {row.key for row in found.rows if row.figures.calls + row.figures.other} == keys
    for row in found.rows:
        assert row.figures == added_up(each.ended.call for each in those if key_of(each, by) == row.key), row.key
        assert row.before is None


async def test_the_period_before_is_told_beside_each_row_and_in_total(tmp_path: Path) -> None:
    made = office(Random(5), 300)
    await stored(tmp_path / "calls.db", made)
    middle = START - 200 * DAY_S
    wanted, before = ReportFilter(since=middle), ReportFilter(until=middle)
    found = await told(tmp_path / "calls.db", wanted, "trunk", before)
    earlier = {row.key: row.figures for row in (await told(tmp_path / "calls.db", before, "trunk")).rows}
    assert {row.key: row.before for row in found.rows} == earlier
    assert found.before == added_up(each.ended.call for each in made if matches(each, before))
    assert all(row.before is None for row in (await told(tmp_path / "calls.db", wanted, "day", before)).rows)


async def test_a_row_that_was_not_there_before_is_compared_with_nothing(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call()), None)])
    (row,) = (await told(tmp_path / "calls.db", ReportFilter(), "trunk", ReportFilter(until=START))).rows
    assert row.before == added_up([])
    assert row.before.wait_avg_s is None


async def test_the_formulas_of_the_averages(tmp_path: Path) -> None:
    calls = [a_call(0, wait_s=10.0, talk_s=60.0), a_call(1, wait_s=None, talk_s=None), a_missed_call(2, wait_s=40.0)]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    total = (await told(tmp_path / "calls.db", ReportFilter())).total
    assert (total.calls, total.wait_s, total.talk_s, total.full_s) == (3, 50.0, 60.0, 110.0)
    assert (total.wait_avg_s, total.talk_avg_s) == (25.0, 60.0)


async def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call(n)), None) for n in range(3)])
    wanted = ReportFilter(since=a_call(0).started_at, until=a_call(2).started_at)
    assert (await told(tmp_path / "calls.db", wanted)).total.calls == 2


async def test_an_empty_period_has_no_rows_and_no_averages(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call()), None)])
    for by in WAIT_BY:
        found = await told(tmp_path / "calls.db", ReportFilter(until=1.0), by)
        assert found.total == added_up([])
        assert len(found.rows) == (24 if by == "hour" else 0)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", ["01", "03", "04"]), ("2026-10-25", ["01", "02", "02"])])
async def test_on_a_day_on_which_the_clock_is_set_a_call_counts_in_the_hour_it_showed(
    tmp_path: Path, day: str, hours: list[str]
) -> None:
    first = datetime.fromisoformat(f"{day}T01:10").replace(tzinfo=BERLIN).timestamp()
    calls = [a_call(0, id=f"{n}.0", started_at=first + 3600 * n) for n in range(3)]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    rows = (await told(tmp_path / "calls.db", ReportFilter(), "hour")).rows
    assert [row.key for row in rows for _ in range(row.figures.calls)] == hours
    assert [row.key for row in (await told(tmp_path / "calls.db", ReportFilter(), "day")).rows] == [day]


async def test_a_day_without_a_call_is_a_row_between_its_neighbours(tmp_path: Path) -> None:
    calls = [a_call(0), replace(a_call(1), started_at=START + 2 * DAY_S)]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    rows = (await told(tmp_path / "calls.db", ReportFilter(), "day")).rows
    assert [(row.key, row.figures.calls) for row in rows] == [
        ("2026-11-23", 1),
        ("2026-11-24", 0),
        ("2026-11-25", 1),
    ]


async def test_the_busiest_come_first_and_those_without_a_name_last(tmp_path: Path) -> None:
    trunks = ["b", "b", "a", "a", "c", None, None, None]
    calls = [a_call(n, trunk=trunk) for n, trunk in enumerate(trunks)]
    await stored(tmp_path / "calls.db", [Made(ended(call), None) for call in calls])
    assert [row.key for row in (await told(tmp_path / "calls.db", ReportFilter())).rows] == ["a", "b", "c", None]


async def test_without_departments_every_call_has_none(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call()), None)])
    found = await told(tmp_path / "calls.db", ReportFilter(), "department", departments=Departments([]))
    assert [row.key for row in found.rows] == [None]


@pytest.mark.parametrize("by", WAIT_BY)
async def test_it_walks_one_index_of_incoming_calls_and_by_trunk_sorts_nothing(tmp_path: Path, by: WaitBy) -> None:
    await stored(tmp_path / "calls.db", [Made(ended(a_call(n)), None) for n in range(3)])
    wanted = ReportFilter(since=START, until=START + 365 * DAY_S)
    async with reading(tmp_path / "calls.db") as connection:
        steps = await plan_of(connection, lambda reader: wait_report(reader, wanted, by, BERLIN, DEPARTMENTS))
    assert "SCAN c USING INDEX call_in_by_trunk" in steps
    assert ("USE TEMP B-TREE FOR GROUP BY" in steps) == (by != "trunk")
    assert len(steps) == 1 + (by != "trunk"), steps

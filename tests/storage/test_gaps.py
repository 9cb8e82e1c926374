"""Gaps stored once, with their bounds, and found by any period that they touch."""

from pathlib import Path

import pytest

from handlers.facts import GapEnded
from storage.database import writing
from storage.gaps import GapFilter, GapSum, find_gaps, gap_json, sum_gaps
from storage.reading import reading

MONDAY = 1_795_411_200.0
LOST = GapEnded(MONDAY + 160.25, MONDAY + 100.125, "connection_lost")
KILLED = GapEnded(MONDAY + 1200.0, MONDAY + 1000.0, "killed")
OVERNIGHT = GapEnded(MONDAY + 90_000.0, MONDAY + 80_000.0, "pbx_restarted")


async def stored(path: Path, *batches: list[GapEnded]) -> None:
    async with writing(path, now=MONDAY) as database:
        for gaps in batches:
            await database.write([], gaps=gaps)


async def found(path: Path, **wanted: float) -> list[GapEnded]:
    async with reading(path) as connection:
        return await find_gaps(connection, GapFilter(**wanted))  # type: ignore[arg-type]  # `last` is whole


async def summed(path: Path, since: float | None, until: float | None) -> GapSum:
    async with reading(path) as connection:
        return await sum_gaps(connection, since, until)


async def test_a_gap_comes_back_with_its_bounds_and_its_reason_in_order_of_beginning(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [KILLED], [LOST])
    assert await found(tmp_path / "calls.db") == [LOST, KILLED]


async def test_told_twice_it_is_stored_once(tmp_path: Path) -> None:
    await stored(tmp_path / "calls.db", [LOST, LOST], [LOST])
    assert await found(tmp_path / "calls.db") == [LOST]


async def test_a_period_has_the_gaps_that_reach_into_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    await stored(path, [LOST, KILLED, OVERNIGHT])
    assert await found(path, since=MONDAY + 86_400) == [OVERNIGHT]
    assert await found(path, until=MONDAY + 1000) == [LOST]
    assert await found(path, since=LOST.at, until=OVERNIGHT.since) == [KILLED]
    assert await found(path, last=2) == [KILLED, OVERNIGHT]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, GapSum(3, 60.125 + 200 + 10_000)),
        (MONDAY, MONDAY + 86_400, GapSum(3, 60.125 + 200 + 6_400)),
        (MONDAY + 86_400, None, GapSum(1, 3_600)),
        (MONDAY + 1050, MONDAY + 1060, GapSum(1, 10)),
        (MONDAY + 2000, MONDAY + 3000, GapSum(0, 0)),
    ],
)
async def test_of_a_gap_that_juts_out_the_part_inside_is_summed(
    since: float | None, until: float | None, expected: GapSum, tmp_path: Path
) -> None:
    await stored(tmp_path / "calls.db", [LOST, KILLED, OVERNIGHT])
    assert await summed(tmp_path / "calls.db", since, until) == expected


async def test_a_gap_is_told_the_same_before_and_after_it_was_stored(tmp_path: Path) -> None:
    gap = GapEnded(MONDAY + 60.0004, MONDAY + 0.0006, "silent")
    await stored(tmp_path / "calls.db", [gap])
    assert [gap_json(each) for each in await found(tmp_path / "calls.db")] == [gap_json(gap)]

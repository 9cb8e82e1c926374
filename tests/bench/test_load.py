"""The daemon under load, in short: a flood while the disk stalls, a house full of calls, some days of a PBX with calls that never end."""

import asyncio
from pathlib import Path

import pytest

from tests.bench import flood, house, week

pytestmark = pytest.mark.slow

STALL_S = 2.5
NEVER_ENDING = 30


@pytest.mark.parametrize("mix", ["shipped"])
def test_while_the_disk_stalls_each_call_of_a_flood_is_stored_exactly_once(tmp_path: Path, mix: flood.Mix) -> None:
    made, database = flood.make(tmp_path, mix, 2_000, 2), tmp_path / "calls.db"
    told = flood.run(made, database, STALL_S)
    found = flood.compared(made, database)
    assert found.stored == len(made.calls) > 200
    assert (found.lost, found.doubled, found.invented) == (0, 0, 0)
    assert (told["dropped"], told["refused"], told["bad"], told["connects"]) == (0, 0, 0, 1)
    assert told["waiting"] > 0, "the disk stalled, and calls waited for it"
    assert told["degraded_s"] > 0, "and it was told that another program holds the file"
    assert told["pbx"]["longest_s"] < STALL_S, "who stores never holds up who reads"
    assert len(list(flood.lines(told, made, found))) == 5


def test_a_full_house_is_counted_listed_and_known_again() -> None:
    head, *rows = house.lines(300, 3_000)
    assert "loop late" in head
    assert len(rows) == 6
    assert all(float(row[44:].split()[0]) > 0 for row in rows)


def test_over_some_days_nothing_grows_that_should_not_and_what_never_ends_is_cleared(tmp_path: Path) -> None:
    days = asyncio.run(week.days(tmp_path, week.stream(400, 4, NEVER_ENDING), week.DAY_S))
    assert len(days) >= 4
    first, second, third, last = days[:4]
    assert [day.reaped for day in (first, second)] == [0, 0]
    assert second.live["calls"] >= NEVER_ENDING
    assert third.reaped == last.reaped == NEVER_ENDING
    assert last.doubted == 0
    assert third.live.get("calls", 0) <= 2
    assert last.labels == third.labels
    assert last.topics <= week.PHONES + NEVER_ENDING + 20, "a topic for each phone that is a member of the queue"
    assert last.calls == pytest.approx(4 * 400, rel=0.1)
    assert last.bytes_per_call < 10_000

"""What waits in a damaged database goes on in the new one, as far as it can be read, whatever is lost around it; and what is told of it is true."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from handlers.calls.kept import KeptCall
from handlers.facts import GapEnded
from storage import going_on, salvage
from storage.cases import CaseFilter, find_cases
from storage.database import writing
from storage.gaps import GapFilter, find_gaps
from storage.live_calls import Heard, LiveChange, kept_calls
from storage.outbox import Change, Message, read_statement
from storage.reading import reading
from storage.requests import Asked, ask, to_do
from storage.rescue import rescue
from tests.storage.faults import PAGE, break_table, first_page, header, overwrite
from tests.storage.sample_calls import START, a_missed_call, ended, many
from tests.storage.sample_cases import a_case, missed
from tests.storage.storing import checkpoint, set_aside, sound

GAP = GapEnded(START + 9, START, "silent")
LIVE = KeptCall("7.1", "7", START, {"a": 1})
HEARD = Heard(START + 60, "stopped")
CONTACT = Asked(kind="contact", subject="+79001112233", at=START, by="Anna")
ALL_KEPT = {
    **{"kept_outbox": 2, "kept_request": 1, "kept_missed_case": 1, "kept_case_fact": 1, "kept_gap": 1},
    **{"kept_live_call": 1, "kept_heard": 1},
}
CASES = 2000


def fill(path: Path) -> None:
    """Something of each kind waits in it."""

    async def store() -> None:
        async with writing(path, now=START) as store:
            await store.write(many(300, first=10))
            call = ended(a_missed_call(2))
            messages = [Message(f"e{number}", "event/call", START, str(number)) for number in (1, 2)]
            live = LiveChange({LIVE.id: LIVE}, HEARD)
            await store.write([call], Change(messages), [missed(a_case(2), call.call)], [GAP], live)

    asyncio.run(store())
    ask(path, CONTACT, START)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database in which something of each kind waits."""
    path = tmp_path_factory.mktemp("original") / "calls.db"
    fill(path)
    checkpoint(path)
    return path.read_bytes()


@pytest.fixture
def path(original: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "calls.db"
    path.write_bytes(original)
    return path


def started(path: Path) -> dict[str, Any]:
    """The line of a start that finds the file damaged."""

    async def start() -> None:
        async with writing(path, now=START + 1000):
            pass

    with structlog.testing.capture_logs() as logs:
        asyncio.run(start())
    (line,) = (line for line in logs if line["event"] == "database_set_aside")
    return dict(line)


def kept(line: dict[str, Any]) -> dict[str, int]:
    return {name: rows for name, rows in line.items() if name.startswith("kept_")}


async def what_waits(path: Path) -> list[object]:
    async with reading(path) as connection:
        outbox = await connection.execute_fetchall(*read_statement(0, 0.0, 10))
        return [
            await find_cases(connection, CaseFilter()),
            await find_gaps(connection, GapFilter()),
            await kept_calls(connection),
            [str(row).count("event/call") for row in outbox],
            [each.asked for each in to_do(path, 0)],
        ]


def test_a_header_that_is_lost_costs_nothing_that_waits(path: Path, tmp_path: Path) -> None:
    before = asyncio.run(what_waits(path))
    header(path)
    damaged = path.read_bytes()
    line = started(path)
    assert asyncio.run(what_waits(path)) == before
    assert before[:3] == [[a_case(2)], [GAP], ([LIVE], HEARD)]
    assert kept(line) == ALL_KEPT
    assert "not_read" not in line
    assert "parts_lost_of" not in line
    (aside,) = set_aside(path)
    assert aside.read_bytes() == damaged
    assert sound(path)
    assert list(tmp_path.glob(".rescue*")) == []


def test_where_the_table_of_contents_is_lost_nothing_is_kept_and_that_is_told(path: Path) -> None:
    first_page(path)
    line = started(path)
    assert set(kept(line).values()) == {0}
    assert line["parts_lost_of"] == "outbox, request, missed_case, case_fact, gap, live_call, heard"
    assert asyncio.run(what_waits(path))[:2] == [[], []]


def test_a_table_that_cannot_be_read_is_told_and_costs_no_other(path: Path) -> None:
    break_table(path, "gap")
    break_table(path, "migration")
    line = started(path)
    assert kept(line) == {**ALL_KEPT, "kept_gap": 0}
    assert line["parts_lost_of"] == "gap"


def test_an_index_that_is_damaged_hides_no_case_that_waits(path: Path) -> None:
    break_table(path, "missed_case_waiting")
    break_table(path, "request_to_do")
    break_table(path, "migration")
    assert kept(started(path)) == ALL_KEPT


def many_cases(path: Path) -> None:
    """Copies of the one that waits, each with its fact."""
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(missed_case)")][2:]
    numbers = f"WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {CASES})"
    connection.execute(
        f"{numbers} INSERT INTO missed_case (key, id, {', '.join(columns)}) "
        f"SELECT i, 'c' || i, {', '.join(columns)} FROM missed_case, n WHERE key = 1"
    )
    connection.execute(
        f"{numbers} INSERT INTO case_fact SELECT i, n, at, kind, call, result, by_whom FROM case_fact, n AS other "
        "WHERE missed_case = 1"
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def pages_of(path: Path, table: str) -> Iterator[int]:
    """Its leaves, by the numbers in its root: https://www.sqlite.org/fileformat.html#b_tree_pages."""
    connection = sqlite3.connect(path)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    connection.close()
    page = path.read_bytes()[PAGE * (root - 1) : PAGE * root]
    assert page[0] == 5, "an inner page"
    for at in range(12, 12 + 2 * int.from_bytes(page[3:5], "big"), 2):
        cell = int.from_bytes(page[at : at + 2], "big")
        yield int.from_bytes(page[cell : cell + 4], "big")
    yield int.from_bytes(page[8:12], "big")


@pytest.mark.parametrize("which", [0, 20, -1])
def test_a_damaged_page_costs_the_cases_on_it_alone(which: int, path: Path) -> None:
    many_cases(path)
    overwrite(path, PAGE * (list(pages_of(path, "missed_case"))[which] - 1), PAGE)
    header(path)
    line = started(path)
    assert CASES - 60 < line["kept_missed_case"] < CASES
    assert line["kept_case_fact"] == line["kept_missed_case"]
    assert line["parts_lost_of"] == "missed_case"
    assert sound(path)


def test_what_goes_on_in_the_new_file_is_told_of_memory_too(path: Path) -> None:
    assert going_on.go_on(path, None, START, [a_case(5), a_case(8)]).rows == {"from_memory": 2}


# ---- bounds


def too_large(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(going_on, "_COPIES_AT_MOST", 1000)
    return "its header is lost, and it is too large to be read at once"


def no_room(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(salvage, "_free", lambda _folder: 1000)
    return "its header is lost, and the disk has no room for a copy of it"


@pytest.mark.parametrize("bound", [too_large, no_room])
def test_a_file_without_header_that_is_not_read_is_told_with_what_to_do(
    bound: Callable[[pytest.MonkeyPatch], str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = bound(monkeypatch)
    header(path)
    line = started(path)
    assert line["not_read"] == reason
    assert set(kept(line).values()) == {0}
    (aside,) = set_aside(path)
    assert line["cure"] == (
        f"ringtally rescue {aside} saved.db; to go on with its cases: stop ringtally, mv saved.db {path}, start it"
    )
    rescue(aside, path.with_name("saved.db"), START)
    path.with_name("saved.db").rename(path)
    assert asyncio.run(what_waits(path))[:2] == [[a_case(2)], [GAP]]


def test_a_table_that_takes_too_long_is_told_and_costs_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many_cases(path)
    monkeypatch.setattr(going_on, "_EACH_TABLE_S", 0.0)
    monkeypatch.setattr(going_on, "_LOOKS_EVERY_STEPS", 1000)
    break_table(path, "migration")
    line = started(path)
    assert line["kept_missed_case"] == 0
    assert line["parts_lost_of"].split(", ")[0] == "missed_case"
    assert line["kept_gap"] == line["kept_heard"] == 1


def test_keys_of_which_none_can_be_read_are_not_tried_without_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_table(path, "gap")
    break_table(path, "migration")
    monkeypatch.setattr(going_on, "_EACH_TABLE_S", 0.0)
    tried: list[int] = []

    def by_stretches(copy: Callable[[int, int], int], last: int, first: int = 0, **options: int) -> tuple[int, int]:
        def counted(first: int, last: int) -> int:
            tried.append(first)
            return copy(first, last)

        return salvage.by_stretches(counted, last, first, **options)

    monkeypatch.setattr(going_on, "by_stretches", by_stretches)
    line = started(path)
    assert line["parts_lost_of"] == "gap"
    assert len(tried) < 10

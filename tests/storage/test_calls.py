"""Questions about calls: what is found, in which order, and that an index finds it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from handlers.facts import Call, CallEnded
from storage.batch import write
from storage.call_filter import CallFilter
from storage.calls import each_call, each_time_line, find_call, find_calls, latest, listing
from storage.errors import StorageError
from storage.reading import reading
from storage.schema import migrate, migrations
from tests.storage.memory import in_memory
from tests.storage.sample_calls import START, a_call, a_missed_call, ended, many

MISSED = a_missed_call(1, queue="sales", queues=("sales",), trunk="mts")
OUTGOING = a_call(
    2,
    direction="out",
    result="busy",
    caller="101",
    caller_e164="101",
    called="89995554433",
    called_e164="+79995554433",
    queue=None,
    queues=(),
)
MERGED = a_call(3, merged_into=MISSED.id)
BACK_AGAIN = a_call(4, queues=("support", "sales", "support"))
ANONYMOUS = a_call(5, caller="anonymous", caller_e164=None, caller_name=None, queue=None, queues=())
CALLS = [a_call(0), MISSED, OUTGOING, MERGED, BACK_AGAIN, ANONYMOUS]


@pytest.fixture
async def stored() -> AsyncIterator[aiosqlite.Connection]:
    async with in_memory() as (connection, batches):
        # Told in another order than they began: calls end as they end.
        write(batches, [ended(call) for call in reversed(CALLS)])
        yield connection


async def places(connection: aiosqlite.Connection, wanted: CallFilter) -> list[int]:
    return [CALLS.index(call) for call in await find_calls(connection, wanted)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [0, 1, 2, 4, 5]),
        ({"merged": True}, [0, 1, 2, 3, 4, 5]),
        ({"missed": True}, [1]),
        ({"missed": False}, [0, 2, 4, 5]),
        ({"direction": "out"}, [2]),
        ({"result": "busy"}, [2]),
        ({"trunk": "mts"}, [1]),
        ({"queue": "sales"}, [0, 1, 4]),
        ({"queue": "support"}, [0, 4]),
        ({"queue": "nowhere"}, []),
        ({"number": "+7 999 555-44-33"}, [2]),
        ({"number": "101"}, [2]),
        ({"number": "Anonymous"}, [5]),
        ({"number": "89001112233", "queue": "sales"}, [0, 1, 4]),
        ({"number": "74951112233", "missed": True}, [1]),
        ({"since": MISSED.started_at, "until": MERGED.started_at}, [1, 2]),
        ({"since": MISSED.started_at, "queue": "sales"}, [1, 4]),
        ({"until": MISSED.started_at, "number": "89001112233"}, [0]),
        ({"last": 2}, [4, 5]),
        ({"last": 0}, []),
        ({"last": -1}, []),
        ({"last": 99}, [0, 1, 2, 4, 5]),
        ({"last": 2, "queue": "sales"}, [1, 4]),
        ({"last": 1, "number": "89001112233"}, [4]),
        ({"last": 1, "missed": True, "trunk": "mts", "result": "abandoned", "direction": "in"}, [1]),
        ({"queue": "' OR 1=1 --"}, []),
        ({"trunk": "%"}, []),
        ({"number": "'; DROP TABLE call; --"}, []),
        ({"number": "\udc80"}, []),
        ({"trunk": "\ud800"}, []),
    ],
)
async def test_a_filter_finds_its_calls_in_order_of_their_start(
    stored: aiosqlite.Connection, wanted: dict[str, Any], found: list[int]
) -> None:
    assert await places(stored, CallFilter(**wanted)) == found


async def test_a_call_is_found_with_its_time_line(stored: aiosqlite.Connection) -> None:
    for call in CALLS:
        assert await find_call(stored, call.id) == ended(call)
    assert await find_call(stored, "no such id") is None


async def test_of_an_id_that_two_runs_share_the_latest_call_is_meant() -> None:
    old, new = a_call(0, boot="1"), a_call(0, boot="0", started_at=START + 9999)
    async with in_memory() as (connection, batches):
        write(batches, [ended(new), ended(old)])
        assert await find_call(connection, old.id) == ended(new)


async def test_the_latest_call_is_the_one_that_started_last(stored: aiosqlite.Connection) -> None:
    assert await latest(stored) == ended(ANONYMOUS)
    async with in_memory() as (empty, _):
        assert await latest(empty) is None


async def test_calls_that_started_in_the_same_millisecond_keep_one_order() -> None:
    facts = [ended(a_call(number, started_at=START)) for number in range(9)]
    async with in_memory() as (connection, batches):
        write(batches, facts)
        everything = await find_calls(connection, CallFilter())
        assert await find_calls(connection, CallFilter(last=4)) == everything[-4:]


async def test_calls_can_be_read_one_by_one_and_left_in_the_middle() -> None:
    async with in_memory() as (connection, batches):
        write(batches, many(300))
        async with aclosing(each_call(connection, CallFilter())) as calls:
            async for call in calls:
                assert call == a_call(0)
                break
        write(batches, many(1, first=300))
        assert len(await find_calls(connection, CallFilter())) == 301


async def test_calls_come_one_by_one_with_their_time_lines() -> None:
    facts = many(5)
    async with in_memory() as (connection, batches):
        write(batches, facts)
        assert [fact async for fact in each_time_line(connection, CallFilter())] == facts
        since = CallFilter(since=facts[3].call.started_at)
        assert [fact async for fact in each_time_line(connection, since)] == facts[3:]


async def test_a_damaged_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, 1.0, migrations())
    write(connection, many(200))
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096 * 30 :] = b"\xa5" * (len(content) - 4096 * 30)  # past the schema, into the calls
    path.write_bytes(content)
    async with reading(path) as readable:
        with pytest.raises(StorageError, match=r"is damaged; restore a backup") as caught:
            await find_calls(readable, CallFilter())
    assert "\n" not in str(caught.value)


# ---- by index

QUESTIONS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"call_by_start"}),
    ({"since": START, "until": START + 86_400}, {"call_by_start"}),
    ({"missed": True}, {"call_missed_by_start"}),
    ({"missed": True, "since": START}, {"call_missed_by_start"}),
    ({"result": "busy"}, {"call_by_result"}),
    ({"trunk": "mts"}, {"call_by_trunk"}),
    ({"queue": "sales"}, {"queue_stay_by_queue"}),
    ({"queue": "sales", "missed": True, "since": START}, {"queue_stay_by_queue"}),
    ({"number": "89001112233"}, {"call_by_caller", "call_by_called"}),
    ({"number": "101", "queue": "sales", "result": "busy", "since": START}, {"call_by_caller", "call_by_called"}),
]


async def plan(connection: aiosqlite.Connection, question: str, values: tuple[Any, ...]) -> list[str]:
    return [row[3] for row in await connection.execute_fetchall(f"EXPLAIN QUERY PLAN {question}", values)]


@pytest.mark.parametrize("last", [None, 50])
@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize(("wanted", "indexes"), QUESTIONS, ids=[" ".join(wanted) or "all" for wanted, _ in QUESTIONS])
async def test_a_common_question_is_answered_by_its_index(
    wanted: dict[str, Any], indexes: set[str], analysed: bool, last: int | None
) -> None:
    async with in_memory() as (connection, batches):
        write(batches, many(600))
        if analysed:  # with statistics, as an administrator may make them, SQLite decides anew
            batches.execute("ANALYZE")
        steps = await plan(connection, *listing(CallFilter(**wanted, last=last)))
    used = {index for index in indexes if any(index in step for step in steps)}
    assert used == indexes, steps
    read_through = {step for step in steps if step.startswith("SCAN") and step.split()[1] in {"c", "call", "s", "p"}}
    # All of an index, in its order, is right where all that it holds is asked for.
    whole = {"SCAN c USING INDEX call_by_start"} if not wanted else {"SCAN c USING INDEX call_missed_by_start"}
    assert read_through <= whole, steps


@pytest.mark.parametrize("wanted", [{}, {"queue": "sales"}, {"missed": True}, {"result": "busy"}, {"trunk": "mts"}])
async def test_the_last_calls_are_found_without_sorting_all_of_them(wanted: dict[str, Any]) -> None:
    async with in_memory() as (connection, batches):
        write(batches, many(600))
        question, values = listing(CallFilter(**wanted, last=50))
        steps = await plan(
            connection, question[question.index("(SELECT c.key") + 1 : question.index(") latest")], values
        )
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


async def test_a_call_is_found_by_its_id_through_the_index(stored: aiosqlite.Connection) -> None:
    traced: list[str] = []
    await stored.set_trace_callback(traced.append)
    found: CallEnded | None = await find_call(stored, MISSED.id)
    await stored.set_trace_callback(None)  # type: ignore[arg-type]  # None ends it, says sqlite3
    assert found is not None
    steps = await plan(stored, traced[-1], ())
    assert any("SEARCH c USING INDEX sqlite_autoindex_call_1 (id=?)" in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN")], steps


def test_the_sample_calls_are_distinct() -> None:
    assert len({(call.id, call.boot) for call in CALLS}) == len(CALLS)
    assert all(isinstance(call, Call) for call in CALLS)

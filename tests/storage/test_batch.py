"""What is written is what was told: every field, once, all or nothing."""

import sqlite3
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.facts import Agent, Call, CallEnded, Leg, QueueStay
from storage.batch import MOST_ROWS, write
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls
from storage.schema import migrate, migrations
from storage.tables import PARTS
from tests.storage.memory import in_memory
from tests.storage.sample_calls import START, a_call, ended, many

EVERYTHING = CallFilter(merged=True)
# To the end of the year 9999, in milliseconds: what the database keeps of a float.
moments = st.integers(0, 253_402_300_799_999).map(lambda at: at / 1000)
integers = st.integers(-(2**63), 2**63 - 1)


def value_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    if get_origin(hint) is tuple:
        return st.lists(value_of(get_args(hint)[0]), max_size=3).map(tuple)
    if hint is float or hint == float | None:
        return moments if hint is float else st.none() | moments
    if hint == int | None:
        return st.none() | integers
    if is_dataclass(hint) and isinstance(hint, type):
        return st.builds(hint, **{field.name: value_of(field.type) for field in fields(hint)})
    return st.from_type(hint)


AS_OF_NOW: dict[str, Any] = {
    **{"case_id": None, "contacted_at": None, "notes": ()},
    **{"client": None, "responsible": None, "waits_in": ()},
}
any_finished_call = value_of(CallEnded).map(
    lambda fact: replace(fact, call=replace(fact.call, state="ended", state_since=fact.at, **AS_OF_NOW))
)


@pytest.mark.slow
@given(st.lists(any_finished_call, max_size=5, unique_by=lambda fact: (fact.call.id, fact.call.pbx, fact.call.boot)))
@settings(max_examples=60, deadline=None)
async def test_every_fact_comes_back_as_it_was_told(facts: list[CallEnded]) -> None:
    async with in_memory() as (connection, batches):
        write(batches, facts)
        listed = await find_calls(connection, EVERYTHING)
        assert sorted(listed, key=repr) == sorted((fact.call for fact in facts), key=repr)
        for fact in facts:
            latest = max(
                (other for other in reversed(facts) if other.call.id == fact.call.id),
                key=lambda other: other.call.started_at,
            )
            found = await find_call(connection, fact.call.id)
            assert found == latest


def dump(connection: sqlite3.Connection) -> list[str]:
    return list(connection.iterdump())


async def test_telling_calls_twice_changes_nothing() -> None:
    facts = many(20)
    async with in_memory() as (_, batches):
        write(batches, facts)
        before = dump(batches)
        write(batches, facts)
        write(batches, facts[3:7])
        assert dump(batches) == before


async def test_the_last_word_on_a_call_wins_and_leaves_no_part_of_the_first() -> None:
    first, other = ended(a_call(0)), ended(a_call(1))
    call = replace(first.call, result="unknown", end_seen=False, ended_at=None, transfers=(), queues=(), agents=())
    last = replace(first, call=call, legs=first.legs[:1], stays=(), talks=(), holds=())
    async with in_memory() as (connection, batches):
        write(batches, [first, other])
        write(batches, [last])
        assert await find_call(connection, call.id) == last
        assert await find_call(connection, other.call.id) == other
        assert len(await find_calls(connection, EVERYTHING)) == 2


async def test_of_a_call_told_twice_in_one_batch_the_last_word_is_stored() -> None:
    first = ended(a_call())
    last = replace(first, call=replace(first.call, result="failed"), legs=())
    async with in_memory() as (connection, batches):
        write(batches, [first, ended(a_call(1)), last])
        assert await find_call(connection, first.call.id) == last


async def test_the_same_id_on_another_pbx_or_in_another_run_is_another_call() -> None:
    calls = [a_call(), a_call(pbx="branch"), a_call(boot="1795500000")]
    async with in_memory() as (connection, batches):
        write(batches, [ended(call) for call in calls])
        assert len(await find_calls(connection, EVERYTHING)) == 3


@pytest.mark.parametrize("count", [1, 2, 3, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 2 * MOST_ROWS + 7])
async def test_a_batch_of_any_length_is_stored_whole(count: int) -> None:
    facts = many(count)
    async with in_memory() as (connection, batches):
        write(batches, facts)
        assert await find_calls(connection, EVERYTHING) == [fact.call for fact in facts]
        assert await find_call(connection, facts[-1].call.id) == facts[-1]
        assert batches.execute("SELECT count(*) FROM leg").fetchone() == (3 * count,)


async def test_an_empty_batch_is_nothing() -> None:
    async with in_memory() as (connection, batches):
        write(batches, [])
        assert await find_calls(connection, EVERYTHING) == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (ended(a_call(1, started_at=float("nan"))), sqlite3.IntegrityError),
        (ended(a_call(1, started_at=float("inf"))), sqlite3.IntegrityError),
        (ended(a_call(1, started_at=-1.0)), sqlite3.IntegrityError),
        (replace(ended(a_call(1)), legs=(replace(ended(a_call(1)).legs[0], cause=2**70),)), OverflowError),
    ],
)
async def test_a_batch_with_a_call_that_no_table_holds_leaves_no_trace(bad: CallEnded, error: type[Exception]) -> None:
    async with in_memory() as (_, batches):
        write(batches, many(1))
        before = dump(batches)
        with pytest.raises(error):
            write(batches, [ended(a_call(5)), bad])
        assert dump(batches) == before
        assert not batches.in_transaction


async def test_half_characters_cost_themselves_and_not_the_call() -> None:
    strange = ended(a_call(caller_name="Jo\udc80e", agents=(Agent("PJSIP/101", "\ud83d"),)))
    strange = replace(strange, legs=(replace(strange.legs[0], name="\udfff"),))
    async with in_memory() as (connection, batches):
        write(batches, [strange, ended(a_call(1))])
        found = await find_call(connection, strange.call.id)
    assert found is not None
    assert found.call.caller_name == "Jo?e"
    assert found.call.agents == (Agent("PJSIP/101", "?"),)
    assert found.legs[0].name == "?"


async def test_moments_are_stored_to_the_nearest_millisecond() -> None:
    async with in_memory() as (_, batches):
        write(batches, [ended(a_call(started_at=START + 0.0004, wait_s=0.0005, ivr_s=0.00049))])
        row = batches.execute("SELECT started_at, wait_ms, ivr_ms, typeof(started_at) FROM call").fetchone()
    assert row == (1_795_450_294_013, 1, 0, "integer")


async def test_parts_go_with_their_call() -> None:
    async with in_memory() as (_, batches):
        write(batches, [ended(a_call(number)) for number in range(4)])
        batches.execute("DELETE FROM call WHERE id = ?", (a_call(1).id,))
        for table in PARTS:
            assert batches.execute(f"SELECT count(DISTINCT call) FROM {table.name}").fetchone() == (3,), table.name


def test_the_sample_fills_every_field_so_that_none_is_lost_unnoticed() -> None:
    fact = ended(a_call())
    by_design = {"merged_into", "case_id", "contacted_at", "client", "responsible"}
    assert {f.name for f in fields(Call) if getattr(fact.call, f.name) is None} == by_design
    assert not {f.name for f in fields(Leg) if all(getattr(leg, f.name) is None for leg in fact.legs)}


_SEEN = [  # from what is known least to what is known best
    {"end_seen": False, "incomplete": True},
    {"end_seen": True, "incomplete": True},
    {"end_seen": True, "incomplete": False},
]


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("after", range(3))
async def test_what_was_seen_whole_is_not_replaced_by_what_was_seen_in_part(before: int, after: int) -> None:
    first = ended(a_call(caller_name="first", **_SEEN[before]))
    second = replace(ended(a_call(caller_name="second", **_SEEN[after])), legs=())
    other = ended(a_call(1))
    async with in_memory() as (connection, batches):
        write(batches, [first])
        write(batches, [second, other])
        found = await find_call(connection, first.call.id)
        assert found is not None
        kept = second if after >= before else first
        assert (found.call.caller_name, found.legs) == (kept.call.caller_name, kept.legs)
        assert len(await find_calls(connection, EVERYTHING)) == 2


# ---- whose call it is

DESK = Leg("1.2", "PJSIP/101-1", "PJSIP/101", "person", None, None, None, START, None, None, None, None, None, None)
OUTSIDE = replace(DESK, device="PJSIP/megafon", side="outside", started_at=START - 1)
LATER = replace(DESK, device="PJSIP/102", started_at=START + 5)
STAY = QueueStay("support", START + 2, None, None, None, None)
SOUGHT: list[tuple[tuple[Leg, ...], tuple[QueueStay, ...], str | None]] = [
    ((OUTSIDE, DESK), (), "PJSIP/101"),
    ((OUTSIDE, DESK, LATER), (), "PJSIP/101"),
    ((OUTSIDE, LATER, DESK), (), "PJSIP/101"),
    ((OUTSIDE, DESK), (STAY,), "PJSIP/101"),
    ((OUTSIDE, LATER), (STAY,), None),
    ((OUTSIDE, DESK), (replace(STAY, joined_at=START),), None),  # at once: the queue rang him
    ((OUTSIDE,), (STAY,), None),
    ((OUTSIDE,), (), None),
    ((), (), None),
]


def test_who_was_sought_before_any_queue_is_kept_with_the_call_by_the_writer_and_by_the_migration_alike() -> None:
    facts = [replace(ended(a_call(number)), legs=legs, stays=stays) for number, (legs, stays, _) in enumerate(SOUGHT)]
    out = replace(ended(a_call(99, direction="out")), legs=(DESK,), stays=())
    expected = [device for *_, device in SOUGHT] + [None]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path(":memory:"), 1.0, migrations())
        write(connection, [*facts, out])
        kept = "SELECT sought_device FROM call ORDER BY key"
        assert [row[0] for row in connection.execute(kept)] == expected
        connection.execute("UPDATE call SET sought_device = NULL")
        (step,) = [each for each in migrations() if each.name == "sought"]
        for statement in step.statements():
            if "UPDATE" in statement:
                connection.execute(statement)
        assert [row[0] for row in connection.execute(kept)] == expected

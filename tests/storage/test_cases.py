"""Cases are kept as they stand, with all that happened to them, and read back as they were told."""

from dataclasses import fields, replace

import pytest

from handlers.case_facts import (
    Case,
    CaseAttempted,
    CaseClaimed,
    CaseDismissed,
    CaseRecovered,
    CaseTrulyMissed,
    CaseUnlisted,
)
from storage.batch import BatchConnection, write
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls
from storage.cases import CaseFilter, case_counts, contact_times, find_case, find_cases, waiting_cases
from tests.storage.memory import in_memory
from tests.storage.query_plan import plan_of
from tests.storage.sample_calls import START, a_call, a_missed_call, ended, many
from tests.storage.sample_cases import a_case, a_recovered_case, missed

ALL = CaseFilter()
DAY = 86_400.0


def history(batches: BatchConnection) -> list[tuple[object, ...]]:
    return batches.execute("SELECT n, kind, call, result, by_whom FROM case_fact ORDER BY missed_case, n").fetchall()


def test_the_sample_fills_every_field_so_that_none_is_lost_unnoticed() -> None:
    case = a_recovered_case()
    as_of_now = {"notes", "client", "responsible"}
    assert all(getattr(case, field.name) for field in fields(Case) if field.name not in as_of_now)


async def test_a_case_comes_back_as_it_was_told_with_the_calls_that_are_its_own() -> None:
    first, second = a_missed_call(0), a_missed_call(1)
    opened = a_case()
    again = replace(opened, calls=2, last_missed_at=second.state_since, call_ids=(first.id, second.id))
    done = replace(a_recovered_case(), calls=2, last_missed_at=second.state_since, call_ids=(first.id, second.id))
    async with in_memory() as (connection, batches):
        write(batches, [ended(first)], cases=[missed(opened)])
        assert await find_cases(connection, ALL) == [opened]
        write(batches, [ended(second)], cases=[missed(again, second, again=True)])
        assert await find_case(connection, opened.id) == again
        attempted = replace(again, attempts=1, reaction_s=100.25)
        write(batches, [], cases=[CaseAttempted(START + 200, attempted, "c.1", "boot", "busy", "101")])
        write(batches, [ended(a_call(2))], cases=[CaseRecovered(START + 400, done, late=False)])
        assert await find_cases(connection, ALL) == [done]
        assert history(batches) == [
            (0, "missed", first.id, None, None),
            (1, "missed", second.id, None, None),
            (2, "attempt", "c.1", "busy", "101"),
            (3, "recovered", "1795451000.7", "outgoing", "102"),
        ]


async def test_each_missed_call_says_its_case_and_when_somebody_spoke_with_him() -> None:
    call = a_missed_call()
    async with in_memory() as (connection, batches):
        write(batches, [ended(call), ended(a_call(1))], cases=[missed(a_case())])
        stored, other = await find_calls(connection, CallFilter())
        assert (stored.case_id, stored.contacted_at) == (call.id, None)
        assert (other.case_id, other.contacted_at) == (None, None)
        done = a_recovered_case()
        write(batches, [], cases=[CaseRecovered(START + 400, done, late=False)])
        found = await find_call(connection, call.id)
        assert found is not None
        assert (found.call.case_id, found.call.contacted_at) == (call.id, done.contact_at)


async def test_a_call_told_again_keeps_its_case() -> None:
    call = a_missed_call()
    async with in_memory() as (connection, batches):
        write(batches, [ended(call)], cases=[missed(a_case())])
        write(batches, [ended(call)])
        (stored,) = await find_calls(connection, CallFilter())
        assert stored.case_id == call.id


async def test_the_same_id_in_another_run_of_the_pbx_is_another_case_and_the_latest_is_meant() -> None:
    first, second = a_case(), replace(a_case(1), id=a_case().id, boot="1795500000", call_ids=(a_case().id,))
    async with in_memory() as (connection, batches):
        write(batches, [ended(a_missed_call())], cases=[missed(first), missed(second)])
        assert len(await find_cases(connection, ALL)) == 2
        assert await find_case(connection, first.id) == second
        assert await find_case(connection, "none") is None


async def test_what_waits_is_read_back_at_a_start() -> None:
    truly = replace(a_case(1), state="truly_missed")
    old = replace(a_case(2), state="truly_missed", last_missed_at=START - 8 * DAY)
    due = replace(a_case(3), last_missed_at=START - 8 * DAY)
    done = a_recovered_case(4)
    by_hand = replace(a_case(5), state="dismissed")
    async with in_memory() as (connection, batches):
        cases = [a_case(0), truly, old, due, done, by_hand]
        write(batches, [], cases=[missed(case) for case in cases])
        found = await waiting_cases(connection, START - 7 * DAY)
        assert found == [cases[0], cases[1], cases[3]]


async def test_the_days_facts_are_counted_by_their_own_moments() -> None:
    one, other = a_case(0), a_case(1)
    async with in_memory() as (connection, batches):
        write(
            batches,
            [],
            cases=[
                missed(one),
                missed(one, again=True),
                missed(other),
                CaseTrulyMissed(START + 100, replace(one, state="truly_missed")),
                CaseTrulyMissed(START - 100, replace(other, state="truly_missed")),
                CaseRecovered(START + 300, replace(one, state="recovered_late"), late=True),
                CaseUnlisted(START + 400, other),
            ],
        )
        assert await case_counts(connection, START, START + DAY) == {
            "opened": 2,
            "missed": 1,
            "truly_missed": 1,
            "recovered_late": 1,
        }


async def test_the_days_contacts_are_told_with_how_long_they_took() -> None:
    soon, late = a_recovered_case(0), replace(a_recovered_case(1), state="recovered_late", contact="incoming")
    yesterday = a_recovered_case(2)
    async with in_memory() as (connection, batches):
        write(
            batches,
            [],
            cases=[
                *(missed(case) for case in (soon, late, yesterday)),
                CaseRecovered(START + 300, soon, late=False),
                CaseRecovered(START + 400, late, late=True),
                CaseRecovered(START - 100, yesterday, late=False),
            ],
        )
        told = await contact_times(connection, START, START + DAY)
    assert sorted(told) == [("incoming", late.contact_s), ("outgoing", soon.contact_s)]


async def test_what_somebody_did_by_hand_is_kept_with_who_and_why() -> None:
    case = a_case()
    claimed = replace(case, claimed_by="Анна", claimed_until=START + 900)
    dismissed = replace(claimed, state="dismissed", dismissed_by="Олег", dismissed_why="спам")
    async with in_memory() as (connection, batches):
        write(batches, [], cases=[missed(case), CaseClaimed(START, claimed), CaseDismissed(START, dismissed)])
        assert history(batches)[1:] == [(1, "claimed", None, None, "Анна"), (2, "dismissed", None, "спам", "Олег")]
        assert await find_cases(connection, ALL) == [dismissed]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ALL, [0, 1, 2]),
        (CaseFilter(states=("recovered",)), [2]),
        (CaseFilter(number="8 900 111-22-33"), [0, 2]),
        (CaseFilter(department="Поддержка"), [0, 1, 2]),
        (CaseFilter(source="nowhere"), []),
        (CaseFilter(trunk="megafon", queue="support"), [0, 1, 2]),
        (CaseFilter(since=a_case(1).opened_at), [1, 2]),
        (CaseFilter(until=a_case(1).opened_at), [0]),
        (CaseFilter(last=2), [1, 2]),
        (CaseFilter(first=2), [0, 1]),
        (CaseFilter(first=0), []),
        (CaseFilter(waiting_since=START), [0, 1]),
        (CaseFilter(waiting_since=a_case(1).opened_at), [0, 1]),
        (CaseFilter(waiting_since=a_case(1).opened_at, states=("truly_missed",)), [1]),
    ],
)
async def test_cases_are_found_by_what_they_have_in_common(wanted: CaseFilter, found: list[int]) -> None:
    cases = [a_case(0), replace(a_case(1), number="+79009998877", state="truly_missed"), a_recovered_case(2)]
    async with in_memory() as (connection, batches):
        write(batches, [], cases=[missed(case) for case in cases])
        assert [case.id for case in await find_cases(connection, wanted)] == [cases[n].id for n in found]


async def test_half_characters_lose_no_case() -> None:
    case = replace(a_case(), did="7\ud800")
    async with in_memory() as (connection, batches):
        write(batches, [], cases=[missed(case)])
        assert await find_cases(connection, ALL) == [replace(case, did="7?")]


async def test_the_calls_of_a_case_are_in_the_order_in_which_they_were_missed_as_the_core_has_them() -> None:
    """Of two at once the one that began later may have ended first: a restart must not change what is told."""
    later, earlier = a_missed_call(1), a_missed_call(0)
    case = replace(a_case(1), calls=2, call_ids=(later.id, earlier.id))
    async with in_memory() as (connection, batches):
        write(
            batches,
            [ended(later), ended(earlier)],
            cases=[missed(replace(case, calls=1, call_ids=(later.id,))), missed(case, earlier, again=True)],
        )
        assert await find_cases(connection, ALL) == [case]


async def test_where_nobody_is_found_there_are_no_cases() -> None:
    async with in_memory() as (connection, _):
        assert await find_cases(connection, ALL) == []
        assert await waiting_cases(connection, 0.0) == []


async def test_a_case_read_back_is_as_whole_as_one_that_was_made() -> None:
    async with in_memory() as (connection, batches):
        write(batches, [], cases=[missed(a_recovered_case())])
        (case,) = await find_cases(connection, ALL)
    assert {field.name for field in fields(Case) if hasattr(case, field.name)} == {field.name for field in fields(Case)}
    assert isinstance(case.closed, bool)


# ---- by index

LISTS: list[tuple[CaseFilter, str]] = [
    (CaseFilter(since=START, until=START + 31 * DAY), "missed_case_by_opening"),
    (CaseFilter(since=START, states=("truly_missed",), department="Поддержка"), "missed_case_by_opening"),
    (CaseFilter(last=50), "missed_case_by_opening"),
    (CaseFilter(number="8 900 111-22-33"), "missed_case_by_number"),
    (CaseFilter(waiting_since=START), "missed_case_waiting"),
]


@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize(("wanted", "index"), LISTS)
async def test_a_list_of_cases_is_found_by_its_index_and_never_by_reading_all(
    wanted: CaseFilter, index: str, analysed: bool
) -> None:
    async with in_memory() as (connection, batches):
        cases = [replace(a_case(number), number=f"+7900{number:07}") for number in range(300)]
        done = [replace(a_recovered_case(number), number=f"+7900{number:07}") for number in range(300, 600)]
        write(batches, many(600), cases=[missed(case) for case in (*cases, *done)])
        if analysed:  # with statistics, as an administrator may make them, SQLite decides anew
            batches.execute("ANALYZE")
        steps = await plan_of(connection, lambda reader: find_cases(reader, wanted))
    assert any(index in step for step in steps), steps
    # Of an index whose every entry is asked for, or whose first ones are, nothing else is read.
    whole = (
        {"missed_case_waiting"} if wanted.waiting_since is not None else {index} if wanted.last is not None else set()
    )
    read_through = {step for step in steps if step.startswith("SCAN") and not any(name in step for name in whole)}
    # What another step has found, and the keys of it.
    assert read_through <= {"SCAN m", "SCAN json_each VIRTUAL TABLE INDEX 1:"}, steps
    assert ("SCAN m" in read_through) == ("CO-ROUTINE m" in steps), steps

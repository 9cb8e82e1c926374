"""What is older than `storage.keep` goes step by step with all that belongs to it; what is younger, and what it needs, stays."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from handlers.case_facts import CaseFact, CaseRecovered
from handlers.departments import Departments
from handlers.facts import GapEnded
from storage.calls import find_call
from storage.cases import find_case
from storage.database import writing
from storage.outbox import Change, Message
from storage.reading import reading
from storage.reports.missed import missed_report
from storage.reports.report_filter import ReportFilter
from storage.requests import Asked, add_note, ask, done
from storage.retention import DAY_S, TABLES, Clearing, Kept, kept_from, settle, settled, settled_in
from storage.tables import PARTS
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed

HOUR_S = 3600.0


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "calls.db"
    async with writing(path, now=0.0):
        pass
    return path


def cleared(path: Path, before: float, outbox: bool = False) -> dict[str, int]:
    """Cleared to the end: rows that went, by table."""
    clearing, gone = Clearing(before, outbox), dict.fromkeys(TABLES, 0)
    while (step := clearing.step(path)) is not None:
        gone[step.table] += step.rows
    return {table: rows for table, rows in gone.items() if rows}


def counted(path: Path, *tables: str) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


async def test_a_call_goes_by_its_start_with_its_time_line_and_notes_and_the_next_one_stays_whole(
    database: Path,
) -> None:
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call(number)) for number in range(3)])
    for number in range(3):
        add_note(database, a_call(number).id, "Анна", f"note {number}", START)
    assert cleared(database, a_call(2).started_at) == {"call": 2}
    async with reading(database) as connection:
        found = await find_call(connection, a_call(2).id)
    assert found is not None
    assert [note.text for note in found.call.notes] == ["note 2"]
    assert replace(found, call=replace(found.call, notes=())) == ended(a_call(2))
    tables = [part.name for part in PARTS]
    once = counted(database, *tables)
    assert all(once.values())
    assert cleared(database, a_call(3).started_at) == {"call": 1}
    assert not any(counted(database, *tables, "note", "call").values())


async def test_gaps_and_requests_that_are_done_go_and_what_nobody_has_answered_yet_stays(database: Path) -> None:
    async with writing(database, now=0.0) as store:
        await store.write([], gaps=[GapEnded(START, START - 5), GapEnded(START + 20, START - 1)])
    old, open_ = (ask(database, Asked(kind="claim", subject=each, at=None, by="A"), START - 9) for each in "ab")
    young = ask(database, Asked(kind="claim", subject="c", at=None, by="A"), START - 9)
    done(database, [(old, "done")], START)
    done(database, [(young, "done")], START + 20)
    assert cleared(database, START + 10) == {"gap": 1, "request": 1}
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT id FROM request ORDER BY id").fetchall() == [(open_,), (young,)]


async def test_a_case_stays_while_a_call_of_it_does_so_that_reports_tell_what_became_of_its_caller(
    database: Path,
) -> None:
    first, again = a_missed_call(), a_missed_call(1)
    case = a_case(calls=2, last_missed_at=again.state_since, call_ids=(first.id, again.id))
    reached = replace(case, state="recovered", contact="outgoing", contact_at=case.opened_at + 300, contact_s=300.0)
    facts: list[CaseFact] = [
        missed(a_case()),
        missed(case, again, again=True),
        CaseRecovered(case.opened_at + 400, reached, late=False),
    ]
    async with writing(database, now=0.0) as store:
        await store.write([ended(first), ended(again)], None, facts)
    wanted = ReportFilter(since=again.started_at, until=again.started_at + HOUR_S)

    async def of_the_second() -> object:
        async with reading(database) as connection:
            report = await missed_report(connection, wanted, UTC, Departments(()))
            return report.calls, report.total, await find_case(connection, case.id)

    before = await of_the_second()
    assert cleared(database, again.started_at) == {"call": 1}
    assert await of_the_second() == before
    assert cleared(database, again.state_since + 0.001) == {"call": 1, "missed_case": 1}
    assert counted(database, "missed_case", "case_fact") == {"missed_case": 0, "case_fact": 0}


@pytest.mark.parametrize(("outbox", "left"), [(False, 2), (True, 1)])
async def test_messages_for_a_broker_go_where_nobody_publishes_them(database: Path, outbox: bool, left: int) -> None:
    messages = [Message(str(at), "event/call", at, "{}") for at in (START - 1, START + 1)]
    async with writing(database, now=0.0) as store:
        await store.write([], Change(messages))
    cleared(database, START, outbox)
    assert counted(database, "outbox") == {"outbox": left}


async def test_steps_are_small_and_all_of_them_clear_everything(database: Path) -> None:
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call(number)) for number in range(400)])
    clearing, steps = Clearing(a_call(390).started_at), []
    while (step := clearing.step(database)) is not None:
        steps.append(step.rows)
    assert sum(steps) == 390
    assert len(steps) > 2
    assert max(steps) <= 300


async def test_who_is_stopped_between_two_steps_goes_on_where_he_was(database: Path) -> None:
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call(number)) for number in range(100)])
    first = Clearing(a_call(90).started_at).step(database)
    assert first is not None
    assert cleared(database, a_call(90).started_at) == {"call": 90 - first.rows}


async def test_from_when_on_calls_are_kept_is_known_once_something_went(database: Path) -> None:
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call())])
    settle(database, START)
    for before, known in ((START - DAY_S, None), (START + DAY_S, START + DAY_S), (START - DAY_S, START + DAY_S)):
        cleared(database, before)
        async with reading(database) as connection:
            assert await kept_from(connection) == known


# ---- what time it is believed to be


def test_the_time_is_believed_as_far_as_it_goes_on_by_two_days_at_most() -> None:
    kept = Kept(START, START, None)
    assert settled(kept, START + HOUR_S, None) is None
    assert settled(kept, START + DAY_S, None) == Kept(START + DAY_S, START + DAY_S)
    assert settled(kept, START + 2 * DAY_S, None) == Kept(START + 2 * DAY_S, START + 2 * DAY_S)
    assert settled(kept, START + 9 * DAY_S, None) == Kept(START + 2 * DAY_S, START + 9 * DAY_S)


def test_a_clock_a_year_ahead_gains_two_days_however_often_somebody_starts_anew() -> None:
    kept = Kept(START, START, None)
    for minute in range(0, 600):
        kept = settled(kept, START + 365 * DAY_S + 60 * minute, None) or kept
    assert kept.believed_at == START + 2 * DAY_S
    corrected = settled(kept, START + DAY_S, None)
    assert corrected == Kept(START + DAY_S, START + DAY_S)


def test_the_first_time_what_was_stored_last_says_what_time_it_is() -> None:
    assert settled(None, START, None) == Kept(START, START)
    assert settled(None, START, START - DAY_S) == Kept(START, START)
    assert settled(None, START + 365 * DAY_S, START) == Kept(START + 2 * DAY_S, START + 365 * DAY_S)
    assert settled(None, START - 365 * DAY_S, START) == Kept(START - 365 * DAY_S, START - 365 * DAY_S)


async def test_it_is_settled_in_the_database_once_a_day(database: Path) -> None:
    assert settled_in(database) is None
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call())])
    newest = a_call().state_since
    assert settle(database, START + 365 * DAY_S).believed_at == pytest.approx(newest + 2 * DAY_S)
    assert settle(database, START + 365 * DAY_S + 60).believed_at == pytest.approx(newest + 2 * DAY_S)
    assert settle(database, START + 366 * DAY_S).believed_at == pytest.approx(newest + 4 * DAY_S)
    kept = settled_in(database)
    assert kept is not None
    assert kept.advanced_at == pytest.approx(START + 366 * DAY_S)

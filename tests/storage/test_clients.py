"""The directory of clients: kept beside the calls, joined to calls and cases by their normalised numbers, asked for both ways."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.clients import Client, outside_number
from handlers.facts import Call
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls, listing
from storage.cases import CaseFilter, find_case, find_cases
from storage.clients import Known, clients_known, store_clients, stored_clients
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.schema import migrate, migrations
from tests.storage.sample_calls import a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed

IVAN = Client("ООО «Ромашка»", "Анна")
OUT = {"direction": "out", "caller_e164": "101", "called": "89995554433", "called_e164": "+79995554433"}
CALLS = [
    a_missed_call(0),
    a_call(1, **OUT),
    a_call(2, direction="internal", caller_e164="101", called_e164="102"),
    a_call(3, caller="anonymous", caller_e164=None),
    a_call(4, caller_e164="+79161112233"),
]


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "calls.db"
    async with writing(path, now=0.0) as store:
        other = replace(a_case(5), number="+79161112233")
        await store.write([ended(call) for call in CALLS], None, [missed(a_case()), missed(other)])
    return path


def test_it_is_stored_as_it_is_now_and_only_what_changed_is_written(database: Path) -> None:
    many = {f"+7900{number:07}": Client(f"клиент {number}", None) for number in range(1000)}
    assert store_clients(database, many) == 1000
    assert stored_clients(database) == many
    assert store_clients(database, many) == 0
    del many["+79000000007"]
    many |= {"+79000000008": IVAN, "+79999999999": IVAN}
    assert store_clients(database, many) == 3
    assert stored_clients(database) == many
    assert store_clients(database, {}) == 1000
    assert stored_clients(database) == {}


def test_what_did_not_change_takes_no_write_lock(database: Path) -> None:
    store_clients(database, {"+79001112233": IVAN})
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert store_clients(database, {"+79001112233": IVAN}) == 0
    finally:
        holder.close()


async def test_calls_and_cases_bear_the_client_of_their_outside_party_as_the_directory_is_now(database: Path) -> None:
    store_clients(database, {"+79001112233": IVAN, "101": Client("нет", None), "+79995554433": Client("Олег", None)})
    async with reading(database) as connection:
        found = await find_calls(connection, CallFilter())
        assert [(call.client, call.responsible) for call in found] == [
            IVAN,
            ("Олег", None),
            (None, None),
            (None, None),
            (None, None),
        ]
        told = await find_call(connection, CALLS[0].id)
        assert told is not None
        assert told.call.client == IVAN.name
        case = await find_case(connection, a_case().id)
        assert case is not None
        assert (case.client, case.responsible) == IVAN
        store_clients(database, {"+79001112233": Client("Ромашка", None)})
        again = await find_cases(connection, CaseFilter())
        assert [(case.client, case.responsible) for case in again] == [("Ромашка", None), (None, None)]


@pytest.mark.parametrize(
    ("clients", "calls", "cases"), [("known", [0, 1], [0]), ("unknown", [4], [1]), (None, [0, 1, 2, 3, 4], [0, 1])]
)
async def test_known_and_unknown_are_those_with_a_number_that_it_has_or_has_not(
    database: Path, clients: Known | None, calls: list[int], cases: list[int]
) -> None:
    store_clients(database, {"+79001112233": IVAN, "+79995554433": Client(None, "Анна"), "102": IVAN})
    async with reading(database) as connection:
        found = await find_calls(connection, CallFilter(clients=clients))
        assert [call.id for call in found] == [CALLS[n].id for n in calls]
        latest = await find_calls(connection, CallFilter(clients=clients, last=1))
        assert [call.id for call in latest] == [CALLS[calls[-1]].id]
        ids = [case.id for case in await find_cases(connection, CaseFilter(clients=clients))]
        assert ids == [(a_case(), a_case(5))[n].id for n in cases]


async def test_a_directory_that_has_nobody_says_so(database: Path) -> None:
    async with reading(database) as connection:
        assert not await clients_known(connection)
        store_clients(database, {"+79001112233": IVAN})
        assert await clients_known(connection)


def test_a_client_is_found_by_one_look_into_the_index() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, Path(":memory:"), 0.0, migrations())
    for clients in ("known", "unknown"):
        question, values = listing(CallFilter(clients=clients, last=50))
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}", values)]
        looks = [step for step in plan if step.startswith(("SEARCH k", "SCAN k"))]
        assert looks == ["SEARCH k USING PRIMARY KEY (number=?)"] * len(looks)
        assert looks
    connection.close()


def test_a_database_of_before_gets_the_table_and_keeps_its_calls(tmp_path: Path) -> None:
    path, steps = tmp_path / "old.db", migrations()
    connection = sqlite3.connect(path, isolation_level=None)
    place = next(step.number for step in steps if step.name == "clients")
    migrate(connection, path, 1.0, steps[: place - 1])
    connection.execute(
        "INSERT INTO missed_case (id, pbx, boot, number, state, opened_at, last_missed_at, calls, attempts, closed) "
        "VALUES ('1.1', 'office', 'b', '+79001112233', 'open', 1, 1, 1, 0, 0)"
    )
    assert migrate(connection, path, 2.0, steps) == len(steps) - place + 1
    assert connection.execute("SELECT number FROM missed_case").fetchall() == [("+79001112233",)]
    connection.close()
    assert store_clients(path, {"+79001112233": IVAN}) == 1


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.direction)
async def test_sql_and_core_agree_on_whose_number_it_is(database: Path, call: Call) -> None:
    number = outside_number(call)
    store_clients(database, {} if number is None else {number: IVAN})
    async with reading(database) as connection:
        told = await find_call(connection, call.id)
    assert told is not None
    assert (told.call.client is not None) == (number is not None)


def test_without_a_database_it_is_told(tmp_path: Path) -> None:
    for ask in (lambda: store_clients(tmp_path, {}), lambda: stored_clients(tmp_path)):
        with pytest.raises(StorageError, match="there is no database at"):
            ask()

"""A number goes out of every row and every byte of the database; what is counted stays as it was."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from handlers.calls.kept import KeptCall
from handlers.case_facts import CaseDismissed, CaseFact
from handlers.departments import Departments
from handlers.facts import Agent, CallEnded, Leg, Talk, Transfer
from handlers.numbers import NumberPlan
from handlers.person import Person
from storage.call_filter import CallFilter
from storage.calls import find_call, find_calls
from storage.cases import find_case
from storage.clients import store_clients
from storage.database import writing
from storage.forgetting import Forgetting, ToForget, ask_to_forget, forgotten, is_open_elsewhere, to_forget
from storage.live_calls import Heard, LiveChange
from storage.outbox import Change, Message
from storage.reading import reading
from storage.reports.missed import missed_report
from storage.reports.report_filter import ReportFilter
from storage.requests import Asked, add_note, ask, done, to_do
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed

DOCUMENTED = (Path(__file__).parents[2] / "docs/personal-data.md").read_text()
PLAN = NumberPlan("RU", "495")
NUMBER, NAME = "+79008362957", "Иван Петров"
HIS: dict[str, Any] = {"caller": "89008362957", "caller_e164": NUMBER}
OTHER: dict[str, Any] = {"caller": "89161234567", "caller_e164": "+79161234567", "caller_name": "Пётр Сидоров"}


def mobile_call() -> CallEnded:
    """Somebody else's call that was passed on to his mobile."""
    whole = ended(a_call(5, **OTHER))
    at = whole.call.started_at
    leg = Leg("9.9", "PJSIP/megafon-00000009", "89008362957", "person", "Иван", "89008362957", None, at, at, at, at, at, "answered", 16)  # fmt: skip
    call = replace(
        whole.call,
        answered_by="89008362957",
        agents=(Agent("89008362957", "Иван"),),
        transfers=(Transfer("blind", "101", "989008362957", at, "answered"),),
    )
    return replace(whole, call=call, legs=(*whole.legs, leg), talks=(Talk(at, at + 1, "89008362957", "Иван"),))


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    """Calls of two people with all that hangs on them."""
    path = tmp_path / "calls.db"
    outgoing = a_call(
        3,
        direction="out",
        caller="101",
        caller_e164="101",
        caller_name="Анна",
        called="8-900-836-29-57",
        called_e164=NUMBER,
    )
    facts: list[CaseFact] = [
        missed(replace(a_case(), number=NUMBER)),
        CaseDismissed(
            START + 99,
            replace(a_case(), number=NUMBER, state="dismissed", dismissed_by="Анна", dismissed_why="Петров, шутит"),
        ),
        missed(replace(a_case(7), number="+79161234567")),
    ]
    messages = [
        Message(
            "a",
            "event/call",
            START,
            f'{{"call":{{"id":"{a_call(1).id}","direction":"in","caller":"+7900•••2957","caller_e164":"+7900•••2957",'
            '"caller_name":"И•••","client":null,"responsible":null,"notes":[]}}',
        ),
        Message(
            "b",
            "event/missed",
            START,
            '{"case":{"id":"x","number":"+79008362957","client":"Иван Петров","responsible":"101","notes":[]}}',
        ),
        Message("c", "event/call", START, '{"call":{"id":"y","direction":"in","caller":"+7916•••4567"}}'),
    ]
    live = KeptCall(
        "8.8",
        "1",
        START,
        {
            "channels": [
                {"uniqueid": "8.8", "name": "PJSIP/89008362957-1", "number": "89008362957", "caller_name": NAME}
            ]
        },
    )
    async with writing(path, now=0.0) as store:
        calls = [a_missed_call(**HIS), a_call(1, **HIS), a_call(2, **OTHER), outgoing, a_missed_call(7, **OTHER)]
        await store.write(
            [*map(ended, calls), mobile_call()],
            Change(messages),
            facts,
            live=LiveChange({"8.8": live}, Heard(START, "killed")),
        )
    add_note(path, a_call(1).id, "Анна", "Иван Петров, 89008362957, просит перезвонить", START)
    add_note(path, a_call(2).id, "Анна", "дал номер 8 (900) 836-29-57, сын", START)
    add_note(path, a_call(2).id, "Анна", "чужая", START)
    told = ask(
        path, Asked(kind="contact", subject="8 900 836-29-57", at=START, by="Анна", text="Петрову написала"), START
    )
    done(path, [(told, "done")], START)
    ask(path, Asked(kind="contact", subject=NUMBER, at=START + 1, by="Анна"), START)
    store_clients(path, {NUMBER: (NAME, "101"), "+79161234567": ("Пётр", None)})
    return path


def forget(path: Path, number: str = "8 900 8362957", steps: int | None = None) -> Forgetting:
    """Forgotten to the end, or but for what comes after so many steps."""
    person = Person(number, PLAN)
    asked = ask_to_forget(path, person.number, "root", START)
    forgetting = Forgetting(path, person, asked)
    while (steps is None or steps > 0) and forgetting.step():
        steps = None if steps is None else steps - 1
    if steps is None:
        rewritten = forgetting.traces() > 0
        if rewritten:
            forgetting.rewrite()
        forgetting.finish(START, rewritten)
    return forgetting


def bytes_of(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def traces(path: Path) -> list[str]:
    """Where anything of him is: six digits in a row of his number, as it is written or turned round, or his name."""
    held = bytes_of(path)
    digits = "79008362957"
    spelled = [digits[i : i + 6] for i in range(6)] + [digits[::-1][i : i + 6] for i in range(6)]
    return [each for each in [*spelled, "836-29", "Иван", "Петров"] if each.encode() in held]


async def figures(path: Path) -> Any:
    async with reading(path) as connection:
        report = await missed_report(
            connection, ReportFilter(since=START - 9, until=START + 9999), UTC, Departments(())
        )
        rows = await connection.execute_fetchall(
            "SELECT direction, result, count(*), count(DISTINCT caller_e164), count(DISTINCT called_e164), count(DISTINCT missed_case), "
            "sum(wait_ms), sum(talk_ms) FROM call GROUP BY 1, 2"
        )
        cases = await connection.execute_fetchall(
            "SELECT state, count(*), count(DISTINCT number) FROM missed_case GROUP BY 1"
        )
        parts = [
            await connection.execute_fetchall(f"SELECT count(*) FROM {t}")
            for t in ("leg", "talk", "transfer", "queue_stay", "hold")
        ]
        return (
            report.total,
            list(map(tuple, rows)),
            list(map(tuple, cases)),
            [tuple(next(iter(part))) for part in parts],
        )


async def test_nothing_of_him_is_left_in_any_file_and_what_is_counted_stays(database: Path) -> None:
    before = await figures(database)
    assert traces(database)
    forget(database)
    assert traces(database) == []
    assert await figures(database) == before


async def test_of_others_everything_stays(database: Path) -> None:
    forget(database)
    async with reading(database) as connection:
        other = await find_call(connection, a_call(2).id)
        case = await find_case(connection, a_missed_call(7).id)
        mobile = await find_call(connection, a_call(5).id)
    assert other is not None
    assert case is not None
    assert mobile is not None
    assert (other.call.caller, other.call.caller_name, other.call.client) == ("89161234567", "Пётр Сидоров", "Пётр")
    (first, second) = other.call.notes
    assert second.text == "чужая"
    assert first.text.startswith("дал номер forgotten-")
    assert first.text.endswith(", сын")
    assert case.number == "+79161234567"
    assert mobile.call.caller == "89161234567"
    assert mobile.call.agents[0].name is None


async def test_all_his_calls_are_those_of_one_caller_who_can_be_found_by_what_took_his_numbers_place(
    database: Path,
) -> None:
    forget(database)
    async with reading(database) as connection:
        ((token,),) = await connection.execute_fetchall(
            "SELECT caller FROM call WHERE caller_e164 LIKE 'forgotten-%' LIMIT 1"
        )
        calls = await find_calls(connection, CallFilter(number=token))
        case = await find_case(connection, a_missed_call().id)
    assert [call.id for call in calls] == [a_missed_call().id, a_call(1).id, a_call(3).id]
    assert case is not None
    assert (case.number, case.dismissed_by, case.dismissed_why) == (token, "Анна", None)


async def test_what_waits_for_the_broker_is_told_without_him(database: Path) -> None:
    forget(database)
    with closing(sqlite3.connect(database)) as connection:
        one, two, three = (row[0] for row in connection.execute("SELECT payload FROM outbox ORDER BY id"))
    assert "2957" not in one
    assert '"caller_name":null' in one
    assert '"number":"forgotten-' in two
    assert three == '{"call":{"id":"y","direction":"in","caller":"+7916•••4567"}}'


async def test_what_was_done_is_counted_and_a_contact_that_nobody_was_told_of_is_none(database: Path) -> None:
    forgetting = forget(database)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (2,)
    assert dict(forgetting.rows) == {
        "calls": 3, "calls_naming": 1, "cases": 1, "notes": 2, "contacts": 2, "clients": 1, "messages": 2, "live_calls": 1,
    }  # fmt: skip
    assert to_do(database, 0) == []


async def test_again_it_finds_nothing_and_says_so(database: Path) -> None:
    forget(database)
    again = forget(database)
    assert not again.rows
    assert traces(database) == []


@pytest.mark.parametrize("steps", range(1, 9))
async def test_who_is_killed_after_any_step_ends_it_later_with_the_same_word(database: Path, steps: int) -> None:
    before = await figures(database)
    forget(database, steps=steps)
    (left,) = to_forget(database)
    forget(database, "+79008362957")
    assert traces(database) == []
    assert await figures(database) == before
    outcome = forgotten(database, left.id)
    assert outcome is not None
    assert outcome.is_gone


async def test_the_same_is_asked_once_while_it_is_not_done(database: Path) -> None:
    first = ask_to_forget(database, NUMBER, "root", START)
    assert ask_to_forget(database, NUMBER, "Анна", START + 1) == first
    assert to_forget(database) == [ToForget(first.id, NUMBER, "root", first.token)]
    assert to_do(database, 0) != []  # the contact: a request of another kind
    assert all(each.asked.kind == "contact" for each in to_do(database, 0))


async def test_the_sites_own_number_is_no_persons(database: Path) -> None:
    """Of incoming calls the number dialled stays, or every one of them would be changed."""
    assert not forget(database, "+74951112233").rows


def test_whether_somebody_else_has_it_open_is_known(database: Path) -> None:
    assert not is_open_elsewhere(database)
    script = f"import sqlite3; c = sqlite3.connect({str(database)!r}); c.execute('SELECT 1 FROM call').fetchall(); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert is_open_elsewhere(database)
        other.communicate("\n")
    assert not is_open_elsewhere(database)


async def test_a_document_that_somebody_has_spoilt_goes_whole(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO live_call VALUES ('7.7', '1', 0, '{\"number\": \"89008362957')")
        connection.execute(
            "INSERT INTO outbox (event_id, topic, at, payload) VALUES ('z', 'event/call', 0, '+79008362957 {')"
        )
    forget(database)
    assert traces(database) == []


PASTED = (
    "8\u00a0900\u00a0836\u00a029\u00a057",
    "8\u202f(900)\u202f836\u201129\u201157",
    "8 – 900 – 836 – 29 – 57",
    "8\u2009900\u2007836\u221229\u201357",
    "900/836/29/57",
    "８９００８３６２９５７",
    "٨٩٠٠٨٣٦٢٩٥٧",
)


@pytest.mark.parametrize("spelled", PASTED)
async def test_what_people_paste_goes_from_notes_names_and_messages(database: Path, spelled: str) -> None:
    other = replace(a_call(6, **OTHER), caller_name=f"Друг {spelled}")
    live = KeptCall("7.7", "1", START, {"channels": [{"uniqueid": "7.7", "caller_name": f"Друг {spelled}"}]})
    async with writing(database, now=0.0) as store:
        message = Message("d", "event/call", START, f'{{"call":{{"id":"y","said":"Друг {spelled}"}}}}')
        case = replace(a_case(8), number="+79161234567", claimed_by=f"Анна {spelled}")
        await store.write(
            [ended(other)], Change([message]), [missed(case)], live=LiveChange({"7.7": live}, Heard(START, "killed"))
        )
    add_note(database, other.id, f"Анна {spelled}", f"№ 5: спросить {spelled}, потом её", START)
    ask(database, Asked(kind="contact", subject="89161234567", at=START, by=f"Анна {spelled}", text=spelled), START)
    assert spelled.encode() in bytes_of(database)
    forget(database)
    assert spelled.encode() not in bytes_of(database)
    async with reading(database) as connection:
        call = await find_call(connection, other.id)
    assert call is not None
    assert (call.call.caller_name or "").startswith("Друг forgotten-")
    assert call.call.notes[0].text.endswith(", потом её")
    assert call.call.caller == "89161234567"


async def test_the_name_of_a_caller_whose_number_stands_within_a_text_goes_too(database: Path) -> None:
    told = {"caller": "sip:79008362957@evil", "caller_e164": None, "caller_name": NAME}
    async with writing(database, now=0.0) as store:
        await store.write([ended(a_call(8, **told))])
    forget(database)
    assert traces(database) == []
    async with reading(database) as connection:
        call = await find_call(connection, a_call(8).id)
    assert call is not None
    assert call.call.caller_name is None
    assert (call.call.caller or "").startswith("sip:forgotten-")


async def test_callers_without_a_number_go_by_what_the_documentation_says(database: Path) -> None:
    told = {"caller": "ivan.petrov", "caller_e164": None, "caller_name": NAME}
    whole = ended(a_call(8, **told))
    leg = replace(whole.legs[0], number="ivan.petrov", name=NAME)
    async with writing(database, now=0.0) as store:
        message = Message("d", "event/call", START, '{"call":{"id":"y","caller":"ivan.petrov"}}')
        await store.write([replace(whole, legs=(leg, *whole.legs[1:]))], Change([message]))
    add_note(database, a_call(8).id, "Анна", "ivan.petrov ждёт", START)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(DOCUMENTED.partition("$ sqlite3 calls.db\n")[2].partition("```")[0])
    assert b"ivan.petrov" not in bytes_of(database)
    async with reading(database) as connection:
        assert [each.id for each in await find_calls(connection, CallFilter(number="forgotten-a"))] == [a_call(8).id]

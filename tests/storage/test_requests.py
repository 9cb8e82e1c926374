"""What people say of cases waits in the database until the daemon has told the core, and notes stay with their call."""

from pathlib import Path

import pytest

from handlers.case_facts import Note
from storage import requests as requests_module
from storage.calls import find_call
from storage.cases import find_case
from storage.database import writing
from storage.errors import StorageError
from storage.reading import reading
from storage.requests import Asked, Waiting, add_note, ask, done, latest_note, notes_after, outcome_of, to_do
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed

CONTACT = Asked(kind="contact", subject="+79001112233", at=START, by="Анна", text="по почте")
CLAIM = Asked(kind="claim", subject="1.1", at=None, by="Олег")


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    path = tmp_path / "calls.db"
    async with writing(path, now=0.0) as store:
        await store.write([ended(a_missed_call()), ended(a_call(1))], None, [missed(a_case())])
    return path


def test_what_was_asked_is_to_do_in_order_until_it_is_done(database: Path) -> None:
    one, other = ask(database, CONTACT, START), ask(database, CLAIM, START)
    assert to_do(database, 0) == [Waiting(one, CONTACT, START), Waiting(other, CLAIM, START)]
    assert to_do(database, one) == [Waiting(other, CLAIM, START)]
    assert outcome_of(database, one) is None
    done(database, [(one, "done")], START)
    assert to_do(database, 0) == [Waiting(other, CLAIM, START)]
    assert outcome_of(database, one) == "done"


def test_the_same_contact_again_is_the_one_that_is_there(database: Path) -> None:
    assert ask(database, CONTACT, START) == ask(database, CONTACT, START + 5)
    assert ask(database, CLAIM, START) != ask(database, CLAIM, START)
    assert len(to_do(database, 0)) == 3


async def test_a_note_stays_with_its_call_and_its_case(database: Path) -> None:
    call_id = a_missed_call().id
    assert add_note(database, call_id, "Анна", "ждёт письма", START + 0.5)
    assert add_note(database, call_id, "Олег", "x\ud800", START + 1)
    assert not add_note(database, "none", "Анна", "x", START)
    async with reading(database) as connection:
        call, case = await find_call(connection, call_id), await find_case(connection, call_id)
    assert call is not None
    assert case is not None
    assert [(note.at, note.by, note.text) for note in call.call.notes] == [
        (START + 0.5, "Анна", "ждёт письма"),
        (pytest.approx(START + 1), "Олег", "x?"),
    ]
    assert case.notes == call.call.notes


def test_the_same_note_again_within_a_minute_is_the_one_that_is_there(database: Path) -> None:
    call_id = a_missed_call().id
    said = [(START, "Анна"), (START + 59, "Анна"), (START + 59, "Олег"), (START + 61, "Анна")]
    assert [add_note(database, call_id, by, "ждёт", at) for at, by in said] == ["noted", "there", "noted", "noted"]


def test_a_call_takes_no_end_of_notes(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_module, "NOTES_MOST", 2)
    outcomes = [add_note(database, a_missed_call().id, "Анна", str(number), START) for number in range(3)]
    assert outcomes == ["noted", "noted", "full"]
    assert len(notes_after(database, 0)) == 2


def test_notes_are_read_on_from_one_with_the_case_that_they_belong_to(database: Path) -> None:
    assert latest_note(database) == 0
    add_note(database, a_missed_call().id, "Анна", "ждёт письма", START)
    add_note(database, a_call(1).id, "Анна", "ответили", START)
    first, second = notes_after(database, 0)
    assert first == (1, a_case().id, Note(START, "Анна", "ждёт письма"))
    assert second == (2, None, Note(START, "Анна", "ответили"))
    assert notes_after(database, 1) == [second]
    assert notes_after(database, latest_note(database)) == []


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(StorageError, match="there is no database"):
        ask(path, CONTACT, START)
    assert not path.exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(StorageError, match="is not a database"):
        to_do(path, 0)

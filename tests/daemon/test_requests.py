"""Requests between database and core: told in order, answered once stored, and a database that is away is told once."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import structlog

from daemon import clock
from daemon import requests as requests_module
from daemon.case_words import NAME_LONGEST, TEXT_LONGEST
from daemon.requests import Requests
from handlers.case_facts import Note, RequestAnswered
from handlers.cases.requests import ClaimAsked, ContactReported, DismissAsked, NoteWritten, Said
from storage import writer as writer_module
from storage.database import writing
from storage.requests import Asked, add_note, ask, latest_note, outcome_of
from storage.writer import Writer
from tests.daemon.http_service import until
from tests.hostile import HOSTILE
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, missed


class Told:
    """In place of pump and core: keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Said] = []

    def feed(self, events: Sequence[Said]) -> None:
        self.events += events


@asynccontextmanager
async def running(path: Path, noted_up_to: int = 0) -> AsyncIterator[tuple[Requests, Told]]:
    told = Told()
    async with writing(path, now=0.0) as database, asyncio.TaskGroup() as tasks:
        writer = Writer(database)
        tasks.create_task(writer.run())
        requests = Requests(path, told.feed, writer, noted_up_to)
        task = tasks.create_task(requests.run())
        try:
            yield requests, told
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await writer.close(5.0)


async def test_each_kind_is_told_in_order_and_its_outcome_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    path = tmp_path / "calls.db"
    async with running(path) as (requests, told):
        asked = (
            Asked(kind="contact", subject="+79001112233", at=START - 60, by="Анна"),
            Asked(kind="dismiss", subject="1.1", at=None, by="Олег", text="спам"),
            Asked(kind="claim", subject="1.2", at=START + 60, by="Олег"),
        )
        ids = [ask(path, each, START) for each in asked]
        await until(lambda: len(told.events) == 3)
        assert told.events == [
            ContactReported(START, ids[0], "+79001112233", START - 60, "Анна", START),
            DismissAsked(START, ids[1], "1.1", "Олег", "спам", START),
            ClaimAsked(START, ids[2], "1.2", "Олег", START + 60),
        ]
        requests.take([RequestAnswered(START, each, "no_case", ()) for each in ids])
        await until(lambda: outcome_of(path, ids[2]) == "no_case")


async def test_who_waits_for_an_answer_gets_it_and_who_says_the_same_again_the_same(tmp_path: Path) -> None:
    contact = Asked(kind="contact", subject="+79001112233", at=START, by="Анна")
    async with running(tmp_path / "calls.db") as (requests, told):
        waiting = asyncio.ensure_future(requests.ask(contact, 5.0))
        await until(lambda: bool(told.events))
        (event,) = told.events
        assert isinstance(event, ContactReported)
        requests.take([RequestAnswered(START, event.request, "done", ())])
        answer = await waiting
        assert answer is not None
        assert answer.outcome == "done"
        again = await requests.ask(contact, 5.0)
        assert again is not None
        assert again.outcome == "done"
        assert len(told.events) == 1


async def test_an_answer_that_does_not_come_is_not_waited_for_without_end(tmp_path: Path) -> None:
    async with running(tmp_path / "calls.db") as (requests, _):
        assert await requests.ask(Asked(kind="dismiss", subject="1.1", at=None, by="Олег"), 0.0) is None


async def test_what_the_broker_brings_is_bounded_and_its_nonsense_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "HEARD_LIMIT", 2)
    async with running(tmp_path / "calls.db") as (requests, told):
        with structlog.testing.capture_logs() as logs:
            for body in (b"{", b"[]", b'{"number": 7}'):
                requests.hear(body)
            for number in range(3):
                requests.hear(b'{"number": "+7900111223%d", "by": "Anna"}' % number)
        assert [line["event"] for line in logs] == ["contact_refused"]
        await until(lambda: len(told.events) == 2)


async def test_what_a_hostile_program_says_by_mqtt_is_a_text_of_a_contact_or_refused_without_an_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "_REFUSED_EVERY_S", 0.0)
    async with running(tmp_path / "calls.db") as (requests, told):
        with structlog.testing.capture_logs() as logs:
            for text in HOSTILE.values():
                for said in (
                    text,
                    {"number": text, "by": "Anna"},
                    {text: 1},
                    {"number": "+79001112233", "by": "A", "at": text},
                ):
                    requests.hear(json.dumps(said).encode())
                requests.hear(text.encode("utf-8", "surrogatepass"))
            requests.hear(b'{"number": "+79001112233", "by": "Anna"}' + b" " * 70_000)
            for number, text in enumerate(HOSTILE.values()):
                said = {"number": f"+790011122{number}", "by": text[:NAME_LONGEST], "note": text[:TEXT_LONGEST]}
                requests.hear(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        reasons = {line["reason"] for line in logs if line["event"] == "contact_refused"}
        assert "longer than 64 KiB" in reasons
        assert all(text not in reason for reason in reasons for text in HOSTILE.values() if len(text) > 10)
        await until(lambda: len(told.events) > len(HOSTILE) - 10)
        taken = {event.number: event.by for event in told.events if isinstance(event, ContactReported)}
    for number, text in enumerate(HOSTILE.values()):
        by = " ".join(text[:NAME_LONGEST].split())
        assert taken.get(f"+790011122{number}", by) == by


async def test_a_database_that_the_writer_mends_is_told_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "_RETRY_S", 0.01)
    path = tmp_path / "calls.db"
    async with running(path) as (_, told):
        with structlog.testing.capture_logs() as logs:
            path.write_bytes(b"\x00" * 8192)
            await until(lambda: "database_set_aside" in [line["event"] for line in logs])
            ask(path, Asked(kind="dismiss", subject="1.1", at=None, by="Олег"), START)
            await until(lambda: bool(told.events))
    assert [line["event"] for line in logs] == ["database_set_aside"]


async def test_a_database_that_stays_away_is_told_once_and_again_when_it_has_been_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "_RETRY_S", 0.01)
    monkeypatch.setattr(requests_module, "MENDED_WITHIN_S", 0.1)
    path = tmp_path / "calls.db"
    async with running(path) as (_, told):
        with structlog.testing.capture_logs() as logs:
            for times in (1, 2):
                path.rename(tmp_path / "moved.db")
                await until(lambda times=times: len(logs) == 2 * times - 1)
                path.with_name("moved.db").rename(path)
                ask(path, Asked(kind="dismiss", subject=f"1.{times}", at=None, by="Олег"), START)
                await until(lambda times=times: len(told.events) == times)
                await until(lambda times=times: len(logs) == 2 * times)
        assert [line["event"] for line in logs] == ["requests_stuck", "requests_recovered"] * 2
        assert logs[0]["reason"] == f"{path} is gone; put it back, else a new one is begun"


async def test_requests_that_are_stuck_with_the_store_are_told_with_what_ails_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_module, "_RETRY_S", 0.01)
    monkeypatch.setattr(requests_module, "MENDED_WITHIN_S", 0.1)
    monkeypatch.setattr(writer_module, "_LOOKS_EVERY_S", 0.05)
    folder = tmp_path / "data"
    folder.mkdir()
    async with running(folder / "calls.db"):
        with structlog.testing.capture_logs() as logs:
            folder.rename(tmp_path / "moved")
            stuck = f"{folder} is not a directory; make it (mkdir -p) or name another path"
            await until(lambda: ("requests_stuck", stuck) in [(line["event"], line.get("reason")) for line in logs])
            (tmp_path / "moved").rename(folder)
            await until(lambda: "requests_recovered" in [line["event"] for line in logs])


async def test_notes_on_calls_of_cases_are_told_once_in_order_whoever_wrote_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    path, call_id = tmp_path / "calls.db", a_missed_call().id
    async with writing(path, now=0.0) as store:
        await store.write([ended(a_missed_call()), ended(a_call(1))], None, [missed(a_case())])
    add_note(path, call_id, "Анна", "была прежде", START)
    async with running(path, latest_note(path)) as (requests, told):
        assert await requests.note(a_call(1).id, "Анна", "звонок не пропущен") == "noted"
        assert await requests.note("none", "Анна", "x") is None
        add_note(path, call_id, "Олег", "из команды", START)  # as another process does
        assert await requests.note(call_id, "Анна", "ждёт письма") == "noted"
        assert await requests.note(call_id, "Анна", "ждёт письма") == "there"
        await until(lambda: len(told.events) == 2)
    assert told.events == [
        NoteWritten(START, a_case().id, Note(START, "Олег", "из команды")),
        NoteWritten(START, a_case().id, Note(START, "Анна", "ждёт письма")),
    ]

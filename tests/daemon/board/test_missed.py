"""The call-back list, its count, the events and the day's figures of cases."""

from dataclasses import replace

import orjson
import pytest

from daemon import clock
from daemon.board.missed import LISTED, MISSED_COUNT, MISSED_OPEN, CaseEvents, render_case
from daemon.board.states import States
from handlers.case_facts import (
    CaseAttempted,
    CaseClaimed,
    CaseDismissed,
    CaseFact,
    CaseNoted,
    CaseRecovered,
    CaseTrulyMissed,
    CaseUnlisted,
    Note,
)
from handlers.clients import Client
from tests.daemon.boards import LivePbx, Stream, a_board
from tests.storage.sample_calls import START
from tests.storage.sample_cases import a_case, a_recovered_case, missed


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: START + 100)


CASE = a_case()
FACTS: list[tuple[CaseFact, str | None]] = [
    (missed(CASE), "missed"),
    (missed(CASE, again=True), "missed"),
    (CaseAttempted(START, CASE, "c.1", "boot", "busy", "101"), "attempt"),
    (CaseTrulyMissed(START, replace(CASE, state="truly_missed")), "truly_missed"),
    (CaseRecovered(START, a_recovered_case(), late=False), "recovered"),
    (CaseRecovered(START, replace(a_recovered_case(), state="recovered_late"), late=True), "recovered_late"),
    (CaseDismissed(START, replace(CASE, state="dismissed")), "dismissed"),
    (CaseClaimed(START, replace(CASE, claimed_by="Анна", claimed_until=START + 60)), "claimed"),
    (CaseClaimed(START + 60, CASE), "released"),
    (CaseNoted(START, CASE), None),
    (CaseUnlisted(START, CASE), None),
]


def test_the_count_is_a_bare_number_and_the_list_has_those_who_wait_longest() -> None:
    pbx = LivePbx(cases=[a_case(n) for n in range(LISTED + 5)])
    states = States(a_board(pbx), full=False).look()
    assert states[MISSED_COUNT].body == b"205"
    told = orjson.loads(states[MISSED_OPEN].body)
    assert (told["v"], told["ts"], told["total"], len(told["cases"])) == (1, "2026-11-23T16:13:14.013Z", 205, LISTED)
    assert told["cases"][0]["number"] == "+7900•••2233"
    assert [case["id"] for case in told["cases"]] == [a_case(n).id for n in range(LISTED)]
    full = orjson.loads(States(a_board(pbx), full=True).look()[MISSED_OPEN].body)
    assert full["cases"][0]["number"] == "+79001112233"


@pytest.mark.parametrize("fact", [fact for fact, _ in FACTS])
def test_whatever_happens_to_a_case_may_change_list_and_count(fact: CaseFact) -> None:
    board = a_board(LivePbx())
    board.roll()
    board.touched.clear()
    board.take([fact])
    assert board.touched[MISSED_COUNT] == board.touched[MISSED_OPEN] == 1


def test_facts_are_events_with_a_lasting_id_of_their_own() -> None:
    events = CaseEvents().of([fact for fact, _ in FACTS])
    assert [event.kind for event in events] == [kind for _, kind in FACTS if kind is not None]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    ids = [event.event_id for event in events]
    assert ids == [event.event_id for event in CaseEvents().of([fact for fact, _ in FACTS])]
    assert ids[0] == f"office/1795400000/{CASE.id}/missed/1795400000/{CASE.id}"
    assert ids[2:4] == [f"office/1795400000/{CASE.id}/attempt/boot/c.1", f"office/1795400000/{CASE.id}/truly_missed"]
    until = round((START + 60) * 1000)
    assert ids[-2:] == [f"office/1795400000/{CASE.id}/{kind}/{until}" for kind in ("claimed", "released")]


def test_who_claims_is_shown_to_all_what_is_noted_to_some_and_names_as_the_directory_is_now() -> None:
    case = replace(CASE, claimed_by="Анна", claimed_until=START + 60, notes=(Note(START, "Анна", "ждёт письма"),))
    client = Client("ООО «Ромашка»", "Олег")
    board = a_board(LivePbx(cases=[case]), case_render=lambda case, full: render_case(case, full, client))
    masked, whole = (board.payload(MISSED_OPEN, full)["cases"][0] for full in (False, True))
    assert (masked["claimed_by"], masked["claimed_until"]) == ("Анна", "2026-11-23T16:12:34.013Z")
    assert (masked["client"], masked["responsible"], masked["notes"]) == ("О•••", "О•••", [])
    assert (whole["client"], whole["responsible"]) == client
    assert whole["notes"] == [{"at": "2026-11-23T16:11:34.013Z", "by": "Анна", "text": "ждёт письма"}]


def test_another_directory_may_change_what_live_calls_and_the_list_say() -> None:
    board = a_board(LivePbx())
    board.touched.clear()
    board.clients_changed()
    assert set(board.touched) == {"calls/active", MISSED_OPEN}


def test_an_event_says_the_case_as_it_stands_and_when_it_happened() -> None:
    (event,) = CaseEvents().of([CaseTrulyMissed(START, CASE)])
    told = event.payload(full=False, now=START + 100)
    assert (told["v"], told["type"], told["seq"]) == (1, "truly_missed", 1)
    assert (told["at"], told["ts"]) == ("2026-11-23T16:11:34.013Z", "2026-11-23T16:13:14.013Z")
    assert (told["case"]["id"], told["case"]["number"]) == (CASE.id, "+7900•••2233")
    assert event.payload(full=True, now=START)["case"]["number"] == "+79001112233"


async def test_whoever_listens_to_the_stream_hears_of_it() -> None:
    stream = Stream(lambda _call, _full: {}, lambda: [])
    subscriber = stream.subscribe(full=False)
    assert subscriber is not None
    await subscriber.next_frames(1.0)
    stream.take([missed(CASE)])
    frames = (await subscriber.next_frames(1.0)).decode()
    assert frames.startswith('event: event/missed\ndata: {"v":1,')
    assert "79001112233" not in frames


def test_the_days_figures_count_each_fact_on_its_own_day() -> None:
    board = a_board(LivePbx())
    board.take([fact for fact, _ in FACTS])
    yesterday = START - 86_400
    board.take([CaseTrulyMissed(yesterday, CASE), CaseRecovered(yesterday, a_recovered_case(), late=False)])
    told = board.payload("stats/today", full=False)
    assert {name: told[name] for name in board.cases_today.figures} == {
        "missed_cases": 1,
        "truly_missed_cases": 1,
        "recovered_cases": 1,
        "recovered_late_cases": 1,
        "callback_attempts": 1,
    }


def test_the_figures_begin_anew_with_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    board = a_board(LivePbx())
    board.take([missed(CASE)])
    monkeypatch.setattr(clock, "now", lambda: START + 2 * 86_400)
    board.roll()
    assert not any(board.cases_today.figures.values())


def test_contacts_of_the_day_are_taken_up_with_how_long_they_took() -> None:
    board = a_board(LivePbx())
    board.roll()
    board.cases_today.start({"recovered": 1}, [("outgoing", 60.0), ("of another version", 5.0)])
    board.take([CaseRecovered(START, a_recovered_case(), late=False)])
    contact_s = a_recovered_case().contact_s
    assert contact_s is not None
    told = board.cases_today.contacts
    assert (told["outgoing"].count, told["outgoing"].sum_s) == (2, 60.0 + contact_s)
    assert told["incoming"].count == 0

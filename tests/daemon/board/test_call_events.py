"""Events of calls: numbered alike by everybody, with an id that lasts."""

import json

import orjson
import pytest

from daemon.board.call_events import LISTED, CallEvents, calls_active, render_call
from daemon.board.encoding import encoded
from handlers.facts import (
    CallAnswered,
    CallChanged,
    CallQueued,
    CallRang,
    CallRetracted,
    CallStarted,
    CallTransferred,
    EventDoubted,
    Fact,
    Transfer,
    Wait,
)
from storage.call_json import iso
from tests.storage.sample_calls import START, a_call, ended

TRANSFER = Transfer("blind", "101", "102", START, None)
FACTS: list[Fact] = [
    CallStarted(START, a_call()),
    EventDoubted(START, "unknown_channel"),
    CallQueued(START, a_call(), "support"),
    CallRang(START, a_call()),
    CallChanged(START + 1, a_call()),
    CallQueued(START + 2, a_call(), "sales"),
    CallChanged(START + 3, a_call()),
    CallAnswered(START, a_call()),
    CallTransferred(START, a_call(transfers=(TRANSFER,))),
    CallTransferred(START, a_call(transfers=(TRANSFER, TRANSFER))),
    ended(a_call()),
]


def test_everybody_counts_the_same_events_in_the_same_order() -> None:
    at_once, one_by_one = CallEvents(), CallEvents()
    told = at_once.of(FACTS)
    assert told == [event for fact in FACTS for event in one_by_one.of([fact])]
    assert [(event.seq, event.kind) for event in told] == [
        (1, "started"),
        (2, "queued"),
        (3, "ringing"),
        (4, "changed"),
        (5, "queued"),
        (6, "changed"),
        (7, "answered"),
        (8, "transferred"),
        (9, "transferred"),
        (10, "ended"),
    ]


def test_an_id_is_the_same_whoever_tells_it_and_no_other_event_has_it() -> None:
    first, again = CallEvents().of(FACTS), CallEvents().of(FACTS[::-1])
    assert {event.event_id for event in first} == {event.event_id for event in again}
    other_boot = CallEvents().of([ended(a_call(boot="1795500000"))])
    other_call = CallEvents().of([ended(a_call(1))])
    ids = [event.event_id for event in first + other_boot + other_call]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("full", "caller"), [(True, "89001112233"), (False, "8900•••2233")])
def test_the_payload_says_what_happened_to_which_call(full: bool, caller: str) -> None:
    event = CallEvents().of(FACTS)[-1]
    payload = event.payload(render_call, full, START)
    assert payload["call"]["caller"] == caller
    assert {name: payload[name] for name in ("v", "ts", "type", "seq", "event_id")} == {
        "v": 1,
        "ts": "2026-11-23T16:11:34.013Z",
        "type": "ended",
        "seq": 10,
        "event_id": f"office/1795400000/{a_call().id}/ended",
    }


def test_a_live_call_says_where_it_waits_and_since_when() -> None:
    call = a_call(state="queued", waits_in=(Wait("support", START), Wait("sales", START + 2)))
    told = render_call(call, full=False)
    assert told["waits_in"] == [
        {"queue": "support", "since": "2026-11-23T16:11:34.013Z"},
        {"queue": "sales", "since": "2026-11-23T16:11:36.013Z"},
    ]
    assert "waits_in" not in render_call(a_call(), full=True)


def test_half_characters_cost_no_message() -> None:
    body = encoded({"name": "Jo\ud800e\n", "other": "ок"})
    assert orjson.loads(body) == {"name": "Jo?e\n", "other": "ок"}
    assert b"\n" not in body
    assert json.loads(encoded({"a": None})) == {"a": None}


def test_what_turns_out_to_be_no_call_is_told_as_ended_and_is_not_stored() -> None:
    """A login to an agents' pool: whoever was told of its start is told of its end, and no outbox waits for it."""
    events = CallEvents().of([CallStarted(START, a_call()), CallRetracted(START, a_call()), ended(a_call())])
    assert [(event.kind, event.is_stored) for event in events] == [
        ("started", False),
        ("ended", False),
        ("ended", True),
    ]


def test_who_waits_is_counted_beyond_those_who_are_listed() -> None:
    menu = [a_call(number, state="ivr", ended_at=None) for number in range(250)]
    waiting = [
        a_call(250, state="queued", queued_at=START + 7, rang_at=None, answered_at=None),
        a_call(251, state="ringing", queued_at=None, rang_at=START + 5, answered_at=None),
        a_call(252, state="queued", queued_at=START, answered_at=START + 1, state_since=START + 9),
        a_call(253, state="ringing", direction="out", answered_at=None),
        a_call(254, state="talking"),
    ]
    told = calls_active([*menu, *waiting], [*menu, *waiting], render_call, False, START)
    assert (told["total"], len(told["calls"])) == (255, LISTED)
    assert (told["waiting"], told["waiting_since"]) == (3, iso(START + 5))


def test_nobody_waits() -> None:
    talks = [a_call(0, state="talking")]
    told = calls_active(talks, talks, render_call, False, START)
    assert (told["waiting"], told["waiting_since"]) == (0, None)

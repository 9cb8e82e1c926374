"""A call as JSON is exactly what the contract says, field by field."""

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.facts import Call
from storage.batch import write
from storage.call_filter import CallFilter
from storage.call_json import call_json, iso, time_line_json
from storage.calls import find_call, find_calls
from tests.storage.memory import in_memory
from tests.storage.sample_calls import a_call, a_missed_call, ended

# Contract, section 4, "A call as JSON", with the normalised numbers and the boot beside what they belong to.
FIELDS = (
    "id pbx boot direction result missed closed voicemail trunk did source caller caller_e164 caller_name "
    "client responsible called called_e164 queue queues answered_by agents started_at rang_at queued_at answered_at ended_at ended_by "
    "case_id contacted_at lost_after_transfer wait_s ivr_s queue_s ring_s talk_s hold_s total_s transfers recording "
    "end_seen incomplete merged_into notes"
)


def test_the_fields_are_those_of_the_contract_in_its_order() -> None:
    assert list(call_json(a_call())) == FIELDS.split()


def test_an_answered_call_word_for_word() -> None:
    assert call_json(a_call()) == {
        "id": "1795450294.0",
        "pbx": "office",
        "boot": "1795400000",
        "direction": "in",
        "result": "answered",
        "missed": False,
        "closed": False,
        "voicemail": False,
        "trunk": "megafon",
        "did": "74951112233",
        "source": "yandex-direct",
        "caller": "89001112233",
        "caller_e164": "+79001112233",
        "caller_name": "Иван Петров",
        "client": None,
        "responsible": None,
        "called": "74951112233",
        "called_e164": "+74951112233",
        "queue": "support",
        "queues": ["support", "sales"],
        "answered_by": "101",
        "agents": [{"device": "PJSIP/101", "name": "Анна"}, {"device": "79161234567", "name": None}],
        "started_at": "2026-11-23T16:11:34.013Z",
        "rang_at": "2026-11-23T16:11:37.413Z",
        "queued_at": "2026-11-23T16:11:36.113Z",
        "answered_at": "2026-11-23T16:11:42.213Z",
        "ended_at": "2026-11-23T16:12:35.513Z",
        "ended_by": "caller",
        "case_id": None,
        "contacted_at": None,
        "lost_after_transfer": False,
        "wait_s": 8.2,
        "ivr_s": 2.1,
        "queue_s": 6.1,
        "ring_s": 4.8,
        "talk_s": 53.2,
        "hold_s": 4.004,
        "total_s": 61.5,
        "transfers": [
            {"kind": "blind", "by": "101", "to": "102", "at": "2026-11-23T16:12:04.263Z", "result": "answered"},
            {"kind": "attended", "by": None, "to": None, "at": "2026-11-23T16:12:14.013Z", "result": None},
        ],
        "recording": None,
        "end_seen": True,
        "incomplete": False,
        "merged_into": None,
        "notes": [],
    }


def test_a_live_call_has_nulls_for_what_is_not_known_yet() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("result", "ended_at", "ended_by", "wait_s", "ivr_s", "queue_s", "ring_s", "talk_s", "hold_s", "total_s")
    )
    shown = call_json(a_call(state="talking", **nothing))
    assert {name: shown[name] for name in nothing} == nothing


@pytest.mark.parametrize("call", [a_call(), a_missed_call()])
def test_any_encoder_takes_it(call: Call) -> None:
    shown = time_line_json(ended(call))
    assert orjson.loads(orjson.dumps(shown)) == json.loads(json.dumps(shown)) == shown


def test_the_time_line_follows_the_call() -> None:
    shown = time_line_json(ended(a_call()))
    assert list(shown) == [*FIELDS.split(), "legs", "stays", "talks", "holds"]
    assert shown["legs"][1] == {
        "uniqueid": "1795450294.01",
        "channel": "PJSIP/101-00000002",
        "device": "PJSIP/101",
        "side": "person",
        "name": "Анна",
        "number": "101",
        "queue": "support",
        "started_at": "2026-11-23T16:11:37.113Z",
        "rang_at": "2026-11-23T16:11:37.413Z",
        "ring_ended_at": "2026-11-23T16:11:42.213Z",
        "joined_at": "2026-11-23T16:11:42.213Z",
        "ended_at": "2026-11-23T16:12:04.263Z",
        "result": "answered",
        "cause": 16,
    }
    assert shown["stays"][0] == {
        "queue": "support",
        "joined_at": "2026-11-23T16:11:36.113Z",
        "left_at": "2026-11-23T16:11:42.213Z",
        "outcome": "answered",
        "position": 1,
        "member": "PJSIP/101",
    }
    assert shown["talks"][1] == {
        "started_at": "2026-11-23T16:12:04.513Z",
        "found_at": None,
        "ended_at": None,
        "device": "79161234567",
        "name": None,
    }
    assert shown["holds"] == [
        {"started_at": "2026-11-23T16:11:46.013Z", "ended_at": "2026-11-23T16:11:50.017Z", "by": "caller"}
    ]


async def test_a_talk_of_which_the_beginning_was_not_heard_has_none_but_says_when_it_was_found() -> None:
    call = ended(a_call())
    found = replace(call, talks=(replace(call.talks[0], begun_unseen=True),))
    async with in_memory() as (connection, batches):
        write(batches, [found])
        read = await find_call(connection, call.call.id)
    assert read is not None
    assert read.talks[0].begun_unseen is True
    (talk,) = time_line_json(read)["talks"]
    assert (talk["started_at"], talk["found_at"]) == (None, "2026-11-23T16:11:42.213Z")


@given(st.floats(1_500_000_000, 4_000_000_000), st.floats(0, 1_000_000))
@settings(max_examples=50, deadline=None)
async def test_a_call_reads_the_same_before_and_after_the_database(started_at: float, total_s: float) -> None:
    call = a_call(started_at=started_at, total_s=total_s)
    async with in_memory() as (connection, batches):
        write(batches, [ended(call)])
        read = call_json((await find_calls(connection, CallFilter()))[0])
    told = call_json(call)
    # Halves of a millisecond are rounded up in the database and to even in JSON: the only difference there may be.
    assert abs(read.pop("total_s") - told.pop("total_s")) <= 0.001
    assert read == told


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_795_450_294.0126, "2026-11-23T16:11:34.013Z"),
        (1_795_450_294.9996, "2026-11-23T16:11:35.000Z"),
        (253_402_300_799.999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800.0, None),
        (-1.0, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_moment_is_iso_8601_in_utc_with_milliseconds(at: float | None, written: str | None) -> None:
    assert iso(at) == written


@given(st.floats())
def test_no_moment_makes_it_fail(at: float) -> None:
    written: Any = iso(at)
    assert written is None or len(written) == len("2026-11-23T18:04:05.123Z")

"""The rows of the parts: what stands in them, in which order, and how bad it is."""

from typing import Any

import pytest

from daemon.top.parts import PARTS, Row, level_of, limits_of, rows_of, waits_since
from tests.daemon.top.told import NOW, a_call, agent, calls, case, office, queue, say


def rows(part: str, heard: Any) -> list[Row]:
    return rows_of(part, heard, NOW, "en")


def test_who_waits_longest_comes_first_and_is_measured_by_the_limits_of_his_queue() -> None:
    assert [(row.cells[:3], row.level) for row in rows("callers", office())] == [
        (("7495•••0001", 25.0, "sales"), ""),
        (("7900•••2233", 15.0, "support"), "warn"),
    ]


@pytest.mark.parametrize(("wait_s", "level"), [(13.9, ""), (14, "warn"), (19.9, "warn"), (20, "crit")])
def test_a_wait_warns_and_alarms_by_the_limits_of_the_wallboard(wait_s: float, level: str) -> None:
    assert level_of(wait_s, limits_of(office(), "support")) == level
    assert level_of(wait_s, limits_of(office(), "a queue that the settings do not name")) == level
    assert level_of(wait_s, (None, None)) == ""


@pytest.mark.parametrize(("waiting", "level"), [(2, ""), (3, "warn"), (5, "crit")])
def test_a_queue_alarms_by_how_many_wait_in_it(waiting: int, level: str) -> None:
    heard = office()
    queue(heard, "support", 1, waiting=waiting)
    queue(heard, "sales", 1, waiting=waiting)
    assert {row.cells[0]: row.level for row in rows("queues", heard)} == {"support": level, "sales": ""}


def test_a_caller_who_was_passed_on_waits_since_then() -> None:
    call = a_call("ringing", 4, answered_at="2026-11-23T10:00:00Z", queued_at="2026-11-23T09:00:00Z")
    assert waits_since(call) == NOW - 4


def test_queues_in_which_somebody_waits_longest_come_first() -> None:
    heard = office()
    queue(heard, "idle")
    assert [(row.cells[0], row.cells[2]) for row in rows("queues", heard)] == [
        ("sales", 25.0),
        ("support", 15.0),
        ("idle", None),
    ]


def test_members_that_are_not_known_are_none() -> None:
    heard = office()
    queue(heard, "support", 15, members=None)
    assert rows("queues", heard)[1].cells[3:7] == (None,) * 4


def test_live_calls_are_those_in_which_nobody_is_sought() -> None:
    heard = office()
    calls(
        heard,
        a_call("talking", 61, agents=[{"device": "PJSIP/101", "name": None}]),
        a_call("ringing", 3, direction="out", caller="101", called="8900•••0041", did=None),
        a_call("ivr", 1, caller=None, queue=None),
    )
    assert [row.cells[:4] for row in rows("calls", heard)] == [
        ("→ anonymous", "ivr", 1.0, None),
        ("← 8900•••0041", "ringing", 3.0, "101"),
        ("→ 7900•••2233", "talking", 61.0, "PJSIP/101"),
    ]


def test_agents_who_ring_come_first_and_whose_state_is_not_known_are_not_there() -> None:
    heard = office()
    agent(heard, "gleb", "ringing", 2, reason="lunch")
    agent(heard, "dina", None)
    assert [row.cells[:3] for row in rows("agents", heard)] == [
        ("gleb", "ringing", 2.0),
        ("anna", "talking", 61.0),
        ("boris", "available", 5.0),
        ("vera", "offline", 5.0),
    ]


def test_of_a_missed_client_it_is_told_who_calls_him_back() -> None:
    heard = office()
    cases = [case("7900•••1111", 3700, "truly_missed"), case("7900•••2222", 60, claimed_by="Анна")]
    say(heard, "missed/open", total=2, cases=cases)
    assert [(row.cells[:3], row.level) for row in rows("missed", heard)] == [
        (("7900•••1111", 3700.0, "truly_missed"), "crit"),
        (("7900•••2222", 60.0, "claimed by Анна"), "good"),
    ]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_so_at_this_moment_is_not_told_without_the_pbx(part: str) -> None:
    assert bool(rows(part, office(ami="connecting"))) == (part == "missed")
    assert rows(part, office())

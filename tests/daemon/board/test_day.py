"""The figures of the day: which calls are in them, what they add up to, and when they begin anew."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daemon.board import day as day_module
from daemon.board.day import Day
from handlers.departments import DepartmentRule
from handlers.facts import Call, Leg, QueueStay, QueueStayEnded
from tests.daemon.boards import RULES, SUPPORT, a_day
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def day() -> Day:
    day = a_day()
    day.roll(START)
    return day


def over(call: Call, **parts: Any) -> Any:
    return replace(ended(call), **parts)


def stay(outcome: Any, wait_s: float, queue: str = "support", joined_at: float = START) -> QueueStayEnded:
    left_at = joined_at + wait_s
    within = wait_s <= 20 if outcome == "answered" else None
    short = outcome == "abandoned" and wait_s < 5
    return QueueStayEnded(left_at, "1.1", QueueStay(queue, joined_at, left_at, outcome, 1, None), wait_s, short, within)


def test_an_empty_day_has_no_share_no_mean_and_no_service_level(day: Day) -> None:
    site = day.site_figures(START)
    assert (site["calls"], site["missed_share"], site["mean_wait_s"], site["service_level"]) == (0, None, None, None)
    queue = day.queue_figures("support")
    assert (queue["offered"], queue["service_level"], queue["mean_wait_s"]) == (0, None, None)


def test_calls_are_counted_by_direction_and_missed_is_a_share_of_incoming_ones(day: Day) -> None:
    for number, call in enumerate(
        [
            a_call(),
            a_call(1, caller_e164="+79005554433"),
            a_missed_call(2, wait_s=30.0),
            a_call(3, direction="in", result="ivr_only", answered_at=None),
            a_call(4, direction="out"),
            a_call(5, direction="internal", trunk=None),
            a_call(6, merged_into="1.1"),
        ]
    ):
        day.add(over(replace(call, id=f"{number}.1")))
    site = day.site_figures(START)
    assert (site["calls"], site["in"], site["out"], site["internal"]) == (6, 4, 1, 1)
    assert (site["answered"], site["missed"], site["missed_share"]) == (2, 1, 0.3333)
    assert site["mean_wait_s"] == round((8.2 + 8.2 + 30) / 3, 1)
    assert site["results"] == {"abandoned": 1, "answered": 2, "ivr_only": 1}
    assert site["unique_callers"] == 2
    assert day.trunk_figures("megafon")["calls"] == 5


def test_calls_missed_outside_hours_and_those_that_nobody_can_call_back_are_counted_apart_too(day: Day) -> None:
    for number, (closed, caller_e164, make) in enumerate(
        [
            (True, "+79001112233", a_missed_call),
            (True, None, a_missed_call),
            (False, "101", a_missed_call),
            (False, "+79001112233", a_missed_call),
            (True, None, a_call),
        ]
    ):
        day.add(over(make(number, closed=closed, caller_e164=caller_e164)))
    site = day.site_figures(START)
    assert (site["missed"], site["missed_closed"], site["missed_anonymous"]) == (4, 2, 2)


def test_a_line_that_the_settings_do_not_name_is_one_of_the_rest(day: Day) -> None:
    day.add(over(a_call(trunk="74951234567")))
    day.add(over(a_call(1, trunk=None)))
    assert day.trunk_figures("other")["calls"] == 2


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"answered_at": START + 22.1}, 1.0),
        ({"answered_at": START + 22.11}, 0.0),
        ({"queued_at": None, "answered_at": START + 23.4}, 1.0),
        ({"result": "short_abandoned", "missed": True, "answered_at": None}, None),
        ({"result": "unavailable", "missed": True, "answered_at": None, "queued_at": None, "rang_at": None}, 0.0),
        ({"result": "ivr_only", "answered_at": None, "queued_at": None, "rang_at": None}, None),
        ({"queued_at": None, "rang_at": None}, None),
        ({"answered_at": None, "end_seen": False}, None),
    ],
)
def test_the_sites_service_level_runs_from_the_first_ring_or_queue_entry(
    day: Day, changes: dict[str, Any], level: float | None
) -> None:
    day.add(over(a_call(**changes)))
    assert day.site_figures(START)["service_level"] == level


def test_a_short_abandon_is_told_apart_and_counts_not_against_the_queue(day: Day) -> None:
    for fact in (
        stay("answered", 12.0),
        stay("answered", 22.0),
        stay("abandoned", 4.9),
        stay("abandoned", 5.0),
        stay("timeout", 60.0),
        stay("left", 7.0),
        stay("unknown", 7.0),
    ):
        day.add_stay(fact)
    assert day.queue_figures("support") == {
        "offered": 5,
        "answered": 2,
        "abandoned": 1,
        "timeout": 1,
        "left": 1,
        "short_abandoned": 1,
        "within_threshold": 1,
        "service_level": 0.2,
        "mean_wait_s": 17.0,
        "p95_wait_s": 21.5,
    }


def test_a_stored_call_adds_the_same_as_a_live_one() -> None:
    live, stored = a_day(), a_day()
    for day in (live, stored):
        day.roll(START)
    for number, (outcome, wait_s) in enumerate(
        [("answered", 3.0), ("abandoned", 4.0), ("abandoned", 30.0), ("unknown", 1.0)]
    ):
        fact = stay(outcome, wait_s)
        call = over(a_missed_call(number), stays=(fact.stay,))
        live.add(call)
        live.add_stay(fact)
        stored.add_stored(call)
    assert stored.site_figures(START) == live.site_figures(START)
    assert stored.queue_figures("support") == live.queue_figures("support")
    assert stored.queue_figures("support")["offered"] == 2


def leg(device: str, at: float) -> Leg:
    return Leg("1.2", f"{device}-1", device, "person", None, None, None, at, None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("legs", "stays", "did", "name"),
    [
        ([], ["support"], None, "Поддержка"),
        (["PJSIP/101"], [], None, "Поддержка"),
        (["PJSIP/102", "PJSIP/101"], [], None, "none"),
        (["PJSIP/102"], [], "74951112233", "Поддержка"),
        ([], [], "74951112233", "Поддержка"),
        ([], ["sales"], "7495", "none"),
        ([], [], None, "none"),
    ],
)
def test_a_calls_department_is_that_of_who_was_sought_first_else_of_the_number(
    day: Day, legs: list[str], stays: list[str], did: str | None, name: str
) -> None:
    call = over(
        a_call(did=did),
        legs=tuple(leg(device, START + place) for place, device in enumerate(legs)),
        stays=tuple(QueueStay(queue, START + 10, None, None, None, None) for queue in stays),
    )
    assert day.department(call) == name
    day.add(call)
    assert day.department_figures(name)["calls"] == 1
    assert day.department_figures(name)["unique_callers"] == 1


def test_without_departments_there_are_none() -> None:
    assert Day(UTC, RULES).department_names == []
    assert a_day().department_names == ["Поддержка", "none"]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).timestamp()


def test_the_day_is_the_sites_own_and_ends_at_its_midnight() -> None:
    day = Day(MOSCOW, RULES, [SUPPORT])
    assert day.roll(moment("2026-11-24T23:59:59.9"))
    day.add(over(replace(a_call(), started_at=moment("2026-11-24T00:00:00"))))
    day.add(over(replace(a_call(1), started_at=moment("2026-11-23T23:59:59"))))
    assert day.site_figures(START)["calls"] == 1
    assert (day.site_figures(START)["day"], day.site_figures(START)["since"]) == (
        "2026-11-24",
        "2026-11-23T21:00:00.000Z",
    )
    assert not day.roll(moment("2026-11-24T23:59:59.99"))
    assert day.roll(moment("2026-11-25T00:00:00"))
    assert (day.site_figures(START)["day"], day.site_figures(START)["calls"]) == ("2026-11-25", 0)
    day.add(over(replace(a_call(), started_at=moment("2026-11-24T23:59:59"))))
    assert day.site_figures(START)["calls"] == 0, "it belongs to yesterday, as in the reports"


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_on_which_the_clocks_change_has_all_of_its_hours_once(date: str, hours: int) -> None:
    day = Day(ZoneInfo("Europe/Berlin"), RULES)
    midnight = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    rolled = [day.roll(midnight + 1800 * half) for half in range(2 * hours + 1)]
    assert rolled == [True, *[False] * (2 * hours - 1), True], "it begins once, and its end is the next one's begin"
    day.roll(midnight)
    for hour in range(-1, hours + 1):
        day.add(over(replace(a_call(hour + 1), started_at=midnight + 3600 * hour + 60)))
    assert (day.site_figures(START)["day"], day.site_figures(START)["calls"]) == (date, hours)


def test_callers_are_told_apart_only_up_to_a_bound(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_module, "CALLERS_LIMIT", 3)
    for number in range(10):
        day.add(over(a_call(number, caller_e164=f"+7900111223{number}")))
    assert day.site_figures(START)["unique_callers"] == 3


def test_two_departments_share_nothing(day: Day) -> None:
    two = Day(UTC, RULES, [SUPPORT, DepartmentRule("Продажи", frozenset({"sales"}), frozenset(), frozenset())])
    two.roll(START)
    two.add(over(a_call(), stays=(QueueStay("sales", START, None, None, None, None),), legs=()))
    assert two.department_figures("Продажи")["calls"] == 1
    assert two.department_figures("Поддержка")["calls"] == 0


@pytest.mark.parametrize("answered", [True, False])
def test_a_call_that_outlives_a_restart_is_counted_once_and_as_it_ended(answered: bool) -> None:
    """A stop stores what lives as it stands; a later run sees the end of the same call."""
    unseen = {"end_seen": False, "incomplete": True, "ended_at": None, "talk_s": None, "hold_s": None, "total_s": None}
    stood = a_call(0, **unseen) if answered else a_call(0, result="unknown", answered_at=None, wait_s=None, **unseen)
    finished = a_call(0, incomplete=True)
    restarted, undisturbed = a_day(), a_day()
    for day in (restarted, undisturbed):
        day.roll(START)
    restarted.add_stored(over(stood))
    assert restarted.site_figures(START)["calls"] == 1
    restarted.add(over(finished))
    undisturbed.add(over(finished))
    assert restarted.site_figures(START) == undisturbed.site_figures(START)
    assert restarted.incomplete == undisturbed.incomplete
    for name in undisturbed.department_names:
        assert restarted.department_figures(name) == undisturbed.department_figures(name)
    assert finished.trunk is not None
    assert restarted.trunk_figures(finished.trunk) == undisturbed.trunk_figures(finished.trunk)


def test_a_call_that_outlives_a_restart_and_becomes_part_of_another_is_counted_nowhere(day: Day) -> None:
    day.add_stored(over(a_call(0, end_seen=False, incomplete=True)))
    day.add(over(a_call(0, merged_into="9.9")))
    assert day.site_figures(START)["calls"] == 0


@pytest.mark.parametrize("stored", [False, True], ids=["killed", "stopped"])
def test_stays_of_a_call_that_outlives_the_daemon_are_counted_once(stored: bool) -> None:
    """A stop stores what lives, a kill does not; the call's end tells of none of them again."""
    done = stay("answered", 8.0).stay
    stands = over(
        a_call(0, end_seen=False, incomplete=True), stays=(done, QueueStay("sales", START, None, None, 1, None))
    )
    restarted, undisturbed = a_day(), a_day()
    for day in (restarted, undisturbed):
        day.roll(START)
    undisturbed.add_stay(stay("answered", 8.0))
    if stored:
        restarted.add_stored(stands)
    restarted.add_living(stands)
    restarted.add(over(a_call(0, incomplete=True), stays=(done,)))
    assert restarted.queue_figures("support") == undisturbed.queue_figures("support")
    assert restarted.queue_figures("sales")["offered"] == 0


def test_a_call_whose_end_nobody_saw_stays_counted_after_a_restart(day: Day) -> None:
    day.add_stored(over(a_call(0, end_seen=False, incomplete=True)))
    day.add(over(replace(a_call(1), id="8.8")))
    assert day.site_figures(START)["calls"] == 2

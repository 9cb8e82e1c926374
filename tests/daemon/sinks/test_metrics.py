"""What is counted: each call once, each duration once, and every series there from the start."""

from collections import Counter
from typing import Any, get_args

import pytest

from daemon.sinks.label_names import LABELS_LIMIT
from daemon.sinks.metrics import Goals
from handlers.ami.events import GapReason
from handlers.core import Core
from handlers.facts import (
    RESULTS,
    Call,
    CallEnded,
    EventDoubted,
    Fact,
    GapEnded,
    QueueStay,
    QueueStayEnded,
    TrunkGuessed,
)
from handlers.rules import MISSED_RESULTS, Rules, SourceRule, TrunkRule
from tests.daemon.sinks.scraping import StillPbx, a_sink, scrape, series, values
from tests.recordings import NAMES, events
from tests.storage.sample_calls import START, a_call, a_missed_call, ended

# The contract, section 7, as far as there are facts for it: kind and labels.
CONTRACT: dict[str, tuple[str, set[str]]] = {
    "ringtally_calls": ("counter", {"direction", "trunk", "result"}),
    "ringtally_source_calls": ("counter", {"source", "result"}),
    "ringtally_call_wait_seconds": ("histogram", {"trunk", "outcome"}),
    "ringtally_call_talk_seconds": ("histogram", {"direction", "trunk"}),
    "ringtally_queue_wait_seconds": ("histogram", {"queue", "outcome"}),
    "ringtally_queue_offered": ("counter", {"queue"}),
    "ringtally_queue_answered_within_threshold": ("counter", {"queue"}),
    "ringtally_service_level_threshold_seconds": ("gauge", {"queue"}),
    "ringtally_service_level_goal_ratio": ("gauge", {"queue"}),
    "ringtally_calls_active": ("gauge", {"direction", "state"}),
    "ringtally_queue_callers_waiting": ("gauge", {"queue"}),
    "ringtally_queue_longest_wait_seconds": ("gauge", {"queue"}),
    "ringtally_queue_members": ("gauge", {"queue", "state"}),
    "ringtally_agent_state_seconds": ("counter", {"agent", "state"}),
    "ringtally_agent": ("info", set()),
    "ringtally_missed_calls": ("counter", {"trunk", "result"}),
    "ringtally_anonymous_missed_calls": ("counter", {"trunk"}),
    "ringtally_calls_incomplete": ("counter", {"reason"}),
    "ringtally_ghost_channels": ("counter", {"kind"}),
    "ringtally_ami_connected": ("gauge", set()),
    "ringtally_ami_connects": ("counter", set()),
    "ringtally_ami_gap_seconds": ("counter", set()),
    "ringtally_ami_gaps": ("counter", {"reason"}),
    "ringtally_ami_last_event_timestamp_seconds": ("gauge", set()),
    "ringtally_ami_clock_ahead_seconds": ("gauge", set()),
    "ringtally_ami_action_denied": ("gauge", {"action"}),
    "ringtally_ami_events_withheld": ("gauge", {"class"}),
    "ringtally_ami_excess_rights": ("gauge", set()),
    "ringtally_ami_events": ("counter", {"event"}),
    "ringtally_ami_bad_messages": ("counter", {"reason"}),
    "ringtally_store_write_seconds": ("histogram", set()),
    "ringtally_build": ("info", {"version"}),
}
QUEUES = ["nobody", "supall", "suplocal", "suplocaln", "support"]


def a_stay(outcome: str, wait_s: float, *, queue: str = "support", short: bool = False) -> QueueStayEnded:
    within = wait_s <= 20 if outcome == "answered" else None
    stay = QueueStay(queue, START, START + wait_s, outcome, 1, None)  # type: ignore[arg-type]  # a word of the contract
    return QueueStayEnded(START + wait_s, "1.0", stay, wait_s, short, within)


async def test_every_metric_is_there_before_the_first_call_with_its_labels_and_nothing_but_zeros() -> None:
    sink, _ = a_sink(trunks=["megafon"], sources=["yandex"])
    families = await scrape(sink)
    assert {
        name: (family.type, {label for s in family.samples for label in s.labels} - {"le"})
        for name, family in families.items()
    } == CONTRACT
    told = {
        "ringtally_ami_connected",
        "ringtally_build",
        "ringtally_service_level_threshold_seconds",
        "ringtally_service_level_goal_ratio",
    }
    assert {s.value for name, family in families.items() if name not in told for s in family.samples} == {0.0}


async def test_every_combination_of_direction_trunk_and_result_is_there_from_the_start() -> None:
    sink, _ = a_sink(trunks=["megafon"], missed_results=("abandoned", "ivr_only", "lost_after_transfer"))
    families = await scrape(sink)
    wanted = {(way, result, line) for way in ("in", "out") for line in ("megafon", "other") for result in RESULTS[way]}
    wanted |= {("internal", result, "") for result in RESULTS["internal"]}
    assert set(values(families["ringtally_calls"])) == wanted
    assert set(values(families["ringtally_missed_calls"])) == {
        (result, line) for line in ("megafon", "other") for result in ("abandoned", "ivr_only", "lost_after_transfer")
    }


def told_by_all_recordings(rules: Rules) -> list[Fact]:
    facts: list[Fact] = []
    for name in NAMES:
        core = Core(rules)
        for event in events(name):
            facts += core.handle(event)
    return facts


async def test_a_day_of_recordings_is_counted_call_by_call_and_makes_no_series_that_was_not_there() -> None:
    rules = Rules(trunks=(TrunkRule("town", ("PJSIP/trunk-*",)),), sources=(SourceRule("yandex", frozenset({"7001"})),))
    sink, registry = a_sink(trunks=["town"], sources=["yandex"], queues=QUEUES)
    before = series((await scrape(sink)).values())
    facts = told_by_all_recordings(rules)
    sink.take(facts)
    families = await scrape(sink)
    after = {each for each in series(families.values()) if "agent" not in dict(each[1])}
    assert after == {each for each in before if "agent" not in dict(each[1])}  # agents are met one by one

    calls = [fact.call for fact in ended_of(facts) if fact.call.merged_into is None]
    assert len(calls) < len(ended_of(facts)), "one recording at least has a call that became part of another"
    counted = values(families["ringtally_calls"])
    told = Counter((call.direction, str(call.result), "" if call.trunk is None else "town") for call in calls)
    assert {labels: count for labels, count in counted.items() if count} == told

    waits = [call for call in calls if call.direction == "in" and (call.missed or call.result == "answered")]
    assert_observed(registry, "ringtally_call_wait_seconds", [call.wait_s for call in waits])
    talks = [call.talk_s for call in calls if call.result == "answered"]
    assert_observed(registry, "ringtally_call_talk_seconds", talks)
    stays = [fact for fact in facts if isinstance(fact, QueueStayEnded) and fact.stay.outcome != "unknown"]
    assert_observed(registry, "ringtally_queue_wait_seconds", [stay.wait_s for stay in stays])
    assert sum(values(families["ringtally_queue_offered"]).values()) == sum(not stay.short for stay in stays)
    assert sum(values(families["ringtally_missed_calls"]).values()) == sum(call.missed for call in calls)


def ended_of(facts: list[Fact]) -> list[CallEnded]:
    return [fact for fact in facts if isinstance(fact, CallEnded)]


def assert_observed(registry: Any, name: str, durations: list[float | None]) -> None:
    known = [duration for duration in durations if duration is not None]
    samples = [s for metric in registry.collect() for s in metric.samples if s.name.startswith(name)]
    assert known
    assert sum(s.value for s in samples if s.name == f"{name}_count") == len(known)
    assert sum(s.value for s in samples if s.name == f"{name}_sum") == pytest.approx(sum(known))


def test_a_call_that_became_part_of_another_is_counted_nowhere() -> None:
    sink, registry = a_sink()
    before = sampled(registry)
    sink.take([ended(a_call(merged_into="1.0", incomplete=True)), ended(a_missed_call(merged_into="1.0"))])
    assert sampled(registry) == before


def sampled(registry: Any) -> dict[Any, float]:
    return {
        (s.name, tuple(s.labels.items())): s.value
        for metric in registry.collect()
        for s in metric.samples
        if not s.name.startswith(("python", "process"))
    }


def test_a_call_whose_end_was_not_seen_has_no_duration_to_observe() -> None:
    sink, registry = a_sink()
    unseen: dict[str, Any] = {"end_seen": False, "incomplete": True, "talk_s": None, "total_s": None, "hold_s": None}
    sink.take([ended(a_call(**unseen)), ended(a_call(1, incomplete=True))])
    talk = {"direction": "in", "trunk": "other"}
    assert registry.get_sample_value("ringtally_call_talk_seconds_count", talk) == 1
    assert registry.get_sample_value("ringtally_calls_incomplete_total", {"reason": "end_unseen"}) == 1
    assert registry.get_sample_value("ringtally_calls_incomplete_total", {"reason": "gap"}) == 1


def test_ghosts_are_counted_by_what_was_lost_of_them_and_other_doubts_are_not() -> None:
    sink, registry = a_sink()
    assert registry.get_sample_value("ringtally_ghost_channels_total", {"kind": "unseen"}) == 0
    sink.take([EventDoubted(1.0, reason) for reason in ("ghost_channel", "ghost_channel", "unknown_channel")])
    assert registry.get_sample_value("ringtally_ghost_channels_total", {"kind": "gone"}) == 2
    assert registry.get_sample_value("ringtally_ghost_channels_total", {"kind": "unseen"}) == 0


def test_what_is_neither_answered_nor_missed_has_no_wait() -> None:
    sink, registry = a_sink()
    sink.take([ended(a_missed_call(result="ivr_only", missed=False))])
    for outcome in ("answered", "missed"):
        labels = {"trunk": "other", "outcome": outcome}
        assert registry.get_sample_value("ringtally_call_wait_seconds_count", labels) == 0


@pytest.mark.parametrize(("e164", "anonymous"), [(None, 1), ("1234", 1), ("12345", 0), ("+79001112233", 0), ("600", 1)])
def test_a_missed_call_without_a_number_to_call_back_is_counted_apart(e164: str | None, anonymous: int) -> None:
    sink, registry = a_sink(trunks=["megafon"])
    sink.take([ended(a_missed_call(caller_e164=e164)), ended(a_call(caller_e164=e164))])
    assert registry.get_sample_value("ringtally_anonymous_missed_calls_total", {"trunk": "megafon"}) == anonymous
    missed = {"trunk": "megafon", "result": "abandoned"}
    assert registry.get_sample_value("ringtally_missed_calls_total", missed) == 1


async def test_calls_of_a_source_are_counted_by_what_became_of_them() -> None:
    sink, _ = a_sink(sources=["yandex-direct"])
    sink.take(
        [
            ended(a_call()),
            ended(a_missed_call(1)),
            ended(a_missed_call(2)),
            ended(a_missed_call(3, result="ivr_only", missed=False)),
            ended(a_call(4, source=None)),
            ended(a_call(5, source="taken out of the settings")),
        ]
    )
    assert values((await scrape(sink))["ringtally_source_calls"]) == {
        ("answered", "yandex-direct"): 1,
        ("missed", "yandex-direct"): 2,
        ("answered", "other"): 1,
        ("missed", "other"): 0,
    }


def test_short_stays_are_observed_but_not_offered() -> None:
    sink, registry = a_sink(queues=["support"])
    sink.take(
        [
            a_stay("answered", 20.0),
            a_stay("answered", 20.001),
            a_stay("abandoned", 2.0, short=True),
            a_stay("timeout", 60.0),
            a_stay("unknown", 7.0),
        ]
    )
    queue = {"queue": "support"}
    assert registry.get_sample_value("ringtally_queue_offered_total", queue) == 3
    assert registry.get_sample_value("ringtally_queue_answered_within_threshold_total", queue) == 1
    abandoned = queue | {"outcome": "abandoned"}
    assert registry.get_sample_value("ringtally_queue_wait_seconds_count", abandoned) == 1
    assert registry.get_sample_value("ringtally_queue_wait_seconds_count", queue | {"outcome": "unknown"}) is None


def test_a_queue_that_only_the_pbx_knows_is_counted_by_its_name_before_anybody_scraped() -> None:
    sink, registry = a_sink(StillPbx(names=["sales"]))
    sink.take([a_stay("answered", 3.0, queue="sales"), a_stay("answered", 3.0, queue="made up by a stranger")])
    assert registry.get_sample_value("ringtally_queue_offered_total", {"queue": "sales"}) == 1
    assert registry.get_sample_value("ringtally_queue_offered_total", {"queue": "other"}) == 1


async def test_a_queue_may_have_its_own_threshold_and_goal() -> None:
    sink, _ = a_sink(
        StillPbx(names=["sales", "other"]),
        Goals(20.0, 0.8, {"support": 60.0, "other": 5.0}, {"vip": 0.95, "other": 0.5}),
        queues=["support", "vip"],
    )
    families = await scrape(sink)
    seconds, goals = (
        families["ringtally_service_level_threshold_seconds"],
        families["ringtally_service_level_goal_ratio"],
    )
    assert values(seconds) == {("support",): 60, ("vip",): 20, ("sales",): 20, ("other",): 20}
    assert values(goals) == {("support",): 0.8, ("vip",): 0.95, ("sales",): 0.8, ("other",): 0.8}


async def test_beyond_fifty_trunks_queues_and_sources_all_others_are_one() -> None:
    names = [f"n{number}" for number in range(60)]
    sink, _ = a_sink(StillPbx(names=names[10:]), trunks=names, sources=names, queues=names[:10])
    sink.take([ended(a_call(trunk="n49", source="n49")), ended(a_call(1, trunk="n50", source="n59"))])
    sink.take([a_stay("answered", 1.0, queue="n49"), a_stay("answered", 1.0, queue="n50")])
    families = await scrape(sink)
    for name, label in (("calls", "trunk"), ("source_calls", "source"), ("queue_offered", "queue")):
        counts = Counter[str]()
        for s in families[f"ringtally_{name}"].samples:
            counts[s.labels[label]] += int(s.value)
        assert len(set(counts) - {"", "other"}) == LABELS_LIMIT, name
        assert (counts["n49"], counts["n50"], counts["other"]) == (1, 0, 1), name


async def test_no_word_of_a_stranger_gets_into_a_label() -> None:
    sink, _ = a_sink()
    stranger = "sip.example.net"
    sink.take([TrunkGuessed(START, stranger), ended(a_call(trunk=stranger, queue="q", queues=("q",)))])
    sink.take(told_by_all_recordings(Rules()))
    families = await scrape(sink)
    agents = {s.labels["agent"] for family in families.values() for s in family.samples if "agent" in s.labels}
    assert agents == {"other", "PJSIP/101", "PJSIP/102", "PJSIP/103", "PJSIP/104"}, "the PBX's own"
    words = {value for family in families.values() for s in family.samples for value in s.labels.values()} - agents
    for label in ("trunk", "queue", "source"):
        told = {s.labels[label] for family in families.values() for s in family.samples if label in s.labels}
        assert told <= {"", "other"}
    assert not [word for word in words if stranger in word or "7900" in word or "/" in word]


def test_missed_results_are_those_of_the_contract_unless_told_otherwise() -> None:
    _, registry = a_sink()
    found = {s.labels["result"] for m in registry.collect() for s in m.samples if s.name.startswith("ringtally_missed")}
    assert found == set(MISSED_RESULTS)


def test_a_live_call_is_no_finished_one() -> None:
    sink, registry = a_sink(StillPbx(calls=[a_live_call()]))
    before = sampled(registry)
    sink.take([])
    assert sampled(registry) == before


def a_live_call(**changes: Any) -> Call:
    return a_call(state="talking", result=None, ended_at=None, talk_s=None, **changes)


async def test_settings_that_change_add_names_and_goals_and_forget_no_count() -> None:
    sink, _ = a_sink(trunks=["megafon"], queues=["support"])
    sink.take([ended(a_call(trunk="megafon"))])
    sink.learn(goals=Goals(9.0, 0.5, {"sales": 7.0}), trunks=["town"], queues=["sales"], sources=["yandex"])
    families = await scrape(sink)
    counted = Counter[str]()
    for sample in families["ringtally_calls"].samples:
        if sample.name.endswith("_total"):
            counted[sample.labels["trunk"]] += int(sample.value)
    assert counted == {"megafon": 1, "town": 0, "other": 0, "": 0}
    thresholds = {s.labels["queue"]: s.value for s in families["ringtally_service_level_threshold_seconds"].samples}
    assert (thresholds["support"], thresholds["sales"], thresholds["other"]) == (9.0, 7.0, 9.0)
    assert {s.labels["source"] for s in families["ringtally_source_calls"].samples} == {"yandex", "other"}


async def test_gaps_are_counted_by_why_and_every_reason_is_there_from_the_start() -> None:
    sink, _ = a_sink()
    sink.take([GapEnded(START + 20, START, "killed"), GapEnded(START + 90, START + 60, "killed")])
    families = await scrape(sink)
    counts = {s.labels["reason"]: s.value for s in families["ringtally_ami_gaps"].samples}
    assert counts == dict.fromkeys(get_args(GapReason), 0.0) | {"killed": 2.0}

"""The figures of the day as they are scraped: every series from the start, midnight, names beyond the limit."""

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from daemon.board.day import Day
from daemon.board.missed import CaseDay
from daemon.sinks.label_names import LabelNames
from daemon.sinks.today_metrics import TodayCollector
from handlers.case_facts import CaseAttempted, CaseRecovered, CaseTrulyMissed
from handlers.facts import QueueStay, QueueStayEnded
from handlers.rules import Rules, TrunkRule
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, a_recovered_case, missed

RULES = Rules(trunks=(TrunkRule("megafon", ("PJSIP/megafon-*",)), TrunkRule("mts", ("PJSIP/mts-*",))))


@dataclass
class Keeper:
    """It is what time a test says."""

    day: Day
    now: float = START
    cases_today: CaseDay = field(default_factory=CaseDay)

    def roll(self) -> None:
        if self.day.roll(self.now):
            self.cases_today.clear()


class Today:
    """The collector, what it is made of, and its values."""

    def __init__(self, trunks: LabelNames | None = None, queues: LabelNames | None = None) -> None:
        self.day = Day(UTC, RULES)
        self.keeper = Keeper(self.day)
        self.keeper.roll()
        self.registry = CollectorRegistry()
        names = LabelNames(trunk.name for trunk in RULES.trunks) if trunks is None else trunks
        self.collector = TodayCollector(self.day, self.keeper, names, queues or LabelNames(["support"]))
        self.registry.register(self.collector)

    def value(self, name: str, **labels: str) -> float | None:
        self.collector.refresh()
        return self.registry.get_sample_value(f"ringtally_today_{name}", labels)

    def series(self) -> dict[str, float]:
        self.collector.refresh()
        samples = [sample for metric in self.registry.collect() for sample in metric.samples]
        return {f"{s.name}{sorted(s.labels.items())}": s.value for s in samples if "quantile" not in s.labels}

    def take(self, *facts: Any) -> None:
        for fact in facts:
            self.keeper.cases_today.add(fact, self.day.since, self.day.until)


@pytest.fixture
def today() -> Today:
    return Today()


def stay(queue: str, outcome: Any, wait_s: float) -> QueueStayEnded:
    short = outcome == "abandoned" and wait_s < 5
    return QueueStayEnded(
        START + wait_s, "1.1", QueueStay(queue, START, START + wait_s, outcome, 1, None), wait_s, short, wait_s <= 20
    )


def test_every_count_stands_at_0_from_midnight_on_and_none_comes_later(today: Today) -> None:
    before = today.series()
    assert not any(value for name, value in before.items() if "start_timestamp" not in name)
    today.day.add(ended(a_call()))
    today.day.add(ended(a_missed_call(1, trunk="a line that a stranger named")))
    today.day.add(ended(a_call(2, direction="internal", trunk=None)))
    today.day.add_stay(stay("support", "answered", 3.0))
    today.day.add_stay(stay("a queue that nobody named", "abandoned", 9.0))
    assert today.series().keys() == before.keys()


def test_five_calls_have_their_own_numbers_not_those_of_buckets(today: Today) -> None:
    for number, wait_s in enumerate((3.1, 4.2, 7.3, 11.4, 52.5)):
        today.day.add(ended(a_call(number, wait_s=wait_s)))
    wait = {"trunk": "megafon", "outcome": "answered"}
    assert today.value("call_wait_seconds", **wait, quantile="0.5") == 7.3
    assert today.value("call_wait_seconds", **wait, quantile="0.9") == pytest.approx(11.4 + 0.6 * (52.5 - 11.4))
    assert today.value("call_wait_seconds_count", **wait) == 5
    assert today.value("call_wait_seconds_sum", **wait) == pytest.approx(78.5)
    assert today.value("call_wait_seconds", trunk="mts", outcome="answered", quantile="0.5") is None


def test_calls_are_told_by_line_and_result_and_by_what_incoming_ones_came_to(today: Today) -> None:
    today.day.add(ended(a_call()))
    today.day.add(ended(a_missed_call(1)))
    today.day.add(ended(replace(a_call(2, trunk="mts"), missed=True)))
    today.day.add(ended(a_call(3, direction="out", trunk="mts")))
    assert today.value("calls", direction="in", trunk="megafon", result="answered") == 1
    assert today.value("calls", direction="in", trunk="mts", result="answered") == 1
    assert today.value("incoming_calls", trunk="mts", outcome="missed") == 1
    assert today.value("incoming_calls", trunk="mts", outcome="answered") == 0
    assert today.value("calls", direction="out", trunk="mts", result="answered") == 1


def test_a_queue_tells_its_stays_and_how_many_were_in_time(today: Today) -> None:
    for outcome, wait_s in (("answered", 3.0), ("answered", 40.0), ("abandoned", 2.0), ("abandoned", 30.0)):
        today.day.add_stay(stay("support", outcome, wait_s))
    told = {
        outcome: today.value("queue_stays", queue="support", outcome=outcome)
        for outcome in ("answered", "abandoned", "short_abandoned", "timeout", "left")
    }
    assert told == {"answered": 2, "abandoned": 1, "short_abandoned": 1, "timeout": 0, "left": 0}
    assert today.value("queue_answered_within_threshold", queue="support") == 1
    assert today.value("queue_wait_seconds", queue="support", outcome="answered", quantile="0.5") == 21.5


def test_lines_and_queues_beyond_the_limit_are_together_under_other() -> None:
    today = Today(LabelNames(["megafon", "mts"], limit=1), LabelNames(["support"]))
    today.day.add(ended(a_call(wait_s=2.0, trunk="mts")))
    today.day.add(ended(a_call(1, wait_s=4.0, trunk="unknown")))
    today.day.add_stay(stay("sales", "answered", 3.0))
    today.day.add_stay(stay("billing", "answered", 5.0))
    assert today.value("calls", direction="in", trunk="other", result="answered") == 2
    assert today.value("call_wait_seconds", trunk="other", outcome="answered", quantile="0.5") == 3.0
    assert today.value("queue_stays", queue="other", outcome="answered") == 2
    assert today.value("queue_wait_seconds", queue="other", outcome="answered", quantile="0.5") == 4.0


def test_cases_and_contacts_of_today_are_told(today: Today) -> None:
    contact_s = a_recovered_case().contact_s
    assert contact_s is not None
    today.take(
        missed(a_case()),
        CaseTrulyMissed(START, a_case()),
        CaseAttempted(START, a_case(), "c", "b", "busy", None),
        CaseRecovered(START, a_recovered_case(), late=True),
        CaseRecovered(START - 86_400, a_recovered_case(), late=False),
    )
    assert [today.value(name) for name in ("missed_cases", "truly_missed_cases", "callback_attempts")] == [1, 1, 1]
    assert (today.value("recovered_cases", late="yes"), today.value("recovered_cases", late="no")) == (1, 0)
    assert today.value("missed_contact_seconds", contact="outgoing", quantile="0.5") == pytest.approx(contact_s)
    assert today.value("missed_contact_seconds_count", contact="outgoing") == 1


def test_midnight_begins_all_of_it_anew_though_nobody_called(today: Today) -> None:
    today.day.add(ended(a_call()))
    today.take(missed(a_case()))
    since = today.value("start_timestamp_seconds")
    today.keeper.now += 86_400
    assert today.value("calls", direction="in", trunk="megafon", result="answered") == 0
    assert today.value("missed_cases") == 0
    assert since is not None
    assert today.value("start_timestamp_seconds") == since + 86_400

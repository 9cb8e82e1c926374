"""Metrics of missed callers: every series from the start, each fact once, who waits at the moment of the scrape."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from daemon.sinks.case_metrics import CaseMetrics
from handlers.case_facts import (
    ATTEMPT_RESULTS,
    CaseAttempted,
    CaseClaimed,
    CaseDismissed,
    CaseRecovered,
    CaseTrulyMissed,
    CaseUnlisted,
)
from handlers.departments import DepartmentRule
from handlers.rules import Rules, TrunkRule
from handlers.working_time import WorkingTime
from tests.daemon.boards import LivePbx
from tests.storage.sample_calls import START, a_call, a_missed_call, ended
from tests.storage.sample_cases import a_case, a_recovered_case, missed

SUPPORT = DepartmentRule("Поддержка", frozenset({"support"}), frozenset(), frozenset())
RULES = Rules(trunks=(TrunkRule("megafon", ("PJSIP/megafon-*",)),), departments=(SUPPORT,))


class Metrics:
    """The sink with the registry it counts into."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.registry = CollectorRegistry()
        self.pbx = LivePbx()
        self.sink = CaseMetrics(self.registry, self.pbx, rules)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"ringtally_{name}", labels)

    def series(self) -> dict[str, float]:
        samples = [sample for metric in self.registry.collect() for sample in metric.samples]
        return {f"{sample.name}{sorted(sample.labels.items())}": sample.value for sample in samples}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_every_series_stands_at_0_from_the_start_and_none_comes_later(metrics: Metrics) -> None:
    before = metrics.series()
    assert not any(before.values())
    metrics.sink.take(
        [
            ended(a_call()),
            ended(a_missed_call(1)),
            missed(a_case()),
            *(CaseAttempted(START, a_case(), "c", "b", result, None) for result in (*ATTEMPT_RESULTS, "service")),
            CaseTrulyMissed(START, a_case(trunk="a line that nobody named")),
            CaseRecovered(START, a_recovered_case(), late=False),
            CaseRecovered(START, replace(a_recovered_case(), contact="external"), late=True),
            CaseDismissed(START, a_case()),
            CaseClaimed(START, a_case()),
            CaseUnlisted(START, a_case()),
        ]
    )
    assert metrics.series().keys() == before.keys()


def test_a_case_is_counted_once_however_often_he_calls(metrics: Metrics) -> None:
    metrics.sink.take([missed(a_case()), missed(a_case(), again=True), missed(a_case(), again=True)])
    assert metrics.value("missed_cases_total", trunk="megafon") == 1
    metrics.sink.take([CaseTrulyMissed(START, a_case())])
    assert metrics.value("truly_missed_cases_total", trunk="megafon") == 1
    assert metrics.value("truly_missed_cases_total", trunk="other") == 0


def test_a_contact_is_counted_by_its_kind_and_whether_it_was_late_with_how_long_it_took(metrics: Metrics) -> None:
    metrics.sink.take([CaseRecovered(START, a_recovered_case(), late=False)])
    metrics.sink.take([CaseRecovered(START, replace(a_recovered_case(), contact="incoming"), late=True)])
    assert metrics.value("missed_cases_recovered_total", contact="outgoing", late="no") == 1
    assert metrics.value("missed_cases_recovered_total", contact="incoming", late="yes") == 1
    assert metrics.value("missed_contact_seconds_sum", contact="outgoing") == 300.5
    assert metrics.value("missed_contact_seconds_count", contact="external") == 0


def test_who_waits_is_as_of_the_scrape(metrics: Metrics) -> None:
    metrics.pbx.cases = [a_case(0), replace(a_case(1), state="truly_missed"), a_case(2)]
    metrics.sink.refresh(a_case(0).opened_at + 120)
    assert metrics.value("missed_cases_waiting", state="open") == 2
    assert metrics.value("missed_cases_waiting", state="truly_missed") == 1
    assert metrics.value("missed_oldest_case_age_seconds") == 120
    metrics.pbx.cases = []
    metrics.sink.refresh(START)
    assert metrics.value("missed_cases_waiting", state="open") == 0
    assert metrics.value("missed_oldest_case_age_seconds") == 0


def test_the_oldest_waits_no_longer_at_night_by_the_clock_of_working_time(metrics: Metrics) -> None:
    metrics.pbx.cases = [a_case(0)]
    missed_at = datetime.fromtimestamp(a_case(0).opened_at, UTC)
    opens = (missed_at.hour * 60 + missed_at.minute + 60) % (24 * 60)
    metrics.sink.refresh(missed_at.timestamp() + 2 * 3600)
    assert metrics.value("missed_oldest_case_working_age_seconds") == 7200
    hours = WorkingTime(UTC, (((opens, opens + 30),),) * 7)
    metrics.sink.learn(replace(RULES, working_time=hours))
    metrics.sink.refresh(missed_at.timestamp() + 20 * 3600)
    assert metrics.value("missed_oldest_case_age_seconds") == 20 * 3600
    assert metrics.value("missed_oldest_case_working_age_seconds") == 30 * 60
    metrics.pbx.cases = []
    metrics.sink.refresh(START)
    assert metrics.value("missed_oldest_case_working_age_seconds") == 0


def test_departments_count_incoming_calls_answered_or_missed(metrics: Metrics) -> None:
    metrics.sink.take(
        [
            ended(a_call()),
            ended(a_missed_call(1)),
            ended(a_missed_call(2, merged_into="1.0")),
            ended(a_call(3, direction="out")),
            ended(a_call(4, queues=(), queue=None, result="ivr_only")),
            ended(a_call(5, result="answered", missed=True, lost_after_transfer=True)),
        ]
    )
    assert metrics.value("department_calls_total", department="Поддержка", result="answered") == 1
    assert metrics.value("department_calls_total", department="Поддержка", result="missed") == 2
    assert metrics.value("department_calls_total", department="none", result="missed") == 0


def test_without_departments_there_are_none() -> None:
    metrics = Metrics(Rules())
    metrics.sink.take([ended(a_call())])
    assert not [name for name in metrics.series() if "department" in name]


def test_new_settings_bring_new_series_and_keep_what_was_counted(metrics: Metrics) -> None:
    metrics.sink.take([missed(a_case())])
    sales = DepartmentRule("Продажи", frozenset({"sales"}), frozenset(), frozenset())
    metrics.sink.learn(replace(RULES, trunks=(TrunkRule("mts", ("PJSIP/mts-*",)),), departments=(sales,)))
    assert metrics.value("missed_cases_total", trunk="mts") == 0
    assert metrics.value("missed_cases_total", trunk="megafon") == 1
    assert metrics.value("department_calls_total", department="Продажи", result="missed") == 0

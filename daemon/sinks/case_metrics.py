"""Metrics of missed callers and of departments (contract, section 7): cases, contacts and call-backs, and who waits now.

What is counted is counted from the facts; who waits is read off the core at each scrape. A deadline that passed while the daemon
was down is counted when it is told, once.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as PrometheusCounter

from daemon.sinks.label_names import LabelNames
from handlers.case_facts import (
    ATTEMPT_RESULTS,
    CONTACT_KINDS,
    WAITING_STATES,
    Case,
    CaseAttempted,
    CaseMissed,
    CaseRecovered,
    CaseTrulyMissed,
)
from handlers.departments import Departments
from handlers.facts import CallEnded, Fact
from handlers.numbers import NumberPlan
from handlers.rules import Rules

MINUTE, HOUR, DAY = 60, 3600, 86_400
CONTACT_BUCKETS = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE, 45 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY),
)


class WaitingCases(Protocol):
    """The core's live view."""

    def waiting_cases(self) -> Iterable[Case]:
        """The cases on the call-back list, in order of their first miss."""


class CaseMetrics:
    """Counts facts about cases into the registry, and the departments' calls. `refresh` before each scrape."""

    def __init__(self, registry: CollectorRegistry, cases: WaitingCases, rules: Rules) -> None:
        self._cases = cases
        self._trunks = LabelNames()
        self._sums = LabelNames()
        counter = partial(PrometheusCounter, registry=registry)
        self._missed = counter("ringtally_missed_cases_total", "Callers who were missed: cases that began.", ["trunk"])
        self._truly_missed = counter(
            "ringtally_truly_missed_cases_total", "Cases whose time ran out without a contact.", ["trunk"]
        )
        self._recovered = counter(
            "ringtally_missed_cases_recovered_total",
            "Cases that ended with a contact; late: after their time.",
            ["contact", "late"],
        )
        self._attempts = counter(
            "ringtally_callback_attempts_total", "Call-backs that did not reach a missed caller.", ["result"]
        )
        self._contact = Histogram(
            "ringtally_missed_contact_seconds",
            "Working time from the first miss to the contact.",
            ["contact"],
            buckets=CONTACT_BUCKETS,
            registry=registry,
        )
        self._waiting = Gauge(
            "ringtally_missed_cases_waiting", "Cases on the call-back list.", ["state"], registry=registry
        )
        self._oldest = Gauge(
            "ringtally_missed_oldest_case_age_seconds",
            "Since when the caller waits who has waited longest; 0: nobody does.",
            registry=registry,
        )
        self._oldest_working = Gauge(
            "ringtally_missed_oldest_case_working_age_seconds",
            "The same in working time; without working hours all time is.",
            registry=registry,
        )
        self._department_calls = counter(
            "ringtally_department_calls_total", "Incoming calls of a department.", ["department", "result"]
        )
        for result in ATTEMPT_RESULTS:
            self._attempts.labels(result)
        for kind in CONTACT_KINDS:
            self._contact.labels(kind)
            for late in ("yes", "no"):
                self._recovered.labels(kind, late)
        self.learn(rules)
        self.refresh(0.0)

    def learn(self, rules: Rules) -> None:
        """Settings: new names get their series at 0; what is counted stays."""
        self._working_time = rules.working_time
        plan = NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        self._departments = Departments(rules.departments, plan)
        for trunk in rules.trunks:
            self._trunks.add(trunk.name)
        for trunk_name in self._trunks:
            self._missed.labels(trunk_name)
            self._truly_missed.labels(trunk_name)
        for department in self._departments.names:
            self._sums.add(department)
            for result in ("answered", "missed"):
                self._department_calls.labels(self._sums.label(department), result)

    def refresh(self, now: float) -> None:
        """Take who waits as of `now`, epoch seconds; in the loop's thread."""
        counts = dict.fromkeys(WAITING_STATES, 0)
        oldest = None
        for case in self._cases.waiting_cases():
            counts[case.state] += 1
            oldest = case.opened_at if oldest is None else oldest
        for state, count in counts.items():
            self._waiting.labels(state).set(count)
        self._oldest.set(0.0 if oldest is None else max(0.0, now - oldest))
        self._oldest_working.set(0.0 if oldest is None else self._worked_s(oldest, now))

    def _worked_s(self, since: float, until: float) -> float:
        if self._working_time is None:
            return max(0.0, until - since)
        return self._working_time.between(since, until)

    def take(self, facts: Sequence[Fact]) -> None:
        """Count the facts."""
        for fact in facts:
            if isinstance(fact, CallEnded):
                self._count_call(fact)
            elif isinstance(fact, CaseMissed):
                if not fact.again:
                    self._missed.labels(self._trunks.label(fact.case.trunk)).inc()
            elif isinstance(fact, CaseTrulyMissed):
                self._truly_missed.labels(self._trunks.label(fact.case.trunk)).inc()
            elif isinstance(fact, CaseAttempted):
                self._attempts.labels(fact.result if fact.result in ATTEMPT_RESULTS else "unknown").inc()
            elif isinstance(fact, CaseRecovered) and fact.case.contact is not None:
                self._recovered.labels(fact.case.contact, "yes" if fact.late else "no").inc()
                if fact.case.contact_s is not None:
                    self._contact.labels(fact.case.contact).observe(fact.case.contact_s)

    def _count_call(self, ended: CallEnded) -> None:
        call = ended.call
        if call.merged_into is not None or call.direction != "in" or not self._departments.names:
            return
        result = "missed" if call.missed else "answered" if call.result == "answered" else None
        if result is not None:
            self._department_calls.labels(self._sums.label(self._departments.of(ended)), result).inc()

"""What Prometheus scrapes (contract, section 7): counts and durations of finished calls, the live state, the link's health.

No number, call id, channel or free text gets into a label: trunks and queues come from the settings or the PBX's own lists, at
most 50 of each, the rest is `other`. Every combination stands at 0 from the start, so that `increase()` sees the first call.
A call is counted once, at its end; one that was merged into another nowhere.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram, disable_created_metrics
from prometheus_client import Counter as PrometheusCounter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from handlers.facts import (
    CALL_STATES,
    DIRECTIONS,
    RESULTS,
    STAY_OUTCOMES,
    Call,
    CallEnded,
    Fact,
    QueueStayEnded,
    TrunkGuessed,
)

OTHER = "other"
LABELS_LIMIT = 50
WAIT_BUCKETS = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
TALK_BUCKETS = (5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200)
WRITE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client has no type for this one


class Link(Protocol):
    """What the AMI client counts."""

    connected: bool
    connects: int
    gap_s: float
    last_event_at: float | None
    events: Counter[str]
    bad: Counter[str]


class Pbx(Protocol):
    """The core's live view."""

    def live_calls(self) -> Iterable[Call]:
        """The calls that live now."""

    def queues(self) -> Iterable[str]:
        """The queues that are known."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What the service level asks for; seconds and a ratio."""

    threshold_s: float
    goal: float
    queue_threshold_s: dict[str, float]


class _Names:
    """The values that one label may take: known ones, at most 50, and `other`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.known: dict[str, None] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> bool:
        """True if the name is new and gets a label of its own."""
        if name in self.known or name == OTHER or len(self.known) >= LABELS_LIMIT:
            return False
        self.known[name] = None
        return True

    def label(self, name: str | None) -> str:
        """The label of a name."""
        return name if name in self.known and name is not None else OTHER


class MetricsSink:
    """Counts facts into its own registry. `take` costs microseconds; `render` runs off the event loop."""

    def __init__(self, registry: CollectorRegistry, trunks: Iterable[str], goals: Goals, version: str) -> None:
        self._registry = registry
        self._goals = goals
        self._trunks = _Names(trunks)
        self._queues = _Names(())
        self._live = _LiveCollector(self._queues)
        registry.register(self._live)
        self._make(registry)
        Gauge("ringtally_build_info", "The running version.", ["version"], registry=registry).labels(version).set(1)
        for trunk in (*self._trunks.known, OTHER):
            self._open_trunk(trunk)
        for result in RESULTS["internal"]:
            self._calls.labels("internal", "", result)
        self._talk.labels("internal", "")
        self._open_queue(OTHER)
        for queue in goals.queue_threshold_s:
            self.know_queue(queue)

    def _make(self, registry: CollectorRegistry) -> None:
        self._calls = PrometheusCounter(
            "ringtally_calls_total", "Finished calls.", ["direction", "trunk", "result"], registry=registry
        )
        self._wait = Histogram(
            "ringtally_call_wait_seconds",
            "Wait of finished incoming calls, from their start until a person answered or nobody was sought any longer.",
            ["trunk", "outcome"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._talk = Histogram(
            "ringtally_call_talk_seconds",
            "Talk of answered calls.",
            ["direction", "trunk"],
            buckets=TALK_BUCKETS,
            registry=registry,
        )
        self._missed = PrometheusCounter(
            "ringtally_missed_calls_total", "Missed calls.", ["trunk", "result"], registry=registry
        )
        self._queue_wait = Histogram(
            "ringtally_queue_wait_seconds",
            "Stays in queues, by how they ended.",
            ["queue", "outcome"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._offered = PrometheusCounter(
            "ringtally_queue_offered_total", "Stays in queues, short abandons left out.", ["queue"], registry=registry
        )
        self._in_time = PrometheusCounter(
            "ringtally_queue_answered_within_threshold_total",
            "Stays answered within the service level's threshold.",
            ["queue"],
            registry=registry,
        )
        self._threshold = Gauge(
            "ringtally_service_level_threshold_seconds",
            "Answered in time means within this.",
            ["queue"],
            registry=registry,
        )
        self._goal = Gauge(
            "ringtally_service_level_goal_ratio",
            "The share that should be answered in time.",
            ["queue"],
            registry=registry,
        )
        self._incomplete = PrometheusCounter(
            "ringtally_calls_incomplete_total", "Calls of which a part was not seen.", ["reason"], registry=registry
        )
        for reason in ("end_unseen", "gap"):
            self._incomplete.labels(reason)
        self._writes = Histogram(
            "ringtally_store_write_seconds", "Transactions of the store.", buckets=WRITE_BUCKETS, registry=registry
        )

    def _open_trunk(self, trunk: str) -> None:
        for direction in DIRECTIONS[:2]:
            for result in RESULTS[direction]:
                self._calls.labels(direction, trunk, result)
            self._talk.labels(direction, trunk)
        for outcome in ("answered", "missed"):
            self._wait.labels(trunk, outcome)
        for result in ("abandoned", "short_abandoned", "no_answer", "busy", "unavailable"):
            self._missed.labels(trunk, result)

    def _open_queue(self, queue: str) -> None:
        for outcome in STAY_OUTCOMES:
            self._queue_wait.labels(queue, outcome)
        self._offered.labels(queue)
        self._in_time.labels(queue)
        self._threshold.labels(queue).set(self._goals.queue_threshold_s.get(queue, self._goals.threshold_s))
        self._goal.labels(queue).set(self._goals.goal)

    def know_queue(self, queue: str) -> None:
        """A queue of the settings or of the PBX's own list."""
        if self._queues.add(queue):
            self._open_queue(queue)

    def observe_write(self, seconds: float) -> None:
        """The store wrote a batch."""
        self._writes.observe(seconds)

    def take(self, facts: Sequence[Fact]) -> None:
        """Count the facts."""
        for fact in facts:
            if isinstance(fact, CallEnded):
                self._count(fact.call)
            elif isinstance(fact, QueueStayEnded):
                self._count_stay(fact)
            elif isinstance(fact, TrunkGuessed) and self._trunks.add(fact.endpoint):
                self._open_trunk(fact.endpoint)

    def _count(self, call: Call) -> None:
        if call.merged_into is not None:
            return
        trunk = "" if call.direction == "internal" else self._trunks.label(call.trunk)
        self._calls.labels(call.direction, trunk, call.result).inc()
        if call.missed:
            self._missed.labels(trunk, call.result).inc()
        if call.direction == "in" and call.wait_s is not None and (call.missed or call.result == "answered"):
            self._wait.labels(trunk, "missed" if call.missed else "answered").observe(call.wait_s)
        if call.result == "answered" and call.talk_s is not None:
            self._talk.labels(call.direction, trunk).observe(call.talk_s)
        if call.incomplete:
            self._incomplete.labels("gap" if call.end_seen else "end_unseen").inc()

    def _count_stay(self, fact: QueueStayEnded) -> None:
        if fact.stay.outcome not in STAY_OUTCOMES:
            return
        queue = self._queues.label(fact.stay.queue)
        self._queue_wait.labels(queue, fact.stay.outcome).observe(fact.wait_s)
        if not fact.short:
            self._offered.labels(queue).inc()
        if fact.within_threshold:
            self._in_time.labels(queue).inc()

    async def render(self, pbx: Pbx, link: Link, now: float, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type, by the scraper's Accept header.

        The live state is taken here, in the loop; the text is made in a thread, so that events never wait for a scrape.
        """
        for queue in pbx.queues():
            self.know_queue(queue)
        self._live.refresh(pbx.live_calls(), link, now)
        encode, content_type = choose_encoder(accept)
        return await asyncio.to_thread(encode, self._registry), content_type


class _LiveCollector(Collector):
    """Gauges read off the live state at each scrape: nothing that could drift."""

    def __init__(self, queues: _Names) -> None:
        self._queues = queues
        self._metrics: list[Metric] = []

    def refresh(self, calls: Iterable[Call], link: Link, now: float) -> None:
        """Take the state as of `now`."""
        active: Counter[tuple[str, str]] = Counter()
        waiting: Counter[str] = Counter()
        longest: dict[str, float] = {}
        for call in calls:
            active[call.direction, call.state] += 1
            if call.state == "queued" and call.queues:
                queue = self._queues.label(call.queues[-1])
                waiting[queue] += 1
                longest[queue] = max(longest.get(queue, 0.0), now - call.state_since)
        self._metrics = [*_calls_active(active), *self._queue_gauges(waiting, longest), *_link_metrics(link)]

    def _queue_gauges(self, waiting: Counter[str], longest: dict[str, float]) -> Iterable[Metric]:
        callers = GaugeMetricFamily("ringtally_queue_callers_waiting", "Callers in the queue now.", labels=["queue"])
        wait = GaugeMetricFamily(
            "ringtally_queue_longest_wait_seconds",
            "The longest wait in the queue now; 0: nobody waits.",
            labels=["queue"],
        )
        for queue in (*self._queues.known, OTHER):
            callers.add_metric([queue], waiting[queue])
            wait.add_metric([queue], longest.get(queue, 0.0))
        return callers, wait

    def collect(self) -> Iterable[Metric]:
        """What was taken last."""
        return self._metrics


def _calls_active(active: Counter[tuple[str, str]]) -> Iterable[Metric]:
    family = GaugeMetricFamily("ringtally_calls_active", "Calls that live now.", labels=["direction", "state"])
    for direction in DIRECTIONS:
        for state in CALL_STATES:
            family.add_metric([direction, state], active[direction, state])
    return (family,)


def _link_metrics(link: Link) -> Iterable[Metric]:
    yield GaugeMetricFamily("ringtally_ami_connected", "1 while logged in to the PBX.", value=float(link.connected))
    yield CounterMetricFamily("ringtally_ami_connects", "Successful log-ins to the PBX.", value=link.connects)
    yield CounterMetricFamily("ringtally_ami_gap_seconds", "Time in which the PBX was not heard.", value=link.gap_s)
    yield GaugeMetricFamily(
        "ringtally_ami_last_event_timestamp_seconds",
        "When the PBX last told something.",
        value=link.last_event_at or 0.0,
    )
    events = CounterMetricFamily("ringtally_ami_events", "Events that came, by name.", labels=["event"])
    for name in sorted({*link.events, OTHER}):
        events.add_metric([name], link.events[name])
    yield events
    bad = CounterMetricFamily(
        "ringtally_ami_bad_messages", "Messages that were not believed, by reason.", labels=["reason"]
    )
    for reason in sorted(
        {*link.bad, "malformed", "orphan", "torn", "forged", "torn_lost", "oversized_block", "unprivileged"}
    ):
        bad.add_metric([reason], link.bad[reason])
    yield bad

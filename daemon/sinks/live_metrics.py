"""Metrics that are read off the live state at each scrape: nothing that could drift."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.ami_withheld import CLASSES
from daemon.sinks.label_names import OTHER, LabelNames
from handlers.ami.decode import WANTED
from handlers.ami.gathered import SNAPSHOT_ACTIONS
from handlers.facts import CALL_STATES, DIRECTIONS, CallState, Direction, Glance

KNOWN_EVENTS = frozenset(name.decode() for name in WANTED)
BAD_REASONS = frozenset(
    {
        "forged",
        "malformed",
        "orphan",
        "oversized_block",
        "oversized_line",
        "reader",
        "torn",
        "torn_lost",
        "unknown_channel",
        "unprivileged",
    }
)


class Link(Protocol):
    """What the AMI client counts."""

    connected: bool
    connects: int
    gap_s: float
    last_event_at: float | None
    events: Counter[str]
    bad: Counter[str]
    denied: frozenset[str]
    withheld: frozenset[str]
    excess_rights: int
    clock_ahead_s: float


class LiveCollector(Collector):
    """What lived and what the link had counted at the last `refresh`.

    `refresh` belongs to the loop's thread, `collect` to any: what is handed out is never changed again, only replaced.
    """

    def __init__(self, queues: LabelNames) -> None:
        self._queues = queues
        self._metrics: Sequence[Metric] = ()

    def refresh(self, calls: Iterable[Glance], waiting: Iterable[tuple[str, float]], link: Link, now: float) -> None:
        """Take the state as of `now`, epoch seconds; `waiting`: a queue and a moment for each who waits.

        While the PBX is not heard nobody knows who lives and who waits: there is no sample then, rather than an old one that grows.
        """
        active = Counter((call.direction, call.state) for call in calls)
        callers: Counter[str] = Counter()
        longest_s: dict[str, float] = {}
        for name, since in waiting:
            queue = self._queues.label(name)
            callers[queue] += 1
            longest_s[queue] = max(longest_s.get(queue, 0.0), now - since)
        lives = (_calls_active(active), *self._queue_gauges(callers, longest_s)) if link.connected else ()
        self._metrics = (*lives, *_link_metrics(link))

    def collect(self) -> Iterable[Metric]:
        """What was taken last."""
        return self._metrics

    def _queue_gauges(self, waiting: Counter[str], longest_s: dict[str, float]) -> Iterable[Metric]:
        callers = GaugeMetricFamily("ringtally_queue_callers_waiting", "Callers in the queue now.", labels=["queue"])
        wait = GaugeMetricFamily(
            "ringtally_queue_longest_wait_seconds",
            "The longest wait in the queue now; 0: nobody waits.",
            labels=["queue"],
        )
        for queue in self._queues:
            callers.add_metric([queue], waiting[queue])
            wait.add_metric([queue], longest_s.get(queue, 0.0))
        return callers, wait


def _calls_active(active: Mapping[tuple[Direction, CallState], int]) -> Metric:
    family = GaugeMetricFamily("ringtally_calls_active", "Calls that live now.", labels=["direction", "state"])
    for direction in DIRECTIONS:
        for state in CALL_STATES:
            family.add_metric([direction, state], active.get((direction, state), 0))
    return family


def _link_metrics(link: Link) -> Iterable[Metric]:
    yield GaugeMetricFamily("ringtally_ami_connected", "1 while logged in to the PBX.", value=float(link.connected))
    yield CounterMetricFamily("ringtally_ami_connects", "Successful log-ins to the PBX.", value=link.connects)
    yield CounterMetricFamily("ringtally_ami_gap_seconds", "Time in which the PBX was not heard.", value=link.gap_s)
    yield GaugeMetricFamily(
        "ringtally_ami_last_event_timestamp_seconds",
        "When the PBX last told something; 0: not yet.",
        value=link.last_event_at or 0.0,
    )
    yield GaugeMetricFamily(
        "ringtally_ami_clock_ahead_seconds",
        "How far the PBX's clock is ahead of ours, negative: behind; 0: within a second.",
        value=link.clock_ahead_s,
    )
    yield from _rights_metrics(link)
    events = CounterMetricFamily("ringtally_ami_events", "Events that came, by name.", labels=["event"])
    for name in sorted(KNOWN_EVENTS | {OTHER}):
        events.add_metric([name], link.events[name])
    yield events
    bad = CounterMetricFamily(
        "ringtally_ami_bad_messages", "Messages that were not believed, by reason.", labels=["reason"]
    )
    for reason in sorted(BAD_REASONS.union(link.bad)):
        bad.add_metric([reason], link.bad[reason])
    yield bad


def _rights_metrics(link: Link) -> Iterable[Metric]:
    denied = GaugeMetricFamily(
        "ringtally_ami_action_denied", "1 where the PBX refuses the account what it has to ask.", labels=["action"]
    )
    for action in SNAPSHOT_ACTIONS:
        denied.add_metric([action], float(action in link.denied))
    yield denied
    withheld = GaugeMetricFamily(
        "ringtally_ami_events_withheld",
        "1 where the PBX lists what happens and tells no event of that class: may the account read it?",
        labels=["class"],
    )
    for name in CLASSES:
        withheld.add_metric([name], float(name in link.withheld))
    yield withheld
    yield GaugeMetricFamily(
        "ringtally_ami_excess_rights",
        "Classes of write that the account has and ringtally does not need.",
        value=link.excess_rights,
    )

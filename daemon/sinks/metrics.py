"""What Prometheus scrapes (contract, section 7): counts and durations of finished calls, the live state, the link's health.

No number, call id, channel or free text gets into a label: trunks and sources come from the settings, queues from them or the
PBX's own list, at most 50 of each, the rest is `other` (a line that is known by its channel's name alone too: a stranger may have
chosen that name). Every combination stands at 0 from the start, so that `increase()` sees the first call. A call is counted once,
at its end; one that was merged into another nowhere.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, get_args

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, disable_created_metrics, generate_latest
from prometheus_client import Counter as PrometheusCounter
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics

from daemon.board.day import Day
from daemon.sinks.agent_metrics import AgentCollector
from daemon.sinks.label_names import OTHER, LabelNames
from daemon.sinks.live_metrics import Link, LiveCollector
from daemon.sinks.today_metrics import DayKeeper, TodayCollector
from handlers.ami.events import GapReason
from handlers.calls.ghosts import GHOST, UNSEEN
from handlers.facts import (
    DIRECTIONS,
    RESULTS,
    STAY_OUTCOMES,
    AgentChanged,
    AgentGone,
    Call,
    CallEnded,
    EventDoubted,
    Fact,
    GapEnded,
    Glance,
    QueueStayEnded,
)
from handlers.numbers import is_usable
from handlers.rules import MISSED_RESULTS

WAIT_BUCKETS = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
TALK_BUCKETS = (5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200)
WRITE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

GHOST_KINDS = {GHOST: "gone", UNSEEN: "unseen"}
# Answered, passed on, and lost there: missed where the settings count it.
LOST = "lost_after_transfer"

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client has no type for this one


class Pbx(Protocol):
    """The core's live view."""

    def glances(self) -> Iterable[Glance]:
        """The calls that live now."""

    def waiting(self) -> Iterable[tuple[str, float]]:
        """Who waits in a queue now: which one, and since when."""

    def queues(self) -> Iterable[str]:
        """The queues that are known."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What the service level asks for, of the site and of queues that differ: seconds, and a ratio from 0 to 1."""

    threshold_s: float
    goal: float
    queue_threshold_s: Mapping[str, float] = field(default_factory=dict)
    queue_goal: Mapping[str, float] = field(default_factory=dict)


class MetricsSink:
    """Counts facts into the registry. `take` costs microseconds; the text is made off the event loop."""

    def __init__(
        self,
        registry: CollectorRegistry,
        pbx: Pbx,
        version: str,
        *,
        goals: Goals,
        trunks: Iterable[str] = (),
        queues: Iterable[str] = (),
        sources: Iterable[str] = (),
        missed_results: Collection[str] = MISSED_RESULTS,
    ) -> None:
        self._registry = registry
        self.before_scrape: list[Callable[[float], None]] = []
        """What else is read off the live state; called in the loop, with epoch seconds."""
        self._pbx = pbx
        self._goals = goals
        self._trunks = LabelNames(trunks)
        self._queues = LabelNames(queues)
        self._sources = LabelNames(sources)
        self._live = LiveCollector(self._queues)
        registry.register(self._live)
        self._agents = AgentCollector(self._queues)
        registry.register(self._agents)
        self._today: TodayCollector | None = None
        Info("ringtally_build", "The running version.", registry=registry).info({"version": version})
        self._make_calls(registry)
        self._make_queues(registry)
        self._writes = Histogram(
            "ringtally_store_write_seconds", "Transactions of the store.", buckets=WRITE_BUCKETS, registry=registry
        )
        self._gaps = PrometheusCounter(
            "ringtally_ami_gaps", "Times in which the PBX was not heard, by why.", ["reason"], registry=registry
        )
        for reason in get_args(GapReason):
            self._gaps.labels(reason)
        self.learn(goals=goals, missed_results=missed_results)

    def learn(
        self,
        *,
        goals: Goals,
        trunks: Iterable[str] = (),
        queues: Iterable[str] = (),
        sources: Iterable[str] = (),
        missed_results: Collection[str] = MISSED_RESULTS,
    ) -> None:
        """Settings: new names get their series at 0 and the goals are those of now. What is counted stays, old names too."""
        self._goals = goals
        for names, known in ((trunks, self._trunks), (queues, self._queues), (sources, self._sources)):
            for name in names:
                known.add(name)
        self._open_calls(missed_results)
        for queue in self._queues:
            self._open_queue(queue)

    def _make_calls(self, registry: CollectorRegistry) -> None:
        counter = partial(PrometheusCounter, registry=registry)
        self._calls = counter("ringtally_calls_total", "Finished calls.", ["direction", "trunk", "result"])
        self._source_calls = counter(
            "ringtally_source_calls_total",
            "Incoming calls to numbers of call tracking, answered or missed.",
            ["source", "result"],
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
        self._missed = counter("ringtally_missed_calls_total", "Missed calls.", ["trunk", "result"])
        self._anonymous = counter(
            "ringtally_anonymous_missed_calls_total", "Missed calls without a number to call back.", ["trunk"]
        )
        self._incomplete = counter(
            "ringtally_calls_incomplete_total", "Calls of which a part was not seen.", ["reason"]
        )
        self._ghosts = counter(
            "ringtally_ghost_channels_total",
            "Channels whose end (gone) or birth (unseen) no event told of: the PBX's list of channels did.",
            ["kind"],
        )
        for kind in GHOST_KINDS.values():
            self._ghosts.labels(kind)

    def _make_queues(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(PrometheusCounter, registry=registry), partial(Gauge, registry=registry)
        self._queue_wait = Histogram(
            "ringtally_queue_wait_seconds",
            "Stays in queues, by how they ended.",
            ["queue", "outcome"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._offered = counter("ringtally_queue_offered_total", "Stays in queues, short abandons left out.", ["queue"])
        self._in_time = counter(
            "ringtally_queue_answered_within_threshold_total",
            "Stays answered within the service level's threshold.",
            ["queue"],
        )
        self._threshold = gauge(
            "ringtally_service_level_threshold_seconds", "Answered in time means within this.", ["queue"]
        )
        self._goal = gauge(
            "ringtally_service_level_goal_ratio", "The share that should be answered in time.", ["queue"]
        )

    def _open_calls(self, missed_results: Collection[str]) -> None:
        """Every combination that can occur, at 0."""
        for trunk in self._trunks:
            for direction in DIRECTIONS[:2]:
                for result in RESULTS[direction]:
                    self._calls.labels(direction, trunk, result)
                self._talk.labels(direction, trunk)
            for outcome in ("answered", "missed"):
                self._wait.labels(trunk, outcome)
            for result in RESULTS["in"]:
                if result in missed_results:
                    self._missed.labels(trunk, result)
            if LOST in missed_results:
                self._missed.labels(trunk, LOST)
            self._anonymous.labels(trunk)
        for result in RESULTS["internal"]:
            self._calls.labels("internal", "", result)
        self._talk.labels("internal", "")
        for source in self._sources:
            for outcome in ("answered", "missed"):
                self._source_calls.labels(source, outcome)
        for reason in ("end_unseen", "gap"):
            self._incomplete.labels(reason)

    def _open_queue(self, queue: str) -> None:
        for outcome in STAY_OUTCOMES:
            self._queue_wait.labels(queue, outcome)
        self._offered.labels(queue)
        self._in_time.labels(queue)
        goals = self._goals
        # `other` is the rest, and so tells the site's goal, though a queue of the PBX may have that name.
        threshold_s = goals.threshold_s if queue == OTHER else goals.queue_threshold_s.get(queue, goals.threshold_s)
        goal = goals.goal if queue == OTHER else goals.queue_goal.get(queue, goals.goal)
        self._threshold.labels(queue).set(threshold_s)
        self._goal.labels(queue).set(goal)

    def _learn_queues(self) -> None:
        """Queues that the PBX has named since the last look."""
        for queue in self._pbx.queues():
            if self._queues.add(queue):
                self._open_queue(queue)

    def show_day(self, day: Day, board: DayKeeper) -> None:
        """From now on the figures of today are among what is scraped."""
        self._today = TodayCollector(day, board, self._trunks, self._queues)
        self._registry.register(self._today)

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
            elif isinstance(fact, EventDoubted) and fact.reason in GHOST_KINDS:
                self._ghosts.labels(GHOST_KINDS[fact.reason]).inc()
            elif isinstance(fact, GapEnded):
                self._gaps.labels(fact.reason).inc()
            elif isinstance(fact, (AgentChanged, AgentGone)):
                self._agents.take(fact)

    def _count(self, call: Call) -> None:
        if call.merged_into is not None:
            return
        trunk = "" if call.direction == "internal" else self._trunks.label(call.trunk)
        self._calls.labels(call.direction, trunk, call.result).inc()
        if call.missed:
            self._missed.labels(trunk, LOST if call.result == "answered" else call.result).inc()
            if not is_usable(call.caller_e164):
                self._anonymous.labels(trunk).inc()
        outcome = "missed" if call.missed else "answered" if call.result == "answered" else None
        if call.direction == "in" and outcome is not None:
            if call.wait_s is not None:
                self._wait.labels(trunk, outcome).observe(call.wait_s)
            if call.source is not None:
                self._source_calls.labels(self._sources.label(call.source), outcome).inc()
        if call.result == "answered" and call.talk_s is not None:
            self._talk.labels(call.direction, trunk).observe(call.talk_s)
        if call.incomplete:
            self._incomplete.labels("gap" if call.end_seen else "end_unseen").inc()

    def _count_stay(self, fact: QueueStayEnded) -> None:
        if fact.stay.outcome not in STAY_OUTCOMES:
            return
        self._learn_queues()  # nobody may have scraped since the PBX named its queues
        queue = self._queues.label(fact.stay.queue)
        self._queue_wait.labels(queue, fact.stay.outcome).observe(fact.wait_s)
        if not fact.short:
            self._offered.labels(queue).inc()
        if fact.within_threshold:
            self._in_time.labels(queue).inc()

    async def render(self, link: Link, now: float, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type, by the scraper's Accept header; `now` in epoch seconds.

        The live state is taken here, in the loop; the text is made in a thread, so that events never wait for a scrape.
        A counter that moves meanwhile is told as it was or as it is: each value has a lock of its own.
        """
        self._learn_queues()
        for refresh in self.before_scrape:
            refresh(now)
        self._live.refresh(self._pbx.glances(), self._pbx.waiting(), link, now)
        self._agents.refresh(now, is_heard=link.connected)
        if self._today is not None:
            self._today.refresh()
        encode, content_type = encoder(accept)
        return await asyncio.to_thread(encode, self._registry), content_type


def encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """The first format of an Accept header that we speak: OpenMetrics 1.0.0, or else Prometheus's text 0.0.4.

    prometheus_client's own choice fails on a version that is no number, and answers in whatever version was asked for.
    """
    for wanted in accept.split(","):
        media_type, *parameters = (part.strip() for part in wanted.split(";"))
        versions = [part.partition("=")[2].strip('" ') for part in parameters if part.startswith("version=")]
        if media_type == "application/openmetrics-text" and versions in ([], ["1.0.0"]):
            return openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
        if media_type == "text/plain" and versions in ([], ["0.0.4"]):
            break
    return generate_latest, CONTENT_TYPE_PLAIN_0_0_4

"""The state topics: which there are, and what each says now."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Protocol

from daemon import clock
from daemon.board.agents import AgentBoard
from daemon.board.call_events import CALLS_ACTIVE, Render, calls_active, is_event
from daemon.board.day import OTHER, Day
from daemon.board.missed import MISSED_COUNT, MISSED_OPEN, CaseDay, RenderCase, missed_open, render_case
from daemon.board.topic_names import TopicNames
from handlers.case_facts import CASE_FACTS, Case
from handlers.facts import (
    AgentChanged,
    AgentGone,
    Call,
    CallAnswered,
    CallChanged,
    CallEnded,
    CallQueued,
    CallRang,
    CallRetracted,
    CallStarted,
    CallTransferred,
    Fact,
    Glance,
    QueueStayEnded,
)
from storage.call_json import iso

INFO, HEALTH, TODAY = "bridge/info", "bridge/health", "stats/today"
Payload = dict[str, Any]


class Pbx(Protocol):
    """The core's live view."""

    def live_calls(self) -> Iterable[Call]:
        """The calls that live now, oldest first."""

    def glances(self) -> Iterable[Glance]:
        """The same calls, for who counts."""

    def waiting(self) -> Iterable[tuple[str, float]]:
        """Who waits in a queue now: which one, and since when."""

    def queues(self) -> Iterable[str]:
        """The queues that are known."""

    def trunk_channels(self) -> Mapping[str, int]:
        """How many channels each line has now."""

    def waiting_cases(self) -> Iterable[Case]:
        """The cases on the call-back list, in order of their first miss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the settings say that others are told."""

    about: Payload
    """Version, site, time zone and thresholds, as they stand in `bridge/info`."""
    queues: TopicNames
    trunks: TopicNames
    departments: TopicNames
    queue_goals: Callable[[str], Payload] = field(default=lambda _queue: {})
    """What a queue's entry in `bridge/info` says of its service level."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One state topic. `build` gives its payload without `v` and `ts`, in full or masked.

    `live`: it may change without a fact (the channels of a line) and is looked at each second. `aside`: fields that alone are no news.
    `apart_s`: told twice within so long at the earliest; `often_s`: no more often than that on average, while it goes on changing.
    `every_s`: told again after so long in any case.
    """

    build: Callable[[bool], Payload]
    qos: Literal[0, 1] = 1
    live: bool = False
    aside: frozenset[str] = frozenset()
    apart_s: float = 0.1
    often_s: float = 0.5
    every_s: float | None = None
    bare: str | None = None
    """The field that is the whole payload."""


class Board:
    """Takes facts, keeps the day's figures, and says what each state topic says now; rendered only for who asks.

    `changes` counts what may have changed a topic, `touched` the same of each one.
    """

    def __init__(
        self,
        pbx: Pbx,
        site: Site,
        day: Day,
        health: Callable[[], Payload],
        render: Render,
        render_case: RenderCase = render_case,
    ) -> None:
        self._pbx = pbx
        self._site = site
        self._day = day
        self.cases_today = CaseDay()
        self._render = render
        self.render_case = render_case
        self._agents = AgentBoard()
        self._waiting: Mapping[str, tuple[int, float]] | None = None
        self._channels: Mapping[str, int] | None = None
        self._look_at = -1.0
        self._watchers: list[dict[str, None]] = []
        self.changes = 0
        self._seq = 0
        self.touched: Counter[str] = Counter()
        self._topics: dict[str, Topic] = {
            INFO: Topic(self._info),
            HEALTH: Topic(
                lambda _full: health() | {"incomplete_calls": day.incomplete},
                live=True,
                aside=frozenset({"last_event"}),
                every_s=30.0,
            ),
            CALLS_ACTIVE: Topic(self._calls, qos=0, live=True, apart_s=1.0),
            TODAY: Topic(lambda _full: {**day.site_figures(clock.now()), **self.cases_today.figures}, live=True),
            MISSED_COUNT: Topic(lambda _full: {"count": sum(1 for _ in pbx.waiting_cases())}, bare="count"),
            MISSED_OPEN: Topic(lambda full: missed_open(pbx.waiting_cases(), render_case, full), often_s=1.0),
        }
        for name, topic in site.queues.items():
            self._add_queue(name, topic)
        for name, topic in site.trunks.items():
            self._topics[topic] = Topic(self._trunk_builder(name), live=True)
        for name, topic in site.departments.items():
            self._topics[topic] = Topic(self._department_builder(name))

    def topics(self) -> Mapping[str, Topic]:
        """All state topics there are now, by name."""
        return self._topics

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        self.roll()
        for fact in facts:
            self._seq += is_event(fact)
            if isinstance(fact, QueueStayEnded):
                self._day.add_stay(fact)
                self._touch(self._queue_topic(fact.stay.queue))
            elif isinstance(fact, CallEnded):
                self._day.add(fact)
                self._touch(CALLS_ACTIVE, TODAY, self._trunk_topic(fact.call))
                if self._day.department_names:
                    self._touch(self._site.departments[self._day.department(fact)])
            elif isinstance(fact, CallQueued):
                self._touch(CALLS_ACTIVE, self._queue_topic(fact.queue))
            elif isinstance(fact, (AgentChanged, AgentGone)):
                self._take_agent(fact)
            elif isinstance(fact, (CallStarted, CallRang, CallTransferred, CallRetracted)):
                self._touch(CALLS_ACTIVE, self._trunk_topic(fact.call))
            elif isinstance(fact, (CallAnswered, CallChanged)):
                queues = (self._queue_topic(queue) for queue in fact.call.queues)
                self._touch(CALLS_ACTIVE, self._trunk_topic(fact.call), *queues)
            elif isinstance(fact, CASE_FACTS):
                self.cases_today.add(fact, self._day.since, self._day.until)
                self._touch(MISSED_COUNT, MISSED_OPEN, TODAY)

    def forget(self, is_theirs: Callable[[str], bool], token: str) -> None:
        """Something else in the place of a caller's number."""
        self._day.forget(is_theirs, token)
        self._touch(CALLS_ACTIVE, MISSED_OPEN)

    def change_limits(self, about: Payload, queue_goals: Callable[[str], Payload]) -> None:
        """Other goals and alarms in `bridge/info`; what `about` does not name stays."""
        self._site = replace(self._site, about=self._site.about | about, queue_goals=queue_goals)
        self._touch(INFO)

    def the_day_before(self) -> Day:
        """Yesterday, still empty: `follow` takes it when it is filled."""
        return self._day.the_day_before()

    def follow(self, yesterday: Day) -> None:
        """Today's figures stand beside these from now on."""
        self._day.follow(yesterday)
        self._touch(TODAY)

    def clients_changed(self) -> None:
        """Numbers may belong to others now."""
        self._touch(CALLS_ACTIVE, MISSED_OPEN)

    def _take_agent(self, fact: AgentChanged | AgentGone) -> None:
        queues = self._agents.queues_of(fact)
        touched, gone = self._agents.take(fact)
        if gone is not None:
            del self._topics[gone]
            for watcher in self._watchers:
                watcher[gone] = None
        if touched is not None and touched not in self._topics:
            self._topics[touched] = Topic(partial(self._agents.payload, touched))
        self._touch(touched, *(self._queue_topic(queue) for queue in queues))

    def _touch(self, *topics: str | None) -> None:
        self.changes += 1
        for topic in topics:
            if topic is not None:
                self.touched[topic] += 1
                for watcher in self._watchers:
                    watcher[topic] = None

    def watch(self) -> dict[str, None]:
        """A set, in order, of the topics that are touched or gone from here on, at first all; who looks takes them out."""
        self._watchers.append(dict.fromkeys(self._topics))
        return self._watchers[-1]

    def roll(self) -> None:
        """Another day begins all figures anew."""
        if self._day.roll(clock.now()):
            self.cases_today.clear()
            self._touch(*self._topics)

    def refresh(self) -> None:
        """What is the same for many topics is taken anew, once one of them asks; to be called before payloads are asked for."""
        self.roll()
        now = clock.monotonic()
        if now != self._look_at:
            self._look_at = now
            self._waiting = self._channels = None
            self._learn_queues()

    def _who_waits(self) -> Mapping[str, tuple[int, float]]:
        """By queue, how many callers, and since when the first of them. A walk over all calls."""
        if self._waiting is None:
            waiting: dict[str, tuple[int, float]] = {}
            for queue, since in self._pbx.waiting():
                count, oldest = waiting.get(queue, (0, since))
                waiting[queue] = count + 1, min(oldest, since)
            self._waiting = waiting
        return self._waiting

    def _in_use(self) -> Mapping[str, int]:
        """The channels of each line. A walk over all channels."""
        if self._channels is None:
            channels: Counter[str] = Counter()
            for trunk, count in self._pbx.trunk_channels().items():
                channels[self._day.trunk(trunk)] += count
            self._channels = channels
        return self._channels

    def _learn_queues(self) -> None:
        for queue in self._pbx.queues():
            topic = self._site.queues.learn(queue)
            if topic is not None:
                self._add_queue(queue, topic)
                self._touch(INFO, topic)

    def payload(self, topic: str, full: bool) -> Payload:
        """What a topic says now, without `ts`."""
        return {"v": 1} | self._topics[topic].build(full)

    def _add_queue(self, name: str, topic: str) -> None:
        def build(_full: bool) -> Payload:
            waiting, oldest = self._who_waits().get(name, (0, None))
            return {
                "name": name,
                "waiting": waiting,
                "oldest_since": iso(oldest),
                "members": self._agents.members(name),
                "today": self._day.queue_figures(name),
            }

        self._topics[topic] = Topic(build, live=True)

    def _trunk_builder(self, name: str) -> Callable[[bool], Payload]:
        return lambda _full: {
            "name": name,
            "channels": self._in_use().get(name, 0),
            "today": self._day.trunk_figures(name),
        }

    def _department_builder(self, name: str) -> Callable[[bool], Payload]:
        return lambda _full: {"name": name, "today": self._day.department_figures(name)}

    def _calls(self, full: bool) -> Payload:
        told = calls_active(self._pbx.live_calls(), self._pbx.glances(), self._render, full, clock.now())
        return told | {"seq": self._seq}

    def _info(self, _full: bool) -> Payload:
        site = self._site
        return site.about | {
            "queues": [_entry(name, topic) | site.queue_goals(name) for name, topic in site.queues.items()],
            "trunks": [_entry(name, topic) for name, topic in site.trunks.items()],
            "departments": [_entry(name, topic) for name, topic in site.departments.items()],
        }

    def _queue_topic(self, queue: str) -> str | None:
        return self._site.queues[queue]

    def _trunk_topic(self, call: Call) -> str | None:
        return None if call.direction == "internal" else self._site.trunks[self._day.trunk(call.trunk)]


def _entry(name: str, topic: str) -> Payload:
    return {"id": topic.split("/")[1], "name": name}


def trunk_names(names: Iterable[str]) -> Iterator[str]:
    """The lines that have a topic: those of the settings, and the rest as one."""
    yield from names
    yield OTHER

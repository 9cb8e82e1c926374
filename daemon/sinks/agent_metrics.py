"""Metrics of agents and queue members (contract, section 7): who does what now, and how long each was in each state."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.sinks.label_names import LabelNames
from handlers.facts import AGENT_STATES, AgentChanged, AgentGone, AgentState, Fact
from storage.masking import mask_person

AGENT_LABELS_LIMIT = 200
# A mobile among the members: `Local/79001112233@outgoing`.
_NUMBER = re.compile(r"\d(?:[-. ()]*\d){5}")


class AgentCollector(Collector):
    """Agents as facts tell them. At most `AGENT_LABELS_LIMIT` get a label of their own, the device; the rest is `other`.

    The time of a state that lasts is counted up to each `refresh`, and time in which the PBX isn't heard in no state. `refresh`
    belongs to the loop's thread, `collect` to any: what is handed out is never changed again, only replaced.
    """

    def __init__(self, queues: LabelNames) -> None:
        self._queues = queues
        self._labels = LabelNames(limit=AGENT_LABELS_LIMIT)
        self._agents: dict[str, tuple[AgentState, float]] = {}
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._shown: dict[tuple[str, str], float] = {}
        self._metrics: Sequence[Metric] = ()

    def take(self, fact: Fact) -> None:
        """Note a fact."""
        if isinstance(fact, AgentChanged):
            if not _NUMBER.search(fact.agent.id):
                self._labels.add(fact.agent.id)
            self._count(fact.agent.id, fact.at)
            self._agents[fact.agent.id] = fact.agent, fact.at
        elif isinstance(fact, AgentGone):
            self._count(fact.id, fact.at)
            self._agents.pop(fact.id, None)

    def _count(self, agent_id: str, at: float) -> None:
        known = self._agents.get(agent_id)
        if known is not None and known[0].state is not None:
            self._seconds[self._labels.label(agent_id), known[0].state] += max(0.0, at - known[1])

    def refresh(self, now: float, *, is_heard: bool) -> None:
        """Take the state as of `now`, epoch seconds. While the PBX is not heard nobody knows what its members do: no sample then."""
        seconds = self._seconds.copy()
        members: Counter[tuple[str, str]] = Counter()
        for agent, since in self._agents.values():
            if agent.state is None:
                continue
            seconds[self._labels.label(agent.id), agent.state] += max(0.0, now - since)
            for membership in agent.queues:
                members[self._queues.label(membership.queue), agent.state_in(membership) or ""] += 1
        lives = (self._queue_members(members),) if is_heard else ()
        self._metrics = (*lives, self._state_seconds(seconds), self._info())

    def collect(self) -> Iterable[Metric]:
        """What was taken last."""
        return self._metrics

    def _queue_members(self, members: Counter[tuple[str, str]]) -> Metric:
        family = GaugeMetricFamily("ringtally_queue_members", "Members of the queue now.", labels=["queue", "state"])
        for queue in self._queues:
            for state in AGENT_STATES:
                family.add_metric([queue, state], members[queue, state])
        return family

    def _state_seconds(self, seconds: Mapping[tuple[str, str], float]) -> Metric:
        family = CounterMetricFamily(
            "ringtally_agent_state_seconds", "Time that agents were in each state.", labels=["agent", "state"]
        )
        for agent in self._labels:
            for state in AGENT_STATES:
                # What was scraped a moment before the news of a change came may be ahead of the truth; a counter never goes back.
                shown = self._shown[agent, state] = max(
                    self._shown.get((agent, state), 0.0), seconds.get((agent, state), 0.0)
                )
                family.add_metric([agent, state], shown)
        return family

    def _info(self) -> Metric:
        family = InfoMetricFamily("ringtally_agent", "Who is behind a device.", labels=["agent"])
        for agent, _ in self._agents.values():
            if self._labels.label(agent.id) == agent.id:
                family.add_metric([agent.id], {"name": mask_person(agent.name) or ""})
        return family

"""What is told of agents: `agent/<key>/state`, and how many members of each queue do what.

The names of agents are the site's own, like those of its queues, and stand in topics: they are shown whoever looks. What is cut
where numbers are masked are long numbers in them: a mobile among the members.
"""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from config.topic_keys import topic_key
from daemon.board.topic_names import is_fit_for_topic
from handlers.facts import AGENT_STATES, AgentChanged, AgentGone, AgentState
from storage.call_json import iso
from storage.masking import mask_device, mask_person

AGENTS_LIMIT = 1000


class AgentBoard:
    """The agents as facts tell them. `take` gives the topics that say something new; each agent keeps its topic while its name lasts.

    Two agents of one name have two topics: the second one's ends in its device, `anna` and `anna-pjsip-102`. Whose name and device
    hold nothing but a telephone number is `agent-1`. Beyond `AGENTS_LIMIT` agents have no topic; members are counted all.
    """

    def __init__(self) -> None:
        self._agents: dict[str, AgentState] = {}
        self._topics: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._named: dict[str, str] = {}
        self._members: dict[str, Counter[str]] | None = None

    def take(self, fact: AgentChanged | AgentGone) -> tuple[str | None, str | None]:
        """Note a fact; the topic that says something new by it, and the one that is no more."""
        self._members = None
        if isinstance(fact, AgentGone):
            self._agents.pop(fact.id, None)
            self._named.pop(fact.id, None)
            return None, self._forget_topic(fact.id)
        agent, gone = fact.agent, None
        self._agents[agent.id] = agent
        name = agent.name or agent.id
        if self._named.get(agent.id) != name:
            gone = self._forget_topic(agent.id)
            self._named[agent.id] = name
            self._name(agent)
        topic = self._topics.get(agent.id)
        return topic, None if gone == topic else gone

    def _forget_topic(self, agent_id: str) -> str | None:
        topic = self._topics.pop(agent_id, None)
        if topic is not None:
            del self._owners[topic]
        return topic

    def _name(self, agent: AgentState) -> None:
        if len(self._topics) < AGENTS_LIMIT:
            topic = f"agent/{_key(agent, self._owners)}/state"
            self._topics[agent.id] = topic
            self._owners[topic] = agent.id

    def queues_of(self, fact: AgentChanged | AgentGone) -> Sequence[str]:
        """The queues whose members a fact is about, as far as it says; ask before `take`, for what was."""
        agent_id = fact.agent.id if isinstance(fact, AgentChanged) else fact.id
        known = self._agents.get(agent_id)
        queues = {each.queue for each in known.queues} if known is not None else set()
        if isinstance(fact, AgentChanged):
            queues |= {each.queue for each in fact.agent.queues}
        return sorted(queues)

    def payload(self, topic: str, full: bool) -> dict[str, Any]:
        """What an agent's topic says."""
        return agent_json(self._agents[self._owners[topic]], full)

    def members(self, queue: str) -> dict[str, int] | None:
        """How many members of a queue are in each state; None while that is not known, for the PBX isn't heard."""
        if self._members is None:
            self._members = _members_by_state(self._agents)
        counted = self._members.get(queue, Counter())
        if counted[""]:
            return None
        return {state: counted[state] for state in AGENT_STATES}


def _members_by_state(agents: Mapping[str, AgentState]) -> dict[str, Counter[str]]:
    """By queue, and by state within; unknown ones as an empty word."""
    found: dict[str, Counter[str]] = {}
    for agent in agents.values():
        for membership in agent.queues:
            found.setdefault(membership.queue, Counter())[agent.state_in(membership) or ""] += 1
    return found


def agent_json(agent: AgentState, full: bool) -> dict[str, Any]:
    """An agent as others are told; `full` shows telephone numbers in names and devices."""

    def shown(text: str | None) -> str | None:
        return text if full else mask_person(text)

    return {
        "name": shown(agent.name),
        "device": agent.device if full else mask_device(agent.device),
        "state": agent.state,
        "since": iso(agent.since),
        "at_least": agent.at_least,
        "reason": shown(agent.reason),
        "call_since": iso(agent.call_since),
        "queues": [{"queue": each.queue, "paused": each.paused, "reason": shown(each.reason)} for each in agent.queues],
    }


def _key(agent: AgentState, taken: Container[str]) -> str:
    """A topic key that nobody has: the name; else the name with the device; else the device; else a number of our own."""
    name, device = topic_key(agent.name or ""), topic_key(agent.id)
    wanted = [name, f"{name}-{device}"] if is_fit_for_topic(name) else [device]
    for key in wanted:
        if is_fit_for_topic(key) and f"agent/{key}/state" not in taken:
            return key
    base, number = name if is_fit_for_topic(name) else "agent", 1
    while f"agent/{base}-{number}/state" in taken:
        number += 1
    return f"{base}-{number}"

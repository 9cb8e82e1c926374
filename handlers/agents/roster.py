"""All agents of one PBX: takes events after the calls have taken them, and says what changed."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

from handlers.agents.agent import Agent, member_of
from handlers.agents.identity import POOL, endpoint_of, is_phone, key_of, member_key
from handlers.agents.lines import Lines
from handlers.agents.phone import DeviceState, Told
from handlers.ami import events as ev
from handlers.calls.channels import Channel
from handlers.calls.evidence import INSIDE
from handlers.calls.live_state import LiveState
from handlers.facts import AgentChanged, AgentGone, Fact
from handlers.rules import Rules

# Phones that are remembered in case a department or a queue names them; far more than any one PBX has.
_DEVICES_KEPT = 10_000


class Roster:
    """Who can answer, and what each does. `due_at` is when time alone changes something; what there is to tell goes to `facts`.

    `handlers` are to be called after those of the calls, whose live state they read and never change.
    """

    def __init__(self, rules: Rules, live: LiveState, facts: list[Fact]) -> None:
        self._rules = rules
        self._live = live
        self._facts = facts
        self._agents: dict[str, Agent] = {}
        self._by_member: dict[tuple[str, str], Agent] = {}
        self._devices: dict[str, int] = {}
        self._devices_of: dict[str, list[str]] = {}
        self._is_heard = True
        self._due: dict[Agent, float] = {}
        self._moments: list[tuple[float, str, int, Agent]] = []
        """`_due` as a heap; what was planned and is not due any more lies about in it until its moment."""
        self._serial = count()
        self.due_at = inf
        self.lines = Lines(rules, live, self._agents, self._by_member, self._update, self._meet_channel)
        self.handlers: dict[type, Callable[[Any], None]] = {
            **self.lines.handlers,
            ev.MemberSeen: self._member_seen,
            ev.MemberRemoved: self._member_removed,
            ev.DeviceStateTold: self._device_told,
        }

    # ---- time, settings, breaks

    def expire(self, now: float) -> None:
        """What was due by `now` happens, each at its own moment."""
        while self.due_at <= now:
            due_at, _, _, agent = self._moments[0]
            agent.settle(due_at)
            self._update(agent, due_at)

    def change_rules(self, rules: Rules, at: float) -> None:
        """The settings have changed: extensions that a department names now, or does no more."""
        self._rules = self.lines.rules = rules
        for agent in list(self._agents.values()):
            agent.is_named = agent.key in rules.extensions
            self._drop_if_gone(agent, at)
        self._devices_of.clear()
        for device in self._devices:
            self._devices_of.setdefault(key_of(device, rules.extensions), []).append(device)
            self._meet_extension(device, at)

    def restart_time(self, before: float, after: float) -> None:
        """The clock was set: what was `before` is `after`. What lasts has lasted as long as it did, by the new clock."""
        by_s = after - before
        for agent in self._agents.values():
            state, since = agent.state, agent.since
            agent.forget_state()  # so that nobody counts the step as time spent
            self._tell(agent, before)
            agent.state = state
            agent.since = None if since is None else since + by_s
            agent.shift(by_s)
            self._tell(agent, after)
            self._schedule(agent, agent.due_at)

    def broken(self, at: float) -> None:
        """The PBX isn't heard from here on: what anybody does is unknown."""
        self._is_heard = False
        for agent in self._agents.values():
            agent.forget_state()
            self._tell(agent, at)

    def resumed(self, snapshot: ev.Snapshot, at: float) -> None:
        """What the PBX says lives; the calls have taken it already."""
        lasted = {agent: (agent.call_since, set(agent.channels)) for agent in self._agents.values()}
        was_heard, self._is_heard = self._is_heard, True
        if not was_heard:
            for agent in self._agents.values():
                agent.told.clear()
                agent.settles_at = None
        self.lines.forget_the_dead()
        if not was_heard:
            for agent in self._agents.values():
                if not agent.channels:
                    agent.wrapup_s = 0.0  # nobody knows when the call ended that it was to follow
        self._take_devices(snapshot.devices)
        if snapshot.members is not None:
            self._take_members(snapshot.members, at)
        for device in list(self._devices):
            self._meet_extension(device, at, tell=False)
        if snapshot.channels is not None:
            self._take_channels(snapshot.channels, at)
        for agent in sorted(self._agents.values(), key=lambda each: each.key):
            agent.settle(at)
            agent.look(self.lines.somebody_holds)
            self._update(agent, at, tell=False)
            self._date_back(agent, lasted.get(agent), at, was_heard)
            agent.is_news = True
            self._tell(agent, at)

    def _take_channels(self, channels: Iterable[ev.LiveChannel], at: float) -> None:
        for seen in channels:
            channel = self._live.channels.get(seen.uniqueid)
            if channel is None:
                continue
            self._meet_channel(channel, at, tell=False)
            self.lines.watch(channel)
            if seen.application == "AgentLogin":
                self.lines.join_pool(channel, seen.data.partition(",")[0])

    def _date_back(self, agent: Agent, lasted: Any, at: float, was_heard: bool) -> None:
        """Since when a state has lasted that was found in a snapshot, as far as that can be known."""
        if was_heard and agent.said is not None:
            return  # known all the time
        agent.at_least = True
        if agent.use is not None:
            call_since, channels = lasted or (None, set())
            born = min((channel.created_at for channel in agent.channels.values()), default=at)
            same = call_since is not None and bool(channels & agent.channels.keys())
            begun = call_since if same else min(born, at)
            if agent.call_since is not None:
                agent.call_since = begun
            agent.since = begun if agent.use != "held" else at
            agent.at_least = agent.use == "held" or not (same or agent.channels)
        elif agent.state == "paused" and agent.paused_at is not None:
            agent.since, agent.at_least = min(agent.paused_at, at), False

    def _take_devices(self, devices: Iterable[ev.DeviceStateTold] | None) -> None:
        if devices is None:
            return
        self._devices.clear()
        self._devices_of.clear()
        for device in devices:
            self._know_device(device.device, device.state)
            agent = self._agents.get(key_of(device.device, self._rules.extensions))
            if agent is not None:
                agent.hear(device.device, device.state, live=False)

    def _take_members(self, members: Iterable[ev.MemberSeen], at: float) -> None:
        gone = dict(self._by_member)
        for seen in members:
            gone.pop((seen.queue, seen.interface), None)
            self._place(seen, live=False, at=at)
        for place, agent in gone.items():
            self._take_from(agent, place, at)

    # ---- members and devices

    def _member_seen(self, event: ev.MemberSeen) -> None:
        agent = self._by_member.get((event.queue, event.interface))
        if agent is None or not agent.knows(event):  # one change of a phone is told by each of its queues
            self._update(self._place(event, live=True, at=event.at), event.at)

    def _place(self, seen: ev.MemberSeen, live: bool, at: float) -> Agent:
        place = seen.queue, seen.interface
        key = member_key(seen.interface, seen.state_interface, self._rules.extensions)
        known = self._by_member.get(place)
        if known is not None and known.key != key:
            self._take_from(known, place, at)
        agent = self._agents.get(key)
        if agent is None:
            agent = self._new(
                key, next((each for each in (seen.state_interface, seen.interface) if is_phone(each)), None)
            )
        self._by_member[place] = agent
        member = member_of(seen)
        if agent.members.get(place) != member:
            agent.members[place] = member
            agent.is_news = True
        agent.hear(member.source, seen.status, live)
        return agent

    def _member_removed(self, event: ev.MemberRemoved) -> None:
        place = event.queue, event.interface
        agent = self._by_member.get(place)
        if agent is not None:
            self._take_from(agent, place, event.at)

    def _take_from(self, agent: Agent, place: tuple[str, str], at: float) -> None:
        self._by_member.pop(place, None)
        agent.leave(place)
        if not self._drop_if_gone(agent, at):
            self._update(agent, at)

    def _device_told(self, event: ev.DeviceStateTold) -> None:
        self._know_device(event.device, event.state)
        agent = self._agents.get(key_of(event.device, self._rules.extensions))
        if agent is None:
            self._meet_extension(event.device, event.at)
        else:
            agent.hear(event.device, event.state, live=True)
            if agent.line is None or agent.is_stale or agent.is_news:  # what channels tell outweighs it
                self._update(agent, event.at)

    def _know_device(self, device: str, state: int) -> None:
        if device not in self._devices and len(self._devices) >= _DEVICES_KEPT:
            return
        key = key_of(device, self._rules.extensions)
        if device not in self._devices:
            self._devices_of.setdefault(key, []).append(device)
        self._devices[device] = state
        agent = self._agents.get(key)
        if agent is not None and agent.device == key:
            agent.device, agent.is_news = device, True

    def _meet_extension(self, device: str, at: float, tell: bool = True) -> None:
        """A department may have named this phone's extension: he is an agent from now on."""
        key = key_of(device, self._rules.extensions)
        if key not in self._rules.extensions or not is_phone(device):
            return
        agent = self._agents.get(key)
        if agent is None:
            agent = self._new(key, device)
            agent.told[device] = Told(self._devices.get(device, 0), False)
        elif agent.is_named:
            return
        agent.is_named = True
        if tell:
            self._update(agent, at)

    # ---- agents

    def _new(self, key: str, device: str | None) -> Agent:
        name = device or next(iter(self._devices_of.get(key, (key,))))
        agent = self._agents[key] = Agent(key, name, name, is_named=key in self._rules.extensions)
        for told in self._devices_of.get(key, ()):
            agent.told[told] = Told(self._devices[told], False)
        if key.startswith(POOL):
            for channel in [each for each in self._live.channels.values() if each.pool_agent == key.removeprefix(POOL)]:
                self.lines.join_pool(channel, key.removeprefix(POOL))
        for channel in self._live.channels_of(endpoint_of(key)):
            if key_of(channel.parts.device, self._rules.extensions) == key:
                self.lines.watch(channel)
        return agent

    def _drop_if_gone(self, agent: Agent, at: float) -> bool:
        if agent.members or agent.is_named or agent.key not in self._agents:
            return False
        del self._agents[agent.key]
        self.lines.drop(agent)
        self._schedule(agent, None)
        if agent.said is not None:
            self._facts.append(AgentGone(at, agent.id))
        return True

    def _update(self, agent: Agent, at: float, tell: bool = True) -> None:
        if self._agents.get(agent.key) is not agent:
            return
        if self._is_heard:
            agent.update(at)
        self._schedule(agent, agent.due_at)
        if tell:
            self._tell(agent, at)

    def _tell(self, agent: Agent, at: float) -> None:
        if not agent.is_news:
            return
        agent.is_news = False
        seen = agent.seen()
        if seen != agent.said:
            agent.said = seen
            self._facts.append(AgentChanged(at, seen))

    def _schedule(self, agent: Agent, due_at: float | None) -> None:
        if due_at == self._due.get(agent):
            return
        if due_at is None:
            del self._due[agent]
        else:
            self._due[agent] = due_at
            heappush(self._moments, (due_at, agent.key, next(self._serial), agent))
        while self._moments and self._due.get(self._moments[0][3]) != self._moments[0][0]:
            heappop(self._moments)
        self.due_at = self._moments[0][0] if self._moments else inf

    def _meet_channel(self, channel: Channel, at: float, tell: bool = True) -> None:
        """Where device states are not told, a phone that calls shows that it is there."""
        device = channel.parts.device
        if self._rules.extensions and device not in self._devices and channel.side == INSIDE:
            self._know_device(device, DeviceState.UNKNOWN)
            self._meet_extension(device, at, tell)

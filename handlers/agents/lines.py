"""Whose phone each live channel is, and what it does there."""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.agents.agent import Agent
from handlers.agents.identity import POOL, key_of
from handlers.ami import events as ev
from handlers.calls.channels import Channel, connected
from handlers.calls.live_state import LiveState
from handlers.calls.names import parse_channel_name
from handlers.facts import CallEnded
from handlers.rules import Rules


class Lines:
    """Takes what channels, queues' calls and pools tell. `update` is told of each agent that may do something else by it.

    `agents` are all there are, by key, and `places` whose each member of a queue is; both are the roster's. `meet` is told of
    each new channel first: it may make somebody an agent.
    """

    def __init__(
        self,
        rules: Rules,
        live: LiveState,
        agents: Mapping[str, Agent],
        places: Mapping[tuple[str, str], Agent],
        update: Callable[[Agent, float], None],
        meet: Callable[[Channel, float], None],
    ) -> None:
        self.rules = rules
        self._live = live
        self._agents = agents
        self._by_member = places
        self._update = update
        self._meet = meet
        self._of_channel: dict[str, tuple[Agent, ...]] = {}
        self._of_caller: dict[str, Agent] = {}
        self._holders: set[str] = set()
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.ChannelCreated: self._created,
            ev.ChannelStateChanged: self._channel_changed,
            ev.DialBegun: self._leg_changed,
            ev.DialProgressed: self._leg_changed,
            ev.DialEnded: self._leg_changed,
            ev.ChannelHungUp: self._hung_up,
            ev.BridgeEntered: self._bridged,
            ev.BridgeLeft: self._bridged,
            ev.BridgeMerged: self._merged,
            ev.HoldStarted: self._held,
            ev.HoldEnded: self._held,
            ev.AgentCalled: self._called,
            ev.AgentConnected: self._connected,
            ev.AgentCompleted: self._completed,
            ev.AgentLoggedIn: self._logged_in,
        }

    @property
    def somebody_holds(self) -> bool:
        """Is there any channel that holds?"""
        return bool(self._holders)

    def drop(self, agent: Agent) -> None:
        """An agent is none any more."""
        for uniqueid in list(agent.channels):
            self.unlink(uniqueid, agent)
        for caller in agent.served:
            self._of_caller.pop(caller, None)

    def _created(self, event: ev.ChannelCreated) -> None:
        channel = self._live.channels.get(event.uniqueid)
        if channel is not None and channel.uniqueid not in self._of_channel:
            self._meet(channel, event.at)
            self.watch(channel)
            for agent in self._of_channel.get(channel.uniqueid, ()):
                self._update(agent, event.at)

    def watch(self, channel: Channel) -> None:
        """A channel that lives: if it is an agent's phone, it is his from now on."""
        if channel.side is None or channel.side.trunk is not None:
            return
        device = channel.parts.device
        agent = self._agents.get(key_of(device, self.rules.extensions))
        if agent is None:
            return
        if agent.device == agent.key:
            agent.device, agent.is_news = device, True
        self._link(channel, agent)

    def _link(self, channel: Channel, agent: Agent) -> None:
        agents = self._of_channel.get(channel.uniqueid, ())
        if agent not in agents:
            self._of_channel[channel.uniqueid] = (*agents, agent)
            agent.attach(channel)
            agent.look(bool(self._holders))

    def unlink(self, uniqueid: str, agent: Agent) -> None:
        """A channel is not this agent's."""
        left = tuple(each for each in self._of_channel.pop(uniqueid, ()) if each is not agent)
        if left:
            self._of_channel[uniqueid] = left

    def _look(self, uniqueid: str, at: float) -> None:
        for agent in self._of_channel.get(uniqueid, ()):
            self._look_at(agent, at)

    def _look_at(self, agent: Agent, at: float) -> None:
        agent.look(bool(self._holders))
        if agent.is_stale or agent.is_news:
            self._update(agent, at)

    def _channel_changed(self, event: ev.ChannelStateChanged) -> None:
        self._look(event.uniqueid, event.at)

    def _leg_changed(self, event: ev.DialBegun | ev.DialProgressed | ev.DialEnded) -> None:
        self._look(event.dest_uniqueid, event.at)

    def _bridged(self, event: ev.BridgeEntered | ev.BridgeLeft) -> None:
        if not self._holders:
            self._look(event.uniqueid, event.at)
            return
        self._look_around(event.uniqueid, event.at)
        channel = self._live.channels.get(event.uniqueid)
        if channel is None or channel.bridge is None or channel.bridge.id != event.bridge:
            self._look_into(event.bridge, event.at)

    def _merged(self, event: ev.BridgeMerged) -> None:
        self._look_into(event.bridge, event.at)

    def _look_into(self, bridge_id: str, at: float) -> None:
        bridge = self._live.bridges.get(bridge_id)
        for channel in list(bridge.members)[:1] if bridge is not None else ():
            self._look_around(channel.uniqueid, at)

    def _held(self, event: ev.HoldStarted | ev.HoldEnded) -> None:
        if isinstance(event, ev.HoldStarted):
            if event.uniqueid in self._live.channels:
                self._holders.add(event.uniqueid)
        else:
            self._holders.discard(event.uniqueid)
        self._look_around(event.uniqueid, event.at)

    def _look_around(self, uniqueid: str, at: float) -> None:
        """Hold by one side is the other side's state too."""
        channel = self._live.channels.get(uniqueid)
        if channel is None:
            return
        agents = {agent for each in connected(channel) for agent in self._of_channel.get(each.uniqueid, ())}
        for agent in sorted(agents, key=lambda each: each.key):
            self._look_at(agent, at)

    def _hung_up(self, event: ev.ChannelHungUp) -> None:
        self._forget_channel(event.uniqueid, event.at)

    def _forget_channel(self, uniqueid: str, at: float) -> None:
        self._holders.discard(uniqueid)
        for agent in self._of_channel.pop(uniqueid, ()):
            agent.detach(uniqueid, at)
            agent.look(bool(self._holders))
            if agent.key.startswith(POOL) and not agent.channels:
                agent.device, agent.is_news = agent.id, True
            self._update(agent, at)
        if uniqueid in self._of_caller:
            agent = self._of_caller[uniqueid]
            self._caller_gone(uniqueid)
            self._update(agent, at)

    def call_ended(self, ended: CallEnded) -> None:
        """A call ended, perhaps without the hangup of each of its channels: those that are gone are forgotten."""
        known = [leg.uniqueid for leg in ended.legs if leg.uniqueid in self._of_channel]
        if not ended.call.end_seen:  # who waited in a queue, a Local half too, and who held, may be among its channels
            known = sorted({*known, *self._of_caller, *self._holders})
        for uniqueid in known:
            if uniqueid not in self._live.channels:
                self._forget_channel(uniqueid, ended.at)

    def _called(self, event: ev.AgentCalled) -> None:
        agent = self._by_member.get((event.queue, event.interface))
        channel = self._live.channels.get(event.dest_uniqueid)
        if agent is not None and agent.is_remote and channel is not None:
            self._link(channel, agent)

    def _connected(self, event: ev.AgentConnected) -> None:
        agent = self._by_member.get((event.queue, event.interface))
        if agent is None or event.uniqueid not in self._live.channels:
            return
        self._of_caller[event.uniqueid] = agent
        agent.served.add(event.uniqueid)
        agent.wrapup_s = max(agent.wrapup_s, self.rules.queue_wrapup_s.get(event.queue, 0.0))
        self._update(agent, event.at)

    def _completed(self, event: ev.AgentCompleted) -> None:
        agent = self._of_caller.get(event.uniqueid)
        if agent is not None and agent.is_remote:
            self._caller_gone(event.uniqueid)
            self._update(agent, event.at)

    def _caller_gone(self, uniqueid: str) -> None:
        agent = self._of_caller.pop(uniqueid, None)
        if agent is not None:
            agent.served.discard(uniqueid)
            if agent.call_since is None and not agent.served:
                agent.wrapup_s = 0.0  # whom he was to serve he never had

    def _logged_in(self, event: ev.AgentLoggedIn) -> None:
        channel = self._live.channels.get(event.uniqueid)
        if channel is not None:
            self.join_pool(channel, event.agent)
            self._look(channel.uniqueid, event.at)

    def join_pool(self, channel: Channel, number: str) -> None:
        """A channel waits in the pool, as the agent of this number."""
        agent = self._agents.get(POOL + number)
        if agent is not None:
            agent.device, agent.is_news = parse_channel_name(channel.name).device, True
            self._link(channel, agent)

    def forget_the_dead(self) -> None:
        """Channels that ended unseen are nobody's."""
        alive = self._live.channels.keys()
        for uniqueid in [each for each in self._of_channel if each not in alive]:
            for agent in self._of_channel.pop(uniqueid):
                agent.channels.pop(uniqueid, None)
                if agent.key.startswith(POOL) and not agent.channels:
                    agent.device = agent.id
        for caller in [each for each in self._of_caller if each not in alive]:
            self._caller_gone(caller)
        self._holders &= alive

    def sizes(self) -> dict[str, int]:
        """What must be empty when nobody calls."""
        return {
            "agent_channels": len(self._of_channel),
            "agent_callers": len(self._of_caller),
            "holders": len(self._holders),
        }

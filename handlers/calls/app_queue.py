"""What app_queue tells: who waits, who was called for him and took him, who its members are; and the variables that say more."""

from collections.abc import Callable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.channels import Channel
from handlers.calls.live_state import LiveState
from handlers.calls.periods import Stay
from handlers.facts import CallQueued

_NOBODY_THERE = frozenset({"CHANUNAVAIL", "CONGESTION"})
_QUEUE_REFUSED = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})


class AppQueue:
    """Takes the events of queues, their members and agents, and `VarSet` of the three variables."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.QueueJoined: self._joined,
            ev.QueueLeft: self._left,
            ev.QueueAbandoned: self._abandoned,
            ev.AgentCalled: self._agent_called,
            ev.AgentConnected: self._agent_connected,
            ev.AgentLoggedIn: self._agent_logged_in,
            ev.VariableSet: self._variable_set,
            ev.MemberSeen: self._member_seen,
        }

    def _joined(self, event: ev.QueueJoined) -> None:
        channel = self._state.known(event)
        if channel is None or channel.call is None:
            return
        self.join(channel, event.queue, event.at, event.position)
        self._state.facts.append(CallQueued(event.at, self._state.live(channel.call), event.queue))

    def join(self, channel: Channel, queue: str, at: float, position: int | None) -> None:
        """A channel waits in a queue since `at`."""
        call = channel.call
        if call is not None:
            self._state.stays.channel_goes_on(call, channel, at)
            call.join_queue(Stay(queue, channel, at, position))
            self._state.refresh(call, at)

    def _left(self, event: ev.QueueLeft) -> None:
        channel = self._state.known(event)
        if channel is not None and channel.call is not None:
            self._state.stays.left(channel.call, channel, event.queue, event.at)
            self._state.altered[channel.call] = None
            self._state.refresh(channel.call, event.at)

    def _abandoned(self, event: ev.QueueAbandoned) -> None:
        channel = self._state.known(event)
        if channel is not None and channel.call is not None:
            self._state.stays.abandoned(channel.call, channel, event.queue)

    def _agent_called(self, event: ev.AgentCalled) -> None:
        leg = self._state.channels.get(event.dest_uniqueid)
        self._name_member(event.interface, event.member)
        if leg is not None:
            leg.queue = event.queue
            if leg.is_device:
                leg.member = event.member

    def _agent_connected(self, event: ev.AgentConnected) -> None:
        channel = self._state.channels.get(event.uniqueid)
        self._name_member(event.interface, event.member)
        if channel is not None and channel.call is not None:
            self._state.stays.connected(channel.call, channel, event.queue, event.member, event.at)

    def _agent_logged_in(self, event: ev.AgentLoggedIn) -> None:
        channel = self._state.known(event)
        if channel is None:
            return
        call = channel.call
        channel.pool = True
        channel.pool_agent = event.agent
        channel.call = None
        if call is not None:
            call.channels.discard(channel)
            if call.first is channel and call.started:
                self._state.retract(call, event.at)  # a login is no call
            if not call.channels:
                self._state.end_call(call, event.at, True)

    def _member_seen(self, event: ev.MemberSeen) -> None:
        self._state.evidence.add_member(event.interface)
        self._name_member(event.interface, event.name)
        if event.state_interface != event.interface:
            self._state.evidence.add_member(event.state_interface)
            self._name_member(event.state_interface, event.name)

    def _name_member(self, interface: str, name: str | None) -> None:
        if name and name != interface:
            self._state.run.member_names[interface] = name

    def _variable_set(self, event: ev.VariableSet) -> None:
        channel = self._state.known(event)
        call = channel.call if channel is not None else None
        if channel is None or call is None or not event.value:
            return
        if event.variable == "VMSTATUS":
            call.voicemail = True
        elif event.variable == "QUEUESTATUS":
            if event.value in _QUEUE_REFUSED:
                call.refused = True
                call.turn_away(channel)
            self._state.stays.status(call, channel, event.value, event.at)
        elif event.variable == "DIALSTATUS" and call.answered_at is None:
            call.refused = call.refused or event.value in _NOBODY_THERE
            call.refused_busy = call.refused_busy or event.value == "BUSY"
        elif event.variable == "DIALSTATUS" and event.value in _NOBODY_THERE:
            call.turn_away(channel)

"""Takes typed events, keeps channels, bridges and calls, and says what happened to calls."""

from collections.abc import Callable, Iterator
from typing import Any

from handlers.ami import events as ev
from handlers.calls.channels import HOLDING, Bridge, Channel, connected, in_order
from handlers.calls.evidence import Evidence
from handlers.calls.live_call import LiveCall, Stay
from handlers.calls.names import is_extension, number_dialled, parse_channel_name, presented
from handlers.calls.record import Recorder
from handlers.calls.stays import Stays
from handlers.facts import (
    Call,
    CallAnswered,
    CallQueued,
    CallRang,
    CallStarted,
    EventDoubted,
    Fact,
    TrunkGuessed,
)
from handlers.rules import Rules

_RINGING_WORDS = frozenset({"RINGING", "PROGRESS"})
_NOBODY_THERE = frozenset({"CHANUNAVAIL", "CONGESTION"})
_QUEUE_REFUSED = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})
# chan_sip names a guest's channel by the domain in his From: whoever calls could fill log and memory.
_GUESSES_TOLD = 500


class Tracker:
    """All live calls of one PBX. `take` gives it an event; what the event means is appended to `facts`."""

    def __init__(self, rules: Rules, facts: list[Fact]) -> None:
        self.facts = facts
        self.evidence = Evidence(rules)
        self.recorder = Recorder(rules)
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.calls: dict[LiveCall, None] = {}
        """The live calls, oldest first."""
        self._by_linkedid: dict[str, LiveCall] = {}
        self._guessed: set[str] = set()
        self.stays = Stays(rules, facts)
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.ChannelCreated: self._created,
            ev.ChannelStateChanged: self._state_changed,
            ev.CallerIdChanged: self._caller_id_changed,
            ev.HangupRequested: self._hangup_requested,
            ev.ChannelHungUp: self._hung_up,
            ev.DialBegun: self._dial_begun,
            ev.DialProgressed: self._dial_progressed,
            ev.DialEnded: self._dial_ended,
            ev.LocalBridged: self._local_bridged,
            ev.BridgeEntered: self._bridge_entered,
            ev.BridgeLeft: self._bridge_left,
            ev.BridgeMerged: self._bridge_merged,
            ev.BridgeDestroyed: self._bridge_destroyed,
            ev.HoldStarted: self._hold_started,
            ev.HoldEnded: self._hold_ended,
            ev.QueueJoined: self._queue_joined,
            ev.QueueLeft: self._queue_left,
            ev.QueueAbandoned: self._queue_abandoned,
            ev.AgentCalled: self._agent_called,
            ev.AgentConnected: self._agent_connected,
            ev.AgentLoggedIn: self._agent_logged_in,
            ev.VariableSet: self._variable_set,
            ev.MemberSeen: self._member_seen,
        }

    def take(self, event: ev.Event) -> None:
        """Let one event happen."""
        handler = self.handlers.get(type(event))
        if handler is not None:
            handler(event)

    def call_of(self, linkedid: str) -> LiveCall | None:
        """The live call that this Linkedid belongs to."""
        return self._by_linkedid.get(linkedid)

    def live_calls(self) -> Iterator[Call]:
        """The calls that live now, oldest first."""
        return (self.recorder.live(call) for call in self.calls if call.started)

    @property
    def is_idle(self) -> bool:
        """Does no call live?"""
        return not self.calls

    def waiting(self) -> Iterator[tuple[str, float]]:
        """Who waits in a queue now: the queue's name, and since when, in epoch seconds."""
        return ((stay.queue, stay.joined_at) for call in self.calls for stay in call.stays if stay.left_at is None)

    def trunk_channels(self) -> dict[str, int]:
        """How many channels each outside line has now, by its name."""
        found: dict[str, int] = {}
        for channel in self.channels.values():
            if channel.side is not None and channel.side.trunk is not None:
                found[channel.side.trunk] = found.get(channel.side.trunk, 0) + 1
        return found

    def doubt_all(self) -> None:
        """Something was not seen: every live call is incomplete from here on."""
        for call in self.calls:
            call.incomplete = True

    def sizes(self) -> dict[str, int]:
        """How much is remembered, by kind."""
        return {
            "channels": len(self.channels),
            "bridges": len(self.bridges),
            "calls": len(self.calls),
            "linkedids": len(self._by_linkedid),
        }

    # ---- channels

    def _created(self, event: ev.ChannelCreated) -> None:
        if event.uniqueid in self.channels:
            return
        channel = self.new_channel(
            event.at, event.uniqueid, event.channel, event.state, event.number, event.name, event.context, event.exten
        )
        call = self._by_linkedid.get(event.linkedid) if event.linkedid != event.uniqueid else None
        if call is None:
            call = self.new_call(channel, event.linkedid)
            # Its first channel was never seen: it began before us, or in a gap.
            call.incomplete = event.linkedid != event.uniqueid
            call.originated = channel.is_device and event.state == ev.ChannelState.DOWN
        self.join_call(call, channel, event.at)

    def new_channel(
        self,
        at: float,
        uniqueid: str,
        name: str,
        state: int,
        number: str | None,
        caller_name: str | None,
        context: str,
        exten: str,
    ) -> Channel:
        """A channel as it is born or met."""
        parts = parse_channel_name(name)
        side = self.evidence.side_of(name, context) if parts.is_device else None
        channel = Channel(
            uniqueid, name, parts, side, at, state, presented(number), caller_name, context, presented(exten) or ""
        )
        if state == ev.ChannelState.UP:
            channel.up_at = at
        if side is not None and side.guessed and side.trunk not in self._guessed and side.trunk is not None:
            self._guess(at, side.trunk)
        self.channels[uniqueid] = channel
        return channel

    def _guess(self, at: float, endpoint: str) -> None:
        if len(self._guessed) < _GUESSES_TOLD:
            self._guessed.add(endpoint)
            self.facts.append(TrunkGuessed(at, endpoint))

    def new_call(self, first: Channel, linkedid: str) -> LiveCall:
        """A call that begins with this channel."""
        call = LiveCall(first.uniqueid, first, first.created_at, "in" if first.is_trunk else "internal")
        call.state_since = first.created_at
        self.calls[call] = None
        self._file(call, linkedid)
        self._file(call, first.uniqueid)
        return call

    def _file(self, call: LiveCall, linkedid: str) -> None:
        if self._by_linkedid.get(linkedid) is not call:
            self._by_linkedid[linkedid] = call
            call.linkedids.append(linkedid)

    def join_call(self, call: LiveCall, channel: Channel, at: float) -> None:
        """A channel becomes part of a call, which is told of once a device is in it."""
        call.add(channel)
        if call.started or not channel.is_device:
            return
        if not call.first.is_device:
            call.first = channel
            call.originated = True
            call.direction = "internal"
        if channel.is_trunk and call.first is channel:
            call.direction = "out" if call.originated else "in"
        if call.first is channel:
            call.outside = {channel}
            if call.direction == "out":
                call.trunk_leg = channel
        call.started = True
        self.facts.append(CallStarted(at, self.recorder.live(call)))

    def _state_changed(self, event: ev.ChannelStateChanged) -> None:
        channel = self._known(event)
        if channel is None:
            return
        channel.state = event.state
        if event.state == ev.ChannelState.RINGING:
            self._rings(channel, event.at)
        elif event.state == ev.ChannelState.UP:
            if channel.up_at is None:
                channel.up_at = event.at
            if channel.call is not None:
                channel.call.stop_ringing(channel, event.at)
                self._refresh(channel.call, event.at)

    def _caller_id_changed(self, event: ev.CallerIdChanged) -> None:
        channel = self.channels.get(event.uniqueid)  # may follow the Hangup: nothing to doubt
        if channel is None:
            return
        if channel.number is None:
            channel.number = presented(event.number)
        if event.name and (channel.call is None or channel.call.answered_at is None):
            channel.caller_name = event.name

    def _hangup_requested(self, event: ev.HangupRequested) -> None:
        channel = self._known(event)
        call = channel.call if channel is not None else None
        if channel is None or call is None or not channel.is_device:
            return
        if event.cause is not None and channel.cause is None:
            channel.cause = event.cause
        if event.soft:
            channel.killed = True
        elif channel is call.first:
            call.caller_left(event.at)
            call.ended_by = call.ended_by or "caller"
        elif channel in call.talking:
            call.ended_by = call.ended_by or "person"

    def _hung_up(self, event: ev.ChannelHungUp) -> None:
        channel = self._known(event)
        if channel is None:
            return
        if event.cause is not None:
            channel.cause = event.cause
        channel.tech_cause = event.tech_cause
        self.remove(channel, event.at)

    def remove(self, channel: Channel, at: float, end_seen: bool = True) -> None:
        """A channel is gone, and its call with it if it was the last."""
        del self.channels[channel.uniqueid]
        channel.ended_at = at
        call = channel.call
        self._leave_bridge(channel, at)
        if channel.peer is not None:
            channel.peer.peer = None
            channel.peer = None
        if call is None:
            return
        self._fallback_left(call, channel, at)
        call.give_up(channel, at)
        call.judge(channel)
        call.unhold(channel, at)
        self.stays.channel_gone(call, channel, at)
        call.channels.discard(channel)
        if call.channels:
            self._refresh(call, at)
        else:
            self.end_call(call, at, end_seen)

    @staticmethod
    def _fallback_left(call: LiveCall, channel: Channel, at: float) -> None:
        # Some channel drivers tell no hangup request at all: gone without one is then the caller's doing.
        if channel is call.first and call.left_at is None and not channel.killed:
            call.caller_left(at)
            call.ended_by = call.ended_by or "caller"

    # ---- calls

    def end_call(self, call: LiveCall, at: float, end_seen: bool, merged_into: str | None = None) -> None:
        """A call is over: told once, and forgotten."""
        call.close(at)
        self.stays.call_over(call, at)
        del self.calls[call]
        for linkedid in self._linkedids_of(call):
            self._by_linkedid.pop(linkedid, None)  # filed twice, where another call had it in between
        if call.started:
            self.facts.append(self.recorder.ended(call, at, end_seen, merged_into))

    def _merge(self, one: LiveCall, other: LiveCall, at: float) -> LiveCall | None:
        """Join two calls; the survivor, or None where they stay two."""
        if one.direction == other.direction == "in":
            return None
        older, younger = (one, other) if (one.started_at, one.id) <= (other.started_at, other.id) else (other, one)
        keep, drop = (younger, older) if younger.has_outside_party and not older.has_outside_party else (older, younger)
        linkedids = self._linkedids_of(drop)
        drop.hand_over(keep, at)
        keep.incomplete = keep.incomplete or drop.incomplete
        self.end_call(drop, at, True, keep.id)
        for linkedid in linkedids:
            self._file(keep, linkedid)
        return keep

    def _linkedids_of(self, call: LiveCall) -> list[str]:
        return [linkedid for linkedid in call.linkedids if self._by_linkedid.get(linkedid) is call]

    def _refresh(self, call: LiveCall, at: float) -> None:
        call.refresh_state(at)

    # ---- dials

    def _dial_begun(self, event: ev.DialBegun) -> None:
        leg = self.channels.get(event.dest_uniqueid)
        if leg is None:
            self._doubt(event.at, "unknown_channel")
            return
        source = self.channels.get(event.uniqueid) if event.uniqueid is not None else None
        if leg.dialled_at is None:
            leg.dialled_at = event.at
            leg.dialled_by = source
            leg.dialled = number_dialled(event.dial_string)
        if source is None:
            if leg.call is not None and leg is leg.call.first:
                leg.call.originated = True
        elif source.call is not None and leg.call is not source.call:
            self._move(leg, source.call, event.at)
        call = leg.call
        if call is None or not leg.is_device:
            return
        if event.exten and source is call.first and (call.originated or not call.first.exten):
            call.first.exten = presented(event.exten) or ""
        if leg.is_trunk and call.direction == "internal" and self._is_dialled_out(call, leg):
            call.direction = "out"
            call.outside = set()
        if call.direction == "out" and leg.is_trunk:
            call.outside.add(leg)
            call.trunk_leg = leg
        call.seek(leg, event.at)
        if leg.state == ev.ChannelState.RINGING:  # Newstate may come before DialBegin
            self._rings(leg, event.at)
        self._refresh(call, event.at)

    @staticmethod
    def _is_dialled_out(call: LiveCall, leg: Channel) -> bool:
        """Did the dialler dial this line, or was a call to an extension passed on to it?"""
        if call.answered_at is not None or (call.outside and call.direction == "out"):
            return False
        exten, number = call.first.exten, leg.dialled or leg.number or ""
        if not is_extension(exten):
            return True
        return bool(number) and exten.endswith(number)

    def _move(self, leg: Channel, call: LiveCall, at: float) -> None:
        """A dialled channel belongs to the dialler's call, with the other half of its pair."""
        for channel in (leg, leg.peer):
            if channel is None or channel.call is call:
                continue
            old = channel.call
            if old is not None:
                old.channels.discard(channel)
                if channel in old.legs:
                    old.legs.remove(channel)
                if not old.channels:
                    self.end_call(old, at, True, call.id)
            self.join_call(call, channel, at)

    def _dial_progressed(self, event: ev.DialProgressed) -> None:
        leg = self.channels.get(event.dest_uniqueid)
        if leg is not None and event.status in _RINGING_WORDS:
            self._rings(leg, event.at)

    def _rings(self, leg: Channel, at: float) -> None:
        call = leg.call
        if call is None or not leg.is_device or not leg.seeking:
            return
        first = call.ring(leg, at)
        self._refresh(call, at)
        if first:
            self.facts.append(CallRang(at, self.recorder.live(call)))

    def _dial_ended(self, event: ev.DialEnded) -> None:
        leg = self.channels.get(event.dest_uniqueid)
        if leg is None or leg.call is None:
            return
        if leg.status is None:
            leg.status = event.status
        if event.forward:
            leg.forwarded = True
        if leg.is_device and leg.dialled_at is not None:
            leg.call.give_up(leg, event.at)
            self._refresh(leg.call, event.at)

    # ---- bridges

    def _local_bridged(self, event: ev.LocalBridged) -> None:
        one, two = self.channels.get(event.one), self.channels.get(event.two)
        if one is None or two is None:
            self._doubt(event.at, "unknown_channel")
            return
        if one is two or not one.parts.half or one.name[:-1] != two.name[:-1]:
            self._doubt(event.at, "misnamed_channel")
            return
        one.peer, two.peer = two, one
        if one.call is not None and two.call is not one.call:
            self._move(two, one.call, event.at)

    def bridge(self, bridge_id: str, technology: str) -> Bridge:
        """The bridge of that id, met or new."""
        bridge = self.bridges.get(bridge_id)
        if bridge is None:
            bridge = self.bridges[bridge_id] = Bridge(bridge_id, technology == HOLDING)
        return bridge

    def _bridge_entered(self, event: ev.BridgeEntered) -> None:
        channel = self._known(event)
        if channel is None:
            return
        bridge = self.bridge(event.bridge, event.technology)
        if channel.bridge is not None and channel.bridge is not bridge:
            self._leave_bridge(channel, event.at)
        channel.bridge = bridge
        bridge.members.add(channel)
        if not bridge.holding and (len(bridge.members) > 1 or channel.peer is not None):
            self.listen(channel, event.at)

    def place(self, channel: Channel, bridge_id: str | None, technology: str, at: float) -> None:
        """A channel is found in this bridge (or in none), without an event that says how it came there."""
        if channel.bridge is not None:
            self._leave_bridge(channel, at)
        if bridge_id:
            channel.bridge = self.bridge(bridge_id, technology)
            channel.bridge.members.add(channel)

    def is_talking(self, call: LiveCall) -> bool:
        """Does the outside party of this call hear a person?"""
        return bool(self._people_heard(call)[0])

    def _bridge_left(self, event: ev.BridgeLeft) -> None:
        channel = self._known(event)
        if channel is not None and channel.bridge is not None and channel.bridge.id == event.bridge:
            self._leave_bridge(channel, event.at)

    def _leave_bridge(self, channel: Channel, at: float) -> None:
        bridge = channel.bridge
        if bridge is None:
            return
        heard = connected(channel) if not bridge.holding else set()
        bridge.members.discard(channel)
        channel.bridge = None
        channel.hold_at = None
        if channel.call is not None:
            channel.call.unhold(channel, at)
        for call in dict.fromkeys(c.call for c in in_order(heard) if c.call is not None):
            self._listen_again(call, at)
        if not bridge.members:
            self.bridges.pop(bridge.id, None)

    def _bridge_merged(self, event: ev.BridgeMerged) -> None:
        source = self.bridges.get(event.source)
        if source is None or event.source == event.bridge:
            return
        target = self.bridge(event.bridge, "")
        for channel in list(source.members):
            channel.bridge = target
            target.members.add(channel)
        self.bridges.pop(source.id, None)
        for channel in list(target.members)[:1]:
            self.listen(channel, event.at)

    def _bridge_destroyed(self, event: ev.BridgeDestroyed) -> None:
        bridge = self.bridges.pop(event.bridge, None)
        for channel in in_order(bridge.members) if bridge is not None else ():
            self._leave_bridge(channel, event.at)

    def listen(self, channel: Channel, at: float) -> None:
        """Somebody new is connected: join calls that hear each other, and see who talks."""
        heard = connected(channel)
        devices = [c for c in heard if c.is_device]
        calls = list(dict.fromkeys(c.call for c in devices if c.call is not None and not c.pool))
        if len(calls) > 1 and len(devices) > 1:
            calls = self._join(sorted(calls, key=lambda call: (call.started_at, call.id)), at)
        for call in calls:
            self._listen_again(call, at)

    def _join(self, calls: list[LiveCall], at: float) -> list[LiveCall]:
        kept: list[LiveCall] = []
        for call in calls:
            for index, other in enumerate(kept):
                survivor = self._merge(other, call, at)
                if survivor is not None:
                    kept[index] = survivor
                    break
            else:
                kept.append(call)
        return kept

    def _listen_again(self, call: LiveCall, at: float) -> None:
        """Who does the outside party of this call hear now?"""
        if call not in self.calls:
            return
        people, reached = self._people_heard(call)
        answered = call.talk_with(people, at)
        if people and call.answerer is None:
            call.answerer = (
                reached if call.direction == "out" else min(people, key=lambda c: (c.created_at, c.uniqueid))
            )
        if people:
            for channel in in_order([c for c in people | call.outside if c.hold_at is not None]):
                call.hold(channel, at)
        self._refresh(call, at)
        if answered:
            self.facts.append(CallAnswered(at, self.recorder.live(call)))

    def _people_heard(self, call: LiveCall) -> tuple[set[Channel], Channel | None]:
        """The people whom the outside party hears, and which of its channels does."""
        people: set[Channel] = set()
        reached: Channel | None = None
        for outside in in_order(call.outside):
            if outside.bridge is None or outside.bridge.holding:
                continue
            here = {c for c in connected(outside) if c.is_device and not self._is_outside_party(c)}
            if here and reached is None:
                reached = outside
            people |= here
        return people, reached

    @staticmethod
    def _is_outside_party(channel: Channel) -> bool:
        return channel.call is not None and channel in channel.call.outside

    # ---- hold

    def _hold_started(self, event: ev.HoldStarted) -> None:
        channel = self._known(event)
        if channel is not None:
            channel.hold_at = event.at
            if channel.call is not None and channel.is_device:
                channel.call.hold(channel, event.at)
                self._refresh(channel.call, event.at)

    def _hold_ended(self, event: ev.HoldEnded) -> None:
        channel = self._known(event)
        if channel is not None:
            channel.hold_at = None
            if channel.call is not None:
                channel.call.unhold(channel, event.at)
                self._refresh(channel.call, event.at)

    # ---- queues

    def _queue_joined(self, event: ev.QueueJoined) -> None:
        channel = self._known(event)
        if channel is None or channel.call is None:
            return
        self.join_queue(channel, event.queue, event.at, event.position)
        self.facts.append(CallQueued(event.at, self.recorder.live(channel.call), event.queue))

    def join_queue(self, channel: Channel, queue: str, at: float, position: int | None) -> None:
        """A channel waits in a queue since `at`."""
        call = channel.call
        if call is not None:
            self.stays.channel_goes_on(call, channel, at)
            call.join_queue(Stay(queue, channel, at, position))
            self._refresh(call, at)

    def _queue_left(self, event: ev.QueueLeft) -> None:
        channel = self._known(event)
        if channel is not None and channel.call is not None:
            self.stays.left(channel.call, channel, event.queue, event.at)
            self._refresh(channel.call, event.at)

    def _queue_abandoned(self, event: ev.QueueAbandoned) -> None:
        channel = self._known(event)
        if channel is not None and channel.call is not None:
            self.stays.abandoned(channel.call, channel, event.queue)

    def _agent_called(self, event: ev.AgentCalled) -> None:
        leg = self.channels.get(event.dest_uniqueid)
        self._name_member(event.interface, event.member)
        if leg is not None:
            leg.queue = event.queue
            if leg.is_device:
                leg.member = event.member

    def _agent_connected(self, event: ev.AgentConnected) -> None:
        channel = self.channels.get(event.uniqueid)
        self._name_member(event.interface, event.member)
        if channel is not None and channel.call is not None:
            self.stays.connected(channel.call, channel, event.queue, event.member, event.at)

    def _agent_logged_in(self, event: ev.AgentLoggedIn) -> None:
        channel = self._known(event)
        if channel is None:
            return
        call = channel.call
        channel.pool = True
        channel.call = None
        if call is not None:
            call.channels.discard(channel)
            if call.first is channel:
                call.started = False  # a login is no call
            if not call.channels:
                self.end_call(call, event.at, True)

    def _member_seen(self, event: ev.MemberSeen) -> None:
        self.evidence.add_member(event.interface)
        self._name_member(event.interface, event.name)
        if event.state_interface != event.interface:
            self.evidence.add_member(event.state_interface)
            self._name_member(event.state_interface, event.name)

    def _name_member(self, interface: str, name: str | None) -> None:
        if name and name != interface:
            self.recorder.member_names[interface] = name

    def _variable_set(self, event: ev.VariableSet) -> None:
        channel = self._known(event)
        call = channel.call if channel is not None else None
        if channel is None or call is None or not event.value:
            return
        if event.variable == "VMSTATUS":
            call.voicemail = True
        elif event.variable == "QUEUESTATUS":
            if event.value in _QUEUE_REFUSED:
                call.refused = True
            self.stays.status(call, channel, event.value, event.at)
        elif event.variable == "DIALSTATUS" and call.answered_at is None:
            call.refused = call.refused or event.value in _NOBODY_THERE
            call.refused_busy = call.refused_busy or event.value == "BUSY"

    # ---- doubt

    def _known(self, event: Any) -> Channel | None:
        channel = self.channels.get(event.uniqueid)
        if channel is None:
            self._doubt(event.at, "unknown_channel")
        return channel

    def _doubt(self, at: float, reason: str) -> None:
        self.facts.append(EventDoubted(at, reason))

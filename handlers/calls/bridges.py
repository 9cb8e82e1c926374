"""Bridges, Local pairs and hold: who hears whom, and what that means for the calls."""

from collections.abc import Callable, Iterable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.channels import HOLDING, Bridge, Channel, connected, in_order
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.talks import SAME_TALK_S
from handlers.facts import CallAnswered


class Bridges:
    """Takes what channels do with bridges, Local halves with each other, and who holds whom."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.LocalBridged: self._local_bridged,
            ev.BridgeEntered: self._entered,
            ev.BridgeLeft: self._left,
            ev.BridgeMerged: self._merged,
            ev.BridgeDestroyed: self._destroyed,
            ev.HoldStarted: self._hold_started,
            ev.HoldEnded: self._hold_ended,
        }

    def _local_bridged(self, event: ev.LocalBridged) -> None:
        one, two = self._state.channels.get(event.one), self._state.channels.get(event.two)
        if one is None or two is None:
            self._state.doubt(event.at, "unknown_channel")
            return
        if one is two or not one.parts.half or one.name[:-1] != two.name[:-1]:
            self._state.doubt(event.at, "misnamed_channel")
            return
        one.peer, two.peer = two, one
        if one.call is not None and two.call is not one.call:
            self._state.move(two, one.call, event.at)

    def bridge(self, bridge_id: str, technology: str) -> Bridge:
        """The bridge of that id, met or new."""
        bridge = self._state.bridges.get(bridge_id)
        if bridge is None:
            bridge = self._state.bridges[bridge_id] = Bridge(bridge_id, technology == HOLDING)
        return bridge

    def _entered(self, event: ev.BridgeEntered) -> None:
        channel = self._state.known(event)
        if channel is None:
            return
        self._put(channel, event.bridge, event.technology, event.at)

    def take_place(self, channel: Channel, of: Channel, at: float) -> None:
        """A channel comes into a bridge in the place of another, and the PBX tells it by no event of theirs."""
        if of.bridge is not None and not of.bridge.holding:
            bridge_id = of.bridge.id
            self.leave(of, at)
            self._put(channel, bridge_id, "", at)

    def _put(self, channel: Channel, bridge_id: str, technology: str, at: float) -> None:
        """A channel comes into a bridge."""
        bridge = self.bridge(bridge_id, technology)
        if channel.bridge is not None and channel.bridge is not bridge:
            self.leave(channel, at)
        channel.bridge = bridge
        bridge.members.add(channel)
        if not bridge.holding and (len(bridge.members) > 1 or channel.peer is not None):
            self.listen(channel, at)

    def place(self, channel: Channel, bridge_id: str | None, technology: str, at: float) -> None:
        """A channel is found in this bridge (or in none), without an event that says how it came there."""
        if channel.bridge is not None:
            self.leave(channel, at)
        if bridge_id:
            channel.bridge = self.bridge(bridge_id, technology)
            channel.bridge.members.add(channel)

    def _left(self, event: ev.BridgeLeft) -> None:
        channel = self._state.known(event)
        if channel is not None and channel.bridge is not None and channel.bridge.id == event.bridge:
            self.leave(channel, event.at)

    def leave(self, channel: Channel, at: float) -> None:
        """A channel is in no bridge any more."""
        bridge = channel.bridge
        if bridge is None:
            return
        heard = connected(channel) if not bridge.holding else set()
        bridge.members.discard(channel)
        channel.bridge = None
        channel.hold_at, channel.may_hold = None, False
        if channel.unheld_at is not None and at - channel.unheld_at > SAME_TALK_S:
            for call in self._calls_held_by(channel):
                call.unseen.add("hold")  # it began while nobody listened
        channel.unheld_at = None
        if channel.call is not None:
            channel.call.holds.end(channel, at)
        for call in dict.fromkeys(c.call for c in in_order(heard) if c.call is not None):
            call.holds.end(channel, at)  # an agent of a pool holds in a call that is not his
            self.listen_again(call, at)
        if not bridge.members:
            self._state.bridges.pop(bridge.id, None)

    def _merged(self, event: ev.BridgeMerged) -> None:
        # Each member's BridgeLeave and BridgeEnter follow, but for who is leaving anyhow (attended transfer by feature code).
        source = self._state.bridges.get(event.source)
        if source is not None and event.source != event.bridge:
            source.merged_into = event.bridge

    def _destroyed(self, event: ev.BridgeDestroyed) -> None:
        bridge = self._state.bridges.pop(event.bridge, None)
        for channel in in_order(bridge.members) if bridge is not None else ():
            self.leave(channel, event.at)
            if bridge is not None and bridge.merged_into is not None:
                self._put(channel, bridge.merged_into, "", event.at)

    def listen(self, channel: Channel, at: float) -> None:
        """Somebody new is connected: join calls that hear each other, and see who talks."""
        heard = connected(channel)
        # A Local half stands for the device behind it, which in a pool has no call to show (attended transfer to its agent).
        calls = list(dict.fromkeys(c.call for c in heard if c.call is not None and (c.is_device or c.parts.half)))
        devices = [c for c in heard if c.is_device]
        if len(devices) > 1:
            self._meet(devices, at)
        if len(calls) > 1 and len(devices) > 1:
            calls = self._join(sorted(calls, key=lambda call: (call.started_at, call.id)), at)
        for call in calls:
            self.listen_again(call, at)

    @staticmethod
    def _meet(devices: Iterable[Channel], at: float) -> None:
        for channel in devices:
            if channel.met_at is None:
                channel.met_at = at
            if channel.seeking and channel.call is not None:
                channel.call.give_up(channel, at)

    def _join(self, calls: list[LiveCall], at: float) -> list[LiveCall]:
        kept: list[LiveCall] = []
        for call in calls:
            for index, other in enumerate(kept):
                survivor = self._state.merge(other, call, at)
                if survivor is not None:
                    kept[index] = survivor
                    break
            else:
                kept.append(call)
        return kept

    def listen_again(self, call: LiveCall, at: float) -> None:
        """Who does the outside party of this call hear now?"""
        if call not in self._state.calls:
            return
        people, reached = self.people_heard(call)
        answered = call.talk_with(people, at)
        if people and call.answerer is None:
            call.answerer = (
                reached if call.direction == "out" else min(people, key=lambda c: (c.created_at, c.uniqueid))
            )
        if reached is not None and reached.joined_at is None:
            reached.joined_at = at
        if people:
            for channel in in_order([c for c in people | call.outside if c.hold_at is not None]):
                call.hold(channel, at)
        self._state.refresh(call, at)
        if answered:
            self._state.facts.append(CallAnswered(at, self._state.live(call)))

    def people_heard(self, call: LiveCall) -> tuple[set[Channel], Channel | None]:
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

    def _hold_started(self, event: ev.HoldStarted) -> None:
        channel = self._state.known(event)
        if channel is not None:
            channel.hold_at, channel.may_hold = event.at, False
            for call in self._calls_held_by(channel):
                call.hold_again(channel, event.at)
                self._state.refresh(call, event.at)

    def _hold_ended(self, event: ev.HoldEnded) -> None:
        channel = self._state.known(event)
        if channel is not None:
            channel.hold_at = None
            channel.unheld_at = event.at if channel.may_hold else None
            for call in self._calls_held_by(channel):
                call.holds.end_heard(channel, event.at)
                self._state.refresh(call, event.at)
            channel.may_hold = False

    @staticmethod
    def _calls_held_by(channel: Channel) -> Iterable[LiveCall]:
        """Its own call; an agent of a pool has none, and holds in those that he hears."""
        if channel.call is not None:
            return (channel.call,) if channel.is_device else ()
        if not channel.pool:
            return ()
        return dict.fromkeys(c.call for c in in_order(connected(channel)) if c.call is not None)

"""Takes typed events, each to the part that understands it, and says what happened to calls."""

from collections.abc import Callable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.app_queue import AppQueue
from handlers.calls.bridges import Bridges
from handlers.calls.channels import Channel, connected, in_order
from handlers.calls.dials import Dials
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.names import presented
from handlers.calls.parking import ParkingLots
from handlers.calls.transfers import Transfers
from handlers.calls.unseen_answers import UnseenAnswers
from handlers.facts import CallChanged, Fact
from handlers.rules import Rules

# What a channel shows as dialled that the PBX has made by itself.
_NOBODY_DIALLED = frozenset({"", "s"})


class Tracker:
    """All live calls of one PBX. `take` gives it an event; what the event means is appended to `facts`."""

    def __init__(self, rules: Rules, facts: list[Fact]) -> None:
        self.state = LiveState(rules, facts)
        self.dials = Dials(self.state)
        self.bridges = Bridges(self.state)
        self.queues = AppQueue(self.state)
        self.transfers = Transfers(self.state, self.bridges)
        self.lots = ParkingLots(self.state)
        self.unseen_answers = UnseenAnswers(self.state)
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.ChannelCreated: self._created,
            ev.ChannelStateChanged: self._state_changed,
            ev.CallerIdChanged: self._caller_id_changed,
            ev.HangupRequested: self._hangup_requested,
            ev.ChannelHungUp: self._hung_up,
            **self.dials.handlers,
            **self.bridges.handlers,
            **self.queues.handlers,
            **self.transfers.handlers,
            **self.lots.handlers,
            **self.unseen_answers.handlers,
        }

    def take(self, event: ev.Event) -> None:
        """Let one event happen."""
        handler = self.handlers.get(type(event))
        if handler is not None:
            handler(event)

    def _created(self, event: ev.ChannelCreated) -> None:
        if event.uniqueid in self.state.channels:
            return
        channel = self.state.new_channel(
            event.at, event.uniqueid, event.channel, event.state, event.number, event.name, event.context, event.exten
        )
        call = self.state.call_of(event.linkedid) if event.linkedid != event.uniqueid else None
        if call is None:
            call = self.state.new_call(channel, event.linkedid)
            # Its first channel was never seen: it began before us, or in a gap.
            is_met = event.linkedid != event.uniqueid
            call.incomplete = is_met or self.state.broken_at is not None
            is_down = channel.is_device and event.state == ev.ChannelState.DOWN
            # chan_sip makes a caller's channel in this state too (tape 16-chan-sip-outgoing): with what he has dialled, or a Ring behind it.
            call.originated = is_down and event.exten in _NOBODY_DIALLED
            if is_met and is_down:
                # About to be dialled, by a dialler who was handed a Linkedid that is nobody's: that of a login to an agents' pool,
                # say. The dial that follows tells whose call it is.
                call.add(channel)
                return
        self.state.join_call(call, channel, event.at)

    def _state_changed(self, event: ev.ChannelStateChanged) -> None:
        channel = self.state.known(event)
        if channel is None:
            return
        channel.state = event.state
        if event.state == ev.ChannelState.RING:
            self._comes_in(channel, event.at)
        self.state.begin(channel, event.at)
        if event.state == ev.ChannelState.RINGING:
            self.dials.ring(channel, event.at)
        elif event.state == ev.ChannelState.UP:
            if channel.up_at is None:
                channel.up_at = event.at
            if channel.call is not None:
                channel.call.stop_ringing(channel, event.at)
                self.state.refresh(channel.call, event.at)

    def _comes_in(self, channel: Channel, at: float) -> None:
        """Whoever rings at the PBX is a caller: whom it rings itself is never in this state."""
        call = channel.call
        if call is None or call.first is not channel or not call.originated:
            return
        call.originated = False
        if call.started and channel.is_trunk:
            call.direction, call.trunk_leg = "in", None
            call.changed = True
            self.state.facts.append(CallChanged(at, self.state.live(call)))

    def _caller_id_changed(self, event: ev.CallerIdChanged) -> None:
        channel = self.state.channels.get(event.uniqueid)  # may follow the Hangup: nothing to doubt
        if channel is None:
            return
        if channel.number is None:
            channel.number = presented(event.number)
        if event.name and (channel.call is None or channel.call.answered_at is None):
            channel.caller_name = event.name

    def _hangup_requested(self, event: ev.HangupRequested) -> None:
        channel = self.state.known(event)
        if channel is None or not channel.is_device:
            return
        call = channel.call
        if call is None:
            self._agent_of_pool_hangs_up(channel, event)
            return
        if event.cause is not None and channel.cause is None:
            channel.cause = event.cause
        if event.soft:
            channel.killed = True
            return
        channel.left_at = channel.left_at or event.at
        if call.only_loses(channel):
            return
        if channel is call.first:
            call.caller_left(event.at)
            call.ended_by = call.ended_by or "caller"
        elif channel in call.talks.now or channel in call.outside:
            call.ended_by = call.ended_by or "person"

    def _agent_of_pool_hangs_up(self, channel: Channel, event: ev.HangupRequested) -> None:
        """He is in no call of his own, and ends the one that he talks in."""
        if event.soft:
            return
        for call in dict.fromkeys(each.call for each in in_order(connected(channel)) if each.call is not None):
            if channel in call.talks.now:
                call.ended_by = call.ended_by or "person"

    def _hung_up(self, event: ev.ChannelHungUp) -> None:
        channel = self.state.known(event)
        if channel is None:
            return
        if event.cause is not None:
            channel.cause = event.cause
        channel.tech_cause = event.tech_cause
        self.remove(channel, event.at)

    def remove(self, channel: Channel, at: float, end_seen: bool = True) -> None:
        """A channel is gone, and its call with it if it was the last."""
        self.state.begin(channel, at)
        self.state.forget_channel(channel)
        channel.ended_at = at
        call = channel.call
        if call is not None and not end_seen:
            call.unseen_moments.add(at)
            self.state.stays.channel_gone_unseen(call, channel, at)
            was_taken = channel.dialled_at is not None and channel.up_at is not None
            if (channel is call.first or was_taken) and call.answered_at is None:
                call.answer_doubted = True  # what is left of the call does not tell
        self.bridges.leave(channel, at)
        if channel.peer is not None:
            channel.peer.peer = None
            channel.peer = None
        if call is None:
            return
        if channel is call.first:
            self._first_gone(call, channel, at)
        call.give_up(channel, at)
        call.judge(channel)
        call.holds.end(channel, at)
        self.state.stays.channel_gone(call, channel, at)
        call.channels.discard(channel)
        if call.channels:
            self.state.refresh(call, at)
        else:
            self.state.end_call(call, at, end_seen)

    @staticmethod
    def _first_gone(call: LiveCall, channel: Channel, at: float) -> None:
        call.passed_on.unpark(channel, at)
        call.passed_on.was_kept = any(c.joined_at is not None for c in call.channels if c is not channel)
        # Some channel drivers tell no hangup request at all: gone without one is then the caller's doing.
        if call.left_at is None and not channel.killed and not call.only_loses(channel):
            call.caller_left(at)
            call.ended_by = call.ended_by or "caller"

"""What lives now: channels, bridges and calls, and what each part of the tracker does to them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from handlers.ami.events import ChannelState
from handlers.calls.channels import Bridge, Channel
from handlers.calls.evidence import Evidence
from handlers.calls.live_call import LiveCall
from handlers.calls.names import parse_channel_name, presented
from handlers.calls.record import Recorder, Run
from handlers.calls.stays import Stays
from handlers.facts import (
    Call,
    CallChanged,
    CallEnded,
    CallRetracted,
    CallStarted,
    EventDoubted,
    Fact,
    Glance,
    TrunkGuessed,
)
from handlers.rules import Rules

# chan_sip names a guest's channel by the domain in his From: whoever calls could fill log and memory.
_GUESSES_TOLD = 500
# A record of each of ten thousand calls would take a fifth of a second.
_ALTERED_TOLD = 200


class LiveState:
    """All that is known of one PBX's calls. What is to be told goes to `facts`, oldest first."""

    def __init__(self, rules: Rules, facts: list[Fact]) -> None:
        self.facts = facts
        self.evidence = Evidence(rules)
        self.run = Run()
        self._recorder = Recorder(rules, self.run)
        self.stays = Stays(self._rules_of, facts)
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.calls: dict[LiveCall, Recorder] = {}
        """The live calls, oldest first, each with the recorder, and so the rules, that it began under."""
        self.broken_at: float | None = None
        """Since when the PBX is not heard. What is read late then happened nobody knows when."""
        self.clock_set_at: float | None = None
        """When the clock was set last: of what happened before, the PBX's CDRs have the moments by the old one."""
        self.is_taking_up = False
        """What a snapshot shows is being taken up: what changes now did so before, nobody knows when."""
        self.altered: dict[LiveCall, None] = {}
        """The calls that would be told otherwise than they were last."""
        self._by_linkedid: dict[str, LiveCall] = {}
        self._phones: dict[str, dict[str, Channel]] = {}
        """The live channels of our own devices: by endpoint, then by uniqueid."""
        self._guessed: set[str] = set()

    # ---- what it looks like from outside

    def call_of(self, linkedid: str) -> LiveCall | None:
        """The live call that this Linkedid belongs to."""
        return self._by_linkedid.get(linkedid)

    def live_calls(self) -> Iterator[Call]:
        """The calls that live now, oldest first."""
        return (recorder.live(call) for call, recorder in self.calls.items() if call.started)

    def glances(self) -> Iterator[Glance]:
        """The same calls, without a record of each: there may be thousands."""
        return (call for call in self.calls if call.started)

    def talks_with(self, is_theirs: Callable[[str], bool], likely: str = "") -> Iterator[Call]:
        """The calls that live, were or may have been answered, and whose outside party has such a number; `likely`'s is looked at first.

        Of those that were answered in a gap, or of which the PBX is being asked whether they were, `answered_at` may be None. There may
        be thousands: a record is made of those alone that are found.
        """
        first = self._by_linkedid.get(likely)
        for call in chain((first,) if first is not None else (), self.calls):
            if call.started and call.may_be_answered:
                recorder = self.calls[call]
                number = recorder.numbers.of_outside_party(call)
                if number is not None and is_theirs(number):
                    yield recorder.live(call)

    @property
    def live_count(self) -> int:
        """How many calls live now."""
        return sum(call.started for call in self.calls)

    def live(self, call: LiveCall) -> Call:
        """One live call as it stands, to be told."""
        self.altered.pop(call, None)
        return self.calls[call].live(call)

    def refresh(self, call: LiveCall, at: float) -> None:
        """Something of a call has changed, perhaps its state: then it is to be told."""
        if call.refresh_state(at):
            self.altered[call] = None

    def tell_altered(self, at: float) -> None:
        """What the facts of the moment leave untold: calls whose state is another, and no fact says so.

        Of very many at once, which a snapshot alone can change, nothing is told: who shows them looks at all of them anyway.
        """
        altered = [call for call in self.altered if call.started]
        if len(altered) <= _ALTERED_TOLD:
            self.facts += [CallChanged(at, self.live(call)) for call in altered]
        self.altered.clear()

    def unfinished(self, at: float) -> list[CallEnded]:
        """The calls that live, oldest first, as rows of which no end was seen."""
        rows = [recorder.ended(call, at, False, None) for call, recorder in self.calls.items() if call.started]
        return [replace(row, call=replace(row.call, incomplete=True)) for row in rows]

    @property
    def is_idle(self) -> bool:
        """Does no call live?"""
        return not self.calls

    def waiting(self) -> Iterator[tuple[str, float]]:
        """Who waits in a queue now: the queue's name, and since when, in epoch seconds."""
        return ((stay.queue, stay.joined_at) for call in self.calls for stay in call.stays if stay.left_at is None)

    def channels_of(self, endpoint: str) -> Iterable[Channel]:
        """The live channels of our own devices that have this endpoint, oldest first; a look costs nothing for all the others."""
        return self._phones.get(endpoint, {}).values()

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
            call.incomplete = call.changed = True
            call.touched = False

    def doubt_what_was_read_late(self) -> None:
        """The stream is whole again: of what was told meanwhile nobody knows the moments."""
        broken_at, self.broken_at = self.broken_at, None
        if broken_at is not None:
            for call in self.calls:
                if call.touched:
                    call.read_late(broken_at)

    def sizes(self) -> dict[str, int]:
        """How much is remembered, by kind."""
        return {
            "channels": len(self.channels),
            "bridges": len(self.bridges),
            "calls": len(self.calls),
            "linkedids": len(self._by_linkedid),
            "phones": len(self._phones),
        }

    def change_rules(self, rules: Rules) -> None:
        """From here on channels and calls that begin follow these rules; what lives keeps those that it began under."""
        self.evidence.change_rules(rules)
        self._recorder = Recorder(rules, self.run)

    def _rules_of(self, call: LiveCall) -> Rules:
        return self.calls[call].rules

    # ---- channels

    def known(self, event: Any) -> Channel | None:
        """The channel that an event tells of; None, and doubted, where there is none."""
        channel = self.channels.get(event.uniqueid)
        if channel is None:
            self.doubt(event.at, "unknown_channel")
        return channel

    def doubt(self, at: float, reason: str) -> None:
        """An event contradicts what is known."""
        self.facts.append(EventDoubted(at, reason))

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
        if state == ChannelState.UP:
            channel.up_at = at
        if side is not None and side.guessed and side.trunk not in self._guessed and side.trunk is not None:
            self._guess(at, side.trunk)
        self.adopt_channel(channel)
        return channel

    def adopt_channel(self, channel: Channel) -> None:
        """A channel lives, from here on or since an earlier run."""
        self.channels[channel.uniqueid] = channel
        if channel.side is not None and channel.side.trunk is None:
            self._phones.setdefault(channel.parts.endpoint, {})[channel.uniqueid] = channel

    def forget_channel(self, channel: Channel) -> None:
        """A channel is gone; its call may keep it."""
        del self.channels[channel.uniqueid]
        endpoint = channel.parts.endpoint
        phone = self._phones.get(endpoint)
        if phone is not None and phone.pop(channel.uniqueid, None) is not None and not phone:
            del self._phones[endpoint]

    def _guess(self, at: float, endpoint: str) -> None:
        if len(self._guessed) < _GUESSES_TOLD:
            self._guessed.add(endpoint)
            self.facts.append(TrunkGuessed(at, endpoint))

    # ---- calls

    def new_call(self, first: Channel, linkedid: str) -> LiveCall:
        """A call that begins with this channel."""
        call = LiveCall(first.uniqueid, first, first.created_at, "in" if first.is_trunk else "internal")
        call.state_since = first.created_at
        self.calls[call] = self._recorder
        self._file(call, linkedid)
        self._file(call, first.uniqueid)
        return call

    def adopt_call(self, call: LiveCall) -> None:
        """A call of an earlier run lives still. From here on it follows the rules in force."""
        call.touched = False
        self.calls[call] = self._recorder
        for linkedid in call.linkedids:
            self._by_linkedid[linkedid] = call

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
        self.facts.append(CallStarted(at, self.live(call)))

    def begin(self, channel: Channel, at: float) -> None:
        """A device that no dial told of does something: its call has begun, if it was not told of before."""
        call = channel.call
        if call is not None and not call.started and channel is call.first:
            self.join_call(call, channel, at)

    def move(self, leg: Channel, call: LiveCall, at: float) -> None:
        """A dialled channel belongs to the dialler's call, with the other half of its pair."""
        for channel in (leg, leg.peer):
            if channel is None or channel.call is call:
                continue
            old = channel.call
            if old is not None:
                old.channels.discard(channel)
                if channel in old.legs:
                    old.legs.remove(channel)
                old.changed = True
                if not old.channels:
                    self.end_call(old, at, not self.is_taking_up, call.id)
            self.join_call(call, channel, at)

    def merge(self, one: LiveCall, other: LiveCall, at: float) -> LiveCall | None:
        """Join two calls; the survivor, or None where they stay two."""
        if one.direction == other.direction == "in":
            return None
        older, younger = (one, other) if (one.started_at, one.id) <= (other.started_at, other.id) else (other, one)
        keep, drop = (younger, older) if younger.has_outside_party and not older.has_outside_party else (older, younger)
        linkedids = self.linkedids_of(drop)
        drop.hand_over(keep, at)
        if not drop.talks.now:
            drop.answer_unseen = False  # while a snapshot is taken up that is not decided yet
        keep.incomplete = keep.incomplete or drop.incomplete
        if self.is_taking_up:
            drop.unseen_moments.add(at)
        self.end_call(drop, at, not self.is_taking_up, keep.id)
        for linkedid in linkedids:
            self._file(keep, linkedid)
        return keep

    def end_call(self, call: LiveCall, at: float, end_seen: bool, merged_into: str | None = None) -> None:
        """A call is over: told once, and forgotten."""
        call.close(at)
        if self.broken_at is not None:
            call.read_late(self.broken_at, is_over=True)
        self.stays.call_over(call, at)
        recorder = self.calls.pop(call)
        self.altered.pop(call, None)
        for linkedid in self.linkedids_of(call):
            self._by_linkedid.pop(linkedid, None)  # filed twice, where another call had it in between
        if call.started:
            self.facts.append(recorder.ended(call, at, end_seen, merged_into))

    def retract(self, call: LiveCall, at: float) -> None:
        """What was told as a call is none; whatever becomes of it is told no more."""
        call.started = False
        self.facts.append(CallRetracted(at, self.calls[call].ended(call, at, True, None).call))

    def _file(self, call: LiveCall, linkedid: str) -> None:
        if self._by_linkedid.get(linkedid) is not call:
            self._by_linkedid[linkedid] = call
            call.linkedids.append(linkedid)

    def linkedids_of(self, call: LiveCall) -> list[str]:
        """The Linkedids that are this call's now."""
        return [linkedid for linkedid in call.linkedids if self._by_linkedid.get(linkedid) is call]

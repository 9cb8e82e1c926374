"""One call while it lives: who is in it, who is sought, who talks, and since when.

Methods are told what happened and keep the sums; `results.py` says what the call was, `record.py` writes it down.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from handlers.calls.channels import Channel, in_order
from handlers.calls.holds import Holds
from handlers.calls.passings import PassedOn
from handlers.calls.periods import Stay
from handlers.calls.spans import SharedSpan
from handlers.calls.talks import Talks
from handlers.facts import CallState, Direction, EndedBy

if TYPE_CHECKING:
    from handlers.calls.unseen_answers import SoughtAnswer

# A caller's own hangup reaches us within the same burst of events as the end of the dial that it ends; two topics of
# Asterisk's bus may swap them (ami.md 3.2: order across topics is mostly the publishing order).
SAME_MOMENT_S = 0.1
# What one call keeps for its time line: a queue that rings twelve phones for an hour makes thousands of legs.
LEGS_KEPT = 200
Part = Literal["wait", "ivr", "queue", "ring", "talk", "hold", "total"]
# Of a call that was touched while its events were read late; its beginning and its end may have been seen all the same.
READ_LATE: frozenset[Part] = frozenset(get_args(Part)) - {"total"}


@dataclass(slots=True, eq=False)
class LiveCall:
    """The state of one call. `first` is the channel it began with, which also names it."""

    id: str
    first: Channel
    started_at: float
    direction: Direction
    started: bool = False
    """Its beginning was told: a device is in it, not Local halves alone."""
    channels: set[Channel] = field(default_factory=set)
    legs: list[Channel] = field(default_factory=list)
    outside: set[Channel] = field(default_factory=set)
    """The outside party's channels: the caller's of an incoming call, the dialled lines of an outgoing one."""
    trunk_leg: Channel | None = None
    originated: bool = False
    incomplete: bool = False
    linkedids: list[str] = field(default_factory=list)
    """The Linkedids under which it was filed."""
    answer_unseen: bool = False
    """It was being talked already when we first saw it."""
    talked_unseen_since: float | None = None
    """Its outside party's channel was found up and hearing nobody: the PBX has yet to say whether somebody was heard since then."""
    answer_doubted: bool = False
    """Perhaps somebody was: the PBX cannot tell a caller who was passed on from one who was rung for in vain."""
    picked_up_unseen: bool = False
    """What is left of a talk was found, or what comes before one: a line that is up, or somebody alone in a bridge."""
    sought_answer: "SoughtAnswer | None" = None
    """Whom the PBX is asked about, to know when it was answered."""
    unseen: set[Part] = field(default_factory=set)
    """Of which of its durations a part happened while nobody listened: they are not told."""
    unseen_moments: set[float] = field(default_factory=set)
    """When it was found that something had ended, or begun, unseen: no such moment is that of what happened."""

    sought_at: float | None = None
    searching: set[Channel] = field(default_factory=set)
    search_ended_at: float | None = None
    refused: bool = False
    """A queue or a dial turned the caller away without ringing anybody."""
    refused_busy: bool = False
    any_busy: bool = False
    any_rung_free: bool = False
    """Somebody was rung who wasn't busy."""
    last_leg: Channel | None = None
    left_at: float | None = None
    left_while_sought: bool = False

    stays: list[Stay] = field(default_factory=list)
    queued: SharedSpan[Stay] = field(default_factory=SharedSpan)
    queue_wait_s: float | None = None
    """The queues' share of the wait, once answered: later stays are no part of it."""
    rung: SharedSpan[Channel] = field(default_factory=SharedSpan)
    talks: Talks = field(default_factory=Talks)
    holds: Holds = field(default_factory=Holds)

    answered_at: float | None = None
    answerer: Channel | None = None
    ended_by: EndedBy | None = None
    voicemail: bool = False
    passed_on: PassedOn = field(default_factory=PassedOn)
    state: CallState = "ivr"
    state_since: float = 0.0
    changed: bool = True
    """Something of it is not kept yet."""
    kept_at: float = 0.0
    touched: bool = True
    """Something of it happened, since the stream broke if it did."""

    # ---- who is in it

    def add(self, channel: Channel) -> None:
        """A channel belongs to this call from here on."""
        channel.call = self
        self.changed = self.touched = True
        self.channels.add(channel)
        if channel.is_device and channel not in self.legs:
            self.legs.append(channel)
            if len(self.legs) > LEGS_KEPT:
                self._forget_a_leg()

    def _forget_a_leg(self) -> None:
        for leg in self.legs:
            if (
                leg is not self.first
                and leg.ended_at is not None
                and leg.joined_at is None
                and leg is not self.last_leg
            ):
                self.legs.remove(leg)
                return

    @property
    def queued_at(self) -> float | None:
        """When it first joined a queue."""
        return self.stays[0].joined_at if self.stays else None

    @property
    def rang_at(self) -> float | None:
        """When somebody's phone first rang."""
        return self.rung.first_at

    @property
    def has_outside_party(self) -> bool:
        """An outside line began it or was dialled by it."""
        return self.direction != "internal"

    @property
    def has_reached_somebody(self) -> bool:
        """Was it answered by one who is still there? Whoever is dialled from then on, in town too, is sought for him."""
        return self.answered_at is not None and any(channel.ended_at is None for channel in self.outside)

    def is_callers(self, channel: Channel) -> bool:
        """Is it the side that began the call?"""
        return channel is self.first

    # ---- who is sought

    def seek(self, leg: Channel, at: float) -> None:
        """A device is dialled for this call."""
        leg.seeking = True
        self.last_leg = leg
        self.searching.add(leg)
        if self.sought_at is None:
            self.sought_at = at
        self._seek_again()

    def _seek_again(self) -> None:
        """Somebody is sought after the answer: what ended the last talk was not the end of the call."""
        if self.talks.periods and not self.talks.now:
            self.passed_on.sought = True
            self.ended_by = None

    def give_up(self, leg: Channel, at: float) -> None:
        """A dialled device is sought no longer (connected, refused, timed out, cancelled); may be said twice."""
        self.stop_ringing(leg, at)
        if leg.seeking:
            leg.seeking = False
            self.searching.discard(leg)
            self.search_ended_at = at

    def ring(self, leg: Channel, at: float) -> bool:
        """A sought device rings; True if it is the first sign of ringing in this call."""
        if leg.ringing or leg.ring_ended_at is not None or leg.joined_at is not None:
            return False
        first = self.rung.first_at is None
        leg.ringing = True
        leg.rang_at = at
        if self.answered_at is None:
            self.rung.open(leg, at)
        return first and self.rung.first_at is not None

    def stop_ringing(self, leg: Channel, at: float) -> None:
        """A device rings no longer."""
        if leg.ringing:
            leg.ringing = False
            leg.ring_ended_at = at
            self.rung.close(leg, at)

    def judge(self, leg: Channel) -> None:
        """A leg's end is known: remember what it says about the call's result."""
        if leg.joined_at is not None or leg.dialled_at is None:
            return
        if leg.busy:
            self.any_busy = True
        elif leg.signalled and not leg.forwarded:
            self.any_rung_free = True

    @property
    def is_sought(self) -> bool:
        """Is somebody being dialled, or does the caller wait in a queue?"""
        return bool(self.searching) or self.queued.is_open

    def caller_left(self, at: float) -> None:
        """The side that began the call hung up; said once."""
        if self.left_at is not None:
            return
        self.changed = self.touched = True
        self.left_at = at
        if not self.talks.now:
            recent = self.search_ended_at is not None and at - self.search_ended_at <= SAME_MOMENT_S
            self.left_while_sought = self.is_sought or (recent and self._ended_with_a_cancel())

    def only_loses(self, channel: Channel) -> bool:
        """Does this one's hangup end nothing: has he passed the other party on, or left it to others or to a parking lot?"""
        talks = channel in self.talks.now
        if self.passed_on.was_let_go_by(channel, talks):
            return True
        if channel is not self.first or self.direction == "in" or talks:
            return False
        return self.passed_on.is_parked_beside(channel) or (channel not in self.outside and bool(self.talks.now))

    def _ended_with_a_cancel(self) -> bool:
        undecided = bool(self.stays) and self.stays[-1].left_at is not None and self.stays[-1].outcome is None
        return undecided or (self.last_leg is not None and self.last_leg.status in {"CANCEL", None})

    def turn_away(self, channel: Channel) -> None:
        """A full or empty queue, or a phone out of reach, had nobody to ring for this channel."""
        if not self.talks.now and channel is not self.passed_on.passer:
            self.passed_on.turn_away()

    # ---- where it waits

    def join_queue(self, stay: Stay) -> None:
        """The caller is in a queue from now on."""
        self.stays.append(stay)
        self.queued.open(stay, stay.joined_at)
        if self.sought_at is None:
            self.sought_at = stay.joined_at
        self._seek_again()

    def forget_stay(self, stay: Stay, at: float) -> None:
        """The stay is another call's from now on."""
        self.stays.remove(stay)
        self.queued.close(stay, at)

    def leave_queue(self, stay: Stay, at: float) -> None:
        """The caller is out of a queue; what became of the stay is decided apart."""
        if stay.left_at is None:
            stay.left_at = at
            self.queued.close(stay, at)
            self.search_ended_at = at

    # ---- who talks

    def talk_with(self, people: set[Channel], at: float) -> bool:
        """The outside party hears exactly these people now; True if the call is answered by that."""
        gone = self.talks.end_but(people, at)
        if gone and people and (self.ended_by == "person" or (self.ended_by == "caller" and self.first in gone)):
            self.ended_by = None  # one of several has left
        for channel in in_order(people):
            if channel not in self.talks.now and self.talks.begin(channel, at):
                self._meets(channel, at)
        if people:
            return self._talk_goes_on(at)
        if self.talks.break_off(at):
            self.holds.end_all(at)
            if self.is_sought:
                self._seek_again()
        return False

    def _meets(self, channel: Channel, at: float) -> None:
        self.passed_on.talk_begins(channel, at)
        if channel.left_at is not None:  # hung up at once: his BridgeEnter came after his hangup
            self.ended_by = self.ended_by or "person"
        if channel.joined_at is None:
            channel.joined_at = at

    def _talk_goes_on(self, at: float) -> bool:
        if self.talks.go_on(at):
            self.passed_on.talk_goes_on()
        if self.answer_doubted and not self.answer_unseen:  # answered now at the latest, and nobody knows when first
            self.answer_unseen, self.answer_doubted = True, False
            self.rung.close_all(at)
        if self.answered_at is not None or self.answer_unseen:
            return False
        self.answered_at = at
        self.queued.close_all(at)
        self.queue_wait_s = self.queued.total_s
        self.rung.close_all(at)
        return True

    @property
    def may_be_answered(self) -> bool:
        """Has somebody spoken with the outside party, or is the PBX asked whether somebody has?"""
        is_known = self.answered_at is not None or self.answer_unseen or self.state in {"talking", "held"}
        return is_known or self.was_perhaps_answered

    @property
    def was_perhaps_answered(self) -> bool:
        """Does nobody know whether somebody has spoken with the outside party: neither we, nor the PBX by what it has said so far?"""
        if self.answered_at is not None or self.answer_unseen:
            return False
        return self.answer_doubted or self.picked_up_unseen or self.sought_answer is not None

    # ---- who holds

    def hold(self, channel: Channel, at: float) -> None:
        """A side of the talk holds the other."""
        if self.talks.span.is_open:
            self.holds.begin(channel, at, "caller" if self.is_callers(channel) else "person")

    def hold_again(self, channel: Channel, at: float) -> None:
        """A side is heard to hold: if it did before a gap already, that hold was over unseen."""
        self.holds.end_doubted(channel, at)
        self.hold(channel, at)

    # ---- how it goes on, and ends

    def read_late(self, since: float, is_over: bool = False) -> None:
        """Some of it happened nobody knows when, after `since`: no duration of it is told, nor an answer's moment from then on.

        The total is, unless it began after `since`, or is over now.
        """
        self.unseen |= READ_LATE
        if is_over or self.started_at >= since:
            self.unseen.add("total")
        if self.answered_at is not None and self.answered_at >= since:
            self.answered_at = None
            self.answer_unseen = True

    def hand_over(self, other: "LiveCall", at: float) -> None:
        """Everybody in this call, the ringing ones too, belongs to `other` from now on."""
        for leg in in_order(self.searching):
            self.searching.discard(leg)
            self.rung.close(leg, at)
            other.searching.add(leg)
            other.last_leg = leg
            if leg.ringing and other.answered_at is None:
                other.rung.open(leg, at)
            other._seek_again()
        for channel in in_order(self.channels):
            self.channels.discard(channel)
            other.add(channel)

    def close(self, at: float) -> None:
        """Everything still open ends now."""
        for leg in list(self.searching):
            self.give_up(leg, at)
        for stay in self.stays:
            self.leave_queue(stay, at)
        self.talk_with(set(), at)
        self.holds.end_all(at)
        self.passed_on.unpark(None, at)
        self.rung.close_all(at)

    # ---- what it looks like from outside

    def refresh_state(self, at: float) -> bool:
        """Something has changed: work out the state again; True if it is another."""
        self.changed = self.touched = True
        state: CallState = "ivr"
        if self.talks.now:
            state = "held" if self.holds.span.is_open else "talking"
        elif self.queued.is_open:
            state = "queued"
        elif self.searching and any(leg.ringing or leg.up_at is not None for leg in self.searching):
            state = "ringing"
        elif self.passed_on.is_parked:
            state = "held"
        if state == self.state and self.state_since:
            return False
        self.state = state
        self.state_since = at
        return True

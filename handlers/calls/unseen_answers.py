"""Answers that nobody saw: which channels' CDRs know the moment, and what is made of what the PBX says of them.

What CDRs hold, on 16 and 22 (each seen there): a person's channel the moment at which his device went up, by a queue and behind Local
halves too; the caller's the IVR's or the queue's own Answer, or that of Dial, which for one who first has to press a key is the
true one; so the latest of the two sides, and of the Local halves between them, is the answer. A ring group's caller may have none.
A transfer and a stay in a parking lot begin the caller's CDR anew, and so does a Local channel that is optimised away, but that one
within some 20 ms of the answer: what began anew at another moment was perhaps passed on, and of who answered first nothing is left.
Perhaps, for a dial that nobody answered begins it anew too (07-ivr-queue-second-agent, 09-queue-timeout-voicemail: a CDR for each agent
that a queue rings): of who is found hearing nobody, but for a lot, it proves no answer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from handlers.ami.events import AnswerTold
from handlers.calls.channels import Channel, connected, in_order
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.names import born_in, presented
from handlers.calls.passings import Parking
from handlers.calls.periods import Stay
from handlers.facts import AnswersUnseen, CallAnswered, CallChanged

# The start of a channel met in a snapshot is true to a second.
STARTS_DIFFER_S = 1.5
# A channel's uniqueid has the second of its birth by the clock that CDRs have too. That one ticks in steps of some milliseconds.
TICK_S = 0.05
# Local optimisation after the answer: 5 to 25 ms were seen.
OPTIMISED_WITHIN_S = 0.1
# How far outside of the gap a moment may be: clocks of two machines, a break noticed late.
CLOCKS_DIFFER_S = 1.0


@dataclass(slots=True, eq=False)
class SoughtAnswer:
    """A call that was answered between `since` and `until`, and what the PBX has said of its channels so far.

    Without `people` it is one that was found while nobody talked with the outside party, and may have been answered before.
    """

    outside: Channel
    people: tuple[Channel, ...]
    halves: tuple[Channel, ...]
    since: float
    until: float
    stay: Stay | None = None
    """The stay in a queue that this answer ended."""
    rang: bool = False
    """The one who answered was ringing when the stream broke."""
    told: dict[Channel, AnswerTold] = field(default_factory=dict)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Whose CDRs are asked for."""
        return (self.outside, *self.people, *self.halves)

    @property
    def is_anew(self) -> bool:
        """Did the outside party's CDR begin in mid-call?"""
        return self._is_anew(self.outside)

    @property
    def has_begun_anew_unseen(self) -> bool:
        """Did it so while nobody listened, or that of a Local half by which he was put through?"""
        return any(
            self._is_anew(channel) and (self._begun_at(channel) or 0.0) >= self.since - CLOCKS_DIFFER_S
            for channel in (self.outside, *self.halves)
        )

    def _is_anew(self, channel: Channel) -> bool:
        begun = self._begun_at(channel)
        return begun is not None and _begins_anew(channel, begun)

    def _begun_at(self, channel: Channel) -> float | None:
        """When this channel's CDR began, as far as it was told."""
        return self.told[channel].begun_at if channel in self.told else None

    @property
    def is_complete(self) -> bool:
        """Has each channel that still lives been told of?"""
        return all(channel in self.told or channel.ended_at is not None for channel in self.channels)

    def answered_by(self, channel: Channel) -> float | None:
        """When this channel went up, as far as it was told."""
        told = self.told.get(channel)
        return told.answered_at if told is not None else None

    def moment(self) -> float | None:
        """When the call was answered; None where what was told does not say."""
        ups = [up for person in self.people if (up := self.answered_by(person)) is not None]
        if not ups:
            return None
        first = min(ups)
        if len(self.people) == 1:
            first = max([first, *(up for half in self.halves if (up := self.answered_by(half)) is not None)])
        begun = self._begun_at(self.outside)
        if begun is not None and self.is_anew and abs(begun - first) > OPTIMISED_WITHIN_S:
            return None  # passed on since
        moment = max(first, self.answered_by(self.outside) or first)
        if not self.since - CLOCKS_DIFFER_S <= moment <= self.until + CLOCKS_DIFFER_S:
            return None
        return min(max(moment, self.since, self.outside.created_at), self.until)


class UnseenAnswers:
    """Takes `AnswerTold`, and gives calls the answer that nobody saw."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self.handlers: dict[type, Callable[[Any], None]] = {AnswerTold: self._told}

    def ask(self, sought: Iterable[tuple[LiveCall, SoughtAnswer]], at: float) -> None:
        """Say once for all these calls whose CDRs are wanted, and of whom it is to be said what he dialled, and since when he is parked."""
        asked: dict[Channel, LiveCall] = {}
        for call, answer in sought:
            call.sought_answer = answer
            asked |= dict.fromkeys(answer.channels, call)
        for call in self._state.calls:
            for channel in _asked_besides(call):
                if channel.uniqueid in self._state.channels:
                    asked.setdefault(channel, call)
        for channel, call in asked.items():
            channel.asked_for = call
        if asked:
            self._state.facts.append(AnswersUnseen(at, tuple(channel.uniqueid for channel in asked)))

    def _told(self, event: AnswerTold) -> None:
        channel = self._state.channels.get(event.uniqueid)
        call = channel.asked_for if channel is not None else None
        if channel is None or call is None or call not in self._state.calls:
            return
        channel.asked_for = None
        is_dialled_told = self._dialled(call, channel, event.dialled)
        if self._parked(call, channel, event.begun_at) or is_dialled_told:
            call.changed = True
            if call.started:
                self._state.facts.append(CallChanged(event.at, self._state.live(call)))
        sought = call.sought_answer
        if sought is None or (sought.people and call.answered_at is not None):
            return
        if event.is_gone and not sought.people:
            return  # its hangup is on its way: whether anybody had answered stays unknown
        sought.told[channel] = event
        if not sought.is_complete:
            return
        call.sought_answer = None
        if not sought.people:
            call.talked_unseen_since, call.changed = None, True
            if self._is_by_old_clock(sought.since):
                self._doubt(call, is_parking_proof=False)
            elif sought.has_begun_anew_unseen:
                self._doubt(call)
            return
        moment = None if self._is_by_old_clock(sought.since) else sought.moment()
        if moment is not None:
            self._settle(call, sought, moment)
            self._state.facts.append(CallAnswered(event.at, self._state.live(call)))

    @staticmethod
    def _dialled(call: LiveCall, channel: Channel, dialled: str | None) -> bool:
        """What was dialled to get in; True if that was not known, and the call is told by it."""
        if not channel.is_exten_present or not dialled:
            return False
        channel.exten, channel.is_exten_present, call.changed = presented(dialled) or "", False, True
        return channel is call.first

    def _is_by_old_clock(self, since: float) -> bool:
        """Was the clock set since then, so that nobody knows by which one a CDR tells a moment?"""
        return self._state.clock_set_at is not None and since <= self._state.clock_set_at

    def _parked(self, call: LiveCall, channel: Channel, begun_at: float | None) -> bool:
        """Out of a talk into a lot this channel's CDR began anew: see `parked_met`. True if that told since when he is there."""
        parking = next((each for each in call.passed_on.parkings if each.channel is channel and _is_sought(each)), None)
        if parking is None or parking.unseen_since is None or begun_at is None or not _begins_anew(channel, begun_at):
            return False
        if self._is_by_old_clock(parking.unseen_since):
            return False
        found_at = parking.started_at
        if not parking.unseen_since - CLOCKS_DIFFER_S <= begun_at <= found_at + CLOCKS_DIFFER_S:
            return False
        parking.told(begun_at)
        if call.state == "held" and call.state_since == found_at:
            call.state_since = parking.started_at
        return True

    @staticmethod
    def _doubt(call: LiveCall, is_parking_proof: bool = True) -> None:
        """Nobody was heard when it was found, and its CDR began in mid-call: passed on or parked, or rung for in vain before."""
        call.unseen |= {"talk", "wait"}
        if (call.passed_on.is_parked and is_parking_proof) or call.answered_at is not None:
            call.answered_at, call.answer_unseen = None, True
        elif not call.answer_unseen:
            call.answer_doubted = True

    def _settle(self, call: LiveCall, sought: SoughtAnswer, at: float) -> None:
        """The call was answered at `at`, and everything that was taken to have changed when the stream was back did so then."""
        until = sought.until
        call.answer_unseen, call.answered_at, call.changed = False, at, True
        call.talks.span.move_begin(until, at)
        for talk in call.talks.periods:
            if talk.started_at == until:
                up = sought.answered_by(talk.channel) if len(sought.people) > 1 else None
                talk.started_at = at if up is None else min(max(up, at), until)
                talk.begun_unseen = False
        for channel in sought.channels:
            channel.joined_at = at if channel.joined_at == until else channel.joined_at
            channel.met_at = at if channel.met_at == until else channel.met_at
        if sought.stay is not None:
            member = next((person.member for person in sought.people if person.member), None)
            self._state.stays.answered_at(call, sought.stay, member, at)
            call.unseen.discard("queue")
        if sought.rang:
            call.rung.move_end(until, at)
            call.unseen -= {"ring", "queue"}
            for channel in sought.channels:
                channel.ring_ended_at = at if channel.ring_ended_at == until else channel.ring_ended_at
        call.queue_wait_s = call.queued.total_s
        if call.state_since == until:
            call.state_since = at


def _begins_anew(channel: Channel, begun_at: float) -> bool:
    """Is a CDR that began then not this channel's first?"""
    born = born_in(channel.uniqueid)
    if born is not None and abs(born[0] - channel.created_at) <= 1 + CLOCKS_DIFFER_S:
        return begun_at > born[0] + 1 + TICK_S
    return begun_at > channel.created_at + STARTS_DIFFER_S


def _is_sought(parking: Parking) -> bool:
    """Is somebody in a lot, and nobody knows since when?"""
    return parking.unseen_since is not None and parking.ended_at is None


def _asked_besides(call: LiveCall) -> Iterator[Channel]:
    """Whom to ask about though his answer is not sought: what he dialled, since when he is parked."""
    if call.first.is_exten_present:
        yield call.first
    yield from (parking.channel for parking in call.passed_on.parkings if _is_sought(parking))


def sought_answer(
    call: LiveCall, people: set[Channel], outside: Channel, since: float | None, until: float
) -> SoughtAnswer:
    """Whom to ask for the answer of a call that is found answered at `until`; `since`: the break, for one known before it."""
    halves = in_order(c for c in connected(outside) if not c.is_device)
    begun = call.started_at if since is None else since
    return SoughtAnswer(outside, tuple(in_order(people)), tuple(halves), begun, until)

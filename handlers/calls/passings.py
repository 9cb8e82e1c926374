"""How a call was passed on after its answer: transfers, parking, and whether the caller found anybody again."""

from dataclasses import dataclass, field
from typing import Literal

from handlers.calls.channels import Channel


@dataclass(slots=True, eq=False)
class Passing:
    """Somebody passed the other party on. `result` is None while nothing has come of it yet."""

    kind: Literal["blind", "attended"]
    by: Channel
    to: str | None
    at: float
    result: str | None = None
    turned_away: bool = False
    """Where he was passed on to there was nobody to ring."""

    def reached(self, channel: Channel) -> None:
        """A talk with this person begins: the first one decides. `returned`: he who passed on was called back, or is in the queue."""
        if self.result is None:
            self.result = "returned" if self._is_by(channel) else "answered"

    def _is_by(self, channel: Channel) -> bool:
        """Is it who passed the other party on? Of those whom one line reaches the number tells."""
        same = channel.parts.device == self.by.parts.device
        return same and (not channel.is_trunk or channel.dialled == self.by.dialled)


@dataclass(slots=True, eq=False)
class Parking:
    """One stay in a parking lot."""

    channel: Channel
    started_at: float
    ended_at: float | None = None
    unseen_since: float | None = None
    """It was found at `started_at`, and began at some moment since this one: the PBX may say at which. None: that is known, or never will be."""

    def told(self, begun_at: float) -> None:
        """It began at this moment, or as near to it as can be."""
        if self.unseen_since is not None:
            self.started_at, self.unseen_since = min(max(begun_at, self.unseen_since), self.started_at), None


@dataclass(slots=True, eq=False)
class PassedOn:
    """All of a call's passings and parkings, and how it stands since its last talk."""

    passings: list[Passing] = field(default_factory=list)
    parkings: list[Parking] = field(default_factory=list)
    let_go: bool = False
    """Whoever talked with the caller has passed him on or parked him."""
    sought: bool = False
    """Somebody has been sought for the caller, or he was parked."""
    was_kept: bool = False
    """When the caller left, somebody who had talked with him was still there: asking a colleague, say."""

    @property
    def is_lost(self) -> bool:
        """Passed on, waited again, and nobody came. Meaningful once the call is over."""
        return self.sought and (self.let_go or not self.was_kept)

    @property
    def is_parked(self) -> bool:
        """Is somebody in a lot now?"""
        return bool(self.parkings) and self.parkings[-1].ended_at is None

    def is_parked_beside(self, channel: Channel) -> bool:
        """Is somebody else than this one in a lot now?"""
        return self.is_parked and self.parkings[-1].channel is not channel

    def was_let_go_by(self, channel: Channel, talks: bool) -> bool:
        """Has this one passed the other party on? Who `talks` still, as one of three, has not let go, but for the moment itself."""
        if talks:
            return self.let_go and bool(self.passings) and self.passings[-1].by is channel
        return any(passing.by is channel and passing.result != "failed" for passing in self.passings)

    def pass_on(self, passing: Passing) -> None:
        """A transfer that the PBX has carried out."""
        self.passings.append(passing)
        self.let_go = True

    @property
    def passer(self) -> Channel | None:
        """Who has passed on last."""
        return self.passings[-1].by if self.passings else None

    def turn_away(self) -> None:
        """Nobody could be rung for who was passed on: that is a search too."""
        if self.let_go:
            self.sought = True
            if self.passings:
                self.passings[-1].turned_away = True

    def park(self, channel: Channel, at: float) -> None:
        """A channel is parked; harmless if it is already."""
        if not any(parking.channel is channel and parking.ended_at is None for parking in self.parkings):
            self.parkings.append(Parking(channel, at))
            self.let_go = self.sought = True

    def unpark(self, channel: Channel | None, at: float) -> None:
        """A channel is out of the lot, or (None) all are; harmless if none was in it."""
        for parking in self.parkings:
            if parking.ended_at is None and (channel is None or parking.channel is channel):
                parking.ended_at = at

    def talk_begins(self, channel: Channel, at: float) -> None:
        """The outside party has a person again."""
        if self.passings:
            self.passings[-1].reached(channel)
        if self.parkings:
            self.unpark(None, at)

    def talk_goes_on(self) -> None:
        """After having heard nobody, the outside party hears somebody: what was sought is found."""
        self.let_go = self.sought = False

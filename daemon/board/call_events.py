"""What happens to calls, as messages: `event/call`, and the list of live calls."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeGuard

from handlers.clients import NOBODY, Client
from handlers.facts import (
    Call,
    CallAnswered,
    CallChanged,
    CallEnded,
    CallQueued,
    CallRang,
    CallRetracted,
    CallStarted,
    CallTransferred,
    Fact,
    Glance,
)
from storage.call_json import call_json, iso
from storage.masking import masked

EVENT_CALL = "event/call"
CALLS_ACTIVE = "calls/active"
LISTED = 200

Kind = Literal["started", "queued", "ringing", "answered", "transferred", "changed", "ended"]
_KINDS: dict[type[Fact], Kind] = {
    CallStarted: "started",
    CallQueued: "queued",
    CallRang: "ringing",
    CallAnswered: "answered",
    CallTransferred: "transferred",
    CallChanged: "changed",
    CallEnded: "ended",
    CallRetracted: "ended",
}
CallFact = (
    CallStarted | CallQueued | CallRang | CallAnswered | CallTransferred | CallChanged | CallEnded | CallRetracted
)
Render = Callable[[Call, bool], dict[str, Any]]
"""A call's JSON, in full or masked."""


def render_call(call: Call, full: bool, client: Client = NOBODY) -> dict[str, Any]:
    """A call's JSON, in full or masked; of a live one the state too. `client`: who has its outside number, if the call does not say."""
    as_json = call_json(call)
    if client is not NOBODY:
        as_json |= {"client": client.name, "responsible": client.responsible}
    if call.state != "ended":
        as_json |= {
            "state": call.state,
            "state_since": iso(call.state_since),
            "waits_in": [{"queue": queue, "since": iso(since)} for queue, since in call.waits_in],
        }
    return as_json if full else masked(as_json)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that happened to a call. `seq` counts them since the daemon's start, the same for every sink."""

    seq: int
    kind: Kind
    fact: CallFact

    @property
    def is_stored(self) -> bool:
        """Is it the end of a call that is kept, and published out of the outbox?"""
        return isinstance(self.fact, CallEnded)

    @property
    def event_id(self) -> str:
        """Lasting and unique, whoever tells it and however often: by it a receiver drops repeats."""
        call = self.fact.call
        which = ""
        if self.kind == "transferred":
            which = f"/{len(call.transfers)}"
        elif self.kind in {"queued", "changed"}:  # as often as it pleases
            which = f"/{round(self.fact.at * 1000)}"
        return f"{call.pbx}/{call.boot}/{call.id}/{self.kind}{which}"

    def payload(self, render: Render, full: bool, now: float) -> dict[str, Any]:
        """The payload of `event/call`, told at `now` (epoch seconds)."""
        return {
            "v": 1,
            "ts": iso(now),
            "type": self.kind,
            "seq": self.seq,
            "event_id": self.event_id,
            "call": render(self.fact.call, full),
        }


def is_event(fact: Fact) -> TypeGuard[CallFact]:
    """Is it told as `event/call`?"""
    return type(fact) in _KINDS


class CallEvents:
    """Numbers the facts that are events. Each sink has its own: all are told the same facts in the same order."""

    def __init__(self) -> None:
        self._seq = 0

    def of(self, facts: Sequence[Fact]) -> list[CallEvent]:
        """The events in these facts."""
        found = []
        for fact in facts:
            if is_event(fact):
                self._seq += 1
                found.append(CallEvent(self._seq, _KINDS[type(fact)], fact))
        return found


def calls_active(
    calls: Iterable[Call], glances: Iterable[Glance], render: Render, full: bool, now: float
) -> dict[str, Any]:
    """The payload of `calls/active` as of now: how many calls live and wait, since when the first waits, and the oldest calls.

    Of `calls` no more are asked for than are listed, for each costs its record; `glances` are of all.
    """
    listed = [render(call, full) for call in islice(calls, LISTED)]
    total = waiting = 0
    oldest: float | None = None
    for call in glances:
        total += 1
        since = _waits_since(call)
        if since is not None:
            waiting += 1
            oldest = since if oldest is None else min(oldest, since)
    return {
        "v": 1,
        "ts": iso(now),
        "total": total,
        "waiting": waiting,
        "waiting_since": iso(oldest),
        "calls": listed,
    }


def _waits_since(call: Glance) -> float | None:
    """Since when a caller from outside waits for a person: in the queue, else at ringing phones; passed on, since then. Or None."""
    if call.direction != "in" or call.state not in {"queued", "ringing"}:
        return None
    if call.answered_at is not None:
        return call.state_since
    return next(each for each in (call.queued_at, call.rang_at, call.started_at) if each is not None)

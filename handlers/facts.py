"""What the core says: facts about calls, as frozen values. Sinks and storage know nothing else of it.

Moments are epoch seconds UTC (float), durations seconds; what does not apply or was not seen is None.
The words are those of the contract, sections 1, 2 and 4.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from handlers.ami.events import GapReason
from handlers.case_facts import CaseFact, Note, NumberForgotten, RequestAnswered
from handlers.frozen import quickly_made

Direction = Literal["in", "out", "internal"]
Result = Literal[
    "answered",
    "abandoned",
    "short_abandoned",
    "no_answer",
    "busy",
    "unavailable",
    "ivr_only",
    "failed",
    "cancelled",
    "service",
    "unknown",
]
CallState = Literal["ivr", "queued", "ringing", "talking", "held", "ended"]
LegResult = Literal["answered", "busy", "no_answer", "cancelled", "elsewhere", "forwarded", "unavailable", "unknown"]
StayOutcome = Literal["answered", "abandoned", "timeout", "left", "unknown"]
EndedBy = Literal["caller", "person", "pbx"]
AgentStateName = Literal["available", "ringing", "talking", "held", "wrapup", "paused", "unavailable"]

DIRECTIONS: tuple[Direction, ...] = ("in", "out", "internal")
CALL_STATES: tuple[CallState, ...] = ("ivr", "queued", "ringing", "talking", "held")
AGENT_STATES: tuple[AgentStateName, ...] = (
    "available",
    "ringing",
    "talking",
    "held",
    "wrapup",
    "paused",
    "unavailable",
)
STAY_OUTCOMES: tuple[StayOutcome, ...] = ("answered", "abandoned", "timeout", "left")
RESULTS: dict[Direction, tuple[Result, ...]] = {
    "in": (
        "answered",
        "abandoned",
        "short_abandoned",
        "no_answer",
        "busy",
        "unavailable",
        "ivr_only",
        "failed",
        "unknown",
    ),
    "out": ("answered", "no_answer", "busy", "cancelled", "failed", "unknown"),
    "internal": ("answered", "no_answer", "busy", "cancelled", "failed", "service", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One of our people in a call: the device (`PJSIP/101`, or a mobile's number) and the name a queue knows it by."""

    device: str
    name: str | None


@quickly_made
@dataclass(frozen=True, slots=True)
class Leg:
    """One channel of a call that is not a Local half. `side` is whose device it is."""

    uniqueid: str
    channel: str
    device: str
    side: Literal["outside", "person"]
    name: str | None
    number: str | None
    queue: str | None
    started_at: float
    rang_at: float | None
    ring_ended_at: float | None
    joined_at: float | None
    """When it was first bridged with the other side."""
    ended_at: float | None
    result: LegResult | None
    """None for the leg that began the call."""
    cause: int | None


@quickly_made
@dataclass(frozen=True, slots=True)
class QueueStay:
    """One stay of the caller in one queue."""

    queue: str
    joined_at: float
    left_at: float | None
    outcome: StayOutcome | None
    position: int | None
    member: str | None


class Wait(NamedTuple):
    """A caller stands in a queue now, since then."""

    queue: str
    since: float


@dataclass(frozen=True, slots=True)
class Talk:
    """One period in which outside party and person were bridged without a break.

    `begun_unseen`: it began while nobody listened, nobody knows when, by `started_at` at the latest.
    """

    started_at: float
    ended_at: float | None
    device: str
    name: str | None
    begun_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """One period on hold within the talk; `by` is the side that held. With `lot`, one in a parking lot: no talk, no hold time."""

    started_at: float
    ended_at: float | None
    by: Literal["caller", "person", "lot"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller was passed on. `result` is None while nothing has come of it: see `results.passing_result`."""

    kind: Literal["blind", "attended"]
    by: str | None
    to: str | None
    at: float
    result: str | None


class Glance(Protocol):
    """What there is to count of a live call without making a record of it; for the moment only, it goes on changing."""

    @property
    def direction(self) -> Direction:
        """As of a record."""

    @property
    def state(self) -> CallState:
        """As of a record."""

    @property
    def state_since(self) -> float:
        """As of a record."""

    @property
    def started_at(self) -> float:
        """As of a record."""

    @property
    def queued_at(self) -> float | None:
        """As of a record."""

    @property
    def rang_at(self) -> float | None:
        """As of a record."""

    @property
    def answered_at(self) -> float | None:
        """As of a record."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the contract words it, live (`state` is not `ended`, durations so far None) or finished."""

    id: str
    pbx: str
    boot: str
    """The run of the PBX that `id` belongs to; with `pbx` it makes the id unique."""
    state: CallState
    state_since: float
    direction: Direction
    result: Result | None
    missed: bool
    closed: bool
    voicemail: bool
    trunk: str | None
    did: str | None
    source: str | None
    caller: str | None
    caller_e164: str | None
    caller_name: str | None
    called: str | None
    called_e164: str | None
    queue: str | None
    queues: tuple[str, ...]
    answered_by: str | None
    agents: tuple[Agent, ...]
    started_at: float
    rang_at: float | None
    queued_at: float | None
    answered_at: float | None
    ended_at: float | None
    ended_by: EndedBy | None
    lost_after_transfer: bool
    wait_s: float | None
    ivr_s: float | None
    queue_s: float | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    total_s: float | None
    transfers: tuple[Transfer, ...]
    end_seen: bool
    incomplete: bool
    merged_into: str | None
    case_id: str | None = None
    """Of a missed call: the case it belongs to, known at its end."""
    contacted_at: float | None = None
    """When somebody spoke with that caller, as of now; only read back from the database."""
    notes: tuple[Note, ...] = ()
    """Only read back from the database."""
    client: str | None = None
    """The outside party by the site's directory, as of now, and who of us looks after him; only read back from the database."""
    responsible: str | None = None
    waits_in: tuple[Wait, ...] = ()
    """Of a live call: the queues in which it stands now, as a rule one, by when it joined them."""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call exists. Its direction may still become `out` when a trunk is dialled."""

    at: float
    call: Call


@dataclass(frozen=True, slots=True)
class CallRang:
    """A person's device rings for the first time in this call."""

    at: float
    call: Call


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The caller joined a queue."""

    at: float
    call: Call
    queue: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Outside party and a person are bridged for the first time."""

    at: float
    call: Call


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A live call is told otherwise than before, and no other fact says so.

    Its state is another (on hold, out of a queue, nobody rings any more), or what it is is known better: what was dialled, since when
    it is parked, whence it comes.
    """

    at: float
    call: Call


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """Somebody passed the other party on: the last of `call.transfers`."""

    at: float
    call: Call


@quickly_made
@dataclass(frozen=True, slots=True)
class QueueStayEnded:
    """A caller is no longer in a queue. `within_threshold` is None unless answered; short abandons are `short`."""

    at: float
    call_id: str
    stay: QueueStay
    wait_s: float
    short: bool
    within_threshold: bool | None


@quickly_made
@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over (or was merged into another): its row, and the parts of its time line in order of start."""

    at: float
    call: Call
    legs: tuple[Leg, ...]
    stays: tuple[QueueStay, ...]
    talks: tuple[Talk, ...]
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class TrunkGuessed:
    """A channel was taken for an outside line by its name alone; told once per endpoint."""

    at: float
    endpoint: str


@dataclass(frozen=True, slots=True)
class EventDoubted:
    """An event contradicts what is known (an unknown or misnamed channel) and was not believed."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class GapEnded:
    """The stream is whole again; what happened between the two moments was not seen. Another run of the PBX is the reason before all."""

    at: float
    since: float
    reason: GapReason = "connection_lost"


@dataclass(frozen=True, slots=True)
class AnswersUnseen:
    """Somebody answered while nobody listened. `channels` (uniqueids) have CDRs that know when: who asks the PBX tells `AnswerTold`."""

    at: float
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallRetracted:
    """What was told to have started is no call: a login to an agents' pool. Told as ended, stored and counted nowhere."""

    at: float
    call: Call


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent's place in a queue."""

    queue: str
    paused: bool
    reason: str | None
    """Why paused, where somebody said so."""


@quickly_made
@dataclass(frozen=True, slots=True)
class AgentState:
    """What an agent does. `id` is lasting and no two have one: the device, or `Agent:1001` of an agents' pool.

    `state` is None while the PBX isn't heard. `reason`: why paused in all queues, whatever the state. `call_since`: since when on
    the phone, hold included. `at_least`: at `since` he was found in the state, which may have lasted longer.
    """

    id: str
    device: str
    name: str | None
    state: AgentStateName | None
    since: float | None
    reason: str | None
    call_since: float | None
    queues: tuple[Membership, ...]
    at_least: bool = False

    def state_in(self, membership: Membership) -> AgentStateName | None:
        """What the agent is to one of his queues: who rests from it is paused there, though others may call him."""
        if membership.paused and self.state in {"available", "wrapup"}:
            return "paused"
        return self.state


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent is new, or something of him changed."""

    at: float
    agent: AgentState


@dataclass(frozen=True, slots=True)
class AgentGone:
    """Whom no queue and no department knows any more."""

    at: float
    id: str


Fact = (
    CallStarted
    | CallRang
    | CallQueued
    | CallAnswered
    | CallChanged
    | CallTransferred
    | QueueStayEnded
    | CallEnded
    | TrunkGuessed
    | EventDoubted
    | GapEnded
    | AnswersUnseen
    | CallRetracted
    | AgentChanged
    | AgentGone
    | CaseFact
    | RequestAnswered
    | NumberForgotten
)

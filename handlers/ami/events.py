"""The typed events that the core understands: all that ringtally ever learns of a PBX.

Each is a NamedTuple, made once per wanted AMI message: immutable like a frozen dataclass, at a fifth of its cost in the hot
path. `at` is the moment of the event in epoch seconds, UTC: the PBX's `Timestamp` where it sends one, else the arrival.
Absent values (`<unknown>`, missing header) are None, empty ones are "". Numbers are as the PBX wrote them, line ends and all: who
keeps one cuts it (`names.presented`).
A `uniqueid` is Asterisk's `Uniqueid`; nothing but `ChannelCreated` and a snapshot bears a channel.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Literal, NamedTuple


class ChannelState(IntEnum):
    """AMI's `ChannelState`, as far as ringtally tells the states apart (Asterisk: `ast_channel_state`)."""

    DOWN = 0
    RESERVED = 1
    OFF_HOOK = 2
    DIALING = 3
    RING = 4
    RINGING = 5
    UP = 6
    BUSY = 7


class ChannelCreated(NamedTuple):
    """`Newchannel`: the only birth of a channel."""

    at: float
    uniqueid: str
    linkedid: str
    channel: str
    state: int
    number: str | None
    name: str | None
    context: str
    exten: str
    account: str


class ChannelStateChanged(NamedTuple):
    """`Newstate`."""

    at: float
    uniqueid: str
    channel: str
    state: int
    exten: str
    connected: str | None


class CallerIdChanged(NamedTuple):
    """`NewCallerid`; may follow the channel's `Hangup`."""

    at: float
    uniqueid: str
    channel: str
    number: str | None
    name: str | None


class ConnectedLineChanged(NamedTuple):
    """`NewConnectedLine`: who the channel believes to be connected with."""

    at: float
    uniqueid: str
    channel: str
    number: str | None
    name: str | None


class HangupRequested(NamedTuple):
    """`HangupRequest` (the channel's far end hung up) or, with `soft`, `SoftHangupRequest` (the PBX asked for it)."""

    at: float
    uniqueid: str
    channel: str
    cause: int | None
    soft: bool


class ChannelHungUp(NamedTuple):
    """`Hangup`: the end of a channel. `tech_cause` is the SIP code as text where the PBX tells it (Asterisk 20 and later)."""

    at: float
    uniqueid: str
    channel: str
    cause: int | None
    tech_cause: str | None


class DialBegun(NamedTuple):
    """`DialBegin`. `uniqueid` is None where nobody dials (Originate). `dial_string` as Dial or app_queue gave it."""

    at: float
    uniqueid: str | None
    dest_uniqueid: str
    dest_channel: str
    dest_number: str | None
    exten: str | None
    dial_string: str


class DialProgressed(NamedTuple):
    """`DialState`: RINGING, PROGRESS, PROCEEDING."""

    at: float
    dest_uniqueid: str
    status: str


class DialEnded(NamedTuple):
    """`DialEnd`; one dial may end twice (09-queue-timeout-voicemail: NOANSWER, then CANCEL)."""

    at: float
    uniqueid: str | None
    dest_uniqueid: str
    dest_channel: str
    status: str
    forward: str | None


class LocalBridged(NamedTuple):
    """`LocalBridge`: the link between the halves `;1` and `;2` of a Local channel."""

    at: float
    one: str
    two: str
    optimised: bool


class BridgeEntered(NamedTuple):
    """`BridgeEnter`. `swap` is the uniqueid of the channel whose place this one takes, or None."""

    at: float
    bridge: str
    technology: str
    uniqueid: str
    linkedid: str
    channel: str
    swap: str | None


class BridgeLeft(NamedTuple):
    """`BridgeLeave`."""

    at: float
    bridge: str
    uniqueid: str
    channel: str


class BridgeMerged(NamedTuple):
    """`BridgeMerge`: the members of `source` move to `bridge` without leaving or entering."""

    at: float
    bridge: str
    source: str


class BridgeDestroyed(NamedTuple):
    """`BridgeDestroy`."""

    at: float
    bridge: str


class HoldStarted(NamedTuple):
    """`Hold`, by the named channel's side."""

    at: float
    uniqueid: str
    channel: str


class HoldEnded(NamedTuple):
    """`Unhold`; may come without a `Hold` before it (REFER) or be missing (feature-code transfers)."""

    at: float
    uniqueid: str
    channel: str


class QueueJoined(NamedTuple):
    """`QueueCallerJoin`."""

    at: float
    uniqueid: str
    channel: str
    queue: str
    position: int | None


class QueueLeft(NamedTuple):
    """`QueueCallerLeave`: always sent, before `AgentConnect` and after `QueueCallerAbandon`."""

    at: float
    uniqueid: str
    channel: str
    queue: str


class QueueAbandoned(NamedTuple):
    """`QueueCallerAbandon`: also sent for time-out, key and empty queue; not proof that the caller gave up."""

    at: float
    uniqueid: str
    channel: str
    queue: str


class AgentCalled(NamedTuple):
    """`AgentCalled`: a queue rings a member."""

    at: float
    uniqueid: str
    dest_uniqueid: str
    queue: str
    interface: str
    member: str | None


class AgentConnected(NamedTuple):
    """`AgentConnect`."""

    at: float
    uniqueid: str
    dest_uniqueid: str
    queue: str
    interface: str
    member: str | None


class AgentRingNoAnswer(NamedTuple):
    """`AgentRingNoAnswer`; also sent for a refusal, with `ring_s` 0 (30-queue-agent-actions)."""

    at: float
    uniqueid: str
    dest_uniqueid: str
    queue: str
    interface: str
    member: str | None
    ring_s: float | None


class AgentCompleted(NamedTuple):
    """`AgentComplete`: app_queue's own end of a served call; its order against BridgeLeave and Hangup is not promised."""

    at: float
    uniqueid: str
    queue: str
    interface: str
    member: str | None
    reason: str | None


class AgentLoggedIn(NamedTuple):
    """`AgentLogin`: the channel waits in an agents' pool and is no call."""

    at: float
    uniqueid: str
    channel: str
    agent: str


class AgentLoggedOff(NamedTuple):
    """`AgentLogoff`."""

    at: float
    agent: str


class MemberSeen(NamedTuple):
    """`QueueMemberStatus`, `QueueMemberAdded`, `QueueMemberPause` and the like, or `QueueMember` of a snapshot."""

    at: float
    queue: str
    interface: str
    state_interface: str
    name: str | None
    status: int
    paused: bool
    paused_reason: str | None
    paused_at: float | None = None
    """`LastPause`: when last paused, by the PBX's clock; may be older than a pause of this second."""


class MemberRemoved(NamedTuple):
    """`QueueMemberRemoved`."""

    at: float
    queue: str
    interface: str


class DeviceStateTold(NamedTuple):
    """`DeviceStateChange` of a phone; `state` as in QueueMemberStatus (Asterisk: `ast_device_state`)."""

    at: float
    device: str
    state: int


class VariableSet(NamedTuple):
    """`VarSet` of QUEUESTATUS, DIALSTATUS or VMSTATUS; no other variable gets this far."""

    at: float
    uniqueid: str
    channel: str
    variable: str
    value: str


class BlindTransferred(NamedTuple):
    """`BlindTransfer`: sent before the channels leave their bridge."""

    at: float
    transferer: str
    transferee: str | None
    result: str
    context: str
    exten: str


class AttendedTransferred(NamedTuple):
    """`AttendedTransfer`: sent after the BridgeEnter that swaps. Missing parts are None."""

    at: float
    transferer: str
    second_transferer: str | None
    transferee: str | None
    target: str | None
    result: str
    dest_type: str


class PickedUp(NamedTuple):
    """`Pickup`: `uniqueid` takes the place of the ringing `target`."""

    at: float
    uniqueid: str
    target: str


class Parked(NamedTuple):
    """`ParkedCall`, `ParkedCallTimeOut`, `ParkedCallGiveUp`, `ParkedCallSwap`, `UnParkedCall`, told apart by `what`."""

    at: float
    what: str
    uniqueid: str
    lot: str
    space: str
    retriever: str | None


class PbxStopped(NamedTuple):
    """`Shutdown`."""

    at: float
    restart: bool


class LiveChannel(NamedTuple):
    """One channel as the PBX's snapshot shows it. `created_at` is true to one second, or None where not told."""

    uniqueid: str
    linkedid: str
    channel: str
    state: int
    number: str | None
    name: str | None
    connected: str | None
    context: str
    exten: str
    application: str
    bridge: str | None
    created_at: float | None
    data: str = ""
    """What the application was given: the agent of an `AgentLogin`."""


class LiveBridge(NamedTuple):
    """One bridge of the snapshot. `kind` is its `BridgeType`: `parking` for a lot, `base` for a plain one, "" where not told."""

    bridge: str
    technology: str
    kind: str = ""


class LiveQueueEntry(NamedTuple):
    """One waiting caller of the snapshot; `wait_s` in whole seconds."""

    queue: str
    uniqueid: str
    position: int | None
    wait_s: float


class Snapshot(NamedTuple):
    """What the PBX said it is doing, asked right after login.

    `boot` names the run of the PBX (its start as the PBX words it); equal boots are one run, so equal uniqueids one channel.
    A part that the account may not see is None.
    """

    boot: str
    channels: tuple[LiveChannel, ...] | None
    bridges: tuple[LiveBridge, ...] | None
    entries: tuple[LiveQueueEntry, ...] | None
    members: tuple[MemberSeen, ...] | None
    queues: tuple[str, ...] | None
    system: Mapping[str, str]
    devices: tuple[DeviceStateTold, ...] | None = None
    """The phones that have a device state."""
    up_since: float | None = None
    """When the PBX was started, by `FullyBooted` and to a second or two: told to who may not ask `CoreStatus`."""
    ending: frozenset[str] = frozenset()
    """Channels that hung up while this was gathered: their end was heard, and follows."""


GapReason = Literal["connection_lost", "silent", "slow", "account_changed", "stopped", "killed", "pbx_restarted"]
"""Why something was not seen: the connection ended, nothing came any more, we were cut off or fell behind, another account logs
in, we were stopped, we died, or the PBX itself was away."""


class StreamBroken(NamedTuple):
    """The connection ended; what happens from here to `StreamResumed` is not seen."""

    at: float
    reason: GapReason = "connection_lost"
    is_late: bool = False
    """Nothing is lost: what happens from here on is told, and nobody knows when it happened."""


class StreamResumed(NamedTuple):
    """Logged in, and the PBX's snapshot as of `at`; also the first event of a first connection."""

    at: float
    snapshot: Snapshot


class AnswerTold(NamedTuple):
    """What the PBX said of a live channel's CDR, asked because its answer was not seen (see `facts.AnswersUnseen`).

    `begun_at` and `answered_at` are the CDR's start and answer by our clock, true to a microsecond; None: not answered, not told.
    `is_gone`: the PBX does not know the channel any more, and says nothing of what it was.
    """

    at: float
    uniqueid: str
    begun_at: float | None
    answered_at: float | None
    dialled: str | None = None
    """The number that was dialled to get in, as presented."""
    is_gone: bool = False


class ChannelsListed(NamedTuple):
    """The PBX's list of its channels, asked now and then beside the events, which go on meanwhile: what it says may be older or younger.

    `blocks` is the whole answer as it came: of most channels nothing but the Uniqueid is looked at.
    """

    at: float
    asked_at: float
    blocks: Sequence[bytes]


class Tick(NamedTuple):
    """Time alone has passed."""

    at: float


Event = (
    ChannelCreated
    | ChannelStateChanged
    | CallerIdChanged
    | ConnectedLineChanged
    | HangupRequested
    | ChannelHungUp
    | DialBegun
    | DialProgressed
    | DialEnded
    | LocalBridged
    | BridgeEntered
    | BridgeLeft
    | BridgeMerged
    | BridgeDestroyed
    | HoldStarted
    | HoldEnded
    | QueueJoined
    | QueueLeft
    | QueueAbandoned
    | AgentCalled
    | AgentConnected
    | AgentRingNoAnswer
    | AgentCompleted
    | AgentLoggedIn
    | AgentLoggedOff
    | MemberSeen
    | MemberRemoved
    | DeviceStateTold
    | VariableSet
    | BlindTransferred
    | AttendedTransferred
    | PickedUp
    | Parked
    | PbxStopped
    | StreamBroken
    | StreamResumed
    | AnswerTold
    | ChannelsListed
    | Tick
)

"""The names of events: which are noise, which tell of no channel, and of which class each is."""

from handlers.ami.privileges import privilege_of

# Bear a channel's headers, and are not wanted: cut in two, their halves must not be taken for messages of their own.
NOISE_WITH_CHANNEL = frozenset(
    {
        b"VarSet",
        b"Newexten",
        b"NewConnectedLine",
        b"NewAccountCode",
        b"MusicOnHoldStart",
        b"MusicOnHoldStop",
        b"DTMFBegin",
        b"DTMFEnd",
        b"RTCPSent",
        b"RTCPReceived",
        b"MessageWaiting",
        b"UserEvent",
        b"ChanSpyStart",
        b"ChanSpyStop",
        b"LocalOptimizationBegin",
        b"LocalOptimizationEnd",
        b"ConfbridgeJoin",
        b"ConfbridgeLeave",
        b"ConfbridgeTalking",
        b"CEL",
    }
)
NOISE = frozenset(
    {
        b"TestEvent",
        b"BridgeCreate",
        b"Cdr",
        b"SuccessfulAuth",
        b"ChallengeSent",
        b"InvalidAccountID",
        b"ExtensionStatus",
        b"PeerStatus",
        b"ContactStatus",
        b"Registry",
        b"PresenceStatus",
        b"BridgeVideoSourceUpdate",
        b"BridgeInfoComplete",
    }
)
# Wanted, and told of no channel: nothing in them can break off.
WITHOUT_CHANNEL = frozenset(
    {
        b"BridgeDestroy",
        b"BridgeMerge",
        b"DeviceStateChange",
        b"FullyBooted",
        b"QueueMemberAdded",
        b"QueueMemberPause",
        b"QueueMemberPenalty",
        b"QueueMemberRemoved",
        b"QueueMemberRinginuse",
        b"QueueMemberStatus",
        b"Reload",
        b"Shutdown",
    }
)
# May bear none: the caller's channel is gone already (a queue within a queue).
_PERHAPS_WITHOUT = b"AgentComplete"
VARIABLE = b"VarSet"
"""Bears a channel, and is wanted for the sake of a few variables."""


class EventName:
    """One name of an event: what is to be done with those of it, and how many came (`seen`).

    `privilege` is how the second line begins, with its end where the event is wanted; `bears_channel`: may it bear a channel's
    headers, so that it can break off? `must_bear_channel`: without them it is none.
    """

    __slots__ = ("bears_channel", "is_wanted", "must_bear_channel", "name", "privilege", "seen")

    def __init__(self, name: bytes, is_wanted: bool, bears_channel: bool) -> None:
        self.name = name.decode()
        self.is_wanted = is_wanted
        self.privilege = privilege_of(name) + b"\r\n" if is_wanted or name == VARIABLE else b"Privilege: "
        self.bears_channel = bears_channel
        self.must_bear_channel = is_wanted and bears_channel and name != _PERHAPS_WITHOUT
        self.seen = 0


def names_of(wanted: frozenset[bytes]) -> dict[bytes, EventName]:
    """All the names that are known, those `wanted` among them, by an event's first line."""
    without_channel = NOISE | WITHOUT_CHANNEL
    unwanted = NOISE | NOISE_WITH_CHANNEL | {VARIABLE}
    return {
        b"Event: " + name: EventName(name, name not in unwanted, name not in without_channel)
        for name in wanted | unwanted
    }

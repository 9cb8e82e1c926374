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
# Nothing that is not wanted is believed, so that its class does not matter.
_CLASSES = (
    *(b"system", b"call", b"log", b"verbose", b"agent", b"user", b"config", b"command", b"dtmf", b"reporting", b"cdr"),
    *(b"dialplan", b"originate", b"agi", b"cc", b"aoc", b"test", b"security", b"message"),
)
VARIABLE = b"VarSet"
"""Bears a channel, and is wanted for the sake of a few variables."""


class EventName:
    """One name of an event: what is to be done with those of it, and how many came (`seen`).

    `bears_channel`: may it bear a channel's headers, so that it can break off? `must_bear_channel`: without them it is none.
    """

    __slots__ = ("bears_channel", "is_wanted", "must_bear_channel", "name", "seen")

    def __init__(self, name: bytes, is_wanted: bool, bears_channel: bool) -> None:
        self.name = name.decode()
        self.is_wanted = is_wanted
        self.bears_channel = bears_channel
        self.must_bear_channel = is_wanted and bears_channel and name != _PERHAPS_WITHOUT
        self.seen = 0


def begin_of(name: bytes) -> bytes:
    """How a wanted event begins, up to the `,all` of its class."""
    return b"Event: " + name + b"\r\n" + privilege_of(name).removesuffix(b",all")


def names_of(wanted: frozenset[bytes]) -> dict[bytes, EventName]:
    """All the names that are known, those `wanted` among them, by an event's begin up to the `,all` of its class."""
    without_channel = NOISE | WITHOUT_CHANNEL
    noise = NOISE | NOISE_WITH_CHANNEL
    found = {
        begin_of(name): EventName(name, name != VARIABLE, name not in without_channel) for name in wanted | {VARIABLE}
    }
    for name in noise:
        unwanted = EventName(name, False, name not in without_channel)
        found |= {b"Event: " + name + b"\r\nPrivilege: " + each: unwanted for each in _CLASSES}
    return found

"""What lives on the simulated PBX, as its own events tell: channels, bridges, queues with members and callers, parked calls.

Pure: moments come in as epoch seconds UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.demo.cast import EMPTY_QUEUE, Department
from handlers.ami.message import text_of

CHANNEL_HEADERS = (
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
)
BRIDGE_HEADERS = (
    "BridgeUniqueid",
    "BridgeType",
    "BridgeTechnology",
    "BridgeCreator",
    "BridgeName",
    "BridgeNumChannels",
    "BridgeVideoSourceMode",
)
MEMBER_HEADERS = (
    "Membership",
    "Penalty",
    "CallsTaken",
    "LastCall",
    "LastPause",
    "LoginTime",
    "InCall",
    "Status",
    "Paused",
    "PausedReason",
    "Wrapuptime",
)
RINGING = "5"
UP = "6"
_ABOUT_MEMBERS = frozenset(
    {"QueueMemberStatus", "QueueMemberAdded", "QueueMemberPause", "QueueMemberPenalty", "QueueMemberRinginuse"}
)


def headers_of(raw: bytes) -> dict[str, str]:
    """The headers of one of the PBX's own events by name, the first of each, `<unknown>` as it stands."""
    found: dict[str, str] = {}
    for line in text_of(raw).split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name, value.removeprefix(" "))
    return found


@dataclass(slots=True)
class LiveChannel:
    """A channel with its headers as they were last told, and what it does in the dialplan."""

    headers: dict[str, str]
    created_at: float
    application: str = ""
    data: str = ""
    bridge: str = ""

    @property
    def device(self) -> str:
        """`PJSIP/101` of `PJSIP/101-0000001a`."""
        return self.headers["Channel"].rpartition("-")[0]


@dataclass(slots=True)
class LiveBridge:
    """A bridge and the uniqueids of who is in it, in the order of entering."""

    headers: dict[str, str]
    members: list[str] = field(default_factory=list)

    @property
    def is_talk(self) -> bool:
        """Do two hear each other?"""
        return len(self.members) > 1 and self.headers["BridgeTechnology"] != "holding_bridge"


@dataclass(slots=True)
class QueueMember:
    """A member of a queue, with the figures that the queue keeps."""

    name: str
    interface: str
    state_interface: str
    figures: dict[str, str]


@dataclass(slots=True)
class LiveQueue:
    """A queue: its members by interface, and since when who waits, first come first."""

    members: dict[str, QueueMember]
    waiting: dict[str, float] = field(default_factory=dict)
    completed: int = 0
    abandoned: int = 0
    hold_s: int = 0

    def position(self, uniqueid: str) -> int:
        """The place of one who waits, from 1; of one who does not, the next free place."""
        return (list(self.waiting).index(uniqueid) if uniqueid in self.waiting else len(self.waiting)) + 1


@dataclass(slots=True)
class ParkedCall:
    """A parked call as its event told it."""

    headers: dict[str, str]
    since: float


class Switchboard:
    """Everything that lives. `take` is told each event of the PBX in order; who asks reads the attributes."""

    def __init__(self, departments: Iterable[Department], booted_at: float) -> None:
        self.booted_at = booted_at
        self.channels: dict[str, LiveChannel] = {}
        self.bridges: dict[str, LiveBridge] = {}
        self.parked: dict[str, ParkedCall] = {}
        self.processed = 0
        self.queues = {department.queue: LiveQueue(self._members(department)) for department in departments}
        self.queues[EMPTY_QUEUE] = LiveQueue({})

    def _members(self, department: Department) -> dict[str, QueueMember]:
        figures = {
            "Membership": "static",
            "Penalty": "0",
            "CallsTaken": "0",
            "LastCall": "0",
            "LastPause": "0",
            "LoginTime": str(int(self.booted_at)),
            "InCall": "0",
            "Status": "1",
            "Paused": "0",
            "PausedReason": "",
            "Wrapuptime": "0",
        }
        return {
            member.interface: QueueMember(member.name, member.interface, member.device, dict(figures))
            for member in department.members
            if member.interface is not None
        }

    def take(self, raw: bytes, at: float) -> None:
        """Note one event that happened at `at`."""
        event = headers_of(raw)
        name = event["Event"]
        if name == "Newchannel":
            self._create(event, at)
        else:
            self._refresh(event)
        if name == "Hangup":
            self._hang_up(event["Uniqueid"])
        elif name.startswith("Bridge"):
            self._bridge(name, event)
        elif name == "Newexten":
            self._enter(event)
        elif name.startswith("Queue"):
            self._queue(name, event, at)
        elif name == "AgentComplete":
            self._complete(event, at)
        elif name == "ParkedCall":
            self.parked[event["ParkeeUniqueid"]] = ParkedCall(event, at)
        elif name in {"UnParkedCall", "ParkedCallGiveUp", "ParkedCallTimeOut"}:
            self.parked.pop(event["ParkeeUniqueid"], None)

    def _create(self, event: dict[str, str], at: float) -> None:
        self.channels[event["Uniqueid"]] = LiveChannel({name: event[name] for name in CHANNEL_HEADERS}, at)
        if event["Uniqueid"] == event["Linkedid"]:
            self.processed += 1

    def _refresh(self, event: dict[str, str]) -> None:
        """Every event tells its channels' headers anew."""
        for prefix in ("", "Dest"):
            channel = self.channels.get(event.get(f"{prefix}Uniqueid", ""))
            if channel is not None and f"{prefix}Channel" in event:
                channel.headers = {name: event[f"{prefix}{name}"] for name in CHANNEL_HEADERS}

    def _hang_up(self, uniqueid: str) -> None:
        self.channels.pop(uniqueid, None)
        self.parked.pop(uniqueid, None)

    def _enter(self, event: dict[str, str]) -> None:
        channel = self.channels.get(event["Uniqueid"])
        if channel is not None:
            channel.application, channel.data = event["Application"], event["AppData"]

    def _bridge(self, name: str, event: dict[str, str]) -> None:
        headers = {header: event[header] for header in BRIDGE_HEADERS}
        bridge = self.bridges.setdefault(headers["BridgeUniqueid"], LiveBridge(headers))
        bridge.headers = headers
        channel = self.channels.get(event.get("Uniqueid", ""))
        if name == "BridgeDestroy":
            del self.bridges[headers["BridgeUniqueid"]]
        elif name == "BridgeEnter" and channel is not None:
            bridge.members.append(event["Uniqueid"])
            channel.bridge = headers["BridgeUniqueid"]
        elif name == "BridgeLeave" and channel is not None:
            bridge.members.remove(event["Uniqueid"])
            channel.bridge = ""

    def _queue(self, name: str, event: dict[str, str], at: float) -> None:
        queue = self.queues.get(event["Queue"])
        if queue is None:
            return
        if name == "QueueCallerJoin":
            queue.waiting[event["Uniqueid"]] = at
        elif name == "QueueCallerLeave":
            queue.waiting.pop(event["Uniqueid"], None)
        elif name == "QueueCallerAbandon":
            queue.abandoned += 1
        elif name == "QueueMemberRemoved":
            queue.members.pop(event["Interface"], None)
        elif name in _ABOUT_MEMBERS:
            queue.members[event["Interface"]] = QueueMember(
                event["MemberName"],
                event["Interface"],
                event["StateInterface"],
                {header: event[header] for header in MEMBER_HEADERS},
            )

    def _complete(self, event: dict[str, str], at: float) -> None:
        queue = self.queues.get(event["Queue"])
        if queue is None:
            return
        queue.completed += 1
        queue.hold_s = (queue.hold_s * 3 + int(event["HoldTime"])) // 4  # as app_queue smoothes it
        member = queue.members.get(event["Interface"])
        if member is not None:
            member.figures["CallsTaken"] = str(int(member.figures["CallsTaken"]) + 1)
            member.figures["LastCall"] = str(int(at))

    def device_states(self) -> dict[str, str]:
        """The state of each device that has a channel or is a queue's member, in Asterisk's words."""
        states: dict[str, str] = {}
        for queue in self.queues.values():
            for member in queue.members.values():
                states.setdefault(member.state_interface, "NOT_INUSE")
        for channel in self.channels.values():
            rings = channel.headers["ChannelState"] == RINGING
            was = states.get(channel.device)
            states[channel.device] = "RINGING" if rings and was in {None, "NOT_INUSE", "RINGING"} else "INUSE"
        return states

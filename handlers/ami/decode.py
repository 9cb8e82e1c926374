"""Blocks to typed events.

The headers of a channel come in one fixed order (Asterisk 13.5 to 23: manager_channels.c), so one pattern takes them all and
stands firm against what a caller wrote: a value ends only where the next header of the run begins. Whatever does not fit is no
event, and counted by reason; nothing in here raises, whatever the bytes.
"""

import math
import re
from collections import Counter
from collections.abc import Callable

from handlers.ami import events as ev
from handlers.ami.message import Message, text_of, unescaped

_RUN = (
    rb"\r\n%(p)sChannel: (.*?)\r\n%(p)sChannelState: (\d+)\r\n%(p)sChannelStateDesc: .*?\r\n%(p)sCallerIDNum: (.*?)"
    rb"\r\n%(p)sCallerIDName: (.*?)\r\n%(p)sConnectedLineNum: (.*?)\r\n%(p)sConnectedLineName: (.*?)\r\n%(p)sLanguage: .*?"
    rb"\r\n%(p)sAccountCode: (.*?)\r\n%(p)sContext: (.*?)\r\n%(p)sExten: (.*?)\r\n%(p)sPriority: -?\d+"
    rb"\r\n%(p)sUniqueid: ([^\r\n]+)\r\n%(p)sLinkedid: ([^\r\n]+)"
)
_CHANNEL = re.compile(_RUN % {b"p": b""}, re.DOTALL)
_DEST = re.compile(_RUN % {b"p": b"Dest"}, re.DOTALL)
_LAST = re.compile(
    rb"\r\nContext: (.*?)\r\nExten: (.*?)\r\nPriority: -?\d+\r\nUniqueid: ([^\r\n]+)\r\nLinkedid: ([^\r\n]+)", re.DOTALL
)
_UNIQUEID = re.compile(r"(?:[\w.:-]+-)?\d+\.\d+")
_PRIVILEGE = re.compile(rb"Event: \w+\r\nPrivilege: ")
_TIMESTAMP = re.compile(rb"\r\nTimestamp: (\d{9,11}\.\d{1,9})\r\n")
_VARIABLES = frozenset({"QUEUESTATUS", "DIALSTATUS", "VMSTATUS"})


class _Channel:
    """The run of one channel's headers in a block."""

    __slots__ = (
        "account",
        "channel",
        "connected",
        "context",
        "end",
        "exten",
        "linkedid",
        "name",
        "number",
        "state",
        "uniqueid",
    )

    def __init__(self, match: re.Match[bytes]) -> None:
        channel, state, number, name, connected, _, account, context, exten, uniqueid, linkedid = match.groups()
        self.channel = text_of(channel)
        self.state = int(state) if len(state) < 4 else 0  # noqa: PLR2004 - states have one digit
        self.number = _known(number)
        self.name = _name(name)
        self.connected = _known(connected)
        self.account = text_of(account)
        self.context = text_of(context)
        self.exten = text_of(exten)
        self.uniqueid = text_of(uniqueid)
        self.linkedid = text_of(linkedid)
        self.end = match.end()


class DecodeError(ValueError):
    """A block that is not the event it says; the message is the reason, for counting."""


def _known(raw: bytes) -> str | None:
    return None if raw == b"<unknown>" else text_of(raw)


def _name(raw: bytes) -> str | None:
    return None if raw == b"<unknown>" else unescaped(text_of(raw))


def _channel(block: bytes) -> _Channel:
    match = _CHANNEL.search(block)
    if match is None:
        raise DecodeError("malformed")
    found = _Channel(match)
    if block.find(b"\r\nUniqueid: ", found.end) >= 0:
        # A forged run stands before the true one: what a caller wrote always comes before the rest of his headers.
        *_, last = _LAST.finditer(block)
        context, exten, uniqueid, linkedid = last.groups()
        found.context, found.exten = text_of(context), text_of(exten)
        found.uniqueid, found.linkedid = text_of(uniqueid), text_of(linkedid)
        found.end = last.end()
    if not _UNIQUEID.fullmatch(found.uniqueid):
        raise DecodeError("malformed")
    return found


def _dest(block: bytes) -> _Channel:
    match = _DEST.search(block)
    if match is None:
        raise DecodeError("malformed")
    found = _Channel(match)
    if not _UNIQUEID.fullmatch(found.uniqueid):
        raise DecodeError("malformed")
    return found


def _after(block: bytes, start: int) -> dict[str, str]:
    """The headers behind a run, the first of each name."""
    headers: dict[str, str] = {}
    for line in text_of(block[start:]).split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers.setdefault(name, value)
    return headers


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def _created(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.ChannelCreated(
        at, c.uniqueid, c.linkedid, c.channel, c.state, c.number, c.name, c.context, c.exten, c.account
    )


def _state(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.ChannelStateChanged(at, c.uniqueid, c.channel, c.state, c.exten, c.connected)


def _caller_id(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.CallerIdChanged(at, c.uniqueid, c.channel, c.number, c.name)


def _hangup_request(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.HangupRequested(at, c.uniqueid, c.channel, _number(_after(block, c.end).get("Cause")), block[7:8] == b"S")


def _hangup(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    rest = _after(block, c.end)
    if "Cause" not in rest:
        raise DecodeError("malformed")
    return ev.ChannelHungUp(at, c.uniqueid, c.channel, _number(rest["Cause"]), rest.get("TechCause"))


def _source(block: bytes) -> _Channel | None:
    """The dialler, absent for an Originate."""
    return _channel(block) if b"\r\nChannel: " in block else None


def _dial_begin(at: float, block: bytes) -> ev.Event:
    source, dest = _source(block), _dest(block)
    rest = _after(block, dest.end)
    return ev.DialBegun(
        at,
        source.uniqueid if source else None,
        dest.uniqueid,
        dest.channel,
        dest.number,
        source.exten if source else None,
        rest.get("DialString", ""),
    )


def _dial_state(at: float, block: bytes) -> ev.Event:
    dest = _dest(block)
    return ev.DialProgressed(at, dest.uniqueid, _after(block, dest.end).get("DialStatus", ""))


def _dial_end(at: float, block: bytes) -> ev.Event:
    source, dest = _source(block), _dest(block)
    rest = _after(block, dest.end)
    return ev.DialEnded(
        at,
        source.uniqueid if source else None,
        dest.uniqueid,
        dest.channel,
        rest.get("DialStatus", ""),
        rest.get("Forward"),
    )


_BRIDGE = re.compile(rb"\r\nBridgeUniqueid: ([^\r\n]+)\r\nBridgeType: [^\r\n]*\r\nBridgeTechnology: ([^\r\n]*)\r\n")


def _bridge(block: bytes) -> tuple[str, str]:
    match = _BRIDGE.search(block)
    if match is None:
        raise DecodeError("malformed")
    return text_of(match[1]), text_of(match[2])


def _bridge_enter(at: float, block: bytes) -> ev.Event:
    bridge, technology = _bridge(block)
    c = _channel(block)
    swap = _after(block, c.end).get("SwapUniqueid") if len(block) > c.end else None
    return ev.BridgeEntered(at, bridge, technology, c.uniqueid, c.linkedid, c.channel, swap)


def _bridge_leave(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.BridgeLeft(at, _bridge(block)[0], c.uniqueid, c.channel)


def _bridge_destroy(at: float, block: bytes) -> ev.Event:
    return ev.BridgeDestroyed(at, _bridge(block + b"\r\n")[0])


def _hold(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.HoldStarted(at, c.uniqueid, c.channel)


def _unhold(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.HoldEnded(at, c.uniqueid, c.channel)


def _queue_join(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    rest = _after(block, c.end)
    return ev.QueueJoined(at, c.uniqueid, c.channel, _must(rest, "Queue"), _number(rest.get("Position")))


def _queue_leave(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.QueueLeft(at, c.uniqueid, c.channel, _must(_after(block, c.end), "Queue"))


def _queue_abandon(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.QueueAbandoned(at, c.uniqueid, c.channel, _must(_after(block, c.end), "Queue"))


def _must(headers: dict[str, str], name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise DecodeError("malformed")
    return value


def _agent_called(at: float, block: bytes) -> ev.Event:
    c, dest = _channel(block), _dest(block)
    rest = _after(block, dest.end)
    return ev.AgentCalled(
        at, c.uniqueid, dest.uniqueid, _must(rest, "Queue"), _must(rest, "Interface"), rest.get("MemberName")
    )


def _agent_connect(at: float, block: bytes) -> ev.Event:
    c, dest = _channel(block), _dest(block)
    rest = _after(block, dest.end)
    return ev.AgentConnected(
        at, c.uniqueid, dest.uniqueid, _must(rest, "Queue"), _must(rest, "Interface"), rest.get("MemberName")
    )


def _agent_rna(at: float, block: bytes) -> ev.Event:
    c, dest = _channel(block), _dest(block)
    rest = _after(block, dest.end)
    ring_ms = _number(rest.get("RingTime"))  # milliseconds here, whole seconds in AgentConnect
    return ev.AgentRingNoAnswer(
        at,
        c.uniqueid,
        dest.uniqueid,
        _must(rest, "Queue"),
        _must(rest, "Interface"),
        rest.get("MemberName"),
        None if ring_ms is None else ring_ms / 1000,
    )


def _agent_complete(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    rest = _after(block, c.end)
    return ev.AgentCompleted(
        at, c.uniqueid, _must(rest, "Queue"), _must(rest, "Interface"), rest.get("MemberName"), rest.get("Reason")
    )


def _agent_login(at: float, block: bytes) -> ev.Event:
    c = _channel(block)
    return ev.AgentLoggedIn(at, c.uniqueid, c.channel, _after(block, c.end).get("Agent", ""))


def _agent_logoff(at: float, block: bytes) -> ev.Event:
    return ev.AgentLoggedOff(at, Message(block).get("Agent") or "")


_MEMBER = re.compile(
    rb"\r\nQueue: (.*?)\r\n(?:MemberName|Name): (.*?)\r\n(?:Interface|Location): (.*?)\r\nStateInterface: (.*?)\r\nMembership: .*?"
    rb"\r\nStatus: (\d{1,2})\r\nPaused: (\d)(?:\r\nPausedReason: (.*?))?(?=\r\n|$)",
    re.DOTALL,
)


def member_seen(at: float, block: bytes) -> ev.MemberSeen:
    """A queue's member from `QueueMemberStatus` and its kin, or from `QueueMember` of a snapshot; DecodeError if it is none."""
    match = _MEMBER.search(block)
    if match is None:
        raise DecodeError("malformed")
    queue, name, interface, state_interface, status, paused, reason = match.groups()
    return ev.MemberSeen(
        at,
        text_of(queue),
        text_of(interface),
        text_of(state_interface),
        _known(name),
        int(status),
        paused == b"1",
        text_of(reason) if reason else None,
    )


def _member_removed(at: float, block: bytes) -> ev.Event:
    member = member_seen(at, block)
    return ev.MemberRemoved(at, member.queue, member.interface)


def _var_set(at: float, block: bytes) -> ev.Event | None:
    c = _channel(block)
    rest = _after(block, c.end)
    variable = rest.get("Variable", "")
    if variable not in _VARIABLES:
        return None
    return ev.VariableSet(at, c.uniqueid, c.channel, variable, unescaped(rest.get("Value", "")))


def _local_bridge(at: float, block: bytes) -> ev.Event:
    message = Message(block)
    one, two = message.all("LocalOneUniqueid"), message.all("LocalTwoUniqueid")
    if not one or not two:
        raise DecodeError("malformed")
    return ev.LocalBridged(at, one[-1], two[-1], message.get("LocalOptimization") == "Yes")


def _bridge_merge(at: float, block: bytes) -> ev.Event:
    message = Message(block)
    to, source = message.get("ToBridgeUniqueid"), message.get("FromBridgeUniqueid")
    if not to or not source:
        raise DecodeError("malformed")
    return ev.BridgeMerged(at, to, source)


def _blind_transfer(at: float, block: bytes) -> ev.Event:
    m = Message(block)
    return ev.BlindTransferred(
        at,
        m.get("TransfererUniqueid") or "",
        m.get("TransfereeUniqueid"),
        m.get("Result") or "",
        m.get("Context") or "",
        m.get("Extension") or "",
    )


def _attended_transfer(at: float, block: bytes) -> ev.Event:
    m = Message(block)
    return ev.AttendedTransferred(
        at,
        m.get("OrigTransfererUniqueid") or "",
        m.get("SecondTransfererUniqueid"),
        m.get("TransfereeUniqueid"),
        m.get("TransferTargetUniqueid"),
        m.get("Result") or "",
        m.get("DestType") or "",
    )


def _pickup(at: float, block: bytes) -> ev.Event:
    return ev.PickedUp(at, _channel(block).uniqueid, Message(block).get("TargetUniqueid") or "")


def _parked(at: float, block: bytes) -> ev.Event:
    m = Message(block)
    return ev.Parked(
        at,
        m.name,
        m.get("ParkeeUniqueid") or "",
        m.get("Parkinglot") or "",
        m.get("ParkingSpace") or "",
        m.get("RetrieverUniqueid"),
    )


def _shutdown(at: float, block: bytes) -> ev.Event:
    return ev.PbxStopped(at, Message(block).get("Restart") == "True")


_DECODERS: dict[bytes, Callable[[float, bytes], ev.Event | None]] = {
    b"Newchannel": _created,
    b"Newstate": _state,
    b"NewCallerid": _caller_id,
    b"HangupRequest": _hangup_request,
    b"SoftHangupRequest": _hangup_request,
    b"Hangup": _hangup,
    b"DialBegin": _dial_begin,
    b"DialState": _dial_state,
    b"DialEnd": _dial_end,
    b"LocalBridge": _local_bridge,
    b"BridgeEnter": _bridge_enter,
    b"BridgeLeave": _bridge_leave,
    b"BridgeMerge": _bridge_merge,
    b"BridgeDestroy": _bridge_destroy,
    b"Hold": _hold,
    b"Unhold": _unhold,
    b"QueueCallerJoin": _queue_join,
    b"QueueCallerLeave": _queue_leave,
    b"QueueCallerAbandon": _queue_abandon,
    b"AgentCalled": _agent_called,
    b"AgentConnect": _agent_connect,
    b"AgentRingNoAnswer": _agent_rna,
    b"AgentComplete": _agent_complete,
    b"AgentLogin": _agent_login,
    b"AgentLogoff": _agent_logoff,
    b"QueueMemberStatus": member_seen,
    b"QueueMemberAdded": member_seen,
    b"QueueMemberPause": member_seen,
    b"QueueMemberPenalty": member_seen,
    b"QueueMemberRinginuse": member_seen,
    b"QueueMemberRemoved": _member_removed,
    b"BlindTransfer": _blind_transfer,
    b"AttendedTransfer": _attended_transfer,
    b"Pickup": _pickup,
    b"ParkedCall": _parked,
    b"ParkedCallTimeOut": _parked,
    b"ParkedCallGiveUp": _parked,
    b"ParkedCallSwap": _parked,
    b"UnParkedCall": _parked,
    b"Shutdown": _shutdown,
}
WANTED = frozenset(_DECODERS) | {b"FullyBooted"}


class Decoder:
    """Turns blocks into events; `bad` counts what was none, by reason."""

    def __init__(self) -> None:
        self.bad: Counter[str] = Counter()

    def decode(self, block: bytes, arrival: float) -> ev.Event | None:
        """The event of a block that arrived at `arrival` (epoch seconds), or None. Never raises.

        `at` is the PBX's own `Timestamp` where it sends one (manager.conf: timestampevents), else the arrival.
        """
        name = block[7 : block.find(b"\r\n", 7)]
        decoder = _DECODERS.get(name) if name != b"VarSet" else _var_set
        if decoder is None:
            return None
        if not _PRIVILEGE.match(block):
            self.bad["unprivileged"] += 1
            return None
        try:
            return decoder(_at(block, arrival), block)
        except DecodeError as error:
            self.bad[str(error)] += 1
        except (ValueError, IndexError):  # whatever a pattern let through that is no value after all
            self.bad["malformed"] += 1
        return None


def _at(block: bytes, arrival: float) -> float:
    if b"\r\nTimestamp: " not in block[:160]:
        return arrival
    match = _TIMESTAMP.search(block, 0, 200)
    if match is None:
        return arrival
    at = float(match[1])
    return at if math.isfinite(at) else arrival

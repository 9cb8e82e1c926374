"""Blocks to typed events.

Whatever does not fit is no event, and counted by reason; nothing in here raises, whatever the bytes. `runs` stands firm against
what a caller wrote.
"""

import re
from collections import Counter
from collections.abc import Callable

from handlers.ami import events as ev
from handlers.ami.message import Message, text_of, unescaped
from handlers.ami.pbx_clock import PbxClock
from handlers.ami.runs import ChannelRun, DecodeError, channel_run, dest_run, named, named_if_there

__all__ = ["WANTED", "DecodeError", "Decoder", "device_state_told", "member_seen"]

# Nowhere but behind `Privilege` does it come from the PBX: a caller's own would stop the clock for everybody.
_TIMESTAMP = re.compile(r"Event: \w+\r\nPrivilege: [^\r\n]*\r\nTimestamp: (\d{9,10}\.\d{1,9})\r\n", re.ASCII)
_VARIABLES = frozenset({"QUEUESTATUS", "DIALSTATUS", "VMSTATUS"})


def _known(value: str) -> str | None:
    return None if value == "<unknown>" else value


def _name(value: str) -> str | None:
    return None if value == "<unknown>" else unescaped(value)


def _state_of(digits: str) -> int:
    return int(digits) if len(digits) < 4 else 0  # noqa: PLR2004 - states have one digit


def _header(rest: str, name: str) -> str | None:
    """The first header of this name behind a run; None where there is none."""
    begin = rest.find(f"\r\n{name}: ")
    if begin < 0:
        return None
    begin += len(name) + 4
    end = rest.find("\r\n", begin)
    return rest[begin:end] if end >= 0 else rest[begin:]


def _must(rest: str, name: str) -> str:
    value = _header(rest, name)
    if value is None:
        raise DecodeError("malformed")
    return value


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an int of C


def _created(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.ChannelCreated(
        at,
        c.uniqueid,
        c.linkedid,
        c.channel,
        _state_of(c.state),
        _known(c.number),
        _name(c.name),
        c.context,
        c.exten,
        c.account,
    )


def _state(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.ChannelStateChanged(at, c.uniqueid, c.channel, _state_of(c.state), c.exten, _known(c.connected))


def _caller_id(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.CallerIdChanged(at, c.uniqueid, c.channel, _known(c.number), _name(c.name))


def _hangup_request(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HangupRequested(at, c.uniqueid, c.channel, _number(_header(c.rest, "Cause")), text[7] == "S")


def _hangup(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    cause = _number(_must(c.rest, "Cause"))
    return ev.ChannelHungUp(at, c.uniqueid, c.channel, cause, _header(c.rest, "TechCause"))


def _source(text: str) -> ChannelRun | None:
    """The dialler, absent for an Originate."""
    return channel_run(text) if "\r\nChannel: " in text else None


def _dial_begin(at: float, text: str) -> ev.Event:
    source, dest = _source(text), dest_run(text)
    return ev.DialBegun(
        at,
        source.uniqueid if source else None,
        dest.uniqueid,
        dest.channel,
        _known(dest.number),
        source.exten if source else None,
        _header(dest.rest, "DialString") or "",
    )


def _dial_state(at: float, text: str) -> ev.Event:
    dest = dest_run(text)
    return ev.DialProgressed(at, dest.uniqueid, _must(dest.rest, "DialStatus"))


def _dial_end(at: float, text: str) -> ev.Event:
    source, dest = _source(text), dest_run(text)
    return ev.DialEnded(
        at,
        source.uniqueid if source else None,
        dest.uniqueid,
        dest.channel,
        _must(dest.rest, "DialStatus"),
        _header(dest.rest, "Forward"),
    )


_BRIDGE = re.compile(r"\r\nBridgeUniqueid: ([^\r\n]+)\r\nBridgeType: [^\r\n]*\r\nBridgeTechnology: ([^\r\n]*)\r\n")


def _bridge(text: str) -> tuple[str, str]:
    match = _BRIDGE.search(text)
    if match is None:
        raise DecodeError("malformed")
    return match[1], match[2]


def _bridge_enter(at: float, text: str) -> ev.Event:
    bridge, technology = _bridge(text)
    c = channel_run(text)
    swap = _header(c.rest, "SwapUniqueid")
    return ev.BridgeEntered(at, bridge, technology, c.uniqueid, c.linkedid, c.channel, swap)


def _bridge_leave(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.BridgeLeft(at, _bridge(text)[0], c.uniqueid, c.channel)


def _bridge_destroy(at: float, text: str) -> ev.Event:
    return ev.BridgeDestroyed(at, _bridge(text + "\r\n")[0])


def _hold(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HoldStarted(at, c.uniqueid, c.channel)


def _unhold(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HoldEnded(at, c.uniqueid, c.channel)


def _queue_join(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    position = _number(_header(c.rest, "Position"))
    return ev.QueueJoined(at, c.uniqueid, c.channel, _must(c.rest, "Queue"), position)


def _queue_leave(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.QueueLeft(at, c.uniqueid, c.channel, _must(c.rest, "Queue"))


def _queue_abandon(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.QueueAbandoned(at, c.uniqueid, c.channel, _must(c.rest, "Queue"))


def _member_of_queue(rest: str) -> tuple[str, str, str | None]:
    """Queue, interface and name of a member, behind a run."""
    return _must(rest, "Queue"), _must(rest, "Interface"), _header(rest, "MemberName")


def _agent_called(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    return ev.AgentCalled(at, c.uniqueid, dest.uniqueid, *_member_of_queue(dest.rest))


def _agent_connect(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    return ev.AgentConnected(at, c.uniqueid, dest.uniqueid, *_member_of_queue(dest.rest))


def _agent_rna(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    ring_ms = _number(_header(dest.rest, "RingTime"))  # milliseconds here, whole seconds in AgentConnect
    return ev.AgentRingNoAnswer(
        at,
        c.uniqueid,
        dest.uniqueid,
        *_member_of_queue(dest.rest),
        None if ring_ms is None else ring_ms / 1000,
    )


def _agent_complete(at: float, text: str) -> ev.Event | None:
    if "\r\nChannel: " not in text:
        _member_of_queue(text)
        return None  # the caller's channel is gone already (a queue within a queue)
    c = channel_run(text)
    # So may the agent's be; where it is told, a caller has a number in it, before the queue's headers.
    rest = dest_run(c.rest).rest if "\r\nDestChannel: " in c.rest else c.rest
    return ev.AgentCompleted(at, c.uniqueid, *_member_of_queue(rest), _header(rest, "Reason"))


def _agent_login(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.AgentLoggedIn(at, c.uniqueid, c.channel, _must(c.rest, "Agent"))


def _agent_logoff(at: float, text: str) -> ev.Event:
    return ev.AgentLoggedOff(at, _must(channel_run(text).rest, "Agent"))


# As with the runs: first what is nearly always, then what a strange name makes of it.
_PLAIN_MEMBER = re.compile(
    r"\r\nQueue: ([^\r]*+)\r\n(?:Member)?+Name: ([^\r]*+)\r\n(?:Interface|Location): ([^\r]*+)\r\nStateInterface: ([^\r]*+)"
    r"\r\nMembership: [^\r]*+(?:\r\n(?!LastPause: |Status: )[^\r]*+)*+(?:\r\nLastPause: (\d{1,10}))?+"
    r"(?:\r\n(?!Status: )[^\r]*+)*+\r\nStatus: (\d{1,2})\r\nPaused: (\d)(?:\r\nPausedReason: ([^\r]*+))?+"
    r"(?=\r\n|\Z)",
    re.ASCII,
)
_MEMBER = re.compile(
    r"\r\nQueue: (?>(.*?)\r\n(?:MemberName|Name): )(?>(.*?)\r\n(?:Interface|Location): )(?>(.*?)\r\nStateInterface: )"
    r"(?>(.*?)\r\nMembership: )(?>(?:[^\r]*\r\n(?!LastPause: |Status: ))*[^\r]*(?:\r\nLastPause: (\d{1,10}))?)"
    r"(?>.*?\r\nStatus: (\d{1,2})\r\nPaused: (\d))(?:\r\nPausedReason: (.*?))?(?=\r\n|\Z)",
    re.DOTALL | re.ASCII,
)


def _member(at: float, text: str) -> ev.MemberSeen:
    start = text.find("\r\nQueue: ")
    match = _PLAIN_MEMBER.match(text, start) or _MEMBER.match(text, start)
    if match is None:
        raise DecodeError("malformed")
    queue, name, interface, state_interface, paused_at, status, paused, reason = match.groups()
    is_paused = paused == "1"
    since = float(paused_at) if is_paused and paused_at and int(paused_at) else None
    return ev.MemberSeen(
        at, queue, interface, state_interface, _known(name), int(status), is_paused, reason or None, since
    )


def member_seen(at: float, block: bytes) -> ev.MemberSeen:
    """A queue's member from `QueueMemberStatus` and its kin, or from `QueueMember` of a snapshot; DecodeError if it is none."""
    return _member(at, text_of(block))


def _member_removed(at: float, text: str) -> ev.Event:
    member = _member(at, text)
    return ev.MemberRemoved(at, member.queue, member.interface)


_DEVICE_STATE = re.compile(r"\r\nDevice: ([^\r\n]+)\r\nState: ([A-Z_]+)(?=\r\n|\Z)")
_STATES = {
    name: state
    for state, name in enumerate(
        ("UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD")
    )
}
# What bears a state and is nobody's phone: queues, hints, mailboxes (`Queue:support_avail`), halves of Local channels.
_PHONE = re.compile(r"(?!Local/)[A-Za-z0-9]+/|Agent:")


def _device_state(at: float, text: str) -> ev.DeviceStateTold | None:
    match = _DEVICE_STATE.search(text)
    if match is None or match[2] not in _STATES:
        raise DecodeError("malformed")
    if _PHONE.match(match[1]) is None:
        return None
    return ev.DeviceStateTold(at, match[1], _STATES[match[2]])


def device_state_told(at: float, block: bytes) -> ev.DeviceStateTold | None:
    """A phone's state from `DeviceStateChange`, of `DeviceStateList` too; None: no phone. DecodeError if it is none at all."""
    return _device_state(at, text_of(block))


def _var_set(at: float, text: str) -> ev.Event | None:
    if "\r\nChannel: none\r\n" in text[:80]:
        return None  # of no channel: a global variable, or what check-ami asked for
    c = channel_run(text)
    variable = _header(c.rest, "Variable")
    if variable not in _VARIABLES:
        return None
    return ev.VariableSet(at, c.uniqueid, c.channel, variable, unescaped(_header(c.rest, "Value") or ""))


def _local_bridge(at: float, text: str) -> ev.Event:
    message = Message(text)
    one, two = message.all("LocalOneUniqueid"), message.all("LocalTwoUniqueid")
    if not one or not two:
        raise DecodeError("malformed")
    return ev.LocalBridged(at, one[-1], two[-1], message.get("LocalOptimization") == "Yes")


def _bridge_merge(at: float, text: str) -> ev.Event:
    message = Message(text)
    to, source = message.get("ToBridgeUniqueid"), message.get("FromBridgeUniqueid")
    if not to or not source:
        raise DecodeError("malformed")
    return ev.BridgeMerged(at, to, source)


def _blind_transfer(at: float, text: str) -> ev.Event:
    transferer, transferee = named(text, "Transferer"), named_if_there(text, "Transferee")
    rest = (transferee or transferer).rest
    return ev.BlindTransferred(
        at,
        transferer.uniqueid,
        transferee.uniqueid if transferee else None,
        _header(text, "Result") or "",  # before anybody's number
        _header(rest, "Context") or "",
        _header(rest, "Extension") or "",
    )


def _attended_transfer(at: float, text: str) -> ev.Event:
    transferer = named(text, "OrigTransferer")
    second, transferee, target = (
        named_if_there(text, prefix) for prefix in ("SecondTransferer", "Transferee", "TransferTarget")
    )
    return ev.AttendedTransferred(
        at,
        transferer.uniqueid,
        second.uniqueid if second else None,
        transferee.uniqueid if transferee else None,
        target.uniqueid if target else None,
        _header(text, "Result") or "",
        _header((target or transferee or second or transferer).rest, "DestType") or "",
    )


def _pickup(at: float, text: str) -> ev.Event:
    return ev.PickedUp(at, named(text, "").uniqueid, named(text, "Target").uniqueid)


def _parked(at: float, text: str) -> ev.Event:
    what = text[len("Event: ") : text.index("\r\n")]
    parkee = named(text, "Parkee")
    retriever = named_if_there(text, "Retriever") if what == "UnParkedCall" else None
    rest = (retriever or parkee).rest
    return ev.Parked(
        at,
        what,
        parkee.uniqueid,
        _header(rest, "Parkinglot") or "",
        _header(rest, "ParkingSpace") or "",
        retriever.uniqueid if retriever else None,
    )


def _shutdown(at: float, text: str) -> ev.Event:
    return ev.PbxStopped(at, Message(text).get("Restart") == "True")


_DECODERS: dict[bytes, Callable[[float, str], ev.Event | None]] = {
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
    b"QueueMemberStatus": _member,
    b"QueueMemberAdded": _member,
    b"QueueMemberPause": _member,
    b"QueueMemberPenalty": _member,
    b"QueueMemberRinginuse": _member,
    b"QueueMemberRemoved": _member_removed,
    b"DeviceStateChange": _device_state,
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
WANTED = frozenset(_DECODERS) | {b"FullyBooted", b"Reload"}
_BY_FIRST_LINE = {b"Event: " + name: decoder for name, decoder in (_DECODERS | {b"VarSet": _var_set}).items()}


class Decoder:
    """Turns blocks into events; `bad` counts what was none, by reason. `clock` is to be told what the PBX answers to pings."""

    def __init__(self) -> None:
        self.bad: Counter[str] = Counter()
        self.clock = PbxClock()

    def decode(self, block: bytes, arrival: float) -> ev.Event | None:
        """The event of a block that arrived at `arrival` (epoch seconds), or None. Never raises.

        `at` is the PBX's own `Timestamp` where it sends one (manager.conf: timestampevents), by our clock; else the arrival.
        """
        first_line = block[: block.find(b"\r\n")]
        decoder = _BY_FIRST_LINE.get(first_line)
        if decoder is None:
            return None
        text = text_of(block)
        if not text.startswith("\r\nPrivilege: ", len(first_line)):
            self.bad["unprivileged"] += 1
            return None
        try:
            return decoder(self._at(text, arrival) if text.find("\r\nTimestamp: ", 0, 128) >= 0 else arrival, text)
        except DecodeError as error:
            self.bad[str(error)] += 1
        except (ValueError, IndexError):  # whatever a pattern let through that is no value after all
            self.bad["malformed"] += 1
        return None

    def _at(self, text: str, arrival: float) -> float:
        match = _TIMESTAMP.match(text)
        return arrival if match is None else self.clock.ours(float(match[1]), arrival)

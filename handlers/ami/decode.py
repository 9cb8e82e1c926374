"""Blocks to typed events.

Whatever does not fit is no event, and counted by reason; nothing in here raises, whatever the bytes. `runs` stands firm against
what a caller wrote.
"""

import re
from collections import Counter
from collections.abc import Callable

from handlers.ami import events as ev
from handlers.ami import passings, states
from handlers.ami.headers import head_ends, header, known, must, number
from handlers.ami.message import text_of, unescaped
from handlers.ami.pbx_clock import PbxClock
from handlers.ami.privileges import privilege_of
from handlers.ami.runs import ChannelRun, DecodeError, channel_run, dest_run, local_one_run, local_two_run

__all__ = ["WANTED", "DecodeError", "Decoder"]

# Nowhere but behind `Privilege` does it come from the PBX: a caller's own would stop the clock for everybody.
_TIMESTAMP = re.compile(r"Event: \w+\r\nPrivilege: [^\r\n]*\r\nTimestamp: (\d{9,10}\.\d{1,9})\r\n", re.ASCII)
_VARIABLES = frozenset({"QUEUESTATUS", "DIALSTATUS", "VMSTATUS"})


def _name(value: str) -> str | None:
    return None if value == "<unknown>" else unescaped(value)


def _state_of(digits: str) -> int:
    return int(digits) if len(digits) < 4 else 0  # noqa: PLR2004 - states have one digit


def _created(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.ChannelCreated(
        at,
        c.uniqueid,
        c.linkedid,
        c.channel,
        _state_of(c.state),
        known(c.number),
        _name(c.name),
        c.context,
        c.exten,
        c.account,
    )


def _state(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.ChannelStateChanged(at, c.uniqueid, c.channel, _state_of(c.state), c.exten, known(c.connected))


def _caller_id(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.CallerIdChanged(at, c.uniqueid, c.channel, known(c.number), _name(c.name))


def _hangup_request(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HangupRequested(at, c.uniqueid, c.channel, number(header(c.rest, "Cause")), text[7] == "S")


def _hangup(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    cause = number(must(c.rest, "Cause"))
    return ev.ChannelHungUp(at, c.uniqueid, c.channel, cause, header(c.rest, "TechCause"))


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
        known(dest.number),
        source.exten if source else None,
        header(dest.rest, "DialString") or "",
    )


def _dial_state(at: float, text: str) -> ev.Event:
    dest = dest_run(text)
    return ev.DialProgressed(at, dest.uniqueid, must(dest.rest, "DialStatus"))


def _dial_end(at: float, text: str) -> ev.Event:
    source, dest = _source(text), dest_run(text)
    return ev.DialEnded(
        at,
        source.uniqueid if source else None,
        dest.uniqueid,
        dest.channel,
        must(dest.rest, "DialStatus"),
        header(dest.rest, "Forward"),
    )


# What tells of a bridge alone, or of the PBX, bears no channel's run that a caller would have to complete: every line counts.
# An anonymised recording has hidden some of them.
_ANY_BRIDGE = (
    r"\r\n%(p)sBridgeUniqueid: ([^\r\n]++)\r\n%(p)sBridgeType: [^\r]*+\r\n%(p)sBridgeTechnology: [^\r]*+"
    r"(?:\r\n(?:%(p)sBridge\w++|Hidden): [^\r]*+)*+"
)
_DESTROYED = re.compile(_ANY_BRIDGE % {"p": ""} + r"(?:\r\n)?\Z", re.ASCII)
_MERGE = re.compile(_ANY_BRIDGE % {"p": "To"} + _ANY_BRIDGE % {"p": "From"} + r"(?:\r\n)?\Z", re.ASCII)
_SHUTDOWN = re.compile(r"\r\nShutdown: (?:Cleanly|Uncleanly)\r\nRestart: (True|False)(?:\r\n)?")

_BRIDGE = re.compile(r"\r\nBridgeUniqueid: ([^\r\n]+)\r\nBridgeType: [^\r\n]*\r\nBridgeTechnology: ([^\r\n]*)\r\n")


def _bridge(text: str) -> tuple[str, str]:
    match = _BRIDGE.search(text)
    if match is None:
        raise DecodeError("malformed")
    return match[1], match[2]


def _bridge_enter(at: float, text: str) -> ev.Event:
    bridge, technology = _bridge(text)
    c = channel_run(text)
    swap = header(c.rest, "SwapUniqueid")
    return ev.BridgeEntered(at, bridge, technology, c.uniqueid, c.linkedid, c.channel, swap)


def _bridge_leave(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.BridgeLeft(at, _bridge(text)[0], c.uniqueid, c.channel)


def _bridge_destroy(at: float, text: str) -> ev.Event:
    match = _DESTROYED.match(text, head_ends(text))
    if match is None:
        raise DecodeError("malformed")
    return ev.BridgeDestroyed(at, match[1])


def _hold(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HoldStarted(at, c.uniqueid, c.channel)


def _unhold(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.HoldEnded(at, c.uniqueid, c.channel)


def _queue_join(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    position = number(header(c.rest, "Position"))
    return ev.QueueJoined(at, c.uniqueid, c.channel, must(c.rest, "Queue"), position)


def _queue_leave(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.QueueLeft(at, c.uniqueid, c.channel, must(c.rest, "Queue"))


def _queue_abandon(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.QueueAbandoned(at, c.uniqueid, c.channel, must(c.rest, "Queue"))


def _member_of_queue(rest: str) -> tuple[str, str, str | None]:
    """Queue, interface and name of a member, behind a run."""
    return must(rest, "Queue"), must(rest, "Interface"), header(rest, "MemberName")


def _agent_called(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    return ev.AgentCalled(at, c.uniqueid, dest.uniqueid, *_member_of_queue(dest.rest))


def _agent_connect(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    return ev.AgentConnected(at, c.uniqueid, dest.uniqueid, *_member_of_queue(dest.rest))


def _agent_rna(at: float, text: str) -> ev.Event:
    c, dest = channel_run(text), dest_run(text)
    ring_ms = number(header(dest.rest, "RingTime"))  # milliseconds here, whole seconds in AgentConnect
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
    return ev.AgentCompleted(at, c.uniqueid, *_member_of_queue(rest), header(rest, "Reason"))


def _agent_login(at: float, text: str) -> ev.Event:
    c = channel_run(text)
    return ev.AgentLoggedIn(at, c.uniqueid, c.channel, must(c.rest, "Agent"))


def _agent_logoff(at: float, text: str) -> ev.Event:
    return ev.AgentLoggedOff(at, must(channel_run(text).rest, "Agent"))


def _var_set(at: float, text: str) -> ev.Event | None:
    if "\r\nChannel: none\r\n" in text[:80]:
        return None  # of no channel: a global variable, or what check-ami asked for
    c = channel_run(text)
    variable = header(c.rest, "Variable")
    if variable not in _VARIABLES:
        return None
    return ev.VariableSet(at, c.uniqueid, c.channel, variable, unescaped(header(c.rest, "Value") or ""))


def _local_bridge(at: float, text: str) -> ev.Event:
    one, two = local_one_run(text), local_two_run(text)
    return ev.LocalBridged(at, one.uniqueid, two.uniqueid, header(two.rest, "LocalOptimization") == "Yes")


def _bridge_merge(at: float, text: str) -> ev.Event:
    match = _MERGE.match(text, head_ends(text))
    if match is None:
        raise DecodeError("malformed")
    return ev.BridgeMerged(at, match[1], match[2])


def _shutdown(at: float, text: str) -> ev.Event:
    match = _SHUTDOWN.fullmatch(text, head_ends(text))
    if match is None:
        raise DecodeError("malformed")
    return ev.PbxStopped(at, match[1] == "True")


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
    b"QueueMemberStatus": states.member,
    b"QueueMemberAdded": states.member,
    b"QueueMemberPause": states.member,
    b"QueueMemberPenalty": states.member,
    b"QueueMemberRinginuse": states.member,
    b"QueueMemberRemoved": states.member_removed,
    b"DeviceStateChange": states.device_state,
    b"BlindTransfer": passings.blind_transfer,
    b"AttendedTransfer": passings.attended_transfer,
    b"Pickup": passings.pickup,
    b"ParkedCall": passings.parked,
    b"ParkedCallTimeOut": passings.parked,
    b"ParkedCallGiveUp": passings.parked,
    b"ParkedCallSwap": passings.parked,
    b"UnParkedCall": passings.parked,
    b"Shutdown": _shutdown,
}
WANTED = frozenset(_DECODERS) | {b"FullyBooted", b"Reload"}
_BY_FIRST_LINE = {
    b"Event: " + name: (decoder, privilege_of(name)) for name, decoder in (_DECODERS | {b"VarSet": _var_set}).items()
}


class Decoder:
    """Turns blocks into events; `bad` counts what was none, by reason. `clock` is to be told what the PBX answers to pings."""

    def __init__(self) -> None:
        self.bad: Counter[str] = Counter()
        self.clock = PbxClock()
        self.is_stamped = False
        """Did the last event bear the PBX's own time?"""

    def decode(self, block: bytes, arrival: float) -> ev.Event | None:
        """The event of a block that arrived at `arrival` (epoch seconds), or None. Never raises.

        `at` is the PBX's own `Timestamp` where it sends one (manager.conf: timestampevents), by our clock; else the arrival.
        """
        first_line, _, rest = block.partition(b"\r\n")
        known_event = _BY_FIRST_LINE.get(first_line)
        if known_event is None:
            return None
        decoder, privilege = known_event
        if not rest.startswith(privilege):
            self.bad["unprivileged"] += 1
            return None
        text = text_of(block)
        self.is_stamped = "\r\nTimestamp: " in text[:128]
        try:
            return decoder(self._at(text, arrival) if self.is_stamped else arrival, text)
        except DecodeError as error:
            self.bad[str(error)] += 1
        except (ValueError, IndexError):  # whatever a pattern let through that is no value after all
            self.bad["malformed"] += 1
        return None

    def _at(self, text: str, arrival: float) -> float:
        match = _TIMESTAMP.match(text)
        return arrival if match is None else self.clock.ours(float(match[1]), arrival)

"""Events that tell of states: of queues' members, and of devices."""

import re

from handlers.ami import events as ev
from handlers.ami.headers import HEAD, head_ends, known
from handlers.ami.message import text_of
from handlers.ami.runs import DecodeError

# As with the runs: first what is nearly always, then what a strange name makes of it.
_PLAIN_MEMBER = re.compile(
    r"\r\nQueue: ([^\r]*+)\r\n(?:Member)?+Name: ([^\r]*+)\r\n(?:Interface|Location): ([^\r]*+)\r\nStateInterface: ([^\r]*+)"
    r"\r\nMembership: [^\r]*+(?:\r\nPenalty: [^\r]*+)?+(?:\r\nCallsTaken: [^\r]*+)?+(?:\r\nLastCall: [^\r]*+)?+"
    r"(?:\r\nLastPause: (\d{1,10}))?+(?:\r\nLoginTime: [^\r]*+)?+(?:\r\nInCall: [^\r]*+)?+"
    r"\r\nStatus: (\d{1,2})\r\nPaused: (\d)(?:\r\nPausedReason: ([^\r]*+))?+"
    r"(?=\r\n|\Z)",
    re.ASCII,
)
_MEMBER = re.compile(
    r"\r\nQueue: (?>(.*?)\r\n(?:MemberName|Name): )(?>(.*?)\r\n(?:Interface|Location): )(?>(.*?)\r\nStateInterface: )"
    r"(?>(.*?)\r\nMembership: )(?>(?:[^\r]*\r\n(?!LastPause: |Status: ))*[^\r]*(?:\r\nLastPause: (\d{1,10}))?)"
    r"(?>.*?\r\nStatus: (\d{1,2})\r\nPaused: (\d))(?:\r\nPausedReason: (.*?))?(?=\r\n|\Z)",
    re.DOTALL | re.ASCII,
)


def member(at: float, text: str) -> ev.MemberSeen:
    """`QueueMemberStatus` and its kin."""
    start = head_ends(text)
    match = _PLAIN_MEMBER.match(text, start) or _MEMBER.match(text, start)
    if match is None:
        raise DecodeError("malformed")
    queue, name, interface, state_interface, paused_at, status, paused, reason = match.groups()
    is_paused = paused == "1"
    since = float(paused_at) if is_paused and paused_at and int(paused_at) else None
    return ev.MemberSeen(
        at, queue, interface, state_interface, known(name), int(status), is_paused, reason or None, since
    )


def member_seen(at: float, block: bytes) -> ev.MemberSeen:
    """A queue's member from `QueueMemberStatus` and its kin, or from `QueueMember` of a snapshot; DecodeError if it is none."""
    return member(at, text_of(block))


def member_removed(at: float, text: str) -> ev.Event:
    """`QueueMemberRemoved`."""
    seen = member(at, text)
    return ev.MemberRemoved(at, seen.queue, seen.interface)


# Nothing before it but what every event begins with, or the ActionID of a list, and nothing behind it: it names no channel, so
# that it is the shortest event a caller could forge.
_DEVICE_STATE = re.compile(
    r"Event: DeviceStateChange"
    + HEAD
    + r"(?:\r\nActionID: [^\r\n]*)?+\r\nDevice: ([^\r\n]+)\r\nState: ([A-Z_]+)(?:\r\n)?\Z"
)
_STATES = {
    name: state
    for state, name in enumerate(
        ("UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD")
    )
}
# What bears a state and is nobody's phone: queues, hints, mailboxes (`Queue:support_avail`), halves of Local channels.
_PHONE = re.compile(r"(?!Local/)[A-Za-z0-9]+/|Agent:")


def device_state(at: float, text: str) -> ev.DeviceStateTold | None:
    """`DeviceStateChange`; None: no phone's."""
    match = _DEVICE_STATE.match(text)
    if match is None or match[2] not in _STATES:
        raise DecodeError("malformed")
    if _PHONE.match(match[1]) is None:
        return None
    return ev.DeviceStateTold(at, match[1], _STATES[match[2]])


def device_state_told(at: float, block: bytes) -> ev.DeviceStateTold | None:
    """A phone's state from `DeviceStateChange`, of `DeviceStateList` too; None: no phone. DecodeError if it is none at all."""
    return device_state(at, text_of(block))

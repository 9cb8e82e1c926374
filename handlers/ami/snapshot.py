"""The PBX's answers about what it is doing, as one Snapshot."""

import re
from collections.abc import Sequence

from handlers.ami.events import DeviceStateTold, LiveBridge, LiveChannel, LiveQueueEntry, MemberSeen, Snapshot
from handlers.ami.message import Message
from handlers.ami.runs import DecodeError
from handlers.ami.states import device_state_told, member_seen
from handlers.ami.texts import bounded, bounded_if_any

_DIGITS = re.compile(r"[0-9]{1,9}")
_ITEM = b"Event: CoreShowChannel\r\n"
_UNIQUEID = b"\r\nUniqueid: "
_AGE = re.compile(r"([0-9]{1,5}):([0-9]{2}):([0-9]{2})")

Blocks = Sequence[bytes] | None
"""The blocks of one list answer; None where the account was refused it."""


def snapshot_of(
    status: bytes | None, channels: Blocks, bridges: Blocks, queues: Blocks, at: float, devices: Blocks = None
) -> Snapshot:
    """What `CoreStatus`, `CoreShowChannels`, `BridgeList`, `QueueStatus` and `DeviceStateList` answered, as of `at`.

    Ages come in whole seconds, so a channel's start is true to one second. `boot` is the PBX's start as it words it. Never raises;
    what is not as it should be is left out.
    """
    core = Message(status) if status is not None else None
    boot = ""
    if core is not None:
        boot = f"{core.get('CoreStartupDate') or ''}T{core.get('CoreStartupTime') or ''}".strip("T")
    messages = [Message(block) for block in queues or ()]
    return Snapshot(
        boot=boot,
        channels=None if channels is None else tuple(_channels(channels, at)),
        bridges=None if bridges is None else tuple(_bridges(bridges)),
        entries=None if queues is None else tuple(_entries(messages)),
        members=None if queues is None else tuple(_members(queues, at)),
        queues=None
        if queues is None
        else tuple(bounded(m.get("Queue") or "") for m in messages if m.name == "QueueParams"),
        system={},
        devices=None if devices is None else tuple(_devices(devices, at)),
    )


def _channels(blocks: Sequence[bytes], at: float) -> list[LiveChannel]:
    return [channel for block in blocks if (channel := live_channel(block, at)) is not None]


def uniqueid_listed(block: bytes) -> str | None:
    """Whom an item of `CoreShowChannels` is about, without a look at the rest; None: it is no item."""
    if not block.startswith(_ITEM):
        return None
    before, _, after = block.rpartition(_UNIQUEID)
    return after.partition(b"\r\n")[0].decode("ascii", "replace") if before else None


def live_channel(block: bytes, at: float) -> LiveChannel | None:
    """An item of `CoreShowChannels`, its age as of `at`; None: it is none."""
    message = Message(block)
    uniqueid, channel = _last(message, "Uniqueid"), message.get("Channel")
    if message.name != "CoreShowChannel" or not uniqueid or not channel:
        return None
    age = _seconds(_last(message, "Duration"))
    return LiveChannel(
        uniqueid,
        _last(message, "Linkedid") or uniqueid,
        bounded(channel),
        _number(message.get("ChannelState")) or 0,
        bounded_if_any(message.get("CallerIDNum") or None),
        bounded_if_any(message.get("CallerIDName") or None),
        bounded_if_any(message.get("ConnectedLineNum") or None),
        bounded(_last(message, "Context") or ""),
        bounded(_last(message, "Exten") or ""),
        bounded(_last(message, "Application") or ""),
        _last(message, "BridgeId") or None,
        None if age is None else at - age,
        bounded(_last(message, "ApplicationData") or ""),
    )


def _last(message: Message, header: str) -> str | None:
    """The last value of a header that follows a caller's number: what he wrote into it stands before the true one."""
    values = message.all(header)
    return values[-1] if values else None


def _bridges(blocks: Sequence[bytes]) -> list[LiveBridge]:
    messages = [Message(block) for block in blocks]
    return [
        LiveBridge(m.get("BridgeUniqueid") or "", m.get("BridgeTechnology") or "", m.get("BridgeType") or "")
        for m in messages
        if m.name == "BridgeListItem"
    ]


def _entries(messages: Sequence[Message]) -> list[LiveQueueEntry]:
    found = []
    for message in messages:
        uniqueid = message.get("Uniqueid")  # stands before the caller's number here
        if message.name == "QueueEntry" and uniqueid:
            found.append(
                LiveQueueEntry(
                    bounded(message.get("Queue") or ""),
                    uniqueid,
                    _number(message.get("Position")),
                    float(_number(_last(message, "Wait")) or 0),
                )
            )
    return found


def _members(blocks: Sequence[bytes], at: float) -> list[MemberSeen]:
    found = []
    for block in blocks:
        if block.startswith(b"Event: QueueMember\r\n"):
            try:
                found.append(member_seen(at, block))
            except DecodeError:
                continue
    return found


def _devices(blocks: Sequence[bytes], at: float) -> list[DeviceStateTold]:
    found = []
    for block in blocks:
        if block.startswith(b"Event: DeviceStateChange\r\n"):
            try:
                told = device_state_told(at, block)
            except DecodeError:
                continue
            if told is not None:
                found.append(told)
    return found


def up_since_of(block: bytes, at: float) -> float | None:
    """Since when the PBX runs by its `FullyBooted`, which came at `at`; None where it does not say (before Asterisk 16)."""
    uptime = _number(Message(block).get("Uptime"))
    return None if uptime is None else at - uptime


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _DIGITS.fullmatch(text) else None


def _seconds(age: str | None) -> float | None:
    """`HH:MM:SS` as seconds."""
    match = _AGE.fullmatch(age or "")
    if match is None:
        return None
    hours, minutes, seconds = map(int, match.groups())
    return hours * 3600.0 + minutes * 60 + seconds

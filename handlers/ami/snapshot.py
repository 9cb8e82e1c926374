"""The PBX's answers about what it is doing, as one Snapshot."""

from collections.abc import Sequence

from handlers.ami.decode import DecodeError, member_seen
from handlers.ami.events import LiveBridge, LiveChannel, LiveQueueEntry, MemberSeen, Snapshot
from handlers.ami.message import Message

Blocks = Sequence[bytes] | None
"""The blocks of one list answer; None where the account was refused it."""


def snapshot_of(status: bytes | None, channels: Blocks, bridges: Blocks, queues: Blocks, at: float) -> Snapshot:
    """What `CoreStatus`, `CoreShowChannels`, `BridgeList` and `QueueStatus` answered, as of `at`.

    Ages come in whole seconds, so a channel's start is true to one second. `boot` is the PBX's start as it words it.
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
        queues=None if queues is None else tuple(m.get("Queue") or "" for m in messages if m.name == "QueueParams"),
        system={},
    )


def _channels(blocks: Sequence[bytes], at: float) -> list[LiveChannel]:
    found = []
    for message in map(Message, blocks):
        uniqueid, channel = message.get("Uniqueid"), message.get("Channel")
        if message.name != "CoreShowChannel" or not uniqueid or not channel:
            continue
        age = _seconds(message.get("Duration"))
        state = message.get("ChannelState") or ""
        found.append(
            LiveChannel(
                uniqueid,
                message.get("Linkedid") or uniqueid,
                channel,
                int(state) if state.isdigit() else 0,
                message.get("CallerIDNum") or None,
                message.get("CallerIDName") or None,
                message.get("ConnectedLineNum") or None,
                message.get("Context") or "",
                message.get("Exten") or "",
                message.get("Application") or "",
                message.get("BridgeId") or None,
                None if age is None else at - age,
            )
        )
    return found


def _bridges(blocks: Sequence[bytes]) -> list[LiveBridge]:
    messages = [Message(block) for block in blocks]
    return [
        LiveBridge(m.get("BridgeUniqueid") or "", m.get("BridgeTechnology") or "")
        for m in messages
        if m.name == "BridgeListItem"
    ]


def _entries(messages: Sequence[Message]) -> list[LiveQueueEntry]:
    found = []
    for message in messages:
        uniqueid, wait, position = message.get("Uniqueid"), message.get("Wait") or "", message.get("Position") or ""
        if message.name == "QueueEntry" and uniqueid:
            found.append(
                LiveQueueEntry(
                    message.get("Queue") or "",
                    uniqueid,
                    int(position) if position.isdigit() else None,
                    float(wait) if wait.isdigit() else 0.0,
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


def _seconds(age: str | None) -> float | None:
    """`HH:MM:SS` as seconds."""
    parts = (age or "").split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):  # noqa: PLR2004 - hours, minutes, seconds
        return None
    hours, minutes, seconds = map(int, parts)
    return hours * 3600.0 + minutes * 60 + seconds

"""Answers put together: which blocks are one answer, to which action, and what the four of a snapshot say."""

from collections.abc import Container, Sequence

from handlers.ami.events import ChannelCreated, ChannelHungUp, Event, QueueJoined, Snapshot, StreamResumed
from handlers.ami.message import Message
from handlers.ami.snapshot import Blocks, snapshot_of

_ALWAYS_ASKED = ("CoreStatus", "CoreShowChannels", "BridgeList", "QueueStatus")
SNAPSHOT_ACTIONS = ("DeviceStateList", *_ALWAYS_ASKED)
"""What is asked for a snapshot, one after the other. Recordings may lack the first: it was not always asked."""

MEMBERS_ACTION = "QueueStatus"
"""What is asked alone, now and then: a reload of queues tells of no member that it adds or removes."""

CHANNELS_ACTION = "CoreShowChannels"
"""What is asked alone too, now and then: what AMI lost on its way shows by nothing else."""

_ACTION_ID = b"\r\nActionID: "


def action_id_of(block: bytes, known: Container[bytes]) -> bytes | None:
    """The known ActionID that a block answers, or None.

    Any `ActionID` of the block may be the one: a queue's caller is listed with it last, behind a number in which he could
    have written another.
    """
    start = block.find(_ACTION_ID)
    while start >= 0:
        start += len(_ACTION_ID)
        end = block.find(b"\r\n", start)
        found = block[start : end if end >= 0 else None]
        if found in known:
            return found
        start = block.find(_ACTION_ID, start)
    return None


class Answer:
    """The blocks of one answer as they come: one block, or a list."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def take(self, block: bytes) -> bool:
        """One block more; True if it is the last."""
        self.blocks.append(block)
        return _ends_list(block) if len(self.blocks) > 1 else not _begins_list(block)


def _begins_list(block: bytes) -> bool:
    message = Message(block)
    listed = (message.get("EventList") or "").lower() == "start" or "will follow" in (message.get("Message") or "")
    return listed and message.get("Response") == "Success"


def _ends_list(block: bytes) -> bool:
    # The first line, which no caller has a hand in: an item's `CallerIDNum` could say `EventList: Complete` too.
    return block[: block.find(b"\r\n")].endswith(b"Complete") and b"\r\nEventList: Complete" in block


def is_success(blocks: Sequence[bytes]) -> bool:
    """Did the PBX do what it was asked?"""
    return Message(blocks[0]).get("Response") == "Success"


def is_denied(block: bytes) -> bool:
    """May this account not ask that?"""
    return Message(block).get("Message") == "Permission denied"


def is_unknown(blocks: Sequence[bytes]) -> bool:
    """Does the PBX not know this action: is the module that has it not loaded?"""
    return (Message(blocks[0]).get("Message") or "").startswith("Invalid/unknown command")


def members_of(blocks: Sequence[bytes], at: float) -> Snapshot | None:
    """What `QueueStatus` alone says of queues and their members, as of `at`, the moment of asking; None: it was refused."""
    if not is_success(blocks):
        return None
    return snapshot_of(None, None, None, blocks, at)._replace(entries=None)


def resumed(at: float, snapshot: Snapshot, held: Sequence[Event]) -> list[Event]:
    """A snapshot of the moment `at`, and behind it the events that came while it was gathered.

    A channel that was born meanwhile was seen from its start: the events tell all of it, and the snapshot need not. So does the
    event of who joined a queue meanwhile: told by both, it would be two stays. One that hung up meanwhile ends by its event, whether
    the snapshot still has it or not.
    """
    snapshot = snapshot._replace(ending=frozenset(e.uniqueid for e in held if isinstance(e, ChannelHungUp)))
    born = {event.uniqueid for event in held if isinstance(event, ChannelCreated)}
    if born and snapshot.channels is not None:
        snapshot = snapshot._replace(channels=tuple(c for c in snapshot.channels if c.uniqueid not in born))
    joined = {(event.uniqueid, event.queue) for event in held if isinstance(event, QueueJoined)}
    if snapshot.entries is not None and (born or joined):
        told = (e for e in snapshot.entries if e.uniqueid not in born and (e.uniqueid, e.queue) not in joined)
        snapshot = snapshot._replace(entries=tuple(told))
    return [StreamResumed(at, snapshot), *held]


class Gathering:
    """A snapshot in the making: the answers to `SNAPSHOT_ACTIONS`, each as it is complete.

    `denied` and `unknown` are the actions that this account may not ask, or that this PBX does not know (a module is not loaded,
    or not yet); their parts are None in the snapshot.
    """

    def __init__(self) -> None:
        self._parts: dict[str, Blocks] = {}
        self._channels_at = 0.0
        self.denied: list[str] = []
        self.unknown: list[str] = []

    def answered(self, action: str, blocks: Sequence[bytes], at: float) -> None:
        """The whole answer to one of the actions, complete at `at`."""
        if action == CHANNELS_ACTION:
            self._channels_at = at  # the ages of the channels are of this moment
        self._parts[action] = blocks if is_success(blocks) else None
        if self._parts[action] is None:
            (self.unknown if is_unknown(blocks) else self.denied).append(action)

    @property
    def is_complete(self) -> bool:
        """Has each action its answer?"""
        return all(action in self._parts for action in _ALWAYS_ASKED)

    def snapshot(self) -> Snapshot:
        """What the answers say. Only once it is complete."""
        status, channels, bridges, queues = (self._parts[action] for action in _ALWAYS_ASKED)
        devices = self._parts.get(SNAPSHOT_ACTIONS[0])
        return snapshot_of(status[0] if status else None, channels, bridges, queues, self._channels_at, devices)

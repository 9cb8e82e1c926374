"""Asks the PBX what it is doing: channels, bridges, queues, and since when it runs."""

from typing import NamedTuple

from daemon import clock
from daemon.ami_protocol import AmiProtocol
from handlers.ami.events import Snapshot
from handlers.ami.message import Message
from handlers.ami.snapshot import Blocks, snapshot_of

ACTIONS = ("CoreStatus", "CoreShowChannels", "BridgeList", "QueueStatus")


class Answers(NamedTuple):
    """A snapshot, and which of `ACTIONS` this account may not ask or this PBX does not know (a module is not loaded, or not yet)."""

    snapshot: Snapshot
    denied: tuple[str, ...]
    unknown: tuple[str, ...]


async def take_snapshot(protocol: AmiProtocol, timeout_s: float) -> Answers:
    """Ask, one after the other, each under `timeout_s`. What was refused is None in the snapshot.

    Raises what `AmiProtocol.ask` raises.
    """
    parts: dict[str, Blocks] = {}
    denied: list[str] = []
    unknown: list[str] = []
    at = clock.now()
    for action in ACTIONS:
        blocks = await protocol.ask({"Action": action}, timeout_s)
        if action == "CoreShowChannels":
            at = clock.now()  # the ages of the channels are of this moment
        parts[action] = blocks if is_success(blocks) else None
        if parts[action] is None:
            (unknown if is_unknown(blocks) else denied).append(action)
    status = parts["CoreStatus"]
    snapshot = snapshot_of(
        status[0] if status else None, parts["CoreShowChannels"], parts["BridgeList"], parts["QueueStatus"], at
    )
    return Answers(snapshot, tuple(denied), tuple(unknown))


def is_success(blocks: list[bytes]) -> bool:
    """Did the PBX do what it was asked?"""
    return Message(blocks[0]).get("Response") == "Success"


def is_unknown(blocks: list[bytes]) -> bool:
    """Does the PBX not know this action: is the module that has it not loaded?"""
    return (Message(blocks[0]).get("Message") or "").startswith("Invalid/unknown command")

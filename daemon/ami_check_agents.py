"""Is an AMI account sent what tells of agents? A filter may take it out though the class of events is read."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from config.ami_account import PHONES
from daemon.ami_protocol import AmiProtocol
from daemon.seen_events import SeenEvents
from handlers.ami.gathered import is_success
from handlers.ami.message import Message

# By kind: the names, of which any proves the kind, and what it costs without.
_OF_AGENTS = {
    "QueueMember*": (
        frozenset({"QueueMemberStatus", "QueueMemberPause", "QueueMemberAdded", "QueueMemberRemoved"}),
        "who is paused or out of reach, and who joined or left a queue, shows a minute late",
    ),
    "DeviceStateChange": (
        frozenset({"DeviceStateChange"}),
        "which phones of departments are out of reach shows after a reconnect only",
    ),
}


async def events_of_agents(
    protocol: AmiProtocol, seen: SeenEvents, answers: Mapping[str, list[bytes]], timeout_s: float, within_s: float
) -> dict[str, bool | None]:
    """Is the account sent each kind? None: nothing of it happened; False: something did, as `answers` and new ones show."""
    found: dict[str, bool | None] = {}
    for name, action, state in (
        ("QueueMember*", "QueueStatus", _members),
        ("DeviceStateChange", "DeviceStateList", _phones),
    ):
        names, _ = _OF_AGENTS[name]
        found[name] = True if seen.names & names else None
        if found[name] or action not in answers:
            continue
        blocks = await protocol.ask({"Action": action}, timeout_s)
        if not is_success(blocks) or state(blocks) == state(answers[action]):
            continue
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not seen.names & names:
                    seen.changed.clear()
                    await seen.changed.wait()
        found[name] = bool(seen.names & names)
    return found


def _members(blocks: list[bytes]) -> set[tuple[str | None, ...]]:
    """What an event would tell of members."""
    shown = ("Queue", "Location", "Status", "Paused")
    messages = [Message(block) for block in blocks]
    return {tuple(message.get(each) for each in shown) for message in messages if message.name == "QueueMember"}


def _phones(blocks: list[bytes]) -> set[tuple[str | None, str | None]]:
    """The states of phones: those of queues and hints no account of ours is told."""
    messages = [Message(block) for block in blocks]
    phones = tuple(f"{technology}/" for technology in PHONES)
    return {
        (message.get("Device"), message.get("State"))
        for message in messages
        if message.name == "DeviceStateChange" and (message.get("Device") or "").startswith(phones)
    }


def lines_of_agents(told: Mapping[str, bool | None], classes: Mapping[str, bool | None]) -> list[str]:
    """What to say of the kinds that were not seen, but for those whose whole class is not read."""
    class_of = {"QueueMember*": "agent", "DeviceStateChange": "call"}
    return [
        _line(name, is_told)
        for name, is_told in told.items()
        if not is_told and classes.get(class_of[name]) is not False
    ]


def _line(name: str, is_told: bool | None) -> str:
    cost = _OF_AGENTS[name][1]
    if is_told is None:
        return f"?   events {name}: nothing changed of which they would tell. Without: {cost}"
    return f"NO  events {name}: the account's event filter takes them out; {cost}"

"""What somebody's phone does, read off its channels; and off device states where there is none."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Literal, NamedTuple

from handlers.agents.identity import is_phone
from handlers.ami.events import ChannelState
from handlers.calls.channels import Channel, connected

Use = Literal["ringing", "talking", "held"]
"""What a phone is used for; None: it is free."""


class DeviceState(IntEnum):
    """Asterisk's device states (`ast_device_state`)."""

    UNKNOWN = 0
    NOT_INUSE = 1
    INUSE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGINUSE = 7
    ONHOLD = 8


class Told(NamedTuple):
    """A device state as it was told: `live` by an event, as against a snapshot."""

    state: int
    live: bool


_USES: dict[int, Use] = {
    DeviceState.INUSE: "talking",
    DeviceState.BUSY: "talking",
    DeviceState.RINGING: "ringing",
    DeviceState.RINGINUSE: "ringing",
    DeviceState.ONHOLD: "held",
}
_RINGING, _UP, _DOWN = int(ChannelState.RINGING), int(ChannelState.UP), int(ChannelState.DOWN)
_GONE = frozenset({DeviceState.INVALID, DeviceState.UNAVAILABLE})


def is_in_use(state: int) -> bool:
    """Does the device state say that the device does something?"""
    return state in _USES


def use_of(channels: Iterable[Channel], somebody_holds: bool) -> Use | None:
    """What these channels of one phone make it: a talk outweighs a held one, and that a call that rings.

    `somebody_holds`: is there any channel that holds, anywhere?
    """
    found: Use | None = None
    for channel in channels:
        use = _use(channel, somebody_holds)
        if use == "talking":
            return use
        if use == "held" or found is None:
            found = use
    return found


def _use(channel: Channel, somebody_holds: bool) -> Use | None:
    bridge = channel.bridge
    if channel.pool and (bridge is None or bridge.holding):
        return None  # waits for calls
    if channel.state == _RINGING or channel.ringing:
        return "ringing"
    if channel.state != _UP:
        # Our own channel, not dialled, is somebody who dials; a dialled one that has not rung yet bothers nobody.
        return None if channel.dialled_at is not None or channel.state == _DOWN else "talking"
    if bridge is not None and bridge.holding:
        return "held"
    return "held" if somebody_holds and _is_held(channel) else "talking"


def _is_held(channel: Channel) -> bool:
    if channel.hold_at is not None:
        return True
    bridge = channel.bridge
    if bridge is None:
        return False
    for other in bridge.members:
        if other.hold_at is None and other.side is not None and other is not channel:
            return False  # most bridges tell without a walk through Local pairs
    others = [other for other in connected(channel) if other.is_device and other is not channel]
    return bool(others) and all(other.hold_at is not None for other in others)


def told_use(told: Mapping[str, Told]) -> Use | None:
    """What device states say a phone is used for, where no channel of it is seen. A hint in use tells of no talk."""
    for interface, each in told.items():
        use = _USES.get(each.state)
        if use is None or interface.startswith("Local/"):
            continue
        if use != "talking" or is_phone(interface):
            return use
    return None


def is_out_of_reach(told: Mapping[str, Told], believe_hints: bool) -> bool:
    """Can nobody be rung there: is every device unreachable, or, with `believe_hints`, does a hint say do-not-disturb?

    A Local channel is never in anybody's pocket: its state counts only where there is no other.
    """
    counted = {key: each for key, each in told.items() if not key.startswith("Local/")} or told
    if counted and all(each.state in _GONE for each in counted.values()):
        return True
    return believe_hints and any(
        _USES.get(each.state) == "talking" and not is_phone(key) and not key.startswith("Local/")
        for key, each in counted.items()
    )

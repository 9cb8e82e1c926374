"""Channels, bridges and Local pairs: what is connected with what, right now."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.calls.evidence import Side
from handlers.calls.names import ChannelName, is_extension

if TYPE_CHECKING:
    from handlers.calls.live_call import LiveCall

HOLDING = "holding_bridge"


@dataclass(slots=True, eq=False)
class Bridge:
    """Channels that hear each other; in a holding bridge (parking, an agents' pool) they hear music only."""

    id: str
    holding: bool
    members: set["Channel"] = field(default_factory=set)
    merged_into: str | None = None
    """The bridge that its members are on their way to."""


@dataclass(slots=True, eq=False)
class Channel:
    """One channel, and its story as a leg of a call. Moments in epoch seconds; kept after its end while its call lives."""

    uniqueid: str
    name: str
    parts: ChannelName
    side: Side | None
    """None for what is no device: Local halves and helpers."""
    created_at: float
    state: int
    number: str | None
    caller_name: str | None
    context: str
    exten: str
    is_exten_present: bool = False
    """It was met: its extension is where the dialplan stands now, which need not be what was dialled."""
    call: "LiveCall | None" = None
    asked_for: "LiveCall | None" = None
    """The call whose unseen answer this one's CDR may tell."""
    bridge: Bridge | None = None
    peer: "Channel | None" = None
    pool: bool = False
    """Waits in an agents' pool (AgentLogin): a device of calls, but none itself."""
    pool_agent: str | None = None
    """The agent's number under which it waits there."""

    dialled_at: float | None = None
    dialled_by: "Channel | None" = None
    dialled: str | None = None
    queue: str | None = None
    member: str | None = None
    seeking: bool = False
    """Dialled, and neither connected with anybody nor given up."""
    rang_at: float | None = None
    ringing: bool = False
    ring_ended_at: float | None = None
    status: str | None = None
    """The first DialEnd's word; a dial may end twice (09-queue-timeout-voicemail)."""
    forwarded: bool = False
    up_at: float | None = None
    met_at: float | None = None
    """When it first heard another device: the outside party, or a colleague who asks."""
    joined_at: float | None = None
    hold_at: float | None = None
    may_hold: bool = False
    """It was found in a talk, and may hold since a moment at which nobody listened."""
    unheld_at: float | None = None
    """Its Unhold came and no Hold had. A transfer sends one too, at the moment at which it leaves its bridge."""
    left_at: float | None = None
    """When its far end hung up."""
    killed: bool = False
    """The PBX asked for its end (its dialplan, an operator, its own stop)."""
    ended_at: float | None = None
    cause: int | None = None
    tech_cause: str | None = None

    @property
    def is_device(self) -> bool:
        """Somebody's phone or line, as against a Local half."""
        return self.side is not None

    @property
    def is_trunk(self) -> bool:
        """A line to the outside."""
        return self.side is not None and self.side.trunk is not None

    @property
    def busy(self) -> bool:
        """Busy or refused. In a queue only the cause says so: DialEnd is NOANSWER (30-queue-agent-actions)."""
        if self.joined_at is not None or self.forwarded:
            return False
        return self.status == "BUSY" or self.cause == _USER_BUSY or (self.cause == _REJECTED and self._declined)

    @property
    def _declined(self) -> bool:
        # 603 is a person's button; 401 and 403 are the far switch's, and come as the same cause.
        return self.tech_cause == "603" or (self.tech_cause is None and self.rang_at is not None)

    @property
    def signalled(self) -> bool:
        """The far end said anything: ringing, progress or answer."""
        return self.rang_at is not None or self.up_at is not None


_USER_BUSY = 17
_REJECTED = 21


def extension_of(channel: Channel) -> str:
    """How people call the device: its extension, or for an outside line the number reached through it."""
    if channel.is_trunk:
        return channel.dialled or channel.number or channel.parts.endpoint
    if is_extension(channel.parts.endpoint):
        return channel.parts.endpoint
    return channel.number if is_extension(channel.number) and channel.number else channel.parts.endpoint


def in_order(channels: Iterable[Channel]) -> list[Channel]:
    """The channels by birth: what is told of several must not depend on the order of a set."""
    found = list(channels)
    return sorted(found, key=_birth) if len(found) > 1 else found


def _birth(channel: Channel) -> tuple[float, str]:
    return channel.created_at, channel.uniqueid


def connected(start: Channel) -> set[Channel]:
    """All channels that hear `start`, itself included, through bridges that are not holding and through Local pairs."""
    bridge = start.bridge
    if bridge is not None and not bridge.holding:
        for member in bridge.members:
            if member.peer is not None:
                break
        else:
            return set(bridge.members)  # nobody in it is half of a pair, as in most: no walk
    seen = {start}
    todo = [start]
    while todo:
        channel = todo.pop()
        bridge = channel.bridge
        found = bridge.members - seen if bridge is not None and not bridge.holding else set()
        if channel.peer is not None and channel.peer not in seen:
            found.add(channel.peer)
        seen |= found
        todo += found
    return seen

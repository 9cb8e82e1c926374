"""One agent: what is known of him, and what that makes him."""

from dataclasses import dataclass, field
from typing import NamedTuple

from handlers.agents.identity import is_phone
from handlers.agents.phone import Told, Use, is_in_use, is_out_of_reach, told_use, use_of
from handlers.ami.events import MemberSeen
from handlers.calls.channels import Channel
from handlers.facts import AgentState, AgentStateName, Membership

# A device state follows the end of the call that it tells of within milliseconds (30-queue-agent-actions); a hint's takes longer.
SETTLES_S = 1.0


class Member(NamedTuple):
    """One place in one queue. `paused_at`: since when, where the PBX said so; `source`: whose device state is his."""

    name: str | None
    paused: bool
    reason: str | None
    paused_at: float | None
    source: str


def member_of(seen: MemberSeen) -> Member:
    """The place that a queue told of."""
    _, _, interface, state_interface, name, _, paused, reason, paused_at = seen
    return Member(
        (name if name != interface else None) or None, paused, reason, paused_at, state_interface or interface
    )


@dataclass(slots=True, eq=False)
class Agent:
    """The state of one agent. `id` is how he is known for good, `device` the phone, as far as it is known."""

    key: str
    id: str
    device: str
    is_named: bool = False
    """A department names the extension, so he is one without any queue."""
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    """By queue and interface."""
    told: dict[str, Told] = field(default_factory=dict)
    """The latest device state, by the interface that it was told of."""
    channels: dict[str, Channel] = field(default_factory=dict)
    """The live channels of the phone, by uniqueid."""
    served: set[str] = field(default_factory=set)
    """Uniqueids of the callers whom a queue connected and who have not been completed."""
    wrapup_s: float = 0.0
    """What will follow the call in progress."""
    wrapup_until: float | None = None
    settles_at: float | None = None
    """Until then what device states say of a use is about a call that is over."""
    line: Use | None = None
    """What the live channels make the phone; worked out when one of them changed."""
    use: Use | None = None
    call_since: float | None = None
    state: AgentStateName | None = None
    since: float | None = None
    at_least: bool = False
    """Was he found in the state at `since`, so that it may have lasted longer?"""
    said: AgentState | None = None
    is_news: bool = True
    """Is there something that `said` may not say?"""
    is_stale: bool = True
    """May what the channels do have made him something else than `state`?"""

    @property
    def is_remote(self) -> bool:
        """Is it a number that is dialled, so that no channel bears its name?"""
        return "@" in self.key

    @property
    def due_at(self) -> float | None:
        """When time alone changes the state."""
        if self.wrapup_until is None or self.settles_at is None:
            return self.settles_at if self.wrapup_until is None else self.wrapup_until
        return min(self.wrapup_until, self.settles_at)

    @property
    def name(self) -> str | None:
        """As the queue calls him that comes first in the alphabet."""
        named = [(key, member.name) for key, member in self.members.items() if member.name and member.name != key[1]]
        return min(named)[1] if named else None

    def hear(self, source: str, state: int, live: bool) -> None:
        """A device state was told of this interface."""
        known = self.told.get(source)
        self.told[source] = Told(state, live or (known is not None and known.live and known.state == state))

    def knows(self, seen: MemberSeen) -> bool:
        """Does an event say nothing that was not told by one before?"""
        told = self.told.get(seen.state_interface or seen.interface)
        if told is None or told.state != seen.status or not told.live:
            return False
        return self.members.get((seen.queue, seen.interface)) == member_of(seen)

    def leave(self, place: tuple[str, str]) -> None:
        """He has no such place any more; what stood for his phone there says nothing of him now."""
        member = self.members.pop(place, None)
        self.is_news = True
        if member is None or is_phone(member.source):
            return
        if all(each.source != member.source for each in self.members.values()):
            self.told.pop(member.source, None)

    def attach(self, channel: Channel) -> None:
        """A channel of the phone lives."""
        self.channels[channel.uniqueid] = channel
        self.is_stale = True

    def detach(self, uniqueid: str, at: float) -> None:
        """A channel of the phone is gone."""
        if self.channels.pop(uniqueid, None) is None or self.channels:
            return
        # What only a snapshot said was of this call; what an event said will be taken back by another.
        self.told = {
            key: each if each.live or not is_in_use(each.state) else Told(1, False) for key, each in self.told.items()
        }
        if any(is_in_use(each.state) for each in self.told.values()):
            self.settles_at = at + SETTLES_S

    def settle(self, now: float) -> None:
        """What was due by now is over."""
        if self.wrapup_until is not None and self.wrapup_until <= now:
            self.wrapup_until = None
        if self.settles_at is not None and self.settles_at <= now:
            self.settles_at = None

    def look(self, somebody_holds: bool) -> None:
        """A channel of the phone, or one that it hears, has changed."""
        line = use_of(self.channels.values(), somebody_holds) if self.channels else None
        if line != self.line:
            self.line, self.is_stale = line, True

    def update(self, at: float) -> None:
        """Work the state out again, as of `at`."""
        self.is_stale = False
        self.use = use = self._use_now()
        if use not in ("talking", "held"):
            self._be_off_the_phone(at)
        elif self.call_since is None:
            self.call_since, self.is_news = at, True
        state = self._state_now()
        if state != self.state:
            self.at_least = self.state is None and not self.members  # who joins a queue is its agent from then on
            self.state, self.since, self.is_news = state, at, True

    def _be_off_the_phone(self, at: float) -> None:
        if self.call_since is None:
            return
        if self.wrapup_s:
            self.wrapup_until = at + self.wrapup_s
            self.wrapup_s = 0.0
        self.call_since, self.is_news = None, True

    def _use_now(self) -> Use | None:
        use = self.line
        if use is None and self.is_remote and self.served:
            return "talking"
        if use is None and not self.channels and self.settles_at is None:
            return told_use(self.told)
        return use

    def _state_now(self) -> AgentStateName:
        if self.use is not None:
            return self.use
        if is_out_of_reach(self.told, not self.channels and self.settles_at is None):
            return "unavailable"
        if self.members and all(member.paused for member in self.members.values()):
            return "paused"
        return "wrapup" if self.wrapup_until is not None else "available"

    @property
    def paused_at(self) -> float | None:
        """Since when he is paused in all queues, as the PBX says."""
        moments = [member.paused_at for member in self.members.values() if member.paused and member.paused_at]
        return max(moments) if moments and len(moments) == len(self.members) else None

    def forget_state(self) -> None:
        """The PBX isn't heard: nothing is known of what he does."""
        self.state = self.since = None
        self.is_news = True

    def shift(self, by_s: float) -> None:
        """The clock was set by so many seconds."""
        self.wrapup_until = None if self.wrapup_until is None else self.wrapup_until + by_s
        self.settles_at = None if self.settles_at is None else self.settles_at + by_s
        self.call_since = None if self.call_since is None else self.call_since + by_s
        self.is_news = True

    def seen(self) -> AgentState:
        """The agent as others are told."""
        known = self.state is not None
        queues = sorted(
            (key[0], key[1], member.paused, member.reason if member.paused else None)
            for key, member in self.members.items()
        )
        reasons = {each[3] for each in queues if each[3]}
        all_paused = bool(queues) and all(each[2] for each in queues)
        return AgentState(
            id=self.id,
            device=self.device,
            name=self.name,
            state=self.state,
            since=self.since,
            reason=", ".join(sorted(reasons)) or None if known and all_paused else None,
            call_since=self.call_since if known else None,
            queues=tuple(Membership(queue, paused, reason) for queue, _, paused, reason in queues),
            at_least=known and self.at_least,
        )

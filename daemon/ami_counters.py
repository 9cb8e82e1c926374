"""What is counted of the link to the PBX, over all its connections: events, messages that were none, time not listened to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from daemon import clock
from daemon.ami_protocol import AmiProtocol

log = structlog.get_logger()
BAD_TOLD_EVERY_S = 60.0


@dataclass(slots=True)
class AmiCounters:
    """What metrics tell of the link. Counts go on over connections; `gap_s` is the time not listened to."""

    connected: bool = False
    connects: int = 0
    gap_s: float = 0.0
    last_event_at: float | None = None
    events: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    denied: frozenset[str] = frozenset()
    """The actions that the PBX refused when it was last asked what lives."""
    withheld: frozenset[str] = frozenset()
    """The classes of events that the PBX seems to withhold on the connection that stands."""
    excess_rights: int = 0
    """Classes of `write` that the account has and nobody needs."""
    clock_ahead_s: float = 0.0
    """How far the PBX's clock is ahead of ours."""


class LinkCounts:
    """Adds up what each connection counted. `protocol` is the one that stands, None between two."""

    def __init__(self) -> None:
        self.protocol: AmiProtocol | None = None
        self._counters = AmiCounters()
        self._past_events: Counter[str] = Counter()
        self._past_bad: Counter[str] = Counter()
        self._deaf_since: float | None = None
        self._told_bad: Counter[str] = Counter()
        self._told_bad_at: float | None = None

    def now(self) -> AmiCounters:
        """The counts as of now."""
        counters = self._counters
        counters.events = self._past_events.copy()
        counters.bad = self._past_bad.copy()
        counters.withheld = frozenset()
        protocol = self.protocol
        if protocol is not None:
            heard = protocol.framer.events
            counters.events += heard
            counters.withheld = protocol.withheld.among(heard)
            counters.bad += _bad_of(protocol)
            counters.last_event_at = protocol.last_event_at or counters.last_event_at
            counters.clock_ahead_s = protocol.decoder.clock.ahead_s
        return counters

    def connected(self, is_ready: bool) -> None:
        """The link came to stand, or no longer does."""
        self._counters.connected = is_ready

    def connects(self) -> None:
        """One more connection became ready."""
        self._counters.connects += 1

    def account_has(self, excess_rights: int) -> None:
        """So many classes of `write` has the account that nobody needs."""
        self._counters.excess_rights = excess_rights

    def denied(self, actions: Iterable[str]) -> None:
        """These actions of a snapshot the PBX refused."""
        self._counters.denied = frozenset(actions)

    def leave(self, protocol: AmiProtocol) -> None:
        """This connection is over: what it counted stays counted."""
        self._past_events += protocol.framer.events
        self._past_bad += _bad_of(protocol)
        self._counters.last_event_at = protocol.last_event_at or self._counters.last_event_at
        self.protocol = None

    def contradicted(self, reason: str) -> None:
        """An event was none for what the core knows."""
        self._past_bad[reason] += 1

    def deaf_since(self, at: float | None) -> None:
        """The PBX is not heard since `at` (epoch seconds; None: nobody knows), unless that had begun before."""
        if self._deaf_since is None and at is not None:
            self._deaf_since = _steady(at)

    def read_late_since(self, at: float) -> None:
        """What happened since `at` is heard late: that counts as not listened to, as what came before it did."""
        self._deaf_since = _steady(at)

    def hears_since(self, at: float) -> None:
        """A snapshot said at `at` (monotonic seconds) what there is: the time not listened to is over."""
        if self._deaf_since is not None:
            self._counters.gap_s += max(0.0, at - self._deaf_since)
            self._deaf_since = None

    def tell_bad(self) -> None:
        """Say how many messages were none, by reason, at most once a minute; never what was in them."""
        new = self.now().bad - self._told_bad
        now = clock.monotonic()
        if new and (self._told_bad_at is None or now - self._told_bad_at >= BAD_TOLD_EVERY_S):
            self._told_bad += new
            self._told_bad_at = now
            log.warning("ami_bad_messages", total=new.total(), reasons=dict(sorted(new.items())))


def _steady(at: float) -> float:
    """A moment of our time of day by the clock that nobody sets: a step within a gap makes it neither longer nor shorter."""
    return clock.monotonic() - (clock.now() - at)


def _bad_of(protocol: AmiProtocol) -> Counter[str]:
    """Messages that were none, by reason; `reader`: something of ours failed on one."""
    return protocol.framer.bad + protocol.decoder.bad + Counter(reader=protocol.failures.total())

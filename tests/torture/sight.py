"""What the daemon can have seen of the stream: each event surely, perhaps or not at all; and its gaps."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf

from tests.torture.diary import Happened, Session, Story
from tests.torture.settings import SILENT_S

SURE_S = 0.25
"""What was handed over so long before a kill is to be kept."""
KEPT_S = 1.5
"""Live calls are kept once a second: one that we knew of for so long before a kill is known afterwards."""
GIVEN_UP_S = SILENT_S + 1.0
SETTLED_S = 1.0
"""Within so long of the PBX's last answer the snapshot is taken, and what came meanwhile behind it, on a busy machine too."""
LOGIN_S = 2.0
"""So long logging in and asking what lives may take."""
LATE_S = 1.5
"""Who stood still for longer cannot tell when anything happened meanwhile."""
WITNESSED_S = 0.25
"""The witness of a real PBX notes an event so long after it was sent, on a busy machine too."""


class Seen(IntEnum):
    """Did the daemon see an event?"""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class End:
    """The end of a life of the daemon: killed, or asked to stop at `at`; `gone_at`: the process was no more."""

    at: float
    gone_at: float
    killed: bool

    @property
    def sure_until(self) -> float:
        """What was handed over until then is stored."""
        return self.at - SURE_S if self.killed else self.at

    @property
    def kept_until(self) -> float:
        """Calls of which we knew by then are kept."""
        return self.at - KEPT_S if self.killed else self.at


@dataclass(frozen=True, slots=True)
class Watch:
    """A time in which the daemon listened, whole: from its snapshot to the loss of the line or its own end.

    What came from `sure_since` until `sure_until` is surely stored; calls that it knew of by `kept_until` are surely known for good.
    """

    since: float
    sure_since: float
    until: float
    sure_until: float
    kept_until: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the daemon did not listen, both ends as wide as they may be."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of a story, event by event, and when the daemon listened."""

    seen: Sequence[Seen]
    watches: Sequence[Watch]
    gaps: Sequence[Gap]
    late: Sequence[Gap] = ()
    """Of them those in which it stood still: it saw what happened, and not when."""

    def is_touched(self, since: float, until: float) -> bool:
        """Was a part of this time not surely seen?"""
        return any(gap.since <= until and since <= gap.until for gap in self.gaps)

    def was_known(self, since: float, until: float) -> bool:
        """Must a call that lived then be known: did it live long enough while the daemon listened?"""
        return any(max(since, watch.since) < min(until, watch.kept_until) for watch in self.watches)


def sight_of(story: Story, ends: Sequence[End], pauses: Sequence[tuple[float, float]] = ()) -> Sight:
    """What the daemon, whose lives ended so, can have seen. While it was frozen (`pauses`) it saw all, and late: that is a gap too."""
    ends = sorted(ends, key=lambda end: end.at)
    watches = {number: watch for number, session in story.sessions.items() if (watch := _watch(session, ends))}
    seen = []
    for happened in story.events:
        best = Seen.NO
        for number, sent in happened.to.items():
            session = story.sessions.get(number)
            if session is None or (session.over_at is not None and sent > session.sent):
                continue
            best = max(best, _seen(happened.t, watches.get(number)))
        seen.append(best)
    return _sight(story.events, seen, list(watches.values()), pauses)


@dataclass(frozen=True, slots=True)
class Break:
    """The line broke, or an end, from `at` on; `over_at`: nothing came any more."""

    at: float
    over_at: float
    killed: bool = False


def sight_by_time(
    events: Sequence[Happened],
    readies: Sequence[float],
    breaks: Sequence[Break],
    pauses: Sequence[tuple[float, float]] = (),
) -> Sight:
    """The same where only the moments are known at which the daemon was ready, and those of what we did to it."""
    breaks = sorted(breaks, key=lambda each: each.at)
    watches = []
    for ready in readies:
        place = bisect_left(breaks, ready, key=lambda each: each.at)
        end = breaks[place] if place < len(breaks) else Break(inf, inf)
        kept_until = end.at - (KEPT_S if end.killed else SURE_S)
        watches.append(Watch(ready + WITNESSED_S, ready + SETTLED_S, end.over_at, end.at - SURE_S, kept_until))
    seen = []
    for happened in events:
        near = (watch for watch in watches if watch.since - LOGIN_S <= happened.t <= watch.until)
        seen.append(max((_seen(happened.t, watch) for watch in near), default=Seen.NO))
    return _sight(events, seen, watches, pauses)


def _sight(
    events: Sequence[Happened], seen: list[Seen], watches: Sequence[Watch], pauses: Sequence[tuple[float, float]]
) -> Sight:
    whole = sorted(watches, key=lambda watch: watch.since)
    gap_begins = [-inf, *(watch.sure_until for watch in whole)]
    gap_ends = [*(watch.since + SETTLED_S for watch in whole), inf]
    gaps = [Gap(begin, end) for begin, end in zip(gap_begins, gap_ends, strict=True)]
    # Who stood still asks what lives before he takes what he hears for whole.
    late = [Gap(begin, end + LOGIN_S) for begin, end in pauses if end - begin > LATE_S]
    for number, happened in enumerate(events):
        if any(gap.since <= happened.t <= gap.until for gap in late):
            seen[number] = min(seen[number], Seen.PERHAPS)
    return Sight(seen, whole, gaps + late, late)


def _watch(session: Session, ends: Sequence[End]) -> Watch | None:
    """None where there was no snapshot: what came before it means nothing."""
    if session.ready_at is None:
        return None
    place = bisect_left(ends, session.login_at, key=lambda end: end.at)
    end = ends[place] if place < len(ends) else End(inf, inf, killed=False)
    over_at = min(session.over_at if session.over_at is not None else inf, end.gone_at)
    if session.left and over_at < end.at:
        # It gave up a line on which nothing came: what was handed over meanwhile it may never have read.
        return Watch(
            session.ready_at, session.ready_at + SETTLED_S, over_at, over_at - GIVEN_UP_S, over_at - GIVEN_UP_S
        )
    return Watch(
        session.ready_at,
        session.ready_at + SETTLED_S,
        over_at,
        min(over_at, end.sure_until),
        min(over_at, end.kept_until),
    )


def _seen(t: float, watch: Watch | None) -> Seen:
    if watch is None or t > watch.until:
        return Seen.NO
    if not watch.sure_since <= t <= watch.sure_until or watch.sure_until < watch.since + SETTLED_S:
        return Seen.PERHAPS
    return Seen.YES

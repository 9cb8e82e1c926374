"""Facts that the operator should read: guesses, gaps, doubts. Calls themselves are not logged."""

from collections import Counter
from collections.abc import Sequence

import structlog

from daemon import clock
from handlers.facts import EventDoubted, Fact, GapEnded, TrunkGuessed

log = structlog.get_logger()
DOUBTS_EVERY_S = 60.0
_DOUBTS = {
    "unknown_channel": "events of channels never seen, or over already, are left out: usual after a gap or a standing still",
    "misnamed_channel": "two halves of a Local channel whose names do not match are left apart",
    "silent_call": "calls not heard of for a day are closed, their end not seen",
    "ghost_channel": "channels that the PBX does not list any more are closed, their end not seen",
    "unseen_channel": "channels of which the PBX's list alone tells are taken up, what was before is not known",
}
DOUBTS_CURE = "none after a gap; if it comes again and again without one, record it (ringtally record) and report it"


class JournalSink:
    """Tells guesses and gaps at once, doubts at most once a minute with their number."""

    def __init__(self) -> None:
        self.doubts: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._told_at = -DOUBTS_EVERY_S

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, EventDoubted):
                self._untold[fact.reason] += 1
                self.doubts[fact.reason] += 1
            elif isinstance(fact, TrunkGuessed):
                log.warning("trunk_guessed", endpoint=fact.endpoint, cure="name it in [[trunks]] or [[departments]]")
            elif isinstance(fact, GapEnded):
                log.warning("gap_ended", seconds=round(fact.at - fact.since, 3), reason=fact.reason)
        if self._untold and clock.monotonic() - self._told_at >= DOUBTS_EVERY_S:
            self._told_at = clock.monotonic()
            meaning = "; ".join(_DOUBTS[reason] for reason in self._untold if reason in _DOUBTS)
            log.warning("events_doubted", **self._untold, meaning=meaning, cure=DOUBTS_CURE)
            self._untold.clear()

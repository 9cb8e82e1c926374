"""What the day's calls are counted by, for who asks by label, and how their durations are spread."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from daemon.board.durations import Durations, Sign
from handlers.facts import Call, QueueStay

INTERNAL = ""
"""The line of a call within the house."""


@dataclass(slots=True)
class DaySpread:
    """The day's finished calls and stays by the labels that metrics have. `trunk`: by the settings, `other`, or INTERNAL."""

    calls: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By direction, trunk and result."""
    incoming: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """By trunk and outcome, answered or missed."""
    waits: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """Of incoming calls, by trunk and outcome."""
    talks: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """Of answered calls, by direction and trunk."""
    stays: defaultdict[tuple[str, ...], Durations] = field(default_factory=lambda: defaultdict(Durations))
    """In queues, short abandons left out; by queue and outcome."""

    def count(self, call: Call, trunk: str, sign: Sign) -> None:
        """A finished call; with -1 it is taken back."""
        self.calls[call.direction, trunk, call.result or "unknown"] += sign
        outcome = "missed" if call.missed else "answered" if call.result == "answered" else None
        if call.direction == "in" and outcome is not None:
            self.incoming[trunk, outcome] += sign
            self.waits[trunk, outcome].add(call.wait_s, sign)
        if call.result == "answered":
            self.talks[call.direction, trunk].add(call.talk_s, sign)

    def count_stay(self, stay: QueueStay, wait_s: float) -> None:
        """A stay that ended."""
        self.stays[stay.queue, stay.outcome or "unknown"].add(wait_s)

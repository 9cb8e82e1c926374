"""The rule by which a missed call becomes truly missed: what a preset is made of, and what can be set alone."""

from dataclasses import dataclass
from typing import Literal

from handlers.case_facts import ContactKind
from handlers.numbers import USABLE_DIGITS

Match = Literal["number", "last9"]
_LAST_DIGITS = 9
HOUR_S = 3600.0
DAY_S = 86_400.0
# Called back a month too late is not "never": so long after the last miss a contact is noted, though the case is off the list.
KNOWN_FOR_S = 90 * DAY_S


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """Durations in seconds; `window_s` is working time, 0 knows no window."""

    name: str = "default"
    window_s: float = HOUR_S
    min_talk_out_s: float = 5.0
    min_talk_in_s: float = 0.0
    list_for_s: float = 7 * DAY_S
    closed_by: frozenset[ContactKind] = frozenset({"outgoing", "incoming", "external"})
    match: Match = "number"
    ignore: frozenset[str] = frozenset()
    """Numbers in any spelling."""
    known_for_s: float = KNOWN_FOR_S
    """So long after the last miss a case off the list is known, for the sake of a late contact."""

    def key(self, number: str) -> str:
        """By which calls of one number are known: the whole normalised number, or its last nine digits."""
        if self.match == "number":
            return number
        digits = number.removeprefix("+")
        return digits if len(digits) <= USABLE_DIGITS else digits[-_LAST_DIGITS:]

    def min_talk_s(self, kind: ContactKind) -> float:
        """How long a talk must be to count."""
        return self.min_talk_in_s if kind == "incoming" else self.min_talk_out_s

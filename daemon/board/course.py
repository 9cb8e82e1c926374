"""How a day's figures grew, so that the next day knows how many calls there were by the same time of day."""

from array import array
from collections.abc import Sequence
from typing import Any

_MINUTES = 1440
_FIGURES = 5


def share(part: int, whole: int) -> float | None:
    """A ratio to four digits; None without data."""
    return round(part / whole, 4) if whole else None


class Course:
    """What each minute of a day's local clock added to five of its totals. Where a clock goes back an hour, both hours are one."""

    def __init__(self) -> None:
        self._grown = [array("i", bytes(4 * _MINUTES)) for _ in range(_FIGURES)]
        self._asked: tuple[int, dict[str, Any] | None] = (-1, None)

    def add(self, minute: int, grown: Sequence[int]) -> None:
        """Incoming, answered, missed, those that the service level counts, those of them in time: so many more in this minute."""
        for course, more in zip(self._grown, grown, strict=True):
            course[minute] += more
        self._asked = (-1, None)

    def before(self, minute: int) -> dict[str, Any] | None:
        """The figures as they stood when this minute began; None if there was not one call all day: then nobody was listening."""
        if self._asked[0] != minute:
            self._asked = minute, self._until(minute)
        return self._asked[1]

    def _until(self, minute: int) -> dict[str, Any] | None:
        if not any(self._grown[0]):
            return None
        came, answered, missed, rated, in_time = (sum(course[:minute]) for course in self._grown)
        return {
            "in": came,
            "answered": answered,
            "missed": missed,
            "missed_share": share(missed, answered + missed),
            "service_level": share(in_time, rated),
        }

"""How long to wait before trying again."""

from collections.abc import Callable
from random import random


class Backoff:
    """Doubles from `first_s` to `most_s`, each time between half and all of it, so that many clients don't come back at once."""

    def __init__(self, first_s: float, most_s: float, chance: Callable[[], float] = random) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._chance = chance
        self._tries = 0

    def next_s(self) -> float:
        """Seconds to wait before the next try."""
        full = min(self._first_s * 2 ** min(self._tries, 30), self._most_s)
        self._tries += 1
        return float(full * (0.5 + self._chance() / 2))

    def reset(self) -> None:
        """It worked: begin anew."""
        self._tries = 0

"""Time that several things share: a sum in which no moment counts twice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(slots=True)
class SharedSpan(Generic[Key]):
    """The total time in which at least one key was open. Seconds; never negative, whatever the order of calls."""

    total_s: float = 0.0
    first_at: float | None = None
    _open: set[Key] = field(default_factory=set)
    since: float = 0.0
    """Since when something is open; of a span that is closed it means nothing."""

    def open(self, key: Key, at: float) -> None:
        """`key` begins; nothing happens if it is open already."""
        if not self._open:
            self.since = at
            if self.first_at is None:
                self.first_at = at
        self._open.add(key)

    def restore(self, total_s: float, first_at: float | None, since: float, is_open: Iterable[Key]) -> None:
        """It stands as it stood in an earlier run."""
        self.total_s, self.first_at, self.since = total_s, first_at, since
        self._open = set(is_open)

    def close(self, key: Key, at: float) -> None:
        """`key` ends; nothing happens if it isn't open."""
        if key in self._open:
            self._open.discard(key)
            if not self._open:
                self.total_s += max(0.0, at - self.since)

    def close_all(self, at: float) -> None:
        """Whatever is open ends."""
        if self._open:
            self._open.clear()
            self.total_s += max(0.0, at - self.since)

    def move_begin(self, told: float, true: float) -> None:
        """It turns out that what began at `told` had begun at `true`; it may be over by now."""
        if self._open and self.since == told:
            self.since = true
        else:
            self.total_s = max(0.0, self.total_s + told - true)
        if self.first_at == told:
            self.first_at = true

    def move_end(self, told: float, true: float) -> None:
        """It turns out that what ended at `told` had ended at `true`."""
        self.total_s = max(0.0, self.total_s + true - told)

    @property
    def is_open(self) -> bool:
        """Is anything open now?"""
        return bool(self._open)

    @property
    def keys(self) -> frozenset[Key]:
        """What is open now."""
        return frozenset(self._open)

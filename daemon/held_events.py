"""Events held back until an answer that was asked for can go before them."""

from collections.abc import Callable, Sequence

import structlog

from handlers.ami.events import Event

log = structlog.get_logger()
# Events that may wait for a snapshot: 10 s of the most that one AMI session has been seen to send.
HELD_LIMIT = 100_000


class HeldEvents:
    """Passes events on to `sink` in order, and holds them back from `hold` until `release`.

    Beyond the limit those that are held are dropped, and `overfull` is told: only another snapshot settles what they were.
    """

    def __init__(self, sink: Callable[[Sequence[Event]], None], overfull: Callable[[], None]) -> None:
        self._sink = sink
        self._overfull = overfull
        self._held: list[Event] | None = None

    @property
    def is_holding(self) -> bool:
        """Are events held back now?"""
        return self._held is not None

    def take(self, events: Sequence[Event]) -> None:
        """What the PBX sent, or what broke the stream: told, or held, in its turn."""
        if self._held is None:
            self._sink(events)
            return
        self._held.extend(events)
        if len(self._held) > HELD_LIMIT:
            log.warning("ami_snapshot_too_slow", events=len(self._held))
            self._held.clear()
            self._overfull()

    def hold(self) -> None:
        """Hold back what comes from here on; what is held already stays so."""
        if self._held is None:
            self._held = []

    def release(self) -> list[Event]:
        """What was held, for the caller to tell behind the answer; nothing is held any more."""
        held, self._held = self._held or [], None
        return held

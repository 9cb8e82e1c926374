"""Holds what is new of live calls for a moment, for most of it is overtaken: who leaves a queue is answered some milliseconds later."""

import math
from collections.abc import Sequence

from daemon import clock
from handlers.facts import (
    CallAnswered,
    CallChanged,
    CallEnded,
    CallQueued,
    CallRang,
    CallRetracted,
    CallStarted,
    CallTransferred,
    Fact,
)

SETTLES_S = 0.05
_OVERTAKES = (CallStarted, CallRang, CallQueued, CallAnswered, CallTransferred, CallEnded, CallRetracted)


class AlteredCalls:
    """Between the core and the sinks. Of one call the latest `CallChanged` is told `SETTLES_S` after the first, if nothing else is before.

    `due_at`: when there is something to tell though nothing comes, monotonic.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, CallChanged]] = {}

    @property
    def due_at(self) -> float:
        """Infinite: nothing is held."""
        return next(iter(self._held.values()))[0] if self._held else math.inf

    def pass_on(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        """What is to be told of these facts now, and of those that were held until now."""
        if not self._held and not any(type(fact) is CallChanged for fact in facts):
            return facts
        told: list[Fact] = []
        for fact in facts:
            if type(fact) is CallChanged:
                due_at, _ = self._held.get(fact.call.id, (clock.monotonic() + SETTLES_S, fact))
                self._held[fact.call.id] = due_at, fact
            else:
                told.append(fact)
                if isinstance(fact, _OVERTAKES):
                    self._held.pop(fact.call.id, None)
        if self.due_at <= clock.monotonic():
            told += self._due(clock.monotonic())
        return told

    def rest(self) -> Sequence[Fact]:
        """All that is held: nothing more comes."""
        return self._due(math.inf)

    def _due(self, now: float) -> list[Fact]:
        found = [(call, fact) for call, (due_at, fact) in self._held.items() if due_at <= now]
        for call, _ in found:
            del self._held[call]
        return [fact for _, fact in found]

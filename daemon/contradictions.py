"""Has the PBX asked again what lives when an event contradicts what is known."""

from collections.abc import Callable, Sequence

from handlers.facts import EventDoubted, Fact

CONTRADICTIONS = frozenset({"unknown_channel"})
"""Reasons for which an event was not believed, and after which somebody may live who was told to have ended."""


class Contradictions:
    """Hands on that the core knows better, or worse, than an event."""

    def __init__(self, settle: Callable[[str], None]) -> None:
        self._settle = settle

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts; never waits, never raises."""
        for fact in facts:
            if isinstance(fact, EventDoubted) and fact.reason in CONTRADICTIONS:
                self._settle(fact.reason)

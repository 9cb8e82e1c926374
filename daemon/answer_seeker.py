"""Has the PBX asked when calls were answered that somebody answered while nobody listened."""

from collections.abc import Callable, Sequence

from handlers.facts import AnswersUnseen, Fact


class AnswerSeeker:
    """Hands on whose CDRs the core wants to know of; what the PBX says comes back as events."""

    def __init__(self, ask: Callable[[Sequence[str]], None]) -> None:
        self._ask = ask

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts; never waits, never raises."""
        for fact in facts:
            if isinstance(fact, AnswersUnseen):
                self._ask(fact.channels)

"""Facts that last: finished calls go to the store's writer."""

from collections.abc import Sequence

from handlers.facts import CallEnded, Fact
from storage.writer import Writer


class DatabaseSink:
    """Hands finished calls to the writer, which never waits for the disk in here."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for fact in facts:
            if isinstance(fact, CallEnded):
                self._writer.put(fact)

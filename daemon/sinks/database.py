"""Facts that last: finished calls go to the store's writer, with what is to be published of them."""

from collections.abc import Callable, Sequence

from daemon.board.call_events import CallEvent, CallEvents
from handlers.facts import CallEnded, Fact
from storage.outbox import Message
from storage.writer import Writer


class DatabaseSink:
    """Hands finished calls to the writer, which never waits for the disk in here.

    `message` makes of a call's end what is to be published of it; without it nothing is.
    """

    def __init__(self, writer: Writer, message: Callable[[CallEvent], Message] | None = None) -> None:
        self._writer = writer
        self._message = message
        self._events = CallEvents()

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        for event in self._events.of(facts):
            if isinstance(event.fact, CallEnded):
                self._writer.put(event.fact, self._message(event) if self._message is not None else None)

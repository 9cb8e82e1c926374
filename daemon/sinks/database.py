"""Facts that last: finished calls and gaps go to the store's writer, with what is to be published of them."""

from collections.abc import Callable, Sequence

from daemon.board.call_events import CallEvent, CallEvents
from daemon.board.missed import CaseEvent, CaseEvents
from handlers.case_facts import CASE_FACTS, CaseFact
from handlers.facts import CallEnded, Fact, GapEnded
from storage.outbox import Message
from storage.writer import Writer


class DatabaseSink:
    """Hands finished calls to the writer, which never waits for the disk in here.

    `message` makes of a call's end, or of what happened to a case, what is to be published of it; without it nothing is.
    """

    def __init__(self, writer: Writer, message: Callable[[CallEvent | CaseEvent], Message] | None = None) -> None:
        self._writer = writer
        self._message = message
        self._events = CallEvents()
        self._case_events = CaseEvents()

    def take(self, facts: Sequence[Fact]) -> None:
        """Note the facts."""
        if gaps := gaps_in(facts):
            self._writer.put(None, gaps=gaps)
        message = self._message
        numbered = {id(event.fact): event for event in self._events.of(facts)} if message is not None else {}
        for ended, cases in with_their_cases(facts):
            events = self._case_events.of(cases)
            told = message(numbered[id(ended)]) if message is not None and ended is not None else None
            self._writer.put(ended, told, cases, [message(event) for event in events] if message is not None else ())


def gaps_in(facts: Sequence[Fact]) -> list[GapEnded]:
    """The gaps that are over."""
    return [fact for fact in facts if isinstance(fact, GapEnded)]


def with_their_cases(facts: Sequence[Fact]) -> list[tuple[CallEnded | None, list[CaseFact]]]:
    """Finished calls, each with the facts about cases that came of it; what time alone brought stands without a call.

    The core tells what a call led to directly behind it.
    """
    found: list[tuple[CallEnded | None, list[CaseFact]]] = []
    ended: CallEnded | None = None
    for fact in facts:
        if isinstance(fact, CallEnded):
            ended = fact
            found.append((fact, []))
        elif isinstance(fact, CASE_FACTS):
            if ended is None:
                found.append((None, [fact]))
            else:
                found[-1][1].append(fact)
        else:
            ended = None
    return found

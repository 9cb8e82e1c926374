"""What waits for the writer: finished calls with what belongs to them, and what is to be kept of live ones. It is bounded."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from handlers.case_facts import CaseFact
from handlers.facts import CallEnded, GapEnded
from storage.live_calls import LiveChange
from storage.outbox import Message

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored together or not at all."""

    call: CallEnded | None
    cases: Sequence[CaseFact]
    messages: Sequence[Message]
    gaps: Sequence[GapEnded]


class Backlog:
    """Entries, oldest first, `limit` of them at most, and the latest word on live calls. `database` is who it is about, in the log."""

    def __init__(self, database: Path, limit: int) -> None:
        self._database = database
        self._limit = limit
        self._queue: deque[Entry] = deque()
        self._in_flight: Sequence[Entry] = ()
        self._live: LiveChange | None = None
        self.dropped = 0
        """Calls that had to go for the limit."""
        self.merged = 0
        """Entries without a call that became part of the next one for it."""

    @property
    def waiting(self) -> int:
        """Entries taken and not yet stored."""
        return len(self._queue) + len(self._in_flight)

    @property
    def queued(self) -> int:
        """Those of them that are in no batch yet."""
        return len(self._queue)

    @property
    def has_rows(self) -> bool:
        """Is there anything for the next batch?"""
        return bool(self._queue) or self._live is not None

    def add(self, entry: Entry) -> bool:
        """Put it at the end; True if that costs the oldest call. A call that is over is kept as a live one no more."""
        if entry.call is not None and self._live is not None:
            self._live.forget(entry.call.call.id, entry.call.call.boot)
        self._queue.append(entry)
        return self.waiting > self._limit and self._drop_the_oldest()

    def keep(self, change: LiveChange) -> None:
        """Take what is to be kept of live calls; of what waits already the latest counts, so it is never more than there are."""
        if self._live is None:
            self._live = change
        else:
            self._live.add(change)

    def take(self, most: int) -> tuple[Sequence[Entry], LiveChange | None]:
        """The oldest, so many at most, and what is to be kept with them: one batch, on its way until `done` or `put_back`."""
        self._in_flight = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        return self._in_flight, self._take_live()

    def done(self) -> None:
        """What was taken is settled."""
        self._in_flight = ()

    def put_back(self, live: LiveChange | None) -> None:
        """What was taken waits as before; `live` is what was to be kept with it."""
        if live is not None:
            if self._live is not None:
                live.add(self._live)
            self._live = live
        self._queue.extendleft(reversed(self._in_flight))
        self._in_flight = ()

    def _take_live(self) -> LiveChange | None:
        """What is to be kept with this batch. All there are take the place of what was kept before: not while the end of one of those waits."""
        if self._live is not None and self._live.whole and self._queue:
            return None
        live, self._live = self._live, None
        return live

    def _drop_the_oldest(self) -> bool:
        """One call less to wait for. What is no call's (a gap, a deadline that passed, a contact) is little, and waits on."""
        oldest = self._queue.popleft()
        if not self._queue:  # all others are on their way
            self._queue.append(oldest)
            return False
        following = self._queue[0]
        cases = (*oldest.cases, *following.cases) if oldest.call is None else following.cases
        messages = (*oldest.messages, *following.messages) if oldest.call is None else following.messages
        self._queue[0] = replace(following, cases=cases, messages=messages, gaps=(*oldest.gaps, *following.gaps))
        if oldest.call is None:
            self.merged += 1
            return False
        self.dropped += 1
        if self.dropped == 1:
            log.error("calls_dropped", database=str(self._database), limit=self._limit)
        return True

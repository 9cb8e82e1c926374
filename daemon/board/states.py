"""What the state topics say, rendered as often as each may be told at most, and told only when it is something new."""

import heapq
import math
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from daemon import clock
from daemon.board.board import Board, Topic
from daemon.board.encoding import encoded
from storage.call_json import iso

# A topic that may change without a fact is looked at so often.
LOOK_EVERY_S = 1.0
# So many times in a row a topic may be told `apart_s` apart; then, while it goes on changing, `often_s` on average.
AT_ONCE = 10


@dataclass(slots=True, eq=False)
class State:
    """A topic as it was last told: a new object each time that it says something new."""

    body: bytes
    qos: Literal[0, 1]
    said: dict[str, Any]
    made_at: float
    looked_at: float
    touched: int
    spent_until: float = 0.0
    """When nothing of what may be told in a row is spent any more."""


class States:
    """The latest of every state topic, with numbers and names in full or masked, for any number of readers.

    The first change of a topic after a quiet time is told at once, the next a tenth of a second later at the earliest, of the live calls
    a second (`Topic.apart_s`); in a flood of changes it is told more seldom (`Topic.often_s`). Nothing is rendered but when somebody
    looks; `due_at` (monotonic) is when looking again may show something, if nothing is touched before. `news` counts what was new. However many topics there are, a look costs what those cost that may say something else.
    """

    def __init__(self, board: Board, full: bool) -> None:
        self._board = board
        self._full = full
        self._kept: dict[str, State] = {}
        self._touched = board.watch()
        self._moments: list[tuple[float, int, str]] = []
        self._planned: dict[str, float] = {}
        self._serial = count()
        self.news = 0
        self.due_at = 0.0

    def look(self) -> dict[str, State]:
        """All topics as of now, or of less than a second ago."""
        now, board = clock.monotonic(), self._board
        if not self._touched and now < self.due_at:
            return self._kept
        board.refresh()
        for name in self._touched:
            self._plan(name, now)
        self._touched.clear()
        for name in self._due(now):
            self._renew(name, now)
        self.due_at = self._moments[0][0] if self._moments else math.inf
        return self._kept

    def _plan(self, name: str, now: float) -> None:
        """Note when a topic is to be looked at; one that is there no more is forgotten."""
        topic, kept = self._board.topics().get(name), self._kept.get(name)
        if topic is None:
            self._planned.pop(name, None)
            if self._kept.pop(name, None) is not None:
                self.news += 1
            return
        due_at = now if kept is None else self._due_at(name, topic, kept)
        if due_at < self._planned.get(name, math.inf):
            self._planned[name] = due_at
            heapq.heappush(self._moments, (due_at, next(self._serial), name))

    def _due(self, now: float) -> list[str]:
        found = []
        while self._moments and self._moments[0][0] <= now:
            due_at, _, name = heapq.heappop(self._moments)
            if self._planned.get(name) == due_at:  # else it was planned anew, or is no more
                del self._planned[name]
                found.append(name)
        return found

    def _renew(self, name: str, now: float) -> None:
        """Look at a topic that is due."""
        kept = self._kept.get(name)
        state = self._kept[name] = self._look_at(name, self._board.topics()[name], kept, now)
        self.news += state is not kept
        self._plan(name, now)

    def renew(self) -> None:
        """Render all anew at the next look, however short ago they were made: for somebody who knows nothing yet."""
        self._kept.clear()
        self._planned.clear()
        self._moments.clear()
        self._touched.update(dict.fromkeys(self._board.topics()))

    def _due_at(self, name: str, topic: Topic, kept: State) -> float:
        if kept.touched != self._board.touched[name]:
            return max(kept.made_at + topic.apart_s, kept.spent_until - (AT_ONCE - 1) * topic.often_s)
        if topic.live:
            return kept.looked_at + LOOK_EVERY_S
        return math.inf

    def _look_at(self, name: str, topic: Topic, kept: State | None, now: float) -> State:
        payload, touched = self._board.payload(name, self._full), self._board.touched[name]
        spent_until = max(now, kept.spent_until if kept is not None else now) + topic.often_s
        aside = topic.aside | {"ts"}
        said = {key: value for key, value in payload.items() if key not in aside}
        if kept is not None and said == kept.said and not _is_over(topic.every_s, now - kept.made_at):
            if kept.touched != touched:  # there and back again: a look for a change's sake counts as one
                kept.made_at, kept.touched, kept.spent_until = now, touched, spent_until
            kept.looked_at = now
            return kept
        body = encoded({"v": 1, "ts": iso(clock.now())} | payload if topic.bare is None else payload[topic.bare])
        return State(body, topic.qos, said, now, now, touched, spent_until)


def _is_over(every_s: float | None, passed_s: float) -> bool:
    return every_s is not None and passed_s >= every_s

"""A board over live calls that a test decides."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import Any

from config.sections import Settings
from daemon.board.board import Board, Site, trunk_names
from daemon.board.call_events import Render, render_call
from daemon.board.day import Day
from daemon.board.missed import RenderCase, render_case
from daemon.board.site import limits_of, queue_goals
from daemon.board.topic_names import TopicNames
from daemon.sinks.stream import StreamSink
from handlers.case_facts import Case
from handlers.departments import DepartmentRule
from handlers.facts import Call, Fact
from handlers.rules import Rules, TrunkRule


@dataclass
class LivePbx:
    """What lives, as a test says."""

    live: Callable[[], Iterable[Call]] = lambda: ()
    queued: list[tuple[str, float]] = field(default_factory=list)
    known_queues: list[str] = field(default_factory=list)
    channels: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)
    _looked_at: tuple[Call, ...] = ()

    def live_calls(self) -> Iterable[Call]:
        self._looked_at = tuple(self.live())
        return self._looked_at

    def glances(self) -> Iterable[Call]:
        """Of what was just looked at."""
        return self._looked_at

    def waiting(self) -> Iterable[tuple[str, float]]:
        return iter(self.queued)

    def queues(self) -> Iterable[str]:
        return self.known_queues

    def trunk_channels(self) -> Counter[str]:
        return self.channels

    def waiting_cases(self) -> Iterable[Case]:
        return self.cases


SUPPORT = DepartmentRule("Поддержка", frozenset({"support"}), frozenset({"101"}), frozenset({"74951112233"}))
SETTINGS = Settings()
HEALTHY = {
    "ami": "ready",
    "since": "2026-11-23T15:00:00.000Z",
    "last_event": None,
    "last_gap": None,
    "store": "ok",
    "mqtt": "off",
    "outbox": 0,
}
RULES = Rules(pbx="office", trunks=(TrunkRule("megafon", ("PJSIP/megafon-*",)),))


def a_day() -> Day:
    """Figures in UTC, one line and one department."""
    return Day(UTC, RULES, [SUPPORT])


def a_board(
    pbx: LivePbx,
    render: Render = render_call,
    day: Day | None = None,
    health: Callable[[], dict[str, Any]] = lambda: HEALTHY,
    case_render: RenderCase = render_case,
) -> Board:
    """A board with one queue, one line and one department in its settings."""
    day = day or a_day()
    site = Site(
        about={"version": "1.2.3", "site": "office", "timezone": "UTC"} | limits_of(SETTINGS),
        queues=TopicNames("queue", ["support"]),
        trunks=TopicNames("trunk", trunk_names(["megafon"])),
        departments=TopicNames("department", day.department_names),
        queue_goals=partial(queue_goals, SETTINGS),
    )
    return Board(pbx, site, day, health, render, case_render)


class Stream(StreamSink):
    """With a board before it, as in the daemon."""

    def __init__(self, render: Render, live: Callable[[], Iterable[Call]]) -> None:
        self.board = a_board(LivePbx(live), render)
        super().__init__(self.board, render)

    def take(self, facts: Sequence[Fact]) -> None:
        self.board.take(facts)
        super().take(facts)

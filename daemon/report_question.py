"""What a report is asked for, by a command or a request: the calls, those to compare with, and how to say so."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, get_args

import aiosqlite

from config.sections import Settings
from daemon.periods import EVERYTHING, Period, before
from daemon.reports.heading import heading_lines, period_text
from daemon.reports.spelling import page_moment
from daemon.rules import rules_of
from daemon.words import Language, mark, word
from handlers.departments import Departments
from handlers.facts import Direction, Result
from handlers.numbers import NumberPlan
from storage.call_filter import CallFilter, bindable
from storage.call_json import iso
from storage.clients import Known
from storage.gaps import GapSum, sum_gaps
from storage.reports.report_filter import ReportFilter
from storage.reports.wait import WaitBy
from storage.retention import kept_from

ReportName = Literal["wait", "missed", "calls"]
REPORT_NAMES: tuple[ReportName, ...] = get_args(ReportName)
_CLIENTS = dict(zip(("known", "unknown"), mark("known", "not known"), strict=True))
mark("clients")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuestion:
    """What somebody wants to know; None asks nothing.

    `by` is of the report `wait` alone, `at_deadline` of `missed`, and what is below it of `calls`. `masked`: for who may not see
    numbers and names.
    """

    name: ReportName
    period: Period = EVERYTHING
    trunk: str | None = None
    queue: str | None = None
    department: str | None = None
    number: str | None = None
    clients: Known | None = None
    masked: bool = False
    by: WaitBy = "trunk"
    at_deadline: bool = False
    missed: bool | None = None
    direction: Direction | None = None
    result: Result | None = None


class Asked:
    """A question by the settings of one site, in one language; what is not over yet is so as of `now`, epoch seconds."""

    def __init__(self, question: ReportQuestion, settings: Settings, language: Language, now: float) -> None:
        self.question = question
        self.settings = settings
        self.language: Language = language
        self.zone: tzinfo = settings.zone
        self._kept_from: float | None = None
        self._earlier = before(question.period, now, self.zone)
        names = ("trunk", "queue", "department", "number", "clients")
        filters = {name: bindable(getattr(question, name)) for name in names}
        self._said = filters | {"clients": _CLIENTS.get(filters["clients"])}
        self.wanted = _filter(question.period, filters)
        self.before = None if self._earlier is None else _filter(self._earlier, filters)
        rules = rules_of(settings)
        self.departments = Departments(
            rules.departments, NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """What it is about."""
        clients = self._said["clients"]
        said = self._said | {"clients": None if clients is None else word(clients, self.language)}
        return heading_lines(self.question.period, self._earlier, said, self.zone, self.language)

    async def learn_what_is_kept(self, connection: aiosqlite.Connection) -> None:
        """With a period before of which a part is gone nothing is compared: it would look as if fewer had called."""
        self._kept_from = await kept_from(connection)
        if self._kept_from is None or self._earlier is None:
            return
        if self._earlier.since is None or self._earlier.since < self._kept_from:
            self._earlier = self.before = None

    @property
    def kept_lines(self) -> tuple[str, ...]:
        """A line if calls of the period itself are gone."""
        since = self.question.period.since
        if self._kept_from is None or (since is not None and since >= self._kept_from):
            return ()
        return (
            word("calls that began before {} are not kept", self.language).format(
                page_moment(self._kept_from, self.zone, self.language)
            ),
        )

    @property
    def kept_json(self) -> dict[str, Any]:
        """From when on all calls are there; null: all that ever were stored."""
        return {"kept_from": iso(self._kept_from)}

    async def gaps(self, connection: aiosqlite.Connection) -> GapSum:
        """What of the period was not heard."""
        return await sum_gaps(connection, self.question.period.since, self.question.period.until)

    @property
    def compared(self) -> str:
        """The name of the period before."""
        return "" if self._earlier is None else period_text(self._earlier, self.zone, self.language)

    @property
    def is_unbounded(self) -> bool:
        """Is it about everything?"""
        return self.question.period == EVERYTHING

    def calls(self, last: int | None) -> CallFilter:
        """The calls of the list, the `last` of them."""
        question = self.question
        return CallFilter(
            missed=question.missed,
            direction=question.direction,
            result=question.result,
            queue=question.queue,
            trunk=question.trunk,
            number=question.number,
            clients=question.clients,
            since=question.period.since,
            until=question.period.until,
            last=last,
        )


def _filter(period: Period, filters: dict[str, Any]) -> ReportFilter:
    return ReportFilter(since=period.since, until=period.until, **filters)

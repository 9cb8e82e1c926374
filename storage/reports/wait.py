"""How long callers waited: by trunk, queue, department, hour of the day or day; answered and missed ones apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Literal, get_args

import aiosqlite
import orjson

from handlers.departments import Departments
from storage.errors import readable
from storage.reports.report_filter import SOUGHT, ReportFilter, department_of
from storage.reports.spread import Spread, spread

WaitBy = Literal["trunk", "queue", "department", "hour", "day"]
WAIT_BY: tuple[WaitBy, ...] = get_args(WaitBy)
_HOURS = tuple(f"{hour:02}" for hour in range(24))
# Clocks differ from UTC by whole quarters of an hour, and are set at one: so a quarter lies in one local hour.
_QUARTER_S = 900
_ANSWERED = "c.missed = 0 AND c.result = 'answered'"
_SPOKE = "c.result = 'answered'"
_FIGURES = (
    f"count(*) FILTER (WHERE {_ANSWERED})",
    "count(*) FILTER (WHERE c.missed)",
    "count(*)",
    f"ifnull(sum(c.talk_ms) FILTER (WHERE {_SPOKE}), 0)",
    f"count(c.talk_ms) FILTER (WHERE {_SPOKE})",
    f"json_group_array(c.wait_ms) FILTER (WHERE {_ANSWERED} AND c.wait_ms IS NOT NULL)",
    "json_group_array(c.wait_ms) FILTER (WHERE c.missed AND c.wait_ms IS NOT NULL)",
)
_Key = str | None
# Ten years of days: more would be rows for a clock that was wrong.
_GAPLESS_DAYS = 3660


@dataclass(frozen=True, slots=True)
class WaitFigures:
    """What incoming calls have waited and talked; seconds.

    `calls` = `answered` + `missed` are those who waited for a person; `other` ended in a menu, failed, or with an end that
    nobody saw, and are in no other figure. A duration that is not known is in no sum and no average. `talk_s` is that of all
    answered calls, `talked` how many of them have one that is known.
    """

    answered: int
    missed: int
    other: int
    talk_s: float
    talked: int
    answered_wait: Spread
    missed_wait: Spread

    @property
    def calls(self) -> int:
        """Those who waited for a person."""
        return self.answered + self.missed

    @property
    def wait_s(self) -> float:
        """All waits together."""
        return self.answered_wait.sum_s + self.missed_wait.sum_s

    @property
    def full_s(self) -> float:
        """Wait and talk together."""
        return self.wait_s + self.talk_s

    @property
    def wait_avg_s(self) -> float | None:
        """The average wait, answered or not; None of none."""
        count = self.answered_wait.count + self.missed_wait.count
        return self.wait_s / count if count else None

    @property
    def talk_avg_s(self) -> float | None:
        """The average talk of answered calls; None of none."""
        return self.talk_s / self.talked if self.talked else None


@dataclass(frozen=True, slots=True)
class WaitRow:
    """One trunk, queue, department, hour (`00` to `23`) or day (ISO). `key` None: calls that have none.

    `before` is the same in the period before, None where there is none to compare with; days are not compared.
    """

    key: str | None
    figures: WaitFigures
    before: WaitFigures | None = None


@dataclass(frozen=True, slots=True)
class WaitReport:
    """Rows in order: of the clock, else those with the most calls first. `before` is the total of the period before."""

    by: WaitBy
    rows: tuple[WaitRow, ...]
    total: WaitFigures
    before: WaitFigures | None


@dataclass(slots=True)
class _Sums:
    """What is added up for one row."""

    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    answered: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def add(self, values: Sequence[Any]) -> None:
        for place in range(len(self.counts)):
            self.counts[place] += values[place]
        answered, missed = values[len(self.counts) :]
        self.answered += orjson.loads(answered)
        self.missed += orjson.loads(missed)

    def figures(self) -> WaitFigures:
        answered, missed, every, talk_ms, talked = self.counts
        self.answered.sort()  # in place: what is in order already costs the total next to nothing
        self.missed.sort()
        other = every - answered - missed
        return WaitFigures(answered, missed, other, talk_ms / 1000, talked, spread(self.answered), spread(self.missed))


async def wait_report(
    connection: aiosqlite.Connection,
    wanted: ReportFilter,
    by: WaitBy,
    zone: tzinfo,
    departments: Departments,
    before: ReportFilter | None = None,
) -> WaitReport:
    """The report about the calls wanted; `before` are those to compare with. Hours and days are the zone's."""
    with readable():
        await connection.execute("BEGIN")
        try:
            now = await _added_up(connection, wanted, by, zone, departments)
            then = None if before is None else await _added_up(connection, before, by, zone, departments)
        finally:
            await connection.execute("COMMIT")
    nothing = _Sums().figures()
    compared = {} if then is None or by == "day" else {key: sums.figures() for key, sums in then.items()}
    rows = [
        WaitRow(key, sums.figures(), compared.get(key, nothing) if then is not None and by != "day" else None)
        for key, sums in now.items()
    ]
    return WaitReport(
        by, tuple(_ordered(rows, by)), _total(now.values()), None if then is None else _total(then.values())
    )


async def _added_up(
    connection: aiosqlite.Connection, wanted: ReportFilter, by: WaitBy, zone: tzinfo, departments: Departments
) -> dict[_Key, _Sums]:
    keys, key_of = _grouping(by, zone, departments)
    is_of_department: Callable[..., bool] | None = None
    tables = "call c INDEXED BY call_in_by_trunk" if wanted.number is None and wanted.clients is None else "call c"
    if wanted.department is not None:
        keys = (*keys, *SOUGHT)
        is_of_department = lambda *sought: department_of(departments, *sought) == wanted.department  # noqa: E731
    condition, values = wanted.conditions()
    groups = ", ".join(str(place) for place in range(1, len(keys) + 1))
    found: dict[_Key, _Sums] = {hour: _Sums() for hour in _HOURS} if by == "hour" else {}
    async with connection.execute(
        f"SELECT {', '.join((*keys, *_FIGURES))} FROM {tables} WHERE {condition} GROUP BY {groups}",  # noqa: S608 - marks only
        values,
    ) as rows:
        async for row in rows:
            if is_of_department is None or is_of_department(*row[len(keys) - len(SOUGHT) : len(keys)]):
                found.setdefault(key_of(row), _Sums()).add(row[len(keys) :])
    return _without_gaps(found) if by == "day" else found


def _grouping(
    by: WaitBy, zone: tzinfo, departments: Departments
) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], _Key]]:
    """What SQL groups by, and how a row's first columns make its key."""
    if by == "department":
        return SOUGHT, lambda row: department_of(departments, *row[: len(SOUGHT)])
    if by in {"trunk", "queue"}:
        return (f"c.{by}",), lambda row: None if row[0] is None else str(row[0])
    form = "%H" if by == "hour" else "%Y-%m-%d"
    return (
        (f"c.started_at / {_QUARTER_S * 1000}",),
        lambda row: datetime.fromtimestamp(row[0] * _QUARTER_S, UTC).astimezone(zone).strftime(form),
    )


def _without_gaps(found: dict[_Key, _Sums]) -> dict[_Key, _Sums]:
    """The days between the first and the last: one without a call is a row too."""
    days = sorted(key for key in found if key is not None)
    if days:
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        for after in range(min((last - first).days, _GAPLESS_DAYS)):
            found.setdefault((first + timedelta(days=after)).isoformat(), _Sums())
    return found


def _ordered(rows: Iterable[WaitRow], by: WaitBy) -> list[WaitRow]:
    if by in {"hour", "day"}:
        return sorted(rows, key=lambda row: row.key or "")
    return sorted(rows, key=lambda row: (row.key is None, -row.figures.calls, row.key or ""))


def _total(parts: Iterable[_Sums]) -> WaitFigures:
    total = _Sums()
    for part in parts:
        total.counts = [one + other for one, other in zip(total.counts, part.counts, strict=True)]
        total.answered += part.answered
        total.missed += part.missed
    return total.figures()

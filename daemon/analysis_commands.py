"""The command `report`: figures over many calls, in every form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import click

from config.sections import Settings
from daemon import clock
from daemon.case_table import rule_line
from daemon.client_options import known_option, unknown_option, warn_without_directory
from daemon.command_line import attempt, examples, settings_of
from daemon.gap_table import gap_lines
from daemon.periods import Period, before
from daemon.report_output import (
    TABLE_ROWS,
    check_output,
    db_option,
    format_option,
    from_option,
    lang_option,
    period_of,
    period_option,
    show,
    to_option,
)
from daemon.reports.document import Document
from daemon.reports.heading import heading_lines, period_text
from daemon.reports.missed_document import missed_document
from daemon.reports.spelling import page_moment
from daemon.reports.wait_document import wait_document
from daemon.rules import follow_up_rule, rules_of
from daemon.words import Language, mark, word
from handlers.cases.rule import FollowUpRule
from handlers.departments import Departments
from handlers.numbers import NumberPlan
from storage.call_filter import bindable
from storage.call_json import iso
from storage.gaps import GapSum, sum_gaps
from storage.reading import reading
from storage.reports.missed import MissedReport, missed_report
from storage.reports.report_filter import ReportFilter
from storage.reports.report_json import missed_call_json, missed_json, wait_json, wait_row_json
from storage.reports.wait import WAIT_BY, WaitBy, WaitReport, wait_report
from storage.retention import kept_from

_CLIENTS = dict(zip(("known", "unknown"), mark("known", "not known"), strict=True))
mark("clients")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(
    epilog=examples(
        "ringtally report wait --period month --by hour",
        "ringtally report missed --period yesterday --format html > missed.html",
    )
)
def report() -> None:
    """Figures over many calls: how long callers waited, and what became of those who were missed."""


def _asked(command: _Command) -> _Command:
    """The options that all reports have."""
    for option in (
        db_option,
        lang_option,
        format_option,
        period_option,
        to_option,
        from_option,
        unknown_option,
        known_option,
        click.option("--number", help="The caller's, in any spelling."),
        click.option("--department"),
        click.option("--queue", help="The first one joined."),
        click.option("--trunk"),
    ):
        command = option(command)
    return command


class _Asked:
    """What the options ask for: the calls, those to compare with, and how to say so."""

    def __init__(self, context: click.Context, lang: Language | None, query: dict[str, Any]) -> None:
        self.settings: Settings = settings_of(context, needed=False).settings
        self.language: Language = lang or self.settings.site.language
        self.zone = self.settings.zone
        self._period = period_of(query, self.zone)
        self._kept_from: float | None = None
        self._earlier = before(self._period, clock.now(), self.zone)
        filters = {name: bindable(query[name]) for name in ("trunk", "queue", "department", "number", "clients")}
        self._said = filters | {"clients": _CLIENTS.get(query["clients"])}
        self.wanted = _filter(self._period, filters)
        self.before = None if self._earlier is None else _filter(self._earlier, filters)
        rules = rules_of(self.settings)
        self.departments = Departments(
            rules.departments, NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """What it is about."""
        clients = self._said["clients"]
        said = self._said | {"clients": None if clients is None else word(clients, self.language)}
        return heading_lines(self._period, self._earlier, said, self.zone, self.language)

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
        since = self._period.since
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
        return await sum_gaps(connection, self._period.since, self._period.until)

    @property
    def compared(self) -> str:
        """The name of the period before."""
        return "" if self._earlier is None else period_text(self._earlier, self.zone, self.language)

    @property
    def is_unbounded(self) -> bool:
        """Is it about everything?"""
        return self._period == Period()


def _filter(period: Period, filters: dict[str, Any]) -> ReportFilter:
    return ReportFilter(since=period.since, until=period.until, **filters)


@report.command(
    epilog=examples(
        "ringtally report wait --period 30d",
        "ringtally report wait --period prev-month --by hour --queue support",
        "ringtally report wait --from 2026-11-01 --to 2026-11-30 --by day --format xlsx > wait.xlsx",
    )
)
@click.option("--by", type=click.Choice(WAIT_BY), default="trunk", show_default=True)
@_asked
@click.pass_context
def wait(
    context: click.Context, /, by: WaitBy, form: str, db: Path | None, lang: Language | None, **query: Any
) -> None:
    """Tell how long incoming callers waited, answered and missed ones apart, beside the period before.

    Without a period: all calls there are.
    """
    asked = _Asked(context, lang, query)
    check_output(form)

    async def go() -> tuple[WaitReport, GapSum]:
        async with reading(db or Path(asked.settings.storage.path)) as connection:
            await warn_without_directory(connection, asked.wanted.clients)
            await asked.learn_what_is_kept(connection)
            report = await wait_report(connection, asked.wanted, by, asked.zone, asked.departments, asked.before)
            return report, await asked.gaps(connection)

    found, gaps = attempt(go)

    def document() -> Document:
        return wait_document(
            found,
            (*asked.lines, *asked.kept_lines, *gap_lines(gaps, asked.language)),
            asked.compared,
            asked.zone,
            asked.language,
        )

    def values() -> Any:
        if form == "jsonl":
            return [wait_row_json(row) for row in found.rows]
        return wait_json(found, asked.wanted, asked.before, asked.zone) | _gaps_json(gaps) | asked.kept_json

    show(form, document, values)


@report.command(
    epilog=examples(
        "ringtally report missed --period yesterday",
        "ringtally report missed --period prev-month --at-deadline --format html > missed.html",
        "ringtally report missed --period 7d --department sales --format xlsx --lang ru > missed.xlsx",
    )
)
@click.option("--at-deadline", is_flag=True, help="As it stood at each deadline: figures that move no more.")
@_asked
@click.pass_context
def missed(
    context: click.Context, /, at_deadline: bool, form: str, db: Path | None, lang: Language | None, **query: Any
) -> None:
    """Tell of each missed call what became of its caller, and what that comes to, beside the period before.

    Without a period: all missed calls there are; a table then shows the last 50.
    """
    asked = _Asked(context, lang, query)
    check_output(form)

    async def go() -> tuple[MissedReport, GapSum]:
        async with reading(db or Path(asked.settings.storage.path)) as connection:
            await warn_without_directory(connection, asked.wanted.clients)
            await asked.learn_what_is_kept(connection)
            report = await missed_report(
                connection, asked.wanted, asked.zone, asked.departments, asked.before, at_deadline
            )
            return report, await asked.gaps(connection)

    found, gaps = attempt(go)
    rule = follow_up_rule(asked.settings.follow_up)

    def document() -> Document:
        counted = asked.settings.follow_up.count
        line = rule_line(rule, asked.settings.working_hours is not None, asked.language, counted)
        last = TABLE_ROWS if asked.is_unbounded else None
        lines = (*asked.lines, *asked.kept_lines, *gap_lines(gaps, asked.language), line)
        return missed_document(found, lines, asked.compared, asked.zone, asked.language, last)

    def values() -> Any:
        if form == "jsonl":
            return [missed_call_json(call) for call in found.calls]
        told = _rule_json(rule, asked.settings.working_hours is not None)
        return missed_json(found, asked.wanted, asked.before, asked.zone, told) | _gaps_json(gaps) | asked.kept_json

    show(form, document, values)


def _gaps_json(gaps: GapSum) -> dict[str, Any]:
    return {"gaps": {"count": gaps.count, "lasted_s": gaps.seconds}}


def _rule_json(rule: FollowUpRule, is_working_time: bool) -> dict[str, Any]:
    return {
        "name": rule.name,
        "window_s": rule.window_s,
        "working_time": is_working_time,
        "closed_by": sorted(rule.closed_by),
        "min_talk_out_s": rule.min_talk_out_s,
        "min_talk_in_s": rule.min_talk_in_s,
        "match": rule.match,
    }

"""The answer to a report's question, whoever asked: figures read from the database, as a document and as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiosqlite

from daemon.call_table import calls_document
from daemon.case_table import rule_line
from daemon.gap_table import gap_lines
from daemon.report_masking import masked_call, masked_missed_call
from daemon.report_output import TABLE_ROWS
from daemon.report_question import Asked
from daemon.reports.document import Document
from daemon.reports.missed_document import missed_document
from daemon.reports.wait_document import wait_document
from daemon.rules import follow_up_rule
from handlers.cases.rule import FollowUpRule
from storage.call_json import call_json, iso
from storage.calls import count_calls, find_calls
from storage.gaps import GapSum
from storage.reports.missed import missed_report
from storage.reports.report_json import missed_call_json, missed_json, wait_json, wait_row_json
from storage.reports.wait import wait_report

_FORMS_OF_PEOPLE = frozenset({"table", "html", "xlsx"})


class TooManyCallsError(Exception):
    """More calls are asked for than one answer lists; the message says what would do."""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What was found, and how it is told. `json_lines`: the rows of the report, one by one."""

    document: Callable[[], Document]
    as_json: Callable[[], dict[str, Any]]
    json_lines: Callable[[], list[dict[str, Any]]]


async def report_answer(
    connection: aiosqlite.Connection,
    asked: Asked,
    listed: int | None = None,
    most: int | None = None,
    form: str = "json",
) -> ReportAnswer:
    """The answer, read now.

    `listed`: it is for JSON, which lists so many calls, the last ones; the figures are of all. TooManyCallsError where more than `most`
    calls would be listed. `form`: in which it is going to be told; JSON and CSV have but the table that is asked for. Raises StorageError.
    """
    await asked.learn_what_is_kept(connection)
    if asked.question.name == "wait":
        return await _wait(connection, asked, form in _FORMS_OF_PEOPLE)
    answers = {"missed": _missed, "calls": _calls}
    return await answers[asked.question.name](connection, asked, listed, most)


async def _wait(connection: aiosqlite.Connection, asked: Asked, with_hours: bool) -> ReportAnswer:
    by = asked.question.by
    found = await wait_report(connection, asked.wanted, by, asked.zone, asked.departments, asked.before)
    hours = None
    if with_hours and by != "hour":
        hours = await wait_report(connection, asked.wanted, "hour", asked.zone, asked.departments, asked.before)
    gaps = await asked.gaps(connection)
    return ReportAnswer(
        lambda: wait_document(found, _lines(asked, gaps), asked.compared, asked.zone, asked.language, hours),
        lambda: wait_json(found, asked.wanted, asked.before, asked.zone) | _end(asked, gaps),
        lambda: [wait_row_json(row) for row in found.rows],
    )


async def _missed(connection: aiosqlite.Connection, asked: Asked, listed: int | None, most: int | None) -> ReportAnswer:
    question, follow_up = asked.question, asked.settings.follow_up
    found = await missed_report(
        connection, asked.wanted, asked.zone, asked.departments, asked.before, question.at_deadline
    )
    _check(found.calls, most)
    gaps = await asked.gaps(connection)
    if question.masked:
        found = replace(found, calls=tuple(map(masked_missed_call, found.calls)))
    rule, is_working_time = follow_up_rule(follow_up), asked.settings.working_hours is not None

    def document() -> Document:
        line = rule_line(rule, is_working_time, asked.language, follow_up.count)
        last = TABLE_ROWS if asked.is_unbounded else None
        lines = (*_lines(asked, gaps), line)
        return missed_document(found, lines, asked.compared, asked.zone, asked.language, last)

    def as_json() -> dict[str, Any]:
        told = replace(found, calls=_last(found.calls, listed))
        rule_told = rule_json(rule, is_working_time)
        return missed_json(told, asked.wanted, asked.before, asked.zone, rule_told) | _end(asked, gaps)

    return ReportAnswer(document, as_json, lambda: [missed_call_json(call) for call in found.calls])


async def _calls(connection: aiosqlite.Connection, asked: Asked, listed: int | None, most: int | None) -> ReportAnswer:
    # One more than there may be tells that there are more.
    last = listed if most is None else most + 1
    found = await find_calls(connection, asked.calls(last))
    _check(found, most)
    total = len(found) if listed is None else await count_calls(connection, asked.calls(None))
    gaps = await asked.gaps(connection)
    if asked.question.masked:
        found = [masked_call(call) for call in found]

    def as_json() -> dict[str, Any]:
        question = asked.question
        names = ("missed", "direction", "result", "queue", "trunk", "number", "clients")
        return {
            "report": "calls",
            "period": {"from": iso(question.period.since), "to": iso(question.period.until)},
            "timezone": str(asked.zone),
            "filters": {name: getattr(question, name) for name in names},
            "total": total,
            "calls": [call_json(call) for call in found],
        } | _end(asked, gaps)

    lines = (*asked.kept_lines, *gap_lines(gaps, asked.language))
    return ReportAnswer(
        lambda: calls_document(found, asked.zone, asked.language, lines),
        as_json,
        lambda: [call_json(call) for call in found],
    )


def _check(found: Sequence[Any], most: int | None) -> None:
    if most is not None and len(found) > most:
        raise TooManyCallsError(f"these are more than {most:,} calls: ask for a shorter period, or for fewer of them")


def _last(calls: Sequence[Any], count: int | None) -> Any:
    return calls if count is None else calls[max(len(calls) - count, 0) :]


def _lines(asked: Asked, gaps: GapSum) -> tuple[str, ...]:
    return (*asked.lines, *asked.kept_lines, *gap_lines(gaps, asked.language))


def _end(asked: Asked, gaps: GapSum) -> dict[str, Any]:
    return {"gaps": {"count": gaps.count, "lasted_s": gaps.seconds}} | asked.kept_json


def rule_json(rule: FollowUpRule, is_working_time: bool) -> dict[str, Any]:
    """The rule by which cases are judged, by the keys of the settings."""
    return {
        "name": rule.name,
        "window_s": rule.window_s,
        "working_time": is_working_time,
        "closed_by": sorted(rule.closed_by),
        "min_talk_out_s": rule.min_talk_out_s,
        "min_talk_in_s": rule.min_talk_in_s,
        "match": rule.match,
    }

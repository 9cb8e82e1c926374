"""What requests ask for, made sure of: their parameters as filters, and what would be allowed where one is not."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import get_args

from daemon import clock
from daemon.http_server import BadQueryError
from daemon.periods import Period, PeriodError, between, named_period
from daemon.report_question import ReportName, ReportQuestion
from daemon.reports.files import FILE_FORMS
from daemon.words import Language
from handlers.case_facts import CaseState
from handlers.facts import DIRECTIONS, RESULTS
from storage.call_filter import CallFilter
from storage.cases import CaseFilter
from storage.clients import Known
from storage.gaps import GapFilter
from storage.reports.wait import WAIT_BY

LIMIT_DEFAULT = 50
LIMIT_MOST = 1000
# Of calls and cases, without the read token.
LIMIT_OF_STRANGERS = 100
_PERIOD = ("from", "to", "period", "limit")
_BOOLEAN = ("false", "true")
_RESULT_WORDS = {result for each in RESULTS.values() for result in each}
_OF_CALLS: dict[str, Collection[str] | None] = {
    **{"missed": _BOOLEAN, "direction": DIRECTIONS, "result": _RESULT_WORDS, "clients": get_args(Known)},
    **dict.fromkeys(("queue", "trunk", "number", *_PERIOD)),
}
_OF_CASES: dict[str, Collection[str] | None] = {
    **{"open": _BOOLEAN, "state": get_args(CaseState), "clients": get_args(Known)},
    **dict.fromkeys(("number", "department", "source", "trunk", "queue", *_PERIOD)),
}
REPORT_FORMS = ("json", *FILE_FORMS)
_OF_REPORTS: dict[str, Collection[str] | None] = {
    **{"clients": get_args(Known), "format": REPORT_FORMS, "lang": get_args(Language)},
    **dict.fromkeys(("number", "trunk", "queue", "from", "to", "period")),
}
OF_REPORT: dict[ReportName, dict[str, Collection[str] | None]] = {
    "wait": {**_OF_REPORTS, "department": None, "by": WAIT_BY},
    "missed": {**_OF_REPORTS, "department": None, "at_deadline": _BOOLEAN, "limit": None},
    "calls": {**_OF_REPORTS, "missed": _BOOLEAN, "direction": DIRECTIONS, "result": _RESULT_WORDS, "limit": None},
}
"""What requests for each report may have."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report asked for: in this form, with the words of this language (None: the site's), with so many calls in JSON."""

    question: ReportQuestion
    form: str
    language: Language | None
    listed: int


def call_filter(query: Mapping[str, str], zone: tzinfo, *, full: bool) -> CallFilter:
    """The filter of a request for calls, `full` with the read token; BadQueryError says what would be allowed."""
    _check(query, _OF_CALLS)
    period = _period(query, zone)
    return CallFilter(
        missed=query["missed"] == "true" if "missed" in query else None,
        direction=query.get("direction"),  # type: ignore[arg-type]  # checked above
        result=query.get("result"),  # type: ignore[arg-type]  # checked above
        queue=query.get("queue"),
        trunk=query.get("trunk"),
        number=query.get("number"),
        clients=query.get("clients"),  # type: ignore[arg-type]  # checked above
        since=period.since,
        until=period.until,
        last=_limit(query, full=full),
    )


def case_filter(query: Mapping[str, str], zone: tzinfo, waiting_since: float, *, full: bool) -> CaseFilter:
    """The same of a request for cases. `waiting_since`: see CaseFilter."""
    _check(query, _OF_CASES)
    period = _period(query, zone)
    waits = query.get("open") == "true"
    limit = _limit(query, full=full)
    return CaseFilter(
        states=(query["state"],) if "state" in query else None,
        number=query.get("number"),
        department=query.get("department"),
        source=query.get("source"),
        trunk=query.get("trunk"),
        queue=query.get("queue"),
        clients=query.get("clients"),  # type: ignore[arg-type]  # checked above
        since=period.since,
        until=period.until,
        waiting_since=waiting_since if waits else None,
        first=limit if waits else None,
        last=None if waits else limit,
    )


def report_request(name: ReportName, query: Mapping[str, str], zone: tzinfo, masked: bool) -> ReportRequest:
    """What a request for a report asks; BadQueryError says what would be allowed."""
    _check(query, OF_REPORT[name])
    question = ReportQuestion(
        name=name,
        period=_period(query, zone),
        trunk=query.get("trunk"),
        queue=query.get("queue"),
        department=query.get("department"),
        number=query.get("number"),
        clients=query.get("clients"),  # type: ignore[arg-type]  # checked above
        masked=masked,
        by=query.get("by", "trunk"),  # type: ignore[arg-type]  # checked above
        at_deadline=query.get("at_deadline") == "true",
        missed=query["missed"] == "true" if "missed" in query else None,
        direction=query.get("direction"),  # type: ignore[arg-type]  # checked above
        result=query.get("result"),  # type: ignore[arg-type]  # checked above
    )
    language: Language | None = query.get("lang")  # type: ignore[assignment]  # checked above
    return ReportRequest(question, query.get("format", "json"), language, _limit(query, full=True))


def gap_filter(query: Mapping[str, str], zone: tzinfo) -> GapFilter:
    """The filter of a request for gaps; BadQueryError says what would be allowed."""
    _check(query, dict.fromkeys(_PERIOD))
    period = _period(query, zone)
    return GapFilter(since=period.since, until=period.until, last=_limit(query, full=True))


def _check(query: Mapping[str, str], allowed: Mapping[str, Collection[str] | None]) -> None:
    unknown = sorted(set(query) - set(allowed))
    if unknown:
        raise BadQueryError(f"unknown parameter {', '.join(unknown)}; there are {', '.join(sorted(allowed))}")
    if len(query) != len(set(query)):
        raise BadQueryError("each parameter can be given once")
    for name, words in allowed.items():
        if words is not None and name in query and query[name] not in words:
            raise BadQueryError(f"{name} is one of {', '.join(sorted(words))}")


def _limit(query: Mapping[str, str], *, full: bool) -> int:
    limit = query.get("limit", str(LIMIT_DEFAULT))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= LIMIT_MOST:
        raise BadQueryError(f"limit is a number from 1 to {LIMIT_MOST}")
    if int(limit) > LIMIT_OF_STRANGERS and not full:
        raise BadQueryError(f"limit is at most {LIMIT_OF_STRANGERS} without the read token")
    return int(limit)


def _period(query: Mapping[str, str], zone: tzinfo) -> Period:
    if "period" in query and ("from" in query or "to" in query):
        raise BadQueryError("give a period, or from and to, not both")
    try:
        if "period" in query:
            return named_period(query["period"], clock.now(), zone)
        return between(query.get("from"), query.get("to"), zone)
    except PeriodError as error:
        raise BadQueryError(str(error)) from None

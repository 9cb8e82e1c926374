"""Reports as JSON (contract, section 4): durations in seconds, moments ISO 8601 UTC, `null` for what does not apply."""

from datetime import tzinfo
from typing import Any

from storage.call_json import iso
from storage.reports.missed import MissedCall, MissedFigures, MissedGroup, MissedReport
from storage.reports.report_filter import ReportFilter
from storage.reports.spread import Spread
from storage.reports.wait import WaitFigures, WaitReport, WaitRow


def wait_json(report: WaitReport, wanted: ReportFilter, before: ReportFilter | None, zone: tzinfo) -> dict[str, Any]:
    """The report `wait`; `zone` is that of its hours and days."""
    return {
        **_asked("wait", wanted, before, zone),
        "by": report.by,
        "rows": [wait_row_json(row) for row in report.rows],
        "total": _figures(report.total),
        "total_before": None if report.before is None else _figures(report.before),
    }


def wait_row_json(row: WaitRow) -> dict[str, Any]:
    """One row of it."""
    return {
        "key": row.key,
        **_figures(row.figures),
        "before": None if row.before is None else _figures(row.before),
    }


def _figures(figures: WaitFigures) -> dict[str, Any]:
    return {
        "calls": figures.calls,
        "answered": figures.answered,
        "missed": figures.missed,
        "other": figures.other,
        "talk_s": _seconds(figures.talk_s),
        "wait_s": _seconds(figures.wait_s),
        "full_s": _seconds(figures.full_s),
        "wait_avg_s": _seconds(figures.wait_avg_s),
        "talk_avg_s": _seconds(figures.talk_avg_s),
        "answered_wait": _spread(figures.answered_wait),
        "missed_wait": _spread(figures.missed_wait),
    }


def missed_json(
    report: MissedReport, wanted: ReportFilter, before: ReportFilter | None, zone: tzinfo, rule: dict[str, Any]
) -> dict[str, Any]:
    """The report `missed`; `zone` is that of its hours, `rule` that of the settings, by their keys."""
    return {
        **_asked("missed", wanted, before, zone),
        "at_deadline": report.at_deadline,
        "rule": rule,
        "calls": [missed_call_json(call) for call in report.calls],
        "total": _missed_figures(report.total),
        "total_before": None if report.before is None else _missed_figures(report.before),
        "by_trunk": [_group(group) for group in report.by_trunk],
        "by_department": [_group(group) for group in report.by_department],
        "by_hour": [_group(group) for group in report.by_hour],
        "by_weekday": report.by_weekday,
    }


def missed_call_json(call: MissedCall) -> dict[str, Any]:
    """One missed call of it."""
    return {
        "id": call.id,
        "started_at": iso(call.started_at),
        "number": call.number,
        "name": call.name,
        "client": call.client,
        "responsible": call.responsible,
        "trunk": call.trunk,
        "did": call.did,
        "source": call.source,
        "queue": call.queue,
        "department": call.department,
        "result": call.result,
        "wait_s": _seconds(call.wait_s),
        "closed": call.closed,
        "case_id": call.case_id,
        "is_again": call.is_again,
        "outcome": call.outcome,
        "due_at": iso(call.due_at),
        "attempts": call.attempts,
        "reaction_s": _seconds(call.reaction_s),
        "contact": call.contact,
        "contact_at": iso(call.contact_at),
        "contact_s": _seconds(call.contact_s),
        "contact_by": call.contact_by,
        "contact_call": call.contact_call,
        "contact_talk_s": _seconds(call.contact_talk_s),
    }


def _missed_figures(figures: MissedFigures) -> dict[str, Any]:
    return {
        "missed": figures.missed,
        "answered": figures.answered,
        "missed_share": None if figures.share is None else round(figures.share, 4),
        "callers": sum(figures.callers.values()),
        "calls_by_outcome": figures.calls,
        "callers_by_outcome": figures.callers,
        "closed": figures.closed,
        "short": figures.short,
        "reaction": _spread(figures.reaction),
        "contact": _spread(figures.contact),
    }


def _group(group: MissedGroup) -> dict[str, Any]:
    return {"key": group.key, "missed": group.missed, "calls_by_outcome": group.calls}


def _asked(name: str, wanted: ReportFilter, before: ReportFilter | None, zone: tzinfo) -> dict[str, Any]:
    return {
        "report": name,
        "period": {"from": iso(wanted.since), "to": iso(wanted.until)},
        "timezone": str(zone),
        "before": None if before is None else {"from": iso(before.since), "to": iso(before.until)},
        "filters": {
            "trunk": wanted.trunk,
            "queue": wanted.queue,
            "department": wanted.department,
            "number": wanted.number,
            "clients": wanted.clients,
        },
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "count": spread.count,
        "avg_s": _seconds(spread.avg_s),
        "median_s": _seconds(spread.median_s),
        "p90_s": _seconds(spread.p90_s),
        "max_s": _seconds(spread.max_s),
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)

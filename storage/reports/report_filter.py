"""Which calls a report is about, and whose they are."""

from dataclasses import dataclass
from typing import Any

from handlers.departments import Departments
from storage.call_filter import bindable
from storage.clients import Known, known_condition
from storage.number_match import match_range


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """What the calls have in common; None asks nothing.

    `since` up to, not including, `until`: epoch seconds, of the call's start. `queue` is the first one joined. `number` is the
    caller's, in any spelling. `clients`: callers whom the directory knows, or does not know.
    """

    since: float | None = None
    until: float | None = None
    trunk: str | None = None
    queue: str | None = None
    department: str | None = None
    number: str | None = None
    clients: Known | None = None

    def conditions(self) -> tuple[str, tuple[Any, ...]]:
        """All but the department as SQL about the call `c`, and its values; incoming calls that are counted."""
        conditions = ["c.direction = 'in'", "c.merged_into IS NULL"]
        values: list[Any] = []
        for condition, value in (
            ("c.started_at >= ?", None if self.since is None else round(self.since * 1000)),
            ("c.started_at < ?", None if self.until is None else round(self.until * 1000)),
            ("c.trunk = ?", self.trunk),
            ("c.queue = ?", self.queue),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(bindable(value))
        if self.number is not None:
            conditions.append("c.caller_match >= ? AND c.caller_match < ?")
            values += map(bindable, match_range(self.number))
        if self.clients is not None:
            conditions.append(known_condition("c.caller_e164", self.clients))
        return " AND ".join(conditions), tuple(values)


SOUGHT = ("CASE WHEN c.sought_device IS NULL THEN c.queue END", "c.sought_device", "c.did")
"""Queue, device and number dialled, for `Departments.of_first`."""


def department_of(departments: Departments, queue: str | None, device: str | None, did: str | None) -> str | None:
    """Whose call it is by what `SOUGHT` reads; None where the settings have no departments."""
    return departments.of_first(queue, device, did) if departments.names else None

"""The analysis of missed calls: each of them, who spoke with the caller afterwards, how soon, and what that comes to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, get_args

import aiosqlite

from handlers.case_facts import CaseState, ContactKind
from handlers.departments import Departments
from storage.errors import readable
from storage.reports.report_filter import SOUGHT, ReportFilter, department_of
from storage.reports.spread import Spread, spread

Outcome = Literal["by_us", "by_client", "external", "late", "truly_missed", "open", "dismissed", "no_case"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What became of a missed caller. In time: `by_us`, `by_client` (he got through himself), `external`. `late`: after the deadline.
`truly_missed`: the deadline has passed, and nobody has spoken with him. `open`: there is time yet. `no_case`: nobody could call
back (no usable number), or nobody has to (an ignored one)."""
_IN_TIME: dict[ContactKind | None, Outcome] = {"outgoing": "by_us", "incoming": "by_client", "external": "external"}
# In the order of MissedCall's fields: what is put between them is not stored.
_UP_TO_QUEUE = (
    "c.id, c.started_at / 1000.0, ifnull(c.caller_e164, c.caller), c.caller_name, k.name, k.responsible, "
    "c.trunk, c.did, c.source, c.queue"
)
_UP_TO_CASE = "c.result, c.wait_ms / 1000.0, c.closed, m.id"
_OF_CASE = "m.id IS NOT NULL AND m.id <> c.id, ifnull(m.attempts, 0), m.due_at / 1000.0"
_OF_CONTACT = (
    "m.reaction_ms / 1000.0, m.contact_ms / 1000.0, m.contact, m.contact_at / 1000.0, m.contact_by, m.contact_call, "
    "t.talk_ms / 1000.0"
)
_NO_CONTACT: tuple[None, ...] = (None,) * 7
_PLACES = (10, 14, 17, 24)
_STATE = (
    "m.state, m.state IN ('dismissed', 'recovered_late') AND EXISTS "
    "(SELECT 1 FROM case_fact f WHERE f.missed_case = m.key AND f.kind = 'truly_missed')"
)
# An id is unique within one run of a PBX only: of those that had begun by then, the latest is meant.
_CONTACT_CALL = (
    "LEFT JOIN call t ON t.key = (SELECT x.key FROM call x WHERE x.id = m.contact_call AND x.pbx = m.pbx "
    "AND x.started_at <= m.contact_at ORDER BY x.started_at DESC LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class MissedCall:
    """One missed call, and what has become of its caller since.

    `case_id`, the contact and the durations are those of its case, which began with the first call in which he was missed:
    `reaction_s` from there to our first attempt or to the contact, `contact_s` to the contact, both in working time.
    `is_again`: an earlier call of the same case was missed too.
    """

    id: str
    started_at: float
    number: str | None
    name: str | None
    """As the caller sent it."""
    client: str | None
    responsible: str | None
    """Both of the directory of clients."""
    trunk: str | None
    did: str | None
    source: str | None
    queue: str | None
    department: str | None
    result: str
    wait_s: float | None
    closed: bool
    case_id: str | None
    outcome: Outcome
    is_again: bool
    attempts: int
    due_at: float | None
    reaction_s: float | None
    contact_s: float | None
    contact: ContactKind | None
    contact_at: float | None
    contact_by: str | None
    contact_call: str | None
    contact_talk_s: float | None


@dataclass(frozen=True, slots=True)
class MissedFigures:
    """`calls` and `callers` say what became of them, each in one outcome; a caller is a case, and has none where `no_case`.

    `answered` are the other incoming calls of the period: missed share = missed / (answered + missed). `reaction` and `contact` are the cases' spreads.
    """

    calls: dict[Outcome, int]
    callers: dict[Outcome, int]
    closed: int
    short: int
    answered: int
    reaction: Spread
    contact: Spread

    @property
    def missed(self) -> int:
        """How many calls were missed."""
        return sum(self.calls.values())

    @property
    def share(self) -> float | None:
        """Of all who wanted to speak with somebody; None where nobody called."""
        calls = self.answered + self.missed
        return self.missed / calls if calls else None


@dataclass(frozen=True, slots=True)
class MissedGroup:
    """The missed calls of one trunk, department or local hour; `key` None: those that have none."""

    key: str | None
    calls: dict[Outcome, int]

    @property
    def missed(self) -> int:
        """How many they are."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class MissedReport:
    """The calls in order of their start. `at_deadline`: everything as it stood at each case's deadline, which moves no more."""

    at_deadline: bool
    calls: tuple[MissedCall, ...]
    total: MissedFigures
    before: MissedFigures | None
    by_trunk: tuple[MissedGroup, ...]
    by_department: tuple[MissedGroup, ...]
    by_hour: tuple[MissedGroup, ...]
    by_weekday: tuple[tuple[int, ...], ...]
    """How many were missed on each local weekday, Monday first, in each of its 24 hours."""


async def missed_report(
    connection: aiosqlite.Connection,
    wanted: ReportFilter,
    zone: tzinfo,
    departments: Departments,
    before: ReportFilter | None = None,
    at_deadline: bool = False,
) -> MissedReport:
    """The report about the missed calls among those wanted; `before` are those to compare with. Hours are the zone's."""
    with readable():
        await connection.execute("BEGIN")
        try:
            calls = await _missed(connection, wanted, departments, at_deadline)
            answered = await _answered(connection, wanted, departments)
            then = None
            if before is not None:
                earlier = await _missed(connection, before, departments, at_deadline)
                then = _figures(earlier, await _answered(connection, before, departments))
        finally:
            await connection.execute("COMMIT")
    return MissedReport(
        at_deadline,
        tuple(calls),
        _figures(calls, answered),
        then,
        _groups((call.trunk, call) for call in calls),
        _groups((call.department, call) for call in calls) if departments.names else (),
        _by_hour(calls, zone),
        _by_weekday(calls, zone),
    )


async def _missed(
    connection: aiosqlite.Connection, wanted: ReportFilter, departments: Departments, at_deadline: bool
) -> list[MissedCall]:
    condition, values = wanted.conditions()
    sought = SOUGHT if departments.names else ()
    columns = ", ".join((_UP_TO_QUEUE, _UP_TO_CASE, _OF_CASE, _OF_CONTACT, _STATE, *sought))
    question = (
        f"SELECT {columns} FROM call c LEFT JOIN missed_case m ON m.key = c.missed_case "  # noqa: S608 - marks only
        f"LEFT JOIN client k ON k.number = c.caller_e164 {_CONTACT_CALL} "
        f"WHERE c.missed = 1 AND {condition} ORDER BY c.started_at, c.key"
    )
    calls = []
    for row in await connection.execute_fetchall(question, values):
        department = department_of(departments, *row[-len(SOUGHT) :]) if sought else None
        if wanted.department is None or department == wanted.department:
            calls.append(_call(row, department, at_deadline))
    return calls


def _call(row: Sequence[Any], department: str | None, at_deadline: bool) -> MissedCall:
    queue, case, contact, state = _PLACES
    outcome = outcome_of(row[state], row[contact + 2], bool(row[state + 1]), at_deadline)
    is_again, attempts, due_at = row[case:contact]
    told = row[contact:state]
    if at_deadline and outcome not in _IN_TIME.values():
        # What came after the deadline, or may have, is not part of this view.
        attempts, told = 0, _NO_CONTACT
    result, wait_s, closed, case_id = row[queue:case]
    of_case = (case_id, outcome, is_again == 1, attempts, due_at)
    fields: tuple[Any, ...] = (*row[:queue], department, result, wait_s, closed == 1, *of_case, *told)
    return MissedCall(*fields)


def outcome_of(state: CaseState | None, contact: ContactKind | None, was_late: bool, at_deadline: bool) -> Outcome:
    """What became of the caller, by his case. `was_late`: its deadline had passed before it ended."""
    if state is None:
        return "no_case"
    if at_deadline and was_late:
        return "truly_missed"
    if state == "recovered":
        return _IN_TIME[contact]
    return "late" if state == "recovered_late" else state


async def _answered(connection: aiosqlite.Connection, wanted: ReportFilter, departments: Departments) -> int:
    """How many of the incoming calls wanted were answered, and not missed all the same."""
    condition, values = wanted.conditions()
    condition = f"c.result = 'answered' AND c.missed = 0 AND {condition}"
    if wanted.department is None:
        question = f"SELECT count(*) FROM call c WHERE {condition}"  # noqa: S608 - marks only
        ((count,),) = await connection.execute_fetchall(question, values)
        return int(count)
    groups = await connection.execute_fetchall(
        f"SELECT {', '.join(SOUGHT)}, count(*) FROM call c WHERE {condition} GROUP BY 1, 2, 3",  # noqa: S608 - marks only
        values,
    )
    return sum(count for *sought, count in groups if department_of(departments, *sought) == wanted.department)


def _figures(calls: Sequence[MissedCall], answered: int) -> MissedFigures:
    # A case's calls all say the same of it.
    cases = {call.case_id: call for call in calls if call.case_id is not None}.values()
    return MissedFigures(
        _counted(calls),
        _counted(cases),
        sum(call.closed for call in calls),
        sum(call.result == "short_abandoned" for call in calls),
        answered,
        spread(round(case.reaction_s * 1000) for case in cases if case.reaction_s is not None),
        spread(round(case.contact_s * 1000) for case in cases if case.contact_s is not None),
    )


def _counted(calls: Iterable[MissedCall]) -> dict[Outcome, int]:
    counts = Counter(call.outcome for call in calls)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _groups(calls: Iterable[tuple[str | None, MissedCall]]) -> tuple[MissedGroup, ...]:
    """Those with the most missed calls first."""
    found: dict[str | None, list[MissedCall]] = {}
    for key, call in calls:
        found.setdefault(key, []).append(call)
    groups = [MissedGroup(key, _counted(members)) for key, members in found.items()]
    return tuple(sorted(groups, key=lambda group: (group.key is None, -group.missed, group.key or "")))


def _by_hour(calls: Iterable[MissedCall], zone: tzinfo) -> tuple[MissedGroup, ...]:
    found: dict[int, list[MissedCall]] = {hour: [] for hour in range(24)}
    for call in calls:
        found[datetime.fromtimestamp(call.started_at, UTC).astimezone(zone).hour].append(call)
    return tuple(MissedGroup(f"{hour:02}", _counted(members)) for hour, members in found.items())


def _by_weekday(calls: Iterable[MissedCall], zone: tzinfo) -> tuple[tuple[int, ...], ...]:
    counts = [[0] * 24 for _ in range(7)]
    for call in calls:
        began = datetime.fromtimestamp(call.started_at, UTC).astimezone(zone)
        counts[began.weekday()][began.hour] += 1
    return tuple(map(tuple, counts))

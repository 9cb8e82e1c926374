"""Missed callers, as messages: how many wait, the call-back list, `event/missed`, and the day's figures of cases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from daemon.board.day_spread import Durations
from handlers.case_facts import (
    CASE_FACTS,
    CONTACT_KINDS,
    Case,
    CaseAttempted,
    CaseClaimed,
    CaseDismissed,
    CaseFact,
    CaseMissed,
    CaseRecovered,
    CaseTrulyMissed,
)
from handlers.clients import NOBODY, Client
from handlers.facts import Fact
from storage.call_json import iso
from storage.case_json import case_json, masked_case

EVENT_MISSED = "event/missed"
MISSED_COUNT, MISSED_OPEN = "missed/count", "missed/open"
LISTED = 200

RenderCase = Callable[[Case, bool], dict[str, Any]]
"""A case's JSON, in full or masked."""
Kind = Literal["missed", "attempt", "recovered", "truly_missed", "recovered_late", "dismissed", "claimed", "released"]


def render_case(case: Case, full: bool, client: Client = NOBODY) -> dict[str, Any]:
    """A case's JSON, in full or masked. `client`: who has its number, if the case does not say."""
    as_json = case_json(case)
    if client is not NOBODY:
        as_json |= {"client": client.name, "responsible": client.responsible}
    return as_json if full else masked_case(as_json)


def missed_open(cases: Iterable[Case], render: RenderCase, full: bool) -> dict[str, Any]:
    """The call-back list: how many wait, and those who have waited longest. `cases` in order of their first miss."""
    waiting = list(cases)
    return {"total": len(waiting), "cases": [render(case, full) for case in waiting[:LISTED]]}


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a case. `seq` counts them since the daemon's start, the same for every sink."""

    seq: int
    kind: Kind
    fact: CaseFact
    cause: str
    """What tells two events of a kind apart: the call's id, until when somebody claims it, or nothing."""

    @property
    def event_id(self) -> str:
        """Lasting and unique, whoever tells it and however often: by it a receiver drops repeats."""
        case = self.fact.case
        return f"{case.pbx}/{case.boot}/{case.id}/{self.kind}{self.cause}"

    def payload(self, full: bool, now: float, render: RenderCase = render_case) -> dict[str, Any]:
        """The payload of `event/missed`, told at `now` (epoch seconds). `at`: when it happened."""
        return {
            "v": 1,
            "ts": iso(now),
            "type": self.kind,
            "seq": self.seq,
            "event_id": self.event_id,
            "at": iso(self.fact.at),
            "case": render(self.fact.case, full),
        }


class CaseEvents:
    """Numbers the facts that are events. Each sink has its own: all are told the same facts in the same order."""

    def __init__(self) -> None:
        self._seq = 0

    def of(self, facts: Sequence[Fact]) -> list[CaseEvent]:
        """The events in these facts."""
        found = []
        for fact in facts:
            kind = _kind(fact) if isinstance(fact, CASE_FACTS) else None
            if kind is not None:
                self._seq += 1
                cause = _cause(fact)
                found.append(CaseEvent(self._seq, kind, fact, cause))  # type: ignore[arg-type]  # it has a kind: a case's
        return found


def _kind(fact: Fact) -> Kind | None:
    if isinstance(fact, CaseMissed):
        return "missed"
    if isinstance(fact, CaseAttempted):
        return "attempt"
    if isinstance(fact, CaseRecovered):
        return "recovered_late" if fact.late else "recovered"
    if isinstance(fact, CaseTrulyMissed):
        return "truly_missed"
    if isinstance(fact, CaseClaimed):
        return "released" if fact.case.claimed_by is None else "claimed"
    return "dismissed" if isinstance(fact, CaseDismissed) else None


def _cause(fact: Fact) -> str:
    """What tells an event from another of its kind about the same case."""
    if isinstance(fact, (CaseMissed, CaseAttempted)):
        return f"/{fact.boot}/{fact.call}"
    if isinstance(fact, CaseClaimed):
        until = fact.case.claimed_until
        return f"/{round((fact.at if until is None else until) * 1000)}"
    return ""


class CaseDay:
    """What happened to cases on the local day, each fact at its own moment: a deadline noticed later belongs to its day."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Another day."""
        self._counts = dict.fromkeys(("opened", "truly_missed", "recovered", "recovered_late", "attempt"), 0)
        self.contacts = {kind: Durations() for kind in CONTACT_KINDS}
        """Working time from the first miss to the contact, by its kind."""

    def start(self, counts: Mapping[str, int], contacts: Iterable[tuple[str, float]]) -> None:
        """What the database says of the day so far; of contacts the kind, and how long it took."""
        for kind in self._counts:
            self._counts[kind] = counts.get(kind, 0)
        for contact, contact_s in contacts:
            self._add_contact(contact, contact_s)

    def _add_contact(self, kind: str | None, contact_s: float | None) -> None:
        if kind in self.contacts and contact_s is not None:
            self.contacts[kind].add(contact_s)

    def add(self, fact: CaseFact, since: float, until: float) -> None:
        """Count a fact, if it happened on this day."""
        if not since <= fact.at < until:
            return
        kind: str | None = _kind(fact)
        if isinstance(fact, CaseMissed):
            kind = None if fact.again else "opened"
        if isinstance(fact, CaseRecovered):
            self._add_contact(fact.case.contact, fact.case.contact_s)
        if kind in self._counts:
            self._counts[kind] += 1

    @property
    def figures(self) -> dict[str, int]:
        """As JSON, beside the day's other figures."""
        counts = self._counts
        return {
            "missed_cases": counts["opened"],
            "truly_missed_cases": counts["truly_missed"],
            "recovered_cases": counts["recovered"],
            "recovered_late_cases": counts["recovered_late"],
            "callback_attempts": counts["attempt"],
        }

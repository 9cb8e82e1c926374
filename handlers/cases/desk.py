"""What people say of cases, and what it means: contacts elsewhere, cases ended by hand, claims. Everyone who asks gets an answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from handlers.case_facts import (
    NOTES_KEPT,
    Case,
    CaseClaimed,
    CaseDismissed,
    CaseFact,
    CaseNoted,
    CaseRecovered,
    NumberForgotten,
    RequestAnswered,
)
from handlers.cases.cases import Cases
from handlers.cases.requests import ClaimAsked, ContactReported, DismissAsked, ForgetAsked, NoteWritten
from handlers.facts import Fact
from handlers.person import Person


class Desk:
    """Takes requests; what they mean is appended to `facts`, the answer last."""

    def __init__(self, cases: Cases, facts: list[Fact]) -> None:
        self._cases = cases
        self._facts = facts
        self.handlers: dict[type, Callable[[Any], None]] = {
            ContactReported: self._reported,
            DismissAsked: self._dismissed,
            ClaimAsked: self._claimed,
            NoteWritten: self._noted,
            ForgetAsked: self._forgotten,
        }

    def _reported(self, event: ContactReported) -> None:
        """A contact outside of the PBX closes what was missed before it; said after the deadline, it is late."""
        key = self._cases.key_of(event.number)
        if key is None:
            self._facts.append(RequestAnswered(event.at, event.request, "no_number", ()))
            return
        told: list[CaseFact] = []
        for each in self._cases.list.with_key(key):
            if each.case.opened_at <= event.spoke_at:
                told += self._cases.judge_before(each, _asked_at(event))
                told += self._cases.close(each, "external", event.spoke_at, event.at, None, event.by)
        closed = tuple(fact.case for fact in told if isinstance(fact, CaseRecovered))
        self._facts += told
        self._facts.append(RequestAnswered(event.at, event.request, "done" if closed else "no_case", closed))

    def _dismissed(self, event: DismissAsked) -> None:
        each = self._cases.list.find(event.case_id)
        if each is None:
            self._facts.append(RequestAnswered(event.at, event.request, "no_case", ()))
            return
        self._facts += self._cases.judge_before(each, _asked_at(event))
        self._cases.list.remove(each)
        case = replace(each.case, state="dismissed", dismissed_by=event.by, dismissed_why=event.why)
        self._facts += (CaseDismissed(event.at, case), RequestAnswered(event.at, event.request, "done", (case,)))

    def _claimed(self, event: ClaimAsked) -> None:
        """Somebody takes a case on himself, goes on doing so, or lets go of it; of another's keep off."""
        each = self._cases.list.find(event.case_id)
        if each is None:
            self._facts.append(RequestAnswered(event.at, event.request, "no_case", ()))
            return
        if each.case.claimed_by not in (None, event.by):
            self._facts.append(RequestAnswered(event.at, event.request, "claimed_by_another", (each.case,)))
            return
        by = None if event.until is None else event.by
        each.case = replace(each.case, claimed_by=by, claimed_until=event.until)
        self._cases.list.plan(each)
        self._facts += (
            CaseClaimed(event.at, each.case),
            RequestAnswered(event.at, event.request, "done", (each.case,)),
        )

    def _noted(self, event: NoteWritten) -> None:
        """A case that waits shows its notes; told once more, for a restart in between, it is the same note."""
        each = self._cases.list.find(event.case_id)
        if each is None or event.note in each.case.notes:
            return
        each.case = replace(each.case, notes=(*each.case.notes[1 - NOTES_KEPT :], event.note))
        self._facts.append(CaseNoted(event.at, each.case))

    def _forgotten(self, event: ForgetAsked) -> None:
        """Whoever has this number is one who was, and what was said of others names him no more. A case on the list is ended by hand; of the others the database knows what they were."""
        person = self._cases.person(event.number)
        for each in self._cases.list:
            each.case = _without(each.case, person, event.token)
        dismissed = 0
        for each in [each for each in self._cases.list if person.is_theirs(each.case.number)]:
            each.case = replace(each.case, number=event.token, notes=(), client=None, responsible=None)
            if each.is_listed:
                self._facts += self._cases.judge_before(each, event.at)
            self._cases.list.remove(each)
            if each.is_listed:
                case = replace(each.case, state="dismissed", dismissed_by=event.by, dismissed_why=None)
                self._facts.append(CaseDismissed(event.at, case))
                dismissed += 1
        self._facts.append(NumberForgotten(event.at, event.request, dismissed))


def _without(case: Case, person: Person, token: str) -> Case:
    """What people said of it with something else in the place of a person's number, as the database has it."""
    said = [case.claimed_by, *(text for note in case.notes for text in (note.by, note.text))]
    if not any(map(person.is_in, said)):
        return case
    notes = (
        replace(note, by=person.without(note.by, token), text=person.without(note.text, token)) for note in case.notes
    )
    claimed_by = None if case.claimed_by is None else person.without(case.claimed_by, token)
    return replace(case, claimed_by=claimed_by, notes=tuple(notes))


def _asked_at(event: ContactReported | DismissAsked) -> float:
    return event.at if event.asked_at is None else event.asked_at

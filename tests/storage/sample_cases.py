"""Cases to store: one that waits, and one with everything in it."""

from dataclasses import replace
from typing import Any

from handlers.case_facts import Case, CaseMissed
from handlers.facts import Call
from tests.storage.sample_calls import START, a_missed_call


def a_case(number: int = 0, **changes: Any) -> Case:
    """The case of `a_missed_call(number)`: it waits."""
    call = a_missed_call(number)
    at = call.state_since
    case = Case(
        id=call.id,
        pbx=call.pbx,
        boot=call.boot,
        number=call.caller_e164 or "",
        state="open",
        opened_at=at,
        due_at=at + 3600,
        last_missed_at=at,
        calls=1,
        trunk=call.trunk,
        did=call.did,
        source=call.source,
        queue=call.queue,
        department="Поддержка",
        closed=True,
        call_ids=(call.id,),
    )
    return replace(case, **changes)


def a_recovered_case(number: int = 0, **changes: Any) -> Case:
    """The same with a value in every field."""
    case = a_case(number)
    return replace(
        case,
        state="recovered",
        attempts=2,
        contact="outgoing",
        contact_at=case.opened_at + 300.5,
        contact_call="1795451000.7",
        contact_by="102",
        reaction_s=100.25,
        contact_s=300.5,
        claimed_by="Анна",
        claimed_until=case.opened_at + 900,
        dismissed_by="Олег",
        dismissed_why="спам",
        **changes,
    )


def missed(case: Case, call: Call | None = None, again: bool = False) -> CaseMissed:
    """The fact with which a case begins, or goes on."""
    return CaseMissed(case.last_missed_at, case, case.id if call is None else call.id, case.boot, again)


__all__ = ["START", "a_case", "a_recovered_case", "missed"]

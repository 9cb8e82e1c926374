"""A case as JSON: the one shape in which the command line, HTTP and MQTT tell it (contract, section 4), in full or masked."""

from typing import Any

from handlers.case_facts import Case
from storage.call_json import iso, notes_json
from storage.masking import mask_name, mask_number, mask_person


def case_json(case: Case) -> dict[str, Any]:
    """The fields of the contract, in its order, as values that any JSON encoder takes."""
    return {
        "id": case.id,
        "number": case.number,
        "client": case.client,
        "responsible": case.responsible,
        "state": case.state,
        "claimed_by": case.claimed_by,
        "claimed_until": iso(case.claimed_until),
        "opened_at": iso(case.opened_at),
        "due_at": iso(case.due_at),
        "last_missed_at": iso(case.last_missed_at),
        "calls": case.calls,
        "attempts": case.attempts,
        "contact": case.contact,
        "contact_at": iso(case.contact_at),
        "contact_call": case.contact_call,
        "contact_by": case.contact_by,
        "reaction_s": _seconds(case.reaction_s),
        "contact_s": _seconds(case.contact_s),
        "trunk": case.trunk,
        "did": case.did,
        "source": case.source,
        "queue": case.queue,
        "department": case.department,
        "closed": case.closed,
        "dismissed_by": case.dismissed_by,
        "dismissed_why": case.dismissed_why,
        "call_ids": list(case.call_ids),
        "notes": notes_json(case.notes),
    }


def masked_case(case: dict[str, Any]) -> dict[str, Any]:
    """The same, fit for strangers: numbers and names cut down, what people wrote left out.

    Who claimed it is shown, but for a telephone number in his place: a claim is there for others to see.
    """
    by = mask_name if case["contact"] == "external" else mask_person
    return case | {
        "number": mask_number(case["number"]),
        "client": mask_name(case["client"]),
        "responsible": mask_name(case["responsible"]),
        "claimed_by": mask_person(case["claimed_by"]),
        "contact_by": by(case["contact_by"]),
        "dismissed_by": mask_name(case["dismissed_by"]),
        "dismissed_why": None,
        "notes": [],
    }


def _seconds(duration_s: float | None) -> float | None:
    return None if duration_s is None else round(duration_s, 3)

"""A case as others are told it, in full and masked."""

from handlers.case_facts import Note
from storage.case_json import case_json, masked_case
from tests.storage.sample_calls import START
from tests.storage.sample_cases import a_case, a_recovered_case


def test_a_case_has_the_contracts_fields() -> None:
    told = case_json(a_recovered_case())
    assert list(told) == [
        *(
            "id",
            "number",
            "client",
            "responsible",
            "state",
            "claimed_by",
            "claimed_until",
            "opened_at",
            "due_at",
            "last_missed_at",
        ),
        *("calls", "attempts", "contact", "contact_at", "contact_call", "contact_by", "reaction_s", "contact_s"),
        *("trunk", "did", "source", "queue", "department", "closed", "dismissed_by", "dismissed_why", "call_ids"),
        "notes",
    ]
    assert told["opened_at"] == "2026-11-23T16:12:35.513Z"
    assert (told["number"], told["contact_s"], told["state"]) == ("+79001112233", 300.5, "recovered")
    assert all(
        value not in (None, []) for name, value in told.items() if name not in {"client", "responsible", "notes"}
    )


def test_a_case_without_a_deadline_says_none() -> None:
    assert case_json(a_case(due_at=None))["due_at"] is None


def test_strangers_see_neither_numbers_nor_names_nor_words() -> None:
    case = a_recovered_case(notes=(Note(START, "Анна", "злой"),), client="ООО «Ромашка»", responsible="Мария")
    told = masked_case(case_json(case))
    assert (told["number"], told["client"], told["responsible"]) == ("+7900•••2233", "О•••", "М•••")
    assert (told["dismissed_by"], told["dismissed_why"]) == ("О•••", None)
    assert told["contact_by"] == "102"
    assert told["notes"] == []


def test_everybody_sees_who_calls_back_but_for_a_number_in_his_place() -> None:
    told = masked_case(case_json(a_recovered_case()))
    assert (told["claimed_by"], told["claimed_until"]) == ("Анна", "2026-11-23T16:27:35.513Z")
    for number in ("+79001112233", "Анна 89001112233"):
        told = masked_case(case_json(a_case(claimed_by=number)))
        assert "900111" not in told["claimed_by"]


def test_who_spoke_with_him_elsewhere_is_a_name() -> None:
    told = case_json(a_recovered_case()) | {"contact": "external", "contact_by": "Мария Сергеевна"}
    assert masked_case(told)["contact_by"] == "М•••"

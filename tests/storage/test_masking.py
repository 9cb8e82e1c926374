"""What strangers see: enough to tell two callers apart, never a number or a name."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.facts import Transfer
from storage.call_json import call_json, time_line_json
from storage.masking import mask_device, mask_name, mask_number, mask_person, masked
from tests.storage.sample_calls import a_call, ended


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+79001112233", "+7900•••2233"),
        ("89001112233", "8900•••2233"),
        ("8 (900) 111-22-33", "8900•••2233"),
        ("+4930123456789", "+4930•••6789"),
        ("9001112233", "900•••2233"),
        ("1112233", "•••2233"),
        ("111223", "•••223"),
        ("101", "101"),
        ("12345", "12345"),
        ("*98", "*98"),
        ("anonymous", "a•••"),
        ("ivan79001112233", "i•••"),
        ("", ""),
        (None, None),
    ],
)
def test_a_number(number: str | None, shown: str | None) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Иван Петров", "И•••"),
        ("Anna", "A•••"),
        ('"ООО Ромашка"', "О•••"),
        ("+79001112233", "7•••"),
        ("\u202e\u200bx", "x•••"),
        ("…", "•••"),
        ("", ""),
        (None, None),
    ],
)
def test_a_name(name: str | None, shown: str | None) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("device", "shown"),
    [
        ("PJSIP/101", "PJSIP/101"),
        ("SIP/anna", "SIP/anna"),
        ("101", "101"),
        ("79161234567", "7916•••4567"),
        ("8 916 123-45-67", "8916•••4567"),
        ("PJSIP/+79161234567", "PJSIP/+7916•••4567"),
        ("Local/89161234567@from-internal", "Local/8916•••4567@from-internal"),
        (None, None),
    ],
)
def test_a_device(device: str | None, shown: str | None) -> None:
    assert mask_device(device) == shown


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        ("Anna mob 8 900 111-22-33", "Anna mob 8900•••2233"),
        ("Anna (8 900) 111.22.33, 102", "Anna (8900•••2233, 102"),
        ("Анна +7\u00a0900\u00a0111\u201122\u201133", "Анна +7900•••2233"),
        ("Анна 8/900/111/22/33", "Анна 8900•••2233"),
        ("Анна ８９００１１１２２３３", "Анна ８９００•••２２３３"),
        ("Анна 8\u200b9001112233", "Анна 8900•••2233"),
        ("8 900 111-22-33", "8900•••2233"),
        ("PJSIP/79161234567", "PJSIP/7916•••4567"),
        ("Анна, 101", "Анна, 101"),
        ("Анна", "Анна"),
        ("", ""),
        (None, None),
    ],
)
def test_who_did_something(person: str | None, shown: str | None) -> None:
    assert mask_person(person) == shown


@given(st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True))
def test_of_any_long_number_three_digits_at_least_stay_hidden(number: str) -> None:
    shown = mask_number(number)
    assert shown is not None
    digits = [character for character in shown if character.isdigit()]
    assert len(digits) <= len(number.lstrip("+")) - 3
    assert "•••" in shown


@given(st.text())
def test_no_text_makes_it_fail_and_no_name_is_shown(text: str) -> None:
    mask_number(text)
    mask_device(text)
    mask_person(text)
    shown = mask_name(text) or ""
    assert len(shown.removesuffix("•••")) <= 1


PRIVATE = ["9001112233", "9161234567", "9995554433", "Петров", "Иван", "Анна"]


def calls() -> list[dict[str, Any]]:
    """A call in each direction with people's numbers and names wherever there can be any."""
    passed = (Transfer("blind", "79161234567", "89995554433", a_call().started_at, "answered"),)
    outside: dict[str, Any] = {"called": "89995554433", "called_e164": "+79995554433"}
    inside: dict[str, Any] = {"caller": "101", "caller_e164": "101", "caller_name": "Анна"}
    return [
        time_line_json(ended(call))
        for call in (
            a_call(transfers=passed, answered_by="79161234567"),
            a_call(direction="out", transfers=passed, answered_by="89995554433", **outside, **inside),
            a_call(
                direction="internal", caller="102", caller_e164="102", caller_name="Анна", called="101", transfers=()
            ),
        )
    ]


@pytest.mark.parametrize("call", calls(), ids=lambda call: call["direction"])
def test_nothing_private_is_left_anywhere_in_a_call(call: dict[str, Any]) -> None:
    call["notes"] = [{"text": "Иван перезвонит"}]
    call["stays"][0]["member"] = "Анна"
    call["legs"][0]["device"] = "79161234567"
    call["legs"][1]["channel"] = "PJSIP/79161234567-0000001a"
    shown = json.dumps(masked(call), ensure_ascii=False)
    assert not [word for word in PRIVATE if word in shown]


def test_what_tells_calls_apart_is_left() -> None:
    call, outgoing, internal = calls()
    shown = masked(call)
    assert shown["caller"] == "8900•••2233"
    assert shown["caller_e164"] == "+7900•••2233"
    assert shown["caller_name"] == "И•••"
    assert shown["called"] == "74951112233"  # the site's own
    assert shown["answered_by"] == "7916•••4567"
    assert shown["agents"] == [{"device": "PJSIP/101", "name": "А•••"}, {"device": "7916•••4567", "name": None}]
    assert shown["transfers"][0] | {"at": None} == {
        "kind": "blind",
        "by": "7916•••4567",
        "to": "8999•••4433",
        "at": None,
        "result": "answered",
    }
    assert shown["legs"][1]["channel"] == "PJSIP/101-00000002"
    assert shown["legs"][1]["number"] == "101"
    assert shown["notes"] == []
    assert masked(outgoing)["called_e164"] == "+7999•••4433"
    assert masked(outgoing)["caller"] == "101"
    assert masked(internal)["called"] == "101"


def test_everything_else_stays_and_the_original_too() -> None:
    call = call_json(a_call())
    original = copy.deepcopy(call)
    shown = masked(call)
    assert call == original
    assert list(shown) == list(call)
    assert masked(call | {"client": "ООО «Ромашка»", "responsible": "Анна"})["client"] == "О•••"
    assert masked(call | {"client": "ООО «Ромашка»", "responsible": "Анна"})["responsible"] == "А•••"
    private = {"caller", "caller_e164", "caller_name", "agents"}
    assert {name: value for name, value in shown.items() if name not in private} == {
        name: value for name, value in call.items() if name not in private
    }

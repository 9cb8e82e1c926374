"""One spelling of a number."""

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.numbers import NumberPlan


@pytest.mark.parametrize(
    ("number", "spelled"),
    [
        ("79001112233", "+79001112233"),
        ("89001112233", "+79001112233"),
        ("+7(900)111-22-33", "+79001112233"),
        ("+442079460123", "+442079460123"),
        ("101", "101"),
        ("anonymous", None),
        ("*8", None),
        ("", None),
        (None, None),
        ("9990001", "9990001"),
    ],
)
def test_numbers_are_spelled_one_way(number: str | None, spelled: str | None) -> None:
    assert NumberPlan("RU").normalised(number) == spelled


@pytest.mark.parametrize(
    "number",
    [
        *(
            "<unknown>",
            "Иван",
            "anonymous",
            "sip:79001112233@example.com",
            "79001112233;ext=1",
            "+",
            "+++",
            "()",
            "-",
            " ",
        ),
        *("7900111\n2233", "=79001112233", "#31#79001112233"),
    ],
)
def test_what_is_no_number_is_none(number: str) -> None:
    for dialled in (False, True):
        assert NumberPlan("RU", "495", ("9",)).normalised(number, dialled) is None


@pytest.mark.parametrize("number", ["0" * 60, "7" * 16, "79000", "12345678901234567890", "+71234"])
def test_what_the_numbering_plan_rejects_is_its_digits(number: str) -> None:
    assert NumberPlan("RU").normalised(number) == number.strip("+")


def test_local_callers_get_the_area_code() -> None:
    assert NumberPlan("RU", area_code="495").normalised("1234567") == "+74951234567"
    assert NumberPlan("RU", area_code="4852").normalised("12-34-56") == "+74852123456"
    assert NumberPlan("RU", area_code="4852").normalised("1234567") == "1234567", "nobody's number there"


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("989161234567", "+79161234567"),
        ("979161234567", "+79161234567"),
        ("99161234567", "+79161234567"),
        ("9+79161234567", "+79161234567"),
        ("9 8 (916) 123-45-67", "+79161234567"),
        ("9810442079460123", "+442079460123"),
        ("91234567", "+74951234567"),
        ("*7989161234567", "+79161234567"),
        # Begins with it by chance.
        ("9161234567", "+79161234567"),
        ("9112233", "+74959112233"),
        ("+79161234567", "+79161234567"),
        # Extensions and emergency numbers stay.
        ("9101", "9101"),
        ("91234", "91234"),
        ("112", "112"),
    ],
)
def test_what_is_dialled_for_a_line_is_taken_off(dialled: str, number: str) -> None:
    assert NumberPlan("RU", "495", ("9", "*79")).normalised(dialled, True) == number


def test_of_a_caller_nothing_is_taken_off() -> None:
    assert NumberPlan("RU", "495", ("9",)).normalised("9161234567") == "+79161234567"
    assert NumberPlan("RU", "495", ("7",)).normalised("79161234567") == "+79161234567"


def test_each_number_is_parsed_once() -> None:
    plan = NumberPlan("RU")
    for _ in range(100):
        plan.normalised("89001112233")
    assert (plan.normalised.cache_info().misses, plan.normalised.cache_info().maxsize) == (1, 20_000)


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)), st.data())
@settings(max_examples=400, deadline=None)
def test_the_quick_way_spells_a_number_as_the_library_does(region: str, data: st.DataObject) -> None:
    example = phonenumbers.example_number(region)
    known = "" if example is None else str(example.national_number)
    kept = data.draw(st.integers(0, len(known)))
    national = known[:kept] + data.draw(st.text("0123456789", max_size=13 - kept if kept < 13 else 0))
    code = data.draw(st.sampled_from(["", "+", "0", "8", "00"]))
    text = f"{code}{phonenumbers.country_code_for_region(region)}{national}"
    quick, slow = NumberPlan(region), NumberPlan(region)
    slow._international = re.compile("(?!)")
    for each in (text, national, f"8{national}"):
        assert quick._e164(each) == slow._e164(each)


@pytest.mark.parametrize(("region", "number"), [("RU", "79001112233"), ("RU", "+79001112233"), ("DE", "+4930901820")])
def test_the_usual_form_takes_the_quick_way(region: str, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phonenumbers, "parse", None)
    assert NumberPlan(region).normalised(number) == "+" + number.removeprefix("+")

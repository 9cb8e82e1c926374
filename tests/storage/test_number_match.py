"""A number is found in any spelling, and nothing else with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.numbers import NumberPlan
from storage.number_match import match_key, match_range

PLAN = NumberPlan("RU", "495")


def finds(wanted: str, presented: str) -> bool:
    key = match_key(PLAN.normalised(presented), presented)
    first, end = match_range(wanted)
    return key is not None and first <= key < end


@pytest.mark.parametrize(
    "stored", ["89001112233", "+79001112233", "79001112233", "8 (900) 111-22-33", "+7 900 1112233"]
)
@pytest.mark.parametrize("wanted", ["89001112233", "+79001112233", "79001112233", "8 (900) 111-22-33", "9001112233"])
def test_all_spellings_of_a_number_are_one(stored: str, wanted: str) -> None:
    assert finds(wanted, stored)


@pytest.mark.parametrize(
    ("wanted", "stored"),
    [
        ("1112233", "+74951112233"),  # without the area code
        ("111-22-33", "84951112233"),
        ("+49 171 1234567", "01711234567"),  # another country's national zero
        ("9 8 900 111 22 33", "89001112233"),  # with the prefix for an outside line
        ("101", "101"),
        ("*8", "*8"),
        ("Anonymous", "anonymous"),
        ("иван", "Иван"),
    ],
)
def test_also_found(wanted: str, stored: str) -> None:
    assert finds(wanted, stored)


@pytest.mark.parametrize(
    ("wanted", "stored"),
    [
        ("101", "74951112101"),  # an extension is not the end of a number
        ("33", "89001112233"),
        ("12233", "89001112233"),
        ("1112233", "101"),
        ("89001112233", "89001112234"),
        ("89001112233", "1112233"),
        ("anonymous", "anonymous2"),
        ("%", "89001112233"),
        ("_______", "1112233"),
        ("", "101"),
    ],
)
def test_not_found(wanted: str, stored: str) -> None:
    assert not finds(wanted, stored)


def test_no_number_has_no_key() -> None:
    assert match_key(None, None) is None
    assert match_key(None, "") is None


def test_a_local_number_is_found_by_its_full_form_once_it_is_normalised() -> None:
    assert finds("84951112233", "1112233")


@given(st.from_regex(r"[0-9]{9,15}", fullmatch=True), st.sampled_from(["", "+", "8", "00", "9"]))
def test_whatever_is_dialled_before_it_a_number_of_nine_digits_finds_itself(number: str, prefix: str) -> None:
    key = match_key(None, prefix + number)
    first, end = match_range(number)
    assert key is not None
    assert first <= key < end


@given(st.text(), st.text())
def test_any_text_finds_itself_and_never_fails(wanted: str, stored: str) -> None:
    key = match_key(None, stored)
    first, end = match_range(wanted)
    assert first < end
    if wanted == stored and stored.strip() == stored and stored:
        assert key is not None
        assert first <= key < end

"""One spelling of a number."""

import pytest

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


def test_local_callers_get_the_area_code() -> None:
    assert NumberPlan("RU", area_code="495").normalised("1234567") == "+74951234567"


def test_what_is_dialled_for_a_line_is_taken_off() -> None:
    assert NumberPlan("RU", strip_prefixes=("9",)).normalised("989161234567", True) == "+79161234567"

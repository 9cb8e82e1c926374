"""Numbers as people write them down, several in a cell, come out as numbers that call and are called."""

import pytest

from daemon.client_numbers import NotANumberError, numbers_in
from handlers.numbers import NumberPlan

PLAN = NumberPlan("RU", "495")
ONE, OTHER = "+79001112233", "+74951234567"


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("", []),
        (" \u00a0 ", []),
        ("8 (900) 111-22-33", [ONE]),
        ("+7\u00a0900\u00a0111–22–33", [ONE]),
        ("79001112233", [ONE]),
        ("123-45-67", [OTHER]),
        ("(495) 123-45-67", [OTHER]),
        ("+44 20 7946 0958", ["+442079460958"]),
        ("8 900 111-22-33, 8 (495) 123-45-67", [ONE, OTHER]),
        ("8 900 111-22-33;8 (495) 123-45-67", [ONE, OTHER]),
        ("8 900 111-22-33 / 123-45-67", [ONE, OTHER]),
        ("8 900 111-22-33\n8 495 123-45-67", [ONE, OTHER]),
        ("8 900 111-22-33 и 8 495 123-45-67", [ONE, OTHER]),
        ("+7 900 111-22-33 +7 495 123-45-67", [ONE, OTHER]),
        ("моб. 8 900 111-22-33, раб. 123-45-67", [ONE, OTHER]),
        ("tel:+79001112233", [ONE]),
        ("8 495 123-45-67 доб. 101", [OTHER]),
        ("8 495 123-45-67 (доб. 101)", [OTHER]),
        ("8 495 123-45-67 вн.101", [OTHER]),
        ("+7 495 123 45 67 ext. 3", [OTHER]),
        ("+7 495 123 45 67 x3", [OTHER]),
        ("84951234567#101", [OTHER]),
        ("84951234567,101", [OTHER]),
        ("внешний 89001112233", [ONE]),
        ("'+79001112233", [ONE]),
        ('="79001112233"', [ONE]),
        ("79001112233.0", [ONE]),
        ("79001112233,00", [ONE]),
        ("101", ["101"]),
        ("12345", ["12345"]),
    ],
)
def test_a_cell(cell: str, numbers: list[str]) -> None:
    assert [PLAN.normalised(each) for each in numbers_in(cell)] == numbers


@pytest.mark.parametrize(
    "cell", ["нет", "8 800 FLOWERS", "1" * 60, "—", "=cmd|' /C calc'!A0", "\x1b[31m", "1", "٠١٢٣٤٥٦٧"]
)
def test_what_is_no_number_is_told(cell: str) -> None:
    with pytest.raises(NotANumberError, match="no telephone number"):
        numbers_in(cell)


@pytest.mark.parametrize("cell", ["7,9001E+10", "7.9E+10", "7,90011E10", "7e+10"])
def test_digits_that_a_spreadsheet_lost_are_not_made_up(cell: str) -> None:
    with pytest.raises(NotANumberError, match="rounded"):
        numbers_in(cell)

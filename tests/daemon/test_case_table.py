"""Cases on a terminal: who calls back sees first what he needs, however narrow it is."""

import io
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from daemon.case_table import HEADER, cases_document, row
from daemon.reports.terminal import rendered
from daemon.words import Language
from handlers.case_facts import Case
from tests.storage.sample_cases import START, a_case

ZONE = ZoneInfo("Europe/Moscow")
CLAIMED = replace(
    a_case(0), calls=3, client="ООО «Ромашка»", responsible="Анна", claimed_by="Олег Ким", claimed_until=START + 900
)
TRULY = replace(a_case(1), state="truly_missed", number="+79161112233")


def shown(cases: Sequence[Case], width: int, language: Language = "en") -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(rendered(cases_document(cases, (), ZONE, language), width))
    return out.getvalue().splitlines()


def test_a_row_has_a_cell_for_every_column() -> None:
    cells = dict(zip(HEADER, row(CLAIMED, "en"), strict=True))
    assert (cells["number"], cells["client"], cells["responsible"]) == ("+79001112233", "ООО «Ромашка»", "Анна")
    assert (cells["claimed by"], cells["claimed until"]) == ("Олег Ким", START + 900)


@pytest.mark.parametrize(("language", "told"), [("en", "none"), ("ru", "нет")])
def test_who_belongs_to_no_department_is_told_so_in_words(language: Language, told: str) -> None:
    cells = dict(zip(HEADER, row(replace(CLAIMED, department="none"), language), strict=True))
    assert cells["department"] == told


@pytest.mark.parametrize("language", ["en", "ru"])
def test_eighty_columns_say_how_often_he_called_on_which_line_and_who_calls_back(language: Language) -> None:
    _, line, other, *_ = shown([CLAIMED, TRULY], 80, language)
    assert line.split()[2] == "+79001112233"
    for told in (" 3 ", "megafon", "Олег Ким"):
        assert told in line
    assert "+79161112233" in other


def test_with_more_room_the_client_comes_first() -> None:
    head, line, *_ = shown([CLAIMED, TRULY], 100, "ru")
    assert head.index("клиент") == line.index("ООО «Ромашка»")


def test_of_nobody_known_or_claimed_no_column_is_left_empty() -> None:
    text = "\n".join(shown([TRULY], 1000))
    assert not [name for name in ("client", "responsible", "claimed by", "claimed until") if name in text]
    assert "trunk" in text

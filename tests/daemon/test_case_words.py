"""Contacts as others tell them: what is taken, and how everything else is refused."""

from typing import Any

import pytest

from daemon.case_words import BadWordsError, contact_in
from storage.requests import Asked

NOW = 1_795_450_000.0
GOOD = {"number": "+7 900 111-22-33", "by": " Анна  Петрова "}


def test_a_contact_is_now_unless_told_otherwise() -> None:
    assert contact_in(GOOD, NOW) == Asked(
        kind="contact", subject="+7 900 111-22-33", at=NOW, by="Анна Петрова", text=None
    )
    for at in (NOW - 60, "2026-11-23T16:05:40Z", "2026-11-23T19:05:40+03:00"):
        assert contact_in(GOOD | {"at": at, "note": "по почте"}, NOW).at == NOW - 60


BAD: dict[str, tuple[Any, ...]] = {
    "number": (None, 79001112233, "", "Иван", "1234", "<unknown>", "9" * 60, "+", "٠١٢٣٤٥"),
    "by": (None, "", "  ", 7, "x" * 101),
    "at": (
        *(NOW + 61, "soon", "2026-11-23T18:04", "2027-01-01T00:00:00Z", -1, True, [], "1e9"),
        *(float("inf"), float("nan"), "0001-01-01T00:00:00+14:00"),
    ),
    "note": (7, "x" * 2001, {}),
    "colour": ("red",),
}


@pytest.mark.parametrize("bad", [{name: value} for name, values in BAD.items() for value in values])
def test_what_cannot_be_is_refused_in_words(bad: dict[str, Any]) -> None:
    with pytest.raises(BadWordsError, match=r"number|by is|at is|note|contact has"):
        contact_in(GOOD | bad, NOW)


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_what_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(BadWordsError):
        contact_in(body, NOW)

"""Contacts as others tell them: what is taken, and how everything else is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from daemon.case_words import (
    NAME_LONGEST,
    TEXT_LONGEST,
    BadWordsError,
    claim_of,
    contact_in,
    contact_of,
    dismissal_in,
)
from storage.requests import Asked
from tests.hostile import hostile_texts

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


@hostile_texts
def test_whatever_somebody_writes_is_taken_within_its_bound_or_refused_without_an_echo(text: str) -> None:
    ways: tuple[Callable[[], Asked], ...] = (
        lambda: contact_of(text, None, "Anna", None, 1.0),
        lambda: contact_of("+79001112233", text, "Anna", None, 1.0),
        lambda: contact_of("+79001112233", None, text, text, 1.0),
        lambda: claim_of("1.1", text, "30m", False, 1.0),
        lambda: claim_of("1.1", "Anna", text, False, 1.0),
        lambda: dismissal_in({"by": "Anna", "why": text}, "1.1"),
        lambda: dismissal_in({text: "Anna"}, "1.1"),
    )
    for said in ways:
        refusal, asked = "", None
        try:
            asked = said()
        except BadWordsError as error:
            refusal = str(error)
        assert len(text) < 8 or text not in refusal
        if asked is not None:
            assert len(asked.by) <= NAME_LONGEST
            assert len(asked.text or "") <= TEXT_LONGEST
            assert asked.text is None or asked.text in text


def test_a_name_is_as_long_as_it_was_sent_whatever_stands_around_it() -> None:
    with pytest.raises(BadWordsError, match="at most 100 characters"):
        claim_of("1.1", " " + "A" * NAME_LONGEST, "30m", False, 1.0)
    assert claim_of("1.1", " A" + "n" * (NAME_LONGEST - 2), "30m", False, 1.0).by == "A" + "n" * (NAME_LONGEST - 2)

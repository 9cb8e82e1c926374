"""Every word that a table may show has a Russian one."""

import re
from typing import get_args

import pytest

from daemon.call_table import HEADER, time_line
from daemon.case_table import HEADER as CASE_HEADER
from daemon.words import word
from handlers.case_facts import CONTACT_KINDS, CaseState
from handlers.facts import CALL_STATES, DIRECTIONS, RESULTS, EndedBy, LegResult, StayOutcome
from tests.storage.sample_calls import a_call, ended

WORDS = {
    *HEADER,
    *DIRECTIONS,
    *CALL_STATES,
    *(result for results in RESULTS.values() for result in results),
    *get_args(LegResult),
    *get_args(StayOutcome),
    *(f"{who} hung up" for who in get_args(EndedBy)),
    *("live", "at", "what", "who", "lasted", "outcome", "leg", "became part of"),
    *CASE_HEADER,
    *get_args(CaseState),
    *CONTACT_KINDS,
    *("rule", "window", "working time", "closed by", "talk of at least", "none"),
    "the last nine digits are compared",
    *(moment.what for moment in time_line(ended(a_call()))),
}


@pytest.mark.parametrize("text", sorted(WORDS))
def test_a_word_has_a_russian_one(text: str) -> None:
    assert re.fullmatch("[а-яёА-ЯЁ ]+", word(text, "ru"))


def test_english_words_stand_for_themselves_and_unknown_ones_stay() -> None:
    assert word("answered", "en") == "answered"
    assert word("support", "ru") == "support"

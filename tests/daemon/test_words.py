"""Every word that a table may show has a Russian one."""

import re
from typing import get_args

import pytest

from daemon.call_table import HEADER, time_line
from daemon.words import word
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
    *(moment.what for moment in time_line(ended(a_call()))),
}


@pytest.mark.parametrize("text", sorted(WORDS))
def test_a_word_has_a_russian_one(text: str) -> None:
    assert re.fullmatch("[а-яёА-ЯЁ ]+", word(text, "ru"))


def test_english_words_stand_for_themselves_and_unknown_ones_stay() -> None:
    assert word("answered", "en") == "answered"
    assert word("support", "ru") == "support"

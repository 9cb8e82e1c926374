"""Every word that a table, page or report may show has a Russian one. `python -m tests.daemon.test_words` compiles the catalogue."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

import daemon
from daemon.words import DOMAIN, LOCALE, counted, word
from handlers.case_facts import CONTACT_KINDS, CaseState
from handlers.facts import CALL_STATES, DIRECTIONS, RESULTS, EndedBy, LegResult, StayOutcome

CODE = Path(daemon.__file__).parent
HEADER = """\
# Russian words of ringtally, in order. After a change: make words
msgid ""
msgstr ""
"Language: ru\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

"""
CATALOGUE = LOCALE / "ru/LC_MESSAGES" / f"{DOMAIN}.po"
COMPILED = CATALOGUE.with_suffix(".mo")
# Words that are data: those of the contract, as the facts spell them.
FACTS = {
    *DIRECTIONS,
    *CALL_STATES,
    *(result for results in RESULTS.values() for result in results),
    *get_args(LegResult),
    *get_args(StayOutcome),
    *(f"{who} hung up" for who in get_args(EndedBy)),
    *get_args(CaseState),
    *CONTACT_KINDS,
}
_WORDS_ASKED_FOR = {"word": 1, "mark": None, "counted": 2}


def used() -> set[str]:
    """The texts that the code asks for: the arguments of `word`, `mark` and `counted` that are written out, and the facts'."""
    return FACTS | {text for path in CODE.rglob("*.py") for text in _asked_for(ast.parse(path.read_text()))}


def _asked_for(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WORDS_ASKED_FOR:
            for argument in node.args[: _WORDS_ASKED_FOR[node.func.id]]:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def messages() -> list[Message]:
    return [message for message in catalogue() if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def translations(message: Message) -> tuple[str, ...]:
    said = message.string
    return (said,) if isinstance(said, str) else tuple(said or ())


def said_by(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {ids(message): translations(message) for message in catalogue if message.id}


def in_order() -> str:
    """The catalogue as it should be written: sorted, so that words that two people add rarely meet."""
    out = io.BytesIO()
    write_po(out, catalogue(), sort_output=True, width=120, ignore_obsolete=True, omit_header=True)
    return HEADER + out.getvalue().decode()


def test_every_word_in_use_is_in_the_catalogue() -> None:
    assert not used() - {text for message in messages() for text in ids(message)}


def test_no_word_of_the_catalogue_is_left_over() -> None:
    assert not {text for message in messages() for text in ids(message)} - used()


@pytest.mark.parametrize("message", messages(), ids=lambda message: ids(message)[0])
def test_a_word_has_a_russian_one(message: Message) -> None:
    assert not message.fuzzy
    for text in translations(message):
        assert re.search("[а-яё]", text, re.IGNORECASE)


@pytest.mark.parametrize("message", messages(), ids=lambda message: ids(message)[0])
def test_a_translation_has_the_gaps_of_its_original(message: Message) -> None:
    wanted = {name for _, name, _, _ in Formatter().parse(ids(message)[0])}
    for text in translations(message):
        assert {name for _, name, _, _ in Formatter().parse(text)} == wanted


def test_the_catalogue_that_runs_is_compiled_from_the_one_that_people_write() -> None:
    with COMPILED.open("rb") as file:
        assert said_by(read_mo(file)) == said_by(catalogue()), "make words"


def test_the_catalogue_is_in_order() -> None:
    assert CATALOGUE.read_text() == in_order(), "make words"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 звонок"),
        (2, "2 звонка"),
        (4, "4 звонка"),
        (5, "5 звонков"),
        (11, "11 звонков"),
        (12, "12 звонков"),
        (21, "21 звонок"),
        (111, "111 звонков"),
        (0, "0 звонков"),
    ],
)
def test_a_russian_number_goes_with_its_form(count: int, said: str) -> None:
    assert counted("{} call", "{} calls", count, "ru") == said


def test_an_english_number_goes_with_its_form() -> None:
    assert [counted("{} call", "{} calls", count, "en") for count in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]


def test_english_words_stand_for_themselves_and_unknown_ones_stay() -> None:
    assert word("answered", "en") == "answered"
    assert word("support", "ru") == "support"
    assert word("", "ru") == ""


def main() -> None:
    """Put the catalogue in order, compile it, and tell what is missing in it or left over."""
    CATALOGUE.write_text(in_order())
    with COMPILED.open("wb") as file:
        write_mo(file, catalogue())
    present = {text for message in messages() for text in ids(message)}
    for text in sorted(used() - present):
        print(f"not translated: {text}")
    for text in sorted(present - used()):
        print(f"left over: {text}")


if __name__ == "__main__":
    main()

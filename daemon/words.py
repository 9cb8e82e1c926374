"""The words of tables, pages and reports, in the languages of our users: gettext catalogues in `locale/`."""

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Literal

Language = Literal["en", "ru"]
DOMAIN = "ringtally"
LOCALE = Path(__file__).with_name("locale")
_SOURCE: Language = "en"


def mark(*texts: str) -> tuple[str, ...]:
    """The words as they are, for tables of words that `word` is asked for later: so each is known to be in use."""
    return texts


def word(text: str, language: Language) -> str:
    """The word in the language asked for; English words stand for themselves, and what has no translation stays."""
    # Of the empty text gettext gives the catalogue's header.
    return _catalogue(language).gettext(text) if text else text


def counted(one: str, many: str, count: int, language: Language) -> str:
    """The form that goes with this number, with `{}` in it for the number itself: `{} call`, `{} calls`."""
    return _catalogue(language).ngettext(one, many, count).format(count)


@cache
def _catalogue(language: Language) -> NullTranslations:
    return NullTranslations() if language == _SOURCE else translation(DOMAIN, LOCALE, [language])

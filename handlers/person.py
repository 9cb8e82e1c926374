"""Whose number is this? One person's, in whatever spelling it is written: to find all that is known of him, or to forget it."""

import re
from collections.abc import Iterator

from handlers.cases.rule import Match
from handlers.numbers import USABLE_DIGITS, NumberPlan

_COMPARED_DIGITS = 9
# What stands for a digit or between digits where people write or paste, one sign for one: what is found keeps its place.
_FULL_WIDTH, _ARABIC, _PERSIAN = 0xFF10, 0x0660, 0x06F0
_SPACES = "\t\n\r\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff"
_HYPHENS = "/\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d\uff0f"
_OTHERS = {"\uff08": "(", "\uff09": ")", "\uff0e": ".", "\u00b7": ".", "\uff0b": "+"}
APART_AT_MOST = 3
"""So many signs may stand between two digits."""
_APART = rf"[ ().\-]{{0,{APART_AT_MOST}}}"
DIGITS = "".join(chr(zero + digit) for zero in (_FULL_WIDTH, _ARABIC, _PERSIAN) for digit in range(10))
"""All that stand for 0 to 9 but these themselves: ten of each kind, in order."""


def _each(signs: str) -> Iterator[int]:
    """Each sign, of which some are given from the first to the last of a row."""
    for first, last in re.findall(r"(.)(?:-(.))?", signs, re.DOTALL):
        yield from range(ord(first), ord(last or first) + 1)


_SIGNS = {
    **dict.fromkeys(_each(_SPACES), " "),
    **dict.fromkeys(_each(_HYPHENS), "-"),
    **{ord(sign): plain for sign, plain in _OTHERS.items()},
    **{ord(sign): str(place % 10) for place, sign in enumerate(DIGITS)},
}
OTHER_SIGNS = "".join(chr(sign) for sign in sorted(_SIGNS) if sign > 0x7F)  # noqa: PLR2004 - the end of ASCII
"""All of them that are not ASCII, for who looks for texts to be read more closely."""


class NobodyError(ValueError):
    """No person is known by such a number: it is an extension, or none at all."""


class Person:
    """Somebody outside, by his number.

    A number is his if it normalises to the same, or if `match` is `last9` and it agrees in the last nine digits. What agrees in them and
    is no number by the plan (a prefix before it, digits missing) is his too: rather too much is found than too little.
    NobodyError for up to five digits: extensions are the site's own.
    """

    def __init__(self, number: str, plan: NumberPlan, match: Match = "number") -> None:
        normalised = plan.normalised(_plain(number))
        if normalised is None or len(normalised.removeprefix("+")) <= USABLE_DIGITS:
            raise NobodyError(number)
        self._plan = plan
        self._match = match
        self.number = normalised
        """Normalised."""
        self.digits = normalised.removeprefix("+")
        self.tail = self.digits[-_COMPARED_DIGITS:]
        """What all its spellings end with."""
        whole = _APART.join(self.digits[-_COMPARED_DIGITS - 1 :])
        self._written = re.compile(
            rf"(?:(?:\+?[0-9]{{1,3}}{_APART})?{whole}|\+?[0-9]{{0,6}}{_APART.join(self.tail)})(?![0-9])"
        )

    def is_theirs(self, text: str | None) -> bool:
        """Is this text a number, and this person's?"""
        if not text:
            return False
        text = _plain(text)
        normalised = self._plan.normalised(text)
        if normalised == self.number or self._plan.normalised(text, True) == self.number:
            return True
        if normalised is None or len(self.tail) < _COMPARED_DIGITS or not normalised.endswith(self.tail):
            return False
        return self._match == "last9" or not normalised.startswith("+")

    def is_in(self, text: str | None) -> bool:
        """Does the number stand somewhere in this text?"""
        return bool(text) and (
            self.is_theirs(text) or any(map(self._is_meant, self._written.findall(_plain(text or ""))))
        )

    def without(self, text: str, token: str) -> str:
        """The text with something else in the place of the number, wherever it stands."""
        if self.is_theirs(text):
            return token
        kept: list[str] = []
        at = 0
        for found in self._written.finditer(_plain(text)):
            if self._is_meant(found[0]):
                kept += (text[at : found.start()], token)
                at = found.end()
        return "".join((*kept, text[at:]))

    def _is_meant(self, written: str) -> bool:
        """A number found in a text by its last digits; another country's full one is another person's."""
        return self.is_theirs(written) or not (self._plan.normalised(written) or "").startswith("+")


def _plain(text: str) -> str:
    """The same text with one sign for all that look alike, each in its place."""
    return text.translate(_SIGNS)

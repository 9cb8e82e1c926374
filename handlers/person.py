"""Whose number is this? One person's, in whatever spelling it is written: to find all that is known of him, or to forget it."""

import re

from handlers.cases.rule import Match
from handlers.numbers import USABLE_DIGITS, NumberPlan

_COMPARED_DIGITS = 9
_NOT_DIGITS = re.compile("[^0-9]")
_APART = r"[ ().\-]{0,3}"


class NobodyError(ValueError):
    """No person is known by such a number: it is an extension, or none at all."""


class Person:
    """Somebody outside, by his number.

    A number is his if it normalises to the same, or if `match` is `last9` and it agrees in the last nine digits. What agrees in them and
    is no number by the plan (a prefix before it, digits missing) is his too: rather too much is found than too little.
    NobodyError for up to five digits: extensions are the site's own.
    """

    def __init__(self, number: str, plan: NumberPlan, match: Match = "number") -> None:
        normalised = plan.normalised(number)
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
        normalised = self._plan.normalised(text)
        if normalised == self.number or self._plan.normalised(text, True) == self.number:
            return True
        if normalised is None or len(self.tail) < _COMPARED_DIGITS or not normalised.endswith(self.tail):
            return False
        return self._match == "last9" or not normalised.startswith("+")

    def is_in(self, text: str | None) -> bool:
        """Does the number stand somewhere in this text?"""
        return bool(text) and (self.is_theirs(text) or any(map(self._is_meant, self._written.findall(text or ""))))

    def without(self, text: str, token: str) -> str:
        """The text with something else in the place of the number, wherever it stands."""
        if self.is_theirs(text):
            return token
        return self._written.sub(lambda found: token if self._is_meant(found[0]) else found[0], text)

    def _is_meant(self, written: str) -> bool:
        """A number found in a text by its last digits; another country's full one is another person's."""
        return self.is_theirs(written) or not (self._plan.normalised(written) or "").startswith("+")

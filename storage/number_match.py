"""How a number is found again, however it is spelled: 8 900 111-22-33, +7 900 1112233 and 79001112233 are one.

Spellings of one number differ at its beginning: prefix for an outside line, national 0 or 8, country code. They agree
in the last nine digits (the subscriber's number in most countries, and what the `miko` rule compares). So a number is
stored a second time as its last nine digits, backwards: "ends with" becomes "begins with", which an index answers.
"""

import re
from functools import lru_cache

EXTENSION_DIGITS = 5
_COMPARED_DIGITS = 9
_A_NUMBER = re.compile(r"\s*+\+?[\d ().\-/]+")
_NOT_DIGITS = re.compile(r"\D")
# In ASCII the colon comes next after the nine, so every continuation of a prefix by digits sorts below prefix + colon.
_AFTER_DIGITS = ":"
_TEXT_LIMIT = 64


@lru_cache(maxsize=20_000)
def match_key(e164: str | None, presented: str | None) -> str | None:
    """By which a number is found: of its normalised form if it has one, else of the one presented or dialled.

    What is no number (`anonymous`, `*8`, a SIP user's name) is found by its own text, in any case.
    """
    text = e164 or presented
    if not text:
        return None
    return _backwards(text) or text.casefold()[:_TEXT_LIMIT]


def match_range(wanted: str) -> tuple[str, str]:
    """The keys from the first up to, not including, the second belong to the number wanted.

    Nine digits or more: the last nine are compared. Six to eight: the number ends with them (a local number typed
    without its area code). Up to five: exactly this extension or short number. No digits: exactly this text.
    """
    digits = _backwards(wanted)
    if digits is not None and len(digits) > EXTENSION_DIGITS:
        return digits, digits + _AFTER_DIGITS
    key = digits or wanted.strip().casefold()[:_TEXT_LIMIT]
    return key, key + "\0"


def _backwards(text: str) -> str | None:
    if not text.isascii() or not _A_NUMBER.fullmatch(text):
        return None
    digits = _NOT_DIGITS.sub("", text)
    return digits[: -_COMPARED_DIGITS - 1 : -1] or None

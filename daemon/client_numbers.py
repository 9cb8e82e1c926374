"""Telephone numbers as people keep them: several in one cell, with extensions, labels, and what a spreadsheet made of them."""

import re

from handlers.numbers import USABLE_DIGITS

# ITU-T E.164: fifteen digits at most.
_MOST_DIGITS = 15
_SPACES_AND_DASHES = {ord(char): " " for char in "\u00a0\u2007\u2009\u202f\u3000"} | {
    ord(char): "-" for char in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
}
# Where one number ends and another may begin. A comma before two or three digits begins an extension, which is dropped too.
_BETWEEN = re.compile(r"[,;/|\\\r\n\t]|\s(?:и|или|and|or)\s|(?=\+)")
_EXTENSION = re.compile(r"(?:\b(?:доб|вн|ext|x)[^\W\d]*\.?[:\s]*\d{1,6}\s*|[#*x].*)$", re.IGNORECASE)
_RUN = re.compile(r"\+?\(?\d[\d ().-]*", re.ASCII)
_SHORT = re.compile(r"\d{2,4}", re.ASCII)
_WHOLE_AS_FLOAT = re.compile(r"(\d{5,15})[.,]0+", re.ASCII)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
# `="79001112233"`: how a CSV keeps a spreadsheet from taking a number for one.
_FORMULA_OF_TEXT = re.compile(r'="(.*)"')


class NotANumberError(ValueError):
    """The cell says something, and no number that could call or be called; the message says what it looks like."""


def numbers_in(cell: str) -> list[str]:
    """The numbers of a cell, each as a number plan takes it, without extensions; empty for an empty cell, or NotANumberError."""
    text = cell.translate(_SPACES_AND_DASHES).strip()
    text = _FORMULA_OF_TEXT.sub(r"\1", text).lstrip("'").strip()
    if not text:
        return []
    if _ROUNDED.fullmatch(text):
        raise NotANumberError(
            "a spreadsheet has rounded the number and its last digits are lost; make that column text, and export anew"
        )
    if _SHORT.fullmatch(text):
        return [text]
    found = [number for part in _BETWEEN.split(_WHOLE_AS_FLOAT.sub(r"\1", text)) for number in _numbers_of(part)]
    if not found:
        raise NotANumberError("no telephone number")
    return found


def _numbers_of(part: str) -> list[str]:
    runs = [run[0].strip(" .-") for run in _RUN.finditer(_EXTENSION.sub("", part))]
    return [run for run in runs if USABLE_DIGITS <= sum(map(str.isdigit, run)) <= _MOST_DIGITS]

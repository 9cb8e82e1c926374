"""Keys, from the bytes that a terminal sends for them."""

import re
from collections.abc import Iterator

_SEQUENCES = {
    "[A": "up",
    "[B": "down",
    "OA": "up",
    "OB": "down",
    "[5~": "page up",
    "[6~": "page down",
    "[H": "home",
    "[F": "end",
    "OH": "home",
    "OF": "end",
    "[1~": "home",
    "[4~": "end",
    "[Z": "shift tab",
    "OP": "F1",
    "[11~": "F1",
    "[[A": "F1",
    "OR": "F3",
    "[13~": "F3",
    "[[C": "F3",
    "OS": "F4",
    "[14~": "F4",
    "[[D": "F4",
    "[17~": "F6",
    "[21~": "F10",
}
_PLAIN = {
    "\t": "tab",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x0c": "redraw",
    "\x03": "q",
}
_ESCAPED = re.compile(r"\x1b(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-~]|O[A-Za-z])")
# The same keys where a Russian layout is on.
_LAYOUT = str.maketrans(
    "йцукенгшщзфывапролдячсмитьЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ", "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM"
)


def keys_in(raw: bytes) -> Iterator[str]:
    """The keys of what was read at once: names like `page down`, else the character. What is unknown is left out."""
    text = raw.decode("utf-8", "ignore")
    at = 0
    while at < len(text):
        if match := _ESCAPED.match(text, at):
            if name := _SEQUENCES.get(match[0][1:]):
                yield name
            at = match.end()
            continue
        sign = text[at]
        if sign == "\x1b":
            yield "escape"
        elif sign in _PLAIN:
            yield _PLAIN[sign]
        elif sign.isprintable():
            yield sign
        at += 1


def command(key: str) -> str:
    """The key as a command: in the Latin layout, whichever is on."""
    return key.translate(_LAYOUT) if len(key) == 1 else key

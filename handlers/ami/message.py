"""A message as headers: for answers and for events that are not in the hot path."""

from collections.abc import Iterator

HEADERS_LIMIT = 512
# Asterisk escapes these, and no others, with C's backslashes (manager.c: ast_escape_c_alloc).
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_ESCAPED = ("CallerIDName", "ConnectedLineName")


def text_of(raw: bytes) -> str:
    """Bytes of a PBX as text: UTF-8, else Windows-1251, each line by itself.

    Asterisk 16 passes a phone's bytes as they are (28-strange-names); in the countries of our users the old code page of a name
    that is not UTF-8 is 1251. What that page lacks becomes U+FFFD: the call counts more than its caller's name. Asterisk has room for 79
    bytes of a name, and cuts within a character: the half of it is left out.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        lines = raw.split(b"\r\n")
        if len(lines) > 1:
            return "\r\n".join(map(text_of, lines))
        whole = raw[: error.start]
        if error.reason == "unexpected end of data" and not whole.isascii():
            return whole.decode()
        return raw.decode("cp1251", "replace")


def unescaped(text: str) -> str:
    r"""Undo Asterisk's escaping, once: `O\'Brien` is O'Brien, `\\r` stays two characters."""
    if "\\" not in text:
        return text
    out: list[str] = []
    parts = iter(text)
    for character in parts:
        if character != "\\":
            out.append(character)
            continue
        following = next(parts, "")
        out.append(_ESCAPES.get(following, "\\" + following))
    return "".join(out)


class Message:
    """The headers of one block, in order; repeated ones are kept. Names compare without case (`Uniqueid`, `UniqueID`)."""

    __slots__ = ("_headers",)

    def __init__(self, block: bytes | str) -> None:
        text = text_of(block) if isinstance(block, bytes) else block
        self._headers: dict[str, list[str]] = {}
        for line in text.split("\r\n")[:HEADERS_LIMIT]:
            name, colon, value = line.partition(":")
            if not colon:
                continue
            value = value.removeprefix(" ")
            if name.endswith(_ESCAPED) or name == "ChanVariable" or (name == "Value" and self.name == "VarSet"):
                value = unescaped(value)
            self._headers.setdefault(name.lower(), []).append(value)

    @property
    def name(self) -> str:
        """The event's name, or `Response` for an answer, or an empty text."""
        event = self._headers.get("event")
        return event[0] if event else "Response" if "response" in self._headers else ""

    def get(self, header: str) -> str | None:
        """The first value of a header; None where there is none or Asterisk says `<unknown>`."""
        values = self._headers.get(header.lower())
        return None if not values or values[0] == "<unknown>" else values[0]

    def all(self, header: str) -> tuple[str, ...]:
        """All values of a header, in order."""
        return tuple(self._headers.get(header.lower(), ()))

    def items(self) -> Iterator[tuple[str, str]]:
        """Every header (in lower case) with every value."""
        return ((name, value) for name, values in self._headers.items() for value in values)

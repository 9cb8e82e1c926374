"""Single headers out of a message's text, where no whole run of them is wanted."""

import re

from handlers.ami.runs import DecodeError

HEAD = (
    r"(?:\r\nPrivilege: [a-z,]*+)?+(?:\r\nTimestamp: [-0-9.]*+)?+"
    r"(?:\r\nSequenceNumber: [0-9]*+\r\nFile: [^\r\n]*+\r\nLine: [0-9]*+\r\nFunc: [^\r\n]*+)?+(?:\r\nSystemName: [^\r\n]*+)?+"
)
"""What stands behind an event's name, before its own headers (manager.c): a stamp, where the PBX debugs its manager, its name."""
_head = re.compile(r"[^\r]*+" + HEAD).match


def head_ends(text: str) -> int:
    """Where an event's own headers begin, with the line end before them; also of a list's item, which has no such head."""
    match = _head(text)
    return match.end() if match is not None else 0


def known(value: str) -> str | None:
    """A value; None where Asterisk says that it has none."""
    return None if value == "<unknown>" else value


def header(rest: str, name: str) -> str | None:
    """The first header of this name behind a run; None where there is none."""
    _, found, after = rest.partition(f"\r\n{name}: ")
    return after.partition("\r\n")[0] if found else None


def must(rest: str, name: str) -> str:
    """The same of a header that is always there; DecodeError where it is not."""
    value = header(rest, name)
    if value is None:
        raise DecodeError("malformed")
    return value


def number(text: str | None) -> int | None:
    """A whole number as C writes one; None for anything else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an int of C

"""Single headers out of a message's text, where no whole run of them is wanted."""

from handlers.ami.runs import DecodeError
from handlers.ami.texts import TEXT_LIMIT, bounded


def known(value: str) -> str | None:
    """A value; None where Asterisk says that it has none."""
    return None if value == "<unknown>" else value


def header(rest: str, name: str) -> str | None:
    """The first header of this name behind a run, bounded; None where there is none."""
    _, found, after = rest.partition(f"\r\n{name}: ")
    if not found:
        return None
    value = after.partition("\r\n")[0]
    return value if len(value) <= TEXT_LIMIT else bounded(value)


def must(rest: str, name: str) -> str:
    """The same of a header that is always there; DecodeError where it is not."""
    value = header(rest, name)
    if value is None:
        raise DecodeError("malformed")
    return value


def number(text: str | None) -> int | None:
    """A whole number as C writes one; None for anything else."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - an int of C

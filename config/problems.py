"""What is wrong with settings, in one line a person can act on: where, which key, what, and the cure."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SHOWN = 60
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a place within the settings; from which file it came is not known here."""

    path: KeyPath
    message: str
    cure: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: in which file (or the environment), at which key, what, and what to do about it.

    `key` is empty where the whole file is meant, `cure` where the message says it all.
    """

    file: str
    key: str
    message: str
    cure: str = ""

    def __str__(self) -> str:
        """One line, safe for a terminal and a log; never a secret."""
        where = f"{self.file}: {self.key}" if self.key else self.file
        what = f"{self.message}; {self.cure}" if self.cure else self.message
        return printable(f"{where}: {what}")


class ConfigError(Exception):
    """The settings cannot be used; `problems` is all that is wrong with them, in the order of the file's sections."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def quoted(value: object) -> str:
    """A value as it may be shown: in quotes, unprintable characters escaped, cut after 60 characters."""
    text = printable(str(value).lower() if isinstance(value, bool) else str(value))
    return f'"{text[:_SHOWN]}…"' if len(text) > _SHOWN else f'"{text}"'


def printable(text: str) -> str:
    """The text with everything that could move a cursor, ring a bell or turn the reading direction escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def key_text(path: Sequence[str | int]) -> str:
    """A path of keys as people write it: `ami.port`, `trunks.megafon.channels`; places in a list count from 1."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{printable(part)}" if text else printable(part)
    return text


def closest(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """The one of `names` that was probably meant by `name`, or None where none is like it, 1 being the same."""
    by_lower = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), by_lower, 1, likeness)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """A question with the closest of `names`, or the cure for when none is close."""
    close = closest(name, names)
    return f'did you mean "{close}"?' if close is not None else otherwise

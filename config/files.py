"""Reading the files that settings are in, and saying clearly why one cannot be read."""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from config.problems import ConfigError, Problem, printable

_MOST = 1_048_576
_SECRET_MOST = 4_096
_PLACE = re.compile(r"\s*\(at (line \d+, column \d+|end of document)\)$")


class UnreadableError(Exception):
    """A file cannot be used; the message says why, `cure` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. ConfigError names file, line and column."""
    try:
        return _parsed(read_bytes(path, _MOST))
    except UnreadableError as error:
        raise ConfigError([Problem(printable(str(path)), "", str(error), error.cure)]) from None


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        # With the mark that Windows editors put before UTF-8.
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise UnreadableError(f"line {line}, byte {column}: is not UTF-8", "save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise _malformed(str(error)) from None
    except RecursionError:
        raise UnreadableError("is nested too deeply to be settings", "see the example ringtally.toml") from None


def _malformed(told: str) -> UnreadableError:
    place = _PLACE.search(told)
    message = printable(_PLACE.sub("", told))
    message = f"{place[1]}: {message}" if place else message
    if "twice" in message or "overwrite" in message or "immutable" in message:
        return UnreadableError(message, "the table or key is there already; put both into one")
    if "Invalid value" in message:
        return UnreadableError(
            message, 'text is written in quotes, e.g. name = "office"; yes and no are true and false'
        )
    return UnreadableError(message, 'a line is key = value or [section]; e.g. host = "127.0.0.1"')


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a file of up to `most` bytes. UnreadableError."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise UnreadableError("there is no such file", "make it, or correct the path") from None
    except PermissionError:
        cure = "let the user that ringtally runs as read it: chgrp ringtally and chmod 640"
        raise UnreadableError("may not be read by this user", cure) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"cannot be read: {reason}", "correct the path or the disk") from None
    if len(data) > most:
        raise UnreadableError(f"is larger than {most // 1024} KiB", "name the right file")
    return data


def read_secret(path: Path) -> str:
    """The secret that a file holds, without the line end after it. UnreadableError, which never shows it."""
    data = read_bytes(path, _SECRET_MOST)
    try:
        secret = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UnreadableError("is not UTF-8", "write the secret as plain text") from None
    if not secret.strip():
        raise UnreadableError("is empty", "write the secret into it, on one line")
    if not secret.isprintable():
        raise UnreadableError("holds more than one line of text", "write the secret alone, on one line")
    return secret


def check_readable(path: Path) -> None:
    """UnreadableError if the file cannot be read."""
    read_bytes(path, _MOST)


def is_open_to_all(path: Path) -> bool:
    """May every user of this machine read the file?"""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False

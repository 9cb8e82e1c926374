"""What the commands share: the settings of `--config`, and failures as one clear line."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from config.loader import DEFAULT_PATH, ConfigError, LoadedSettings, load_settings
from daemon.ami_check import AmiCheckError
from daemon.ami_rights import RightsTooWideError
from daemon.http_server import HttpListenError
from daemon.log import harmless
from daemon.top.listener import TurnedAwayError
from handlers.ami.recording import RecordingError
from storage.errors import StorageError

_T = TypeVar("_T")
MENDABLE = (
    StorageError,
    HttpListenError,
    RecordingError,
    AmiCheckError,
    RightsTooWideError,
    ConfigError,
    TurnedAwayError,
    OSError,
)
"""What an operator can mend: its message says how."""


class Failure(click.ClickException):
    """Something could not be done; the message says what to do. Exit status 1."""

    exit_code = 1


def examples(*lines: str) -> str:
    """The end of a command's help: examples, one a line."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def settings_of(context: click.Context, needed: bool = True, secrets: bool = True) -> LoadedSettings:
    """The settings, or exit 1 with every problem on a line of its own.

    Where they are not `needed` the default file may be missing; without `secrets` no file of a secret is read.
    """
    path: Path | None = context.obj
    if path is None and (needed or DEFAULT_PATH.exists()):
        path = DEFAULT_PATH
    try:
        return load_settings(path, os.environ, secrets=secrets)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        raise Failure(f"{count} problem{'s' if count > 1 else ''} in the settings") from None


def tell_warnings(loaded: LoadedSettings) -> None:
    """What is allowed in the settings and yet worth a word, on stderr."""
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)


def attempt(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine function to its end; what an operator can mend becomes one line and exit 1."""
    try:
        return asyncio.run(work())
    except MENDABLE as error:
        raise Failure(_one_line(error)) from None
    except BaseExceptionGroup as group:
        matched, rest = group.split(MENDABLE)
        if matched is None or rest is not None:
            raise
        raise Failure(_one_line(_first(matched))) from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _one_line(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
    return harmless(text or type(error).__name__, 1000)

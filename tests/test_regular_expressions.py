"""Every regular expression of ours takes time in proportion to the text, whatever the text: callers write some of it, 64 KiB at once."""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PACKAGES = ("daemon", "handlers", "storage", "config")
LENGTH = 4_000
# In proportion it takes a millisecond, by the square of the length a tenth of a second.
MOST_S = 0.04
# What they look at is short: a part of the message of a malformed settings file; of a recording's header, which is matched whole.
SHORT = ("config.files._PLACE", "handlers.ami.anonymise._ID")
METHODS = ("search", "match", "fullmatch", "sub", "split", "findall", "finditer")
# Beginnings, what is repeated behind them, and an end that spoils what matched so far.
HEADS = ("", "1", "a", "-aaaa<", "PJSIP/a", "CallerIDNum: ", "\r\nChannelStateDesc: Up\r\nCallerIDNum: ")
REPEATED = (
    " ",
    "\t",
    "0",
    "a",
    "-",
    "a.",
    "a-",
    "1.",
    "1 ",
    "0-0",
    "(",
    "+",
    '="',
    "\r\n",
    "\r\nX: ",
    "-0000",
    "/a",
    "\r\nCallerIDNum: ",
)
TAILS = ("\x01", "1x")


class Expression(NamedTuple):
    """One of them, with how it is used."""

    where: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]


@cache
def expressions() -> tuple[Expression, ...]:
    """Those that modules and their values hold, with the methods that the module's text names."""
    found: dict[tuple[Any, int], Expression] = {}
    for name in _modules():
        module = importlib.import_module(name)
        text = Path(module.__file__ or "").read_text()
        for attribute, value in vars(module).items():
            for pattern, methods in _patterns(value):
                used = re.findall(rf"\b{attribute}(?:\[[^\]]*\])?\.(\w+)\(", text)
                named = tuple(sorted(set(used) & set(METHODS)))
                found.setdefault(
                    (pattern.pattern, pattern.flags), Expression(f"{name}.{attribute}", pattern, methods or named)
                )
    return tuple(found.values())


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        yield package
        yield from (
            each.name for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        )


def _patterns(value: Any, depth: int = 0) -> Iterator[tuple[re.Pattern[Any], tuple[str, ...]]]:
    if isinstance(value, re.Pattern):
        yield value, ()
    elif isinstance(getattr(value, "__self__", None), re.Pattern):
        yield value.__self__, (value.__name__,)
    elif depth < 3:
        inner: Any = ()
        if isinstance(value, (list, tuple)):
            inner = value
        elif isinstance(value, dict):
            inner = value.values()
        elif type(value).__module__.partition(".")[0] in PACKAGES:
            inner = getattr(value, "__dict__", {}).values()
        for each in inner:
            yield from _patterns(each, depth + 1)


def texts() -> Iterator[str]:
    for head in HEADS:
        for repeated in REPEATED:
            for tail in TAILS:
                yield head + repeated * (LENGTH // len(repeated)) + tail


def slowest(use: Callable[[Any], Any], is_bytes: bool) -> tuple[float, str]:
    """How long the worst text takes, in seconds of the processor, and which it is."""
    worst = (0.0, "")
    for text in texts():
        begun = time.thread_time()
        found = use(text.encode() if is_bytes else text)
        if hasattr(found, "__next__"):
            list(found)
        worst = max(worst, (time.thread_time() - begun, f"{text[:12]!r}...{text[-60:]!r}"))
        if worst[0] > MOST_S:
            break
    return worst


def _use(pattern: re.Pattern[Any], method: str) -> Callable[[Any], Any]:
    if method == "sub":
        empty = b"" if isinstance(pattern.pattern, bytes) else ""
        return lambda text: pattern.sub(empty, text)
    use: Callable[[Any], Any] = getattr(pattern, method)
    return use


def test_they_are_found() -> None:
    assert len(expressions()) > 60
    assert {"handlers.numbers._A_NUMBER", "storage.masking._LONG_RUN"} <= {each.where for each in expressions()}


@pytest.mark.parametrize(
    "expression", [pytest.param(each, id=each.where) for each in expressions() if each.where not in SHORT]
)
def test_none_takes_more_time_than_the_text_is_long(expression: Expression) -> None:
    for method in expression.methods or ("search", "match", "fullmatch"):
        seconds, text = slowest(_use(expression.pattern, method), isinstance(expression.pattern.pattern, bytes))
        assert seconds < MOST_S, f"{method} takes {seconds:.2f} s for {text}"


def test_one_that_goes_by_the_square_would_be_noticed() -> None:
    assert slowest(re.compile(r"\s*\+?[\d ().-]+").fullmatch, False)[0] > MOST_S

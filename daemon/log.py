"""How the daemon talks to its operator: structured lines on stderr, one event each, nothing that a caller wrote unescaped."""

import logging
import sys
from typing import Literal
from unicodedata import bidirectional

import structlog
from structlog.typing import EventDict, WrappedLogger

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
VALUE_LIMIT = 500
TRACE_LIMIT = 8_000
# Letters and a symbol by name, and nothing to be seen: a name of them reads like none, or like another's.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def harmless(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""Text with everything escaped that a terminal or a log reader might obey, cut to `limit` characters.

    Control characters (ANSI sequences begin with one), line and paragraph separators, the marks that reverse the direction
    of writing, and what nobody sees (zero width, blank letters) become `\xNN` or `\uNNNN`; ordinary text, Cyrillic too, stays
    readable. Letters that are written from right to left stay as well: see `isolated`.
    """
    cut = text if len(text) <= limit else text[:limit] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(c if c.isprintable() and c not in _UNSEEN else escaped(c) for c in cut)


def escaped(character: str) -> str:
    r"""A character as `\xNN`, `\uNNNN` or `\UNNNNNNNN`."""
    return character.encode("unicode_escape").decode("ascii")


def is_right_to_left(text: str) -> bool:
    """Are there letters in it that are written from right to left, and take what stands beside them along?"""
    return not text.isascii() and any(bidirectional(c) in _RIGHT_TO_LEFT for c in text)


def isolated(text: str) -> str:
    """Text that turns nothing of what stands beside it: what is written from right to left stands between U+2068 and U+2069."""
    return f"\u2068{text}\u2069" if is_right_to_left(text) else text


def _make_harmless(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Under `exception` the console would write it on lines of its own. It says at its end what went wrong: it is not cut
    # short like what a caller wrote.
    trace = event.pop("exception", None)
    told = {key: harmless(value) if isinstance(value, str) else value for key, value in event.items()}
    return told if trace is None else told | {"trace": harmless(trace, TRACE_LIMIT)}


def _put_in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For a line that people read: what is no text as text, and letters written from right to left escaped (JSON escapes them too).

    A line of the log reads in the order in which it was written, whatever it is shown on.
    """
    told = {}
    for key, value in event.items():
        text = value if isinstance(value, str) else harmless(repr(value))
        told[key] = "".join(escaped(c) if is_right_to_left(c) else c for c in text) if not text.isascii() else text
    return told


def configure_log(level: str = "info", form: Literal["console", "json"] = "console") -> None:
    """Set up logging for the process: before anything is logged, and again when its settings change."""
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if form == "json"
        else [_put_in_order, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _make_harmless,
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,  # what is changed later holds for loggers that were used before
    )

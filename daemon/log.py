"""How the daemon talks to its operator: structured lines on stderr, one event each, nothing that a caller wrote unescaped."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
VALUE_LIMIT = 500
TRACE_LIMIT = 8_000


def harmless(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""Text with everything escaped that a terminal or a log reader might obey, cut to `limit` characters.

    Control characters (ANSI sequences begin with one), line and paragraph separators and the marks that reverse the direction
    of writing become `\xNN` or `\uNNNN`; ordinary text, Cyrillic too, stays readable.
    """
    cut = text if len(text) <= limit else text[:limit] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def _make_harmless(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Under `exception` the console would write it on lines of its own. It says at its end what went wrong: it is not cut
    # short like what a caller wrote.
    trace = event.pop("exception", None)
    told = {key: harmless(value) if isinstance(value, str) else value for key, value in event.items()}
    return told if trace is None else told | {"trace": harmless(trace, TRACE_LIMIT)}


def configure_log(level: str = "info", form: Literal["console", "json"] = "console") -> None:
    """Set up logging for the process: before anything is logged, and again when its settings change."""
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)]
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

"""Durations as people write them: `30s`, `5m`, `1h30m`, `400d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")


def seconds_of(value: object) -> float:
    """A duration in seconds; a bare number counts seconds. ValueError says what is expected."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a duration cannot be negative")
        return float(value)
    text = str(value).strip().lower()
    if not text or _PART.sub("", text).strip():
        raise ValueError(f'{str(value)!r} is no duration; write e.g. "20s", "5m", "1h30m", "7d"')
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def duration_text(seconds: float) -> str:
    """The shortest spelling of a duration."""
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds / _UNITS[unit])}{unit}"
    return f"{seconds:g}s"


Seconds = Annotated[float, BeforeValidator(seconds_of)]

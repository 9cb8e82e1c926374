"""Durations as people write them: `30s`, `5m`, `1h30m`, `400d`."""

import re
from dataclasses import dataclass

from config.problems import quoted
from config.refusal import refusal

SECOND, MINUTE, HOUR, DAY, WEEK = 1.0, 60.0, 3_600.0, 86_400.0, 604_800.0
_UNITS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 0.001}
_PARTS = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?){unit}\s*)?" for unit in _UNITS))
_BARE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
CENTURY = 36_525 * DAY


def seconds_of(value: object) -> float:
    """Seconds of a duration: text with units, largest first, or a bare number of seconds. ValueError if it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= CENTURY:
        return float(value)
    text = value.strip() if isinstance(value, str) else ""
    if _BARE.fullmatch(text):
        return float(text)
    match = _PARTS.fullmatch(text)
    if not text or match is None:
        raise ValueError("no duration")
    return round(sum(float(number) * _UNITS[unit] for unit, number in match.groupdict().items() if number), 6)


def duration_text(seconds: float) -> str:
    """The spelling of a duration that `seconds_of` reads back: `90` is `1m30s`."""
    rest, text = round(seconds * 1000), ""
    for unit, size in _UNITS.items():
        if unit == "w":
            continue  # 7d says as much, and keeps 400d a number of days
        count, rest = divmod(rest, round(size * 1000))
        text += f"{count}{unit}" if count else ""
    return text or "0s"


@dataclass(frozen=True, slots=True)
class DurationRange:
    """A validator: takes any spelling of a duration and gives seconds, refusing what lies outside `least`..`most`."""

    least: float = 0.0
    most: float = CENTURY

    def __call__(self, value: object) -> float:
        """Seconds; refused with a cure if it is no duration or out of range."""
        try:
            seconds = seconds_of(value)
        except ValueError:
            raise refusal(f"{quoted(value)} is no duration", 'write e.g. "20s", "5m", "1h30m", "7d"') from None
        if not self.least <= seconds <= self.most:
            least, most = duration_text(self.least), duration_text(self.most)
            raise refusal(f"{quoted(value)} is out of range", f'write a duration from "{least}" to "{most}"')
        return seconds

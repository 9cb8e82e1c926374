"""Recordings: AMI streams as JSON Lines, with the moments of arrival. Lines only; files are somebody else's.

Contract, section 4: `{"t": epoch seconds, "raw": one message with its CRLFs}`, `raw64` where the bytes are not UTF-8; other lines
carry `banner`, `sent` or `note`. Our own recorder also writes `mono`, the monotonic clock.
"""

import base64
from dataclasses import dataclass

import orjson

LATEST = 1e11
"""Epoch seconds in the sixth millennium: what is later was no time, and no calendar has it."""


class RecordingError(ValueError):
    """A line that is no line of a recording; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a message (`raw`, with its end), or one of the others."""

    t: float
    mono: float | None = None
    raw: bytes | None = None
    banner: str | None = None
    sent: str | None = None
    note: str | None = None


def parse_line(line: bytes) -> Entry:
    """An entry of a line; RecordingError where it is none."""
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise RecordingError(f"not JSON: {error}") from None
    t = _number(fields, "t") if isinstance(fields, dict) else None
    if t is None:
        raise RecordingError('not an object with a number "t"')
    if not 0 <= t <= LATEST:
        raise RecordingError(f'"t" is no moment in epoch seconds: {t}')
    return Entry(
        t,
        _number(fields, "mono"),
        _raw(fields),
        _text(fields, "banner"),
        _text(fields, "sent"),
        _text(fields, "note"),
    )


def _number(fields: dict[str, object], name: str) -> float | None:
    value = fields.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _raw(fields: dict[str, object]) -> bytes | None:
    raw = fields.get("raw")
    if isinstance(raw, str):
        return raw.encode()
    raw64 = fields.get("raw64")
    if not isinstance(raw64, str):
        return None
    try:
        return base64.b64decode(raw64, validate=True)
    except ValueError as error:
        raise RecordingError(f"raw64: {error}") from None


def message_line(raw: bytes, t: float, mono: float) -> bytes:
    """The line of one message, with its line end."""
    try:
        return orjson.dumps({"t": t, "mono": mono, "raw": raw.decode()}) + b"\n"
    except UnicodeDecodeError:
        return orjson.dumps({"t": t, "mono": mono, "raw64": base64.b64encode(raw).decode()}) + b"\n"


def other_line(kind: str, text: str, t: float, mono: float) -> bytes:
    """The line of a `banner`, a `sent` or a `note`, with its line end."""
    return orjson.dumps({"t": t, "mono": mono, kind: text}) + b"\n"

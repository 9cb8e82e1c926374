"""What somebody says of a case, made sure of: a number that can be called, a time that can be, a name and a text of a sane length."""

import re
from datetime import UTC, datetime
from typing import Any

from config.durations import DAY, seconds_of
from handlers.numbers import USABLE_DIGITS
from storage.requests import Asked

BODY_LONGEST = 65_536
"""Bytes of what somebody says by HTTP or MQTT."""
NAME_LONGEST = 100
TEXT_LONGEST = 2000
CLAIMED_FOR = "30m"
CLAIM_LONGEST_S = 7 * DAY
NUMBER_LONGEST = 40
# Two clocks that agree well enough.
_AHEAD_S = 60.0
_FIELDS = frozenset({"number", "at", "by", "note", "v"})
_A_NUMBER = re.compile(r"\s*+\+?[\d ().-]++\s*", re.ASCII)


class BadWordsError(ValueError):
    """It cannot be understood; the message says why, and what would be."""


def contact_of(number: object, at: object, by: object, note: object, now: float) -> Asked:
    """A contact outside of the PBX, or BadWordsError. `at`: epoch seconds or ISO 8601 with its zone; None: now."""
    if not isinstance(number, str) or len(number) > NUMBER_LONGEST or not _A_NUMBER.fullmatch(number):
        raise BadWordsError("number is a telephone number, e.g. +79001112233")
    if len(re.sub(r"\D", "", number)) < USABLE_DIGITS:
        raise BadWordsError(f"number has at least {USABLE_DIGITS} digits")
    return _spoken(number.strip(), at, by, note, now)


def _spoken(subject: str, at: object, by: object, note: object, now: float) -> Asked:
    spoke_at = moment_of(at, now)
    if spoke_at > now + _AHEAD_S:
        raise BadWordsError("at is in the future; tell a contact once it was")
    return Asked(kind="contact", subject=subject, at=spoke_at, by=name_of(by), text=text_of(note))


def contact_in(body: object, now: float) -> Asked:
    """A contact as JSON has it, by HTTP or by MQTT; raises BadWordsError."""
    if not isinstance(body, dict):
        raise BadWordsError("a contact is an object with number and by, and perhaps at and note")
    if not body.keys() <= _FIELDS:
        raise BadWordsError(f"a contact has {', '.join(sorted(_FIELDS))}, and nothing else")
    return contact_of(body.get("number"), body.get("at"), body.get("by"), body.get("note"), now)


def case_contact_in(body: object, number: str, now: float) -> Asked:
    """A contact with the one whose case it is, as JSON has it: `by`, and perhaps `at` and `note`; raises BadWordsError."""
    said = _object(body, {"by", "at", "note", "v"})
    return _spoken(number, said.get("at"), said.get("by"), said.get("note"), now)


def claim_in(body: object, case_id: str, now: float) -> Asked:
    """A claim as JSON has it: `by`, and `for` how long (30 minutes), or `release`; raises BadWordsError."""
    said = _object(body, {"by", "for", "release", "v"})
    if not isinstance(said.get("release", False), bool):
        raise BadWordsError("release is true: leave it to others again")
    return claim_of(case_id, said.get("by"), said.get("for", CLAIMED_FOR), said.get("release", False), now)


def claim_of(case_id: str, by: object, duration: object, release: bool, now: float) -> Asked:
    """Somebody calls this one back himself for a while, or no longer; BadWordsError."""
    try:
        claimed_s = seconds_of(duration) if isinstance(duration, str | int | float) else -1.0
    except ValueError:
        claimed_s = -1.0
    if not 0 < claimed_s <= CLAIM_LONGEST_S:
        raise BadWordsError('for is how long others leave it to you, up to "7d", e.g. "30m" or 1800')
    return Asked(kind="claim", subject=case_id, at=None if release else now + claimed_s, by=name_of(by))


def dismissal_in(body: object, case_id: str) -> Asked:
    """The end of a case by hand as JSON has it: `by`, and perhaps `why`; raises BadWordsError."""
    said = _object(body, {"by", "why", "v"})
    return Asked(
        kind="dismiss", subject=case_id, at=None, by=name_of(said.get("by")), text=text_of(said.get("why"), "why")
    )


def note_in(body: object) -> tuple[str, str]:
    """A note as JSON has it, `by` and `text`: who says what; raises BadWordsError."""
    said = _object(body, {"by", "text", "v"})
    text = text_of(said.get("text"), "text")
    if text is None:
        raise BadWordsError(f"text is what is to be noted, up to {TEXT_LONGEST} characters")
    return name_of(said.get("by")), text


def _object(body: object, fields: set[str]) -> dict[str, Any]:
    names = ", ".join(sorted(fields))
    if not isinstance(body, dict) or not body.keys() <= fields:
        raise BadWordsError(f"the body is an object with {names}, and nothing else")
    return body


def moment_of(value: object, now: float) -> float:
    """A moment as epoch seconds; None is now."""
    if value is None:
        return now
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and moment >= datetime(1970, 1, 1, tzinfo=UTC):
            return moment.timestamp()
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= now * 2:
        return float(value)
    raise BadWordsError("at is a moment with its zone, e.g. 2026-11-23T18:04:05Z, or epoch seconds")


def name_of(value: object) -> str:
    """Who says it."""
    name = " ".join(value.split()) if isinstance(value, str) and len(value) <= NAME_LONGEST else ""
    if not name:
        raise BadWordsError(f"by is a name of at most {NAME_LONGEST} characters: who says it")
    return name


def text_of(value: object, name: str = "note") -> str | None:
    """What he adds, or None."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > TEXT_LONGEST:
        raise BadWordsError(f"{name} is a text of at most {TEXT_LONGEST} characters")
    return value.strip() or None

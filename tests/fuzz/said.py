"""What other programs say of cases, of any bytes: contacts from the broker, and the bodies of what is asked by HTTP."""

from collections.abc import Iterator

import orjson

from daemon.case_words import (
    CLAIM_LONGEST_S,
    NAME_LONGEST,
    TEXT_LONGEST,
    BadWordsError,
    claim_in,
    contact_in,
    dismissal_in,
    note_in,
)
from tests.fuzz.target import Target

NOW = 1_795_450_000.0
_AHEAD_S = 60.0


def run(data: bytes) -> None:
    """Each is understood, and then within bounds; or refused in words that repeat nothing of it."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    for understand in (_contact, _claim, _dismissal, _note):
        try:
            understand(body)
        except BadWordsError as error:
            assert str(error).isprintable()  # noqa: PT017 - either outcome is right


def _contact(body: object) -> None:
    asked = contact_in(body, NOW)
    assert asked.at is not None
    assert 0 <= asked.at <= NOW + _AHEAD_S
    assert asked.subject.isascii()
    assert len(asked.subject) <= 40
    _check_texts(asked.by, asked.text)


def _claim(body: object) -> None:
    asked = claim_in(body, "1.2", NOW)
    assert asked.at is None or NOW < asked.at <= NOW + CLAIM_LONGEST_S
    _check_texts(asked.by, asked.text)


def _dismissal(body: object) -> None:
    asked = dismissal_in(body, "1.2")
    _check_texts(asked.by, asked.text)


def _note(body: object) -> None:
    _check_texts(*note_in(body))


def _check_texts(by: str, text: str | None) -> None:
    assert 0 < len(by) <= NAME_LONGEST
    assert text is None or 0 < len(text) <= TEXT_LONGEST
    (by + (text or "")).encode()


def seeds() -> Iterator[bytes]:
    """One of each kind, right and nearly right."""
    yield b'{"number": "+79001112233", "by": "Anna", "at": "2026-11-23T18:04:05Z", "note": "by e-mail"}'
    yield b'{"number": "8 (900) 111-22-33", "by": "Anna", "at": 1795440000.5, "v": 1}'
    yield b'{"by": "Anna", "for": "30m"}'
    yield b'{"by": "Anna", "for": 1800, "release": false}'
    yield b'{"by": "Anna", "release": true}'
    yield b'{"by": "Anna", "why": "spam"}'
    yield b'{"by": "Anna", "text": "calls again at six"}'
    yield b'{"by": "\\u0000\\ud83d\\ude00", "text": "\\u202e", "at": "0001-01-01T00:00:00+23:59"}'
    yield b'[1e308, -0, null, true, {"a": [[]]}, 9999999999999999999999]'


WORDS = (
    *(b'"number": ', b'"by": ', b'"at": ', b'"note": ', b'"for": ', b'"release": ', b'"why": ', b'"text": ', b'"v": 1'),
    *(
        b'"+79001112233"',
        b'"2026-11-23T18:04:05Z"',
        b'"9999-12-31T23:59:59-23:59"',
        b'"7d"',
        b"true",
        b"null",
        b"1e999",
    ),
    *(b"\\ud800", b"\\u0000", b"1e-400", b"99999999999999999999", b"NaN"),
)
TARGETS = (Target("said", run, seeds, WORDS, 1024),)

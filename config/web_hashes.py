"""Hashes that stand in for what they were made of: tokens by SHA-256, passwords by bcrypt."""

import hashlib
import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from config.fields import Secret
from config.refusal import refusal

TOKEN_MARK = "sha256:"  # noqa: S105 - no password
# Below this a hash of a password is made as fast as others are guessed; above it a login takes seconds.
COST_LEAST, COST_MOST = 4, 31
COST_SLOW = 13
_TOKEN_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


def token_hash(token: str) -> str:
    """What the settings may hold in the token's place.

    Plain SHA-256: who can try all of what `make-token` makes (32 random bytes) is stopped by no slower one.
    """
    return TOKEN_MARK + hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _hashed(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or _TOKEN_HASH.fullmatch(text):
        return value
    if text.startswith(TOKEN_MARK):
        raise refusal("begins like a token's hash and is none", "ringtally make-token prints a token and its hash")
    return SecretStr(token_hash(text))


TokenHash = Annotated[Secret, AfterValidator(_hashed)]
"""Given as a token or as its hash, kept as the hash; empty: none."""


def bcrypt_cost(hashed: str) -> int:
    """How many times the work doubles with which this valid hash is made."""
    match = _BCRYPT.fullmatch(hashed)
    if match is None:
        raise ValueError("no bcrypt hash")
    return int(match[1])


def bcrypt_fault(hashed: object) -> tuple[str, str] | None:
    """What is wrong with a password's hash, and the cure; None: nothing. Never shows it."""
    match = _BCRYPT.fullmatch(hashed) if isinstance(hashed, str) else None
    if match is None:
        return "is no bcrypt hash", "ringtally hash-password prints one"
    if not COST_LEAST <= int(match[1]) <= COST_MOST:
        return f"has a cost of {match[1]}, which bcrypt does not know", "ringtally hash-password prints one"
    return None

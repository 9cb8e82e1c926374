"""What a request may do: found out once, before its handler, and asked there."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from config.web_hashes import TOKEN_MARK

TOKEN_HEADER = "X-Ringtally-Token"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True)
class Access:
    """What one request may do."""

    reads_all: bool = False
    writes: bool = False


_IN_HEADER = 2
ACCESS = web.RequestKey("access", Access)
_NONE = Access()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The hashes of both tokens, as `config.web_hashes.token_hash` makes them; empty: there is none."""

    read: str = ""
    write: str = ""

    def access(self, given: list[str]) -> Access:
        """What these tokens allow together."""
        hashes = [hashlib.sha256(each.encode("utf-8", "surrogateescape")).hexdigest() for each in given]
        return Access(_is_among(self.read, hashes), _is_among(self.write, hashes))


def _is_among(wanted: str, hashes: list[str]) -> bool:
    matches = [
        hmac.compare_digest(TOKEN_MARK + each, wanted) for each in hashes
    ]  # all, so that none is told by its time
    return bool(wanted) and any(matches)


def given_tokens(request: web.Request) -> Iterator[str]:
    """The tokens that a request bears: beside a password they have a header of their own, for both.

    More than that are not looked at: each is a guess.
    """
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        yield rest.strip()
    for token in request.headers.get(TOKEN_HEADER, "").split(",", _IN_HEADER)[:_IN_HEADER]:
        if token.strip():
            yield token.strip()


def may_read_all(request: web.Request) -> bool:
    """May it see numbers, names and notes?"""
    return _access(request).reads_all


def may_write(request: web.Request) -> bool:
    """May it record what people say?"""
    return _access(request).writes


def _access(request: web.Request) -> Access:
    found: Access = request.get(ACCESS, _NONE)
    return found

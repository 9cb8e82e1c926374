"""The gate before every handler: whose browser asks, by which name, with which password and token (contract, section 6).

The password opens the door, for all that is behind it; the token says what may be done there. Basic auth takes the header
`Authorization` for itself, so a token can come in one of its own as well.
"""

import asyncio
import base64
import binascii
import math
from collections.abc import Awaitable, Callable, Collection

from aiohttp import web

from config.web_config import WebConfig
from daemon import clock
from daemon.http_access import ACCESS, Access, Tokens, given_tokens
from daemon.http_failures import Failures, Fingerprints
from daemon.http_origin import is_from_elsewhere, is_our_name
from daemon.http_passwords import Passwords
from daemon.http_refusals import Refusals

BODY_WITHIN_S = 10.0
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="ringtally", charset="UTF-8"'}
_GUESSING = "wrong passwords or tokens come from there: see who asks, and whether a program of yours has an old one"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """Lets requests through to their handlers, with their `Access`. `web_config` is asked each time: the file may change."""

    def __init__(
        self,
        tokens: Tokens,
        refusals: Refusals,
        hosts: Collection[str] = (),
        web_config: Callable[[], WebConfig | None] = lambda: None,
    ) -> None:
        self._tokens = tokens
        self._refusals = refusals
        self._hosts = frozenset(host.lower() for host in hosts)
        self._web_config = web_config
        self._fingerprints = Fingerprints()
        self._failures = Failures()
        self._passwords = Passwords(self._fingerprints)
        self._next_at = 0.0

    async def let_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer; web.HTTPException where the request is turned away."""
        found = self._web_config() or WebConfig()
        self._check_pace(found)
        self._check_browser(request, found)
        address = request.remote or ""
        if found.users:
            await self._check_password(request, found, address)
        access = request[ACCESS] = self._access(request, address)
        if access.writes:
            await self._hear_out(request)
        return await handler(request)

    def close(self) -> None:
        """Nothing is checked any more."""
        self._passwords.close()

    def _check_pace(self, found: WebConfig) -> None:
        """One request in `interval_s` in the long run, and `burst` at once, of all together."""
        if not found.interval_s:
            return
        now = clock.monotonic()
        due = max(self._next_at, now - (found.burst - 1) * found.interval_s)
        if due > now:
            self._refusals.count("too_many_requests")
            self._refusals.tell("too_many_requests", "see rate_limit in http.web_config_file")
            raise web.HTTPTooManyRequests(reason="too many requests", headers=_retry(due - now))
        self._next_at = due + found.interval_s

    def _check_browser(self, request: web.Request, found: WebConfig) -> None:
        if is_from_elsewhere(request):
            self._refusals.count("origin")
            raise web.HTTPForbidden(reason="a page of another origin may not write here")
        is_guarded = found.users or found.tls is not None
        if not is_guarded and not is_our_name(request.headers.get("Host"), self._hosts):
            self._refusals.count("host")
            cure = "add the name to http.hosts, if browsers or a proxy may ask by it"
            self._refusals.tell("host", cure, host=request.headers.get("Host", ""))
            raise web.HTTPMisdirectedRequest(reason="nobody is known by that name here; see http.hosts")

    async def _check_password(self, request: web.Request, found: WebConfig, address: str) -> None:
        given = _name_and_password(request)
        if given is None:
            raise web.HTTPUnauthorized(headers=_CHALLENGE)
        word = self._passwords.word(found.users, *given)
        if self._failures.is_known_wrong(word):
            self._wrong_password()
        self._check_patience(address)
        if self._passwords.is_known_right(word):
            return
        verdict = await self._passwords.check(found.users, *given)
        if verdict == "busy":
            self._refusals.count("busy")
            self._refusals.tell("busy", "many passwords are tried: see who asks", address=address)
            raise web.HTTPTooManyRequests(reason="too many passwords are being tried", headers=_retry(1.0))
        if verdict == "wrong":
            self._note_failure(address, word)
            self._wrong_password()

    def _wrong_password(self) -> None:
        self._refusals.count("password")
        raise web.HTTPUnauthorized(headers=_CHALLENGE)

    def _access(self, request: web.Request, address: str) -> Access:
        given = list(given_tokens(request))
        if not given:
            return Access()
        words = [self._fingerprints.of("token", each) for each in given]
        if not all(map(self._failures.is_known_wrong, words)):
            self._check_patience(address)
            access = self._tokens.access(given)
            if access != Access():
                return access
            for word in words:
                self._note_failure(address, word)
        self._refusals.count("token")
        return Access()  # a wrong token is none

    def _check_patience(self, address: str) -> None:
        wait_s = self._failures.wait_s(address)
        if wait_s:
            self._refusals.count("too_many_failures")
            raise web.HTTPTooManyRequests(reason="too many wrong passwords or tokens", headers=_retry(wait_s))

    def _note_failure(self, address: str, word: bytes) -> None:
        if self._failures.note(address, word):
            self._refusals.tell("too_many_failures", _GUESSING, address=address)

    async def _hear_out(self, request: web.Request) -> None:
        """Read the body of who may write, for so long and no longer; the handler finds it read."""
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                await request.read()
        except TimeoutError:
            self._refusals.count("slow_body")
            raise web.HTTPRequestTimeout(reason="the body did not come in time") from None


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(math.ceil(seconds), 1))}


def _name_and_password(request: web.Request) -> tuple[str, str] | None:
    """As RFC 7617 has them, in UTF-8; None where there are none."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None

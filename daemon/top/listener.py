"""Listens to the daemon's stream over HTTP, and comes back to it for ever."""

import asyncio
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import NoReturn

import aiohttp

from daemon import clock
from daemon.backoff import Backoff
from daemon.http_access import TOKEN_HEADER
from daemon.http_server import ALL_TOLD
from daemon.log import harmless
from daemon.top.heard import Heard

# A comment comes each five seconds.
SILENT_AFTER_S = 12.0
CONNECT_WITHIN_S = 5.0
_FIRST_S, _MOST_S = 0.5, 5.0
# Of one message; the lists in it are bounded.
_LONGEST = 16_777_216
_REASON_LIMIT = 200


class TurnedAwayError(Exception):
    """The daemon answers, and asking again would not help; the message says what would."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the daemon listens (`http://host:port`), and what to show there."""

    url: str
    token: str = field(default="", repr=False)
    login: str = field(default="", repr=False)
    """The header `Authorization`; empty: none."""
    tls: ssl.SSLContext | None = None

    def session(self) -> aiohttp.ClientSession:
        """A client that comes in by it."""
        shown = {TOKEN_HEADER: self.token, "Authorization": self.login}
        return aiohttp.ClientSession(
            headers={name: value for name, value in shown.items() if value},
            connector=aiohttp.TCPConnector(ssl=True if self.tls is None else self.tls),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_WITHIN_S, sock_read=SILENT_AFTER_S),
        )


async def listen(door: Door, heard: Heard, changed: Callable[[], None]) -> NoReturn:
    """Keep `heard` up to date and say each time that something changed. Raises TurnedAwayError."""
    pause = Backoff(_FIRST_S, _MOST_S)
    async with door.session() as session:
        while True:
            try:
                await _listen_once(session, door, heard, changed, pause)
                why = "the connection was closed"
            except aiohttp.ClientConnectorCertificateError as error:
                raise TurnedAwayError(f"{door.url}: {error.certificate_error}; see --ca-file") from None
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                why = _reason(error)
            heard.lose(clock.now(), why)
            changed()
            await asyncio.sleep(pause.next_s())


async def _listen_once(
    session: aiohttp.ClientSession, door: Door, heard: Heard, changed: Callable[[], None], pause: Backoff
) -> None:
    async with session.get(f"{door.url}/api/v1/stream", allow_redirects=False) as answer:
        await _check(answer, door)
        heard.begin(_skew_s(answer))
        pause.reset()
        rest = b""
        async for part in answer.content.iter_any():
            *frames, rest = (rest + part).split(b"\n\n")
            if len(rest) > _LONGEST:
                raise aiohttp.ClientPayloadError("a message is too long")
            for frame in frames:
                _tell(frame, heard)
            changed()


def _tell(frame: bytes, heard: Heard) -> None:
    topic, body = "", b""
    for line in frame.split(b"\n"):
        if line.startswith(b"event: "):
            topic = line[7:].decode("utf-8", "replace")
        elif line.startswith(b"data: "):
            body = line[6:]
        elif line == ALL_TOLD.strip():
            heard.complete()
    if topic and not topic.startswith("event/"):
        heard.take(topic, body)


async def _check(answer: aiohttp.ClientResponse, door: Door) -> None:
    """TurnedAwayError, or a ClientError where it may be otherwise in a moment."""
    if answer.ok and answer.content_type == "text/event-stream":
        return
    said = harmless((await answer.content.read(_REASON_LIMIT)).decode("utf-8", "replace").strip(), _REASON_LIMIT)
    match answer.status:
        case 401:
            how = "is wrong" if door.login else "is needed: --user"
            raise TurnedAwayError(f"{door.url}: a name with its password {how}")
        case 421:
            raise TurnedAwayError(f"{door.url}: {said}; ask by its address, or add the name to http.hosts")
        case 429 | 503 | 502 | 504:
            raise aiohttp.ClientPayloadError(f"{answer.status} {said}")
        case status:
            raise TurnedAwayError(f"{door.url}: no ringtally answers there ({status} {said})")


def _skew_s(answer: aiohttp.ClientResponse) -> float:
    with suppress(ValueError, TypeError):
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() - clock.now()
    return 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return (
            os.strerror(number) if number is not None and number > 0 else harmless(str(error.os_error), _REASON_LIMIT)
        )
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return harmless(str(error) or type(error).__name__, _REASON_LIMIT)

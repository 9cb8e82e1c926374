"""Whom to ask, as whom, and how one logs in: plainly, or without ever sending the secret."""

import asyncio
import hashlib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field

from daemon.ami_protocol import AmiError, AmiProtocol
from handlers.ami.message import Message

# Asterisk greets at once; a proxy may not greet at all.
GREETED_WITHIN_S = 2.0
GREETING = "Asterisk Call Manager"


class LoginRefusedError(AmiError):
    """Wrong user or secret, or the account may not log in from here."""


@dataclass(frozen=True, slots=True)
class AmiAccount:
    """Whom to ask, and as whom. The secret never shows in repr."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    md5: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    ping_interval_s: float = 2.0
    ping_timeout_s: float = 5.0
    timeout_s: float = 10.0
    reconnect_most_s: float = 60.0
    strict_rights: bool = False


async def log_in(protocol: AmiProtocol, account: AmiAccount) -> None:
    """Log in, by MD5 challenge where the account says so.

    Raises LoginRefusedError, TimeoutError, AmiLostError, or AmiError where whoever listens there is no Asterisk: then nothing
    was sent to it.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(GREETED_WITHIN_S):
            await protocol.banner.wait()
    banner = protocol.framer.banner
    if banner is not None and not banner.startswith(GREETING):
        raise AmiError(f"no Asterisk listens there: it says {banner[:60]!r}")
    login = {"Action": "Login", "Username": account.username, "Events": "on"}
    if account.md5:
        (answer, *_) = await protocol.ask({"Action": "Challenge", "AuthType": "MD5"}, account.timeout_s)
        challenge = Message(answer).get("Challenge")
        if not challenge:
            raise AmiError(f"no MD5 challenge: {Message(answer).get('Message') or 'an empty answer'}")
        key = hashlib.md5((challenge + account.secret).encode(), usedforsecurity=False).hexdigest()
        login |= {"AuthType": "MD5", "Key": key}
    else:
        login |= {"Secret": account.secret}
    (answer, *_) = await protocol.ask(login, account.timeout_s)
    message = Message(answer)
    if message.get("Response") != "Success":
        raise LoginRefusedError(message.get("Message") or "login refused")

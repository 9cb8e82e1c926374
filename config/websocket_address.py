"""Where browsers reach a broker: a `ws://` or `wss://` address that may stand in a page which everybody can read."""

import re
from typing import Annotated

from pydantic import AfterValidator

from config.fields import host_and_port, is_loopback
from config.problems import quoted
from config.refusal import refusal

_LONGEST = 200
_PARTS = re.compile(r"(wss?)://([^/]*)(/.*)?", re.DOTALL)
# Signs that mean nothing in HTML, in a script or in a Content-Security-Policy.
_PATH = re.compile(r"(?:/|[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*")
_PORT = re.compile(r":[^\]]*$")
_CURE = 'write e.g. "ws://broker.example.com:9001/" or "wss://board.example.com/mqtt"'


def _websocket(value: str) -> str:
    if not value:
        return value
    # Whatever is shown in neither of the next two may be a secret.
    if "@" in value:
        raise refusal("has a name or password in it, for all who open the page", f"leave them out; {_CURE}")
    if "?" in value or "#" in value:
        raise refusal('has a part after "?" or "#", for all who open the page', f"leave it out; {_CURE}")
    parts = _PARTS.fullmatch(value)
    if parts is None or len(value) > _LONGEST:
        raise refusal(f"{quoted(value)} is no address of a websocket", f"{_CURE}: browsers speak MQTT in no other way")
    if not _PATH.fullmatch(parts[3] or ""):
        raise refusal(f"{quoted(value)} has signs in its path that cannot be there", _CURE)
    try:
        _, port = host_and_port(parts[2] if _PORT.search(parts[2]) else f"{parts[2]}:80")
    except ValueError as error:
        raise refusal(f"{quoted(value)} {error}", _CURE) from None
    if not port:
        raise refusal(f"{quoted(value)} has no port that can be reached", _CURE)
    return value


WebsocketAddress = Annotated[str, AfterValidator(_websocket)]
"""Empty: none."""


def leads_home(address: str) -> bool:
    """Does this valid address lead each browser to the machine on which it runs itself?"""
    parts = _PARTS.fullmatch(address)
    return parts is not None and is_loopback(_PORT.sub("", parts[2]).strip("[]"))

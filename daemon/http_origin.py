"""Browsers that others lead to us: a page from elsewhere must neither read what this machine's browser may, nor write in its name.

Whoever listens on loopback is asked by every page that is open on the machine. Pages of other origins cannot read our answers, for we
send no CORS header; but one whose own name is made to point at 127.0.0.1 (DNS rebinding) is of our origin, by that name. So names that
the world's DNS can hand out are known to us or refused. Where a password is asked for, or TLS proves our name, such a page has nothing
to show and gets nothing.
"""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

# Nobody can buy a name below these (RFC 6761, 6762, 8375, ICANN's internal), or one without a dot.
_LOCAL = (".localhost", ".localdomain", ".local", ".lan", ".internal", ".home.arpa")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME = frozenset({"same-origin", "none"})


def is_our_name(host_header: str | None, hosts: Collection[str]) -> bool:
    """May a browser ask for us by this `Host`? `hosts`: further names, in lower case. Without the header it is no browser."""
    if host_header is None:
        return True
    name = _name_of(host_header)
    if name is None:
        return False
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return "." not in name or name.endswith(_LOCAL) or name in hosts or name in _own_names()
    return True


def _name_of(host_header: str) -> str | None:
    try:
        name = urlsplit(f"//{host_header}").hostname
    except ValueError:
        return None
    return name.rstrip(".") if name else None


def _own_names() -> set[str]:
    return {socket.gethostname().lower()}


def is_from_elsewhere(request: web.Request) -> bool:
    """Does a browser say that a page of another origin makes it write?"""
    if request.method in _READING:
        return False
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and _authority(origin) != request.headers.get("Host", "").lower()


def _authority(origin: str) -> str | None:
    """The host and port of an origin; None where it has none ("null")."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None

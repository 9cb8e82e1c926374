"""Guessing is slow: per address a few wrong passwords or tokens, then one in six seconds, and nothing else is looked at meanwhile.

A program that goes on with a password of yesterday guesses nothing: the same wrong word again counts no more, and shuts out nobody
who asks from the same address. What is remembered of words are keyed hashes, and the key dies with the process.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Hashable

from daemon import clock

FAILURES_AT_ONCE = 10
FORGIVEN_EVERY_S = 6.0
ADDRESSES_MOST = 1000
WORDS_MOST = 1000
_IPV6_SHARED = 64


class Fingerprints:
    """Keyed hashes of secrets, to know one again without keeping it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, *parts: str) -> bytes:
        """The same for the same parts alone."""
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in parts:
            data = part.encode("utf-8", "surrogateescape")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()


class Remembered:
    """The latest of some things, at most so many of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, thing: Hashable) -> bool:
        if thing not in self._things:
            return False
        self._things.move_to_end(thing)
        return True

    def __len__(self) -> int:
        return len(self._things)

    def add(self, thing: Hashable) -> None:
        """Remember it; the one that was asked for longest ago goes."""
        self._things[thing] = None
        self._things.move_to_end(thing)
        if len(self._things) > self._most:
            self._things.popitem(last=False)


class Failures:
    """Wrong words by address. Memory is bounded: of more than `ADDRESSES_MOST` the one seen longest ago is forgotten."""

    def __init__(self) -> None:
        self._wrong = Remembered(WORDS_MOST)
        self._full_until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_until)

    def is_known_wrong(self, word: bytes) -> bool:
        """Was this one (its fingerprint) wrong before?"""
        return word in self._wrong

    def wait_s(self, address: str) -> float:
        """For how long nothing is looked at that comes from there; 0: it is."""
        # The moment at which all is forgiven, of which each failure takes six seconds: more than nine still to come is too many.
        left = self._full_until.get(shared_address(address), 0.0) - clock.monotonic()
        return max(left - (FAILURES_AT_ONCE - 1) * FORGIVEN_EVERY_S, 0.0)

    def note(self, address: str, word: bytes) -> bool:
        """A wrong word came from there; is it one too many now?"""
        self._wrong.add(word)
        key, now = shared_address(address), clock.monotonic()
        self._full_until[key] = max(self._full_until.get(key, now), now) + FORGIVEN_EVERY_S
        self._full_until.move_to_end(key)
        if len(self._full_until) > ADDRESSES_MOST:
            self._full_until.popitem(last=False)
        return self.wait_s(address) > 0


def shared_address(address: str) -> str:
    """What one guesser cannot change at will: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_SHARED), strict=False))

"""Passwords against bcrypt hashes, which are slow on purpose: off the loop, one at a time, and never more than a quarter of a processor.

On the machine of a PBX that is the point: whoever tries passwords as fast as he can costs it no more than that.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import bcrypt

from config.web_hashes import bcrypt_cost
from daemon import clock
from daemon.http_failures import Fingerprints, Remembered

SHARE = 0.25
SAVED_MOST_S = 3.0
# What the first check is taken to cost; after it, as much as the last one did.
GUESSED_S = 0.1
RIGHT_MOST = 200
_BYTES_MOST = 72  # bcrypt looks at no more, in Go neither

Verdict = Literal["right", "wrong", "busy"]


class Passwords:
    """Checks names and passwords. A right one is remembered (as a keyed hash) until its bcrypt hash is another."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self._right = Remembered(RIGHT_MOST)
        self._thread = ThreadPoolExecutor(1, "bcrypt")
        self._nobodys = {cost: _hash_of_nobody(cost) for cost in (10,)}
        self._saved_s, self._saved_at = SAVED_MOST_S, clock.monotonic()
        self._last_s = GUESSED_S

    def word(self, users: Mapping[str, str], name: str, password: str) -> bytes:
        """By what this try is known again; another once the user's hash is changed."""
        return self._fingerprints.of("basic", name, users.get(name, ""), password)

    def is_known_right(self, word: bytes) -> bool:
        """Was this one right before?"""
        return word in self._right

    async def check(self, users: Mapping[str, str], name: str, password: str) -> Verdict:
        """Is this the user's password? A name that there is not takes as long. `busy`: too many were tried of late."""
        if self._saved() <= 0:
            return "busy"
        self._saved_s -= self._last_s
        hashed = users.get(name) or self._hash_of_nobody(users)
        took_s, is_right = await asyncio.get_running_loop().run_in_executor(self._thread, _timed, password, hashed)
        self._saved_s -= took_s - self._last_s
        self._last_s = took_s
        if not is_right or name not in users:
            return "wrong"
        self._right.add(self.word(users, name, password))
        return "right"

    def close(self) -> None:
        """No more checks; one that goes on is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _saved(self) -> float:
        """How much of a processor's time may be spent now."""
        now = clock.monotonic()
        self._saved_s = min(self._saved_s + (now - self._saved_at) * SHARE, SAVED_MOST_S)
        self._saved_at = now
        return self._saved_s

    def _hash_of_nobody(self, users: Mapping[str, str]) -> str:
        cost = max(map(bcrypt_cost, users.values()))
        if cost not in self._nobodys:
            self._nobodys = {cost: _hash_of_nobody(cost)}
        return self._nobodys[cost]


def _hash_of_nobody(cost: int) -> str:
    return bcrypt.gensalt(cost).decode() + secrets.token_urlsafe(24)[:31].replace("-", ".").replace("_", "/")


def _timed(password: str, hashed: str) -> tuple[float, bool]:
    """What it took of a processor, and whether it is the one."""
    began = time.thread_time()
    try:
        given = password.encode("utf-8", "surrogateescape")[:_BYTES_MOST]
        is_right = bcrypt.checkpw(given, hashed.encode())
    except ValueError:
        is_right = False
    return time.thread_time() - began, is_right

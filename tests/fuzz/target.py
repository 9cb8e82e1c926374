"""What is fuzzed, as one value: a function of bytes that raises where something is wrong, and what to begin with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`run` raises (AssertionError, or what should have been caught) where these bytes do what they must not.

    `seeds` are inputs that mean something; `words` are what the language of the input is made of; `longest` in bytes.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    longest: int = 4096

"""One fault: its name, what it needs beside PBX and daemon, and how it is brought about, turn by turn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.torture.arena import Arena
from tests.torture.real_arena import RealArena


@dataclass(frozen=True, slots=True)
class Fault:
    """`bout` brings it about for as many turns as the arena has, with the daemon ready before the first one."""

    name: str
    bout: Callable[[Arena], Awaitable[None]]
    weight: float = 1.0
    """Its share of the time, against the others."""
    short: int = 0
    """How many turns it has in the short form; 0: it is not played there."""
    needs_broker: bool = False
    needs_disk: bool = False
    """A small file system of its own."""


@dataclass(frozen=True, slots=True)
class RealFault:
    """The same beside a real Asterisk of this version."""

    name: str
    bout: Callable[[RealArena], Awaitable[None]]
    version: int
    weight: float = 1.0
    short: int = 0

"""The only reader of the time of day, and of the clocks beside it.

A wall clock that is set in the middle of a call would make an hour of a minute, or nothing of an hour. So steps of more than
2 s against the monotonic clock are left out, until somebody calls `settle` who moves everything that was stamped before.
"""

import time
from functools import cache
from pathlib import Path

from handlers.steady_time import SteadyTime, Uptime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_steady = SteadyTime()


def now() -> float:
    """The time of day: epoch seconds, UTC, without the steps since the last `settle`."""
    return _steady.at(time.time(), time.monotonic())


def stepped_s() -> float:
    """By how much the wall clock was set and `now` was not, in seconds; 0: they agree."""
    return _steady.offset_s


def settle() -> None:
    """Take the steps over: from now on `now` is the wall clock again. What was stamped before has to be moved by `stepped_s`."""
    _steady.settle()


def monotonic() -> float:
    """A clock that is never set: seconds since some moment."""
    return time.monotonic()


def uptime(at: float) -> Uptime | None:
    """How long the machine had run at a moment of `now`, which may be before its start. None: this is no Linux, or it hides it."""
    boot = _boot_id()
    return None if boot is None else Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME) - (now() - at))


@cache
def _boot_id() -> str | None:
    """A random name that the kernel gives each of its starts: random(4)."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None

"""The only reader of the time of day.

A wall clock that is set in the middle of a call would make an hour of a minute, or nothing of an hour. So steps of more than
2 s against the monotonic clock are left out, until somebody calls `settle` who moves everything that was stamped before.
"""

import time

from handlers.steady_time import SteadyTime

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

"""The only reader of the time of day."""

import time


def now() -> float:
    """The wall clock: epoch seconds, UTC."""
    return time.time()


def monotonic() -> float:
    """A clock that is never set: seconds since some moment."""
    return time.monotonic()

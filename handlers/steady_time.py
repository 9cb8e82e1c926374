"""Time without the steps of the wall clock, for what is stamped with both clocks."""

from typing import NamedTuple

STEP_S = 2.0


class SteadyTime:
    """Takes steps of the wall clock out: a step of more than 2 s against the monotonic clock changes no duration.

    Contract, section 4 (recordings): `t` is epoch seconds, `mono` the monotonic clock. After a step, moments go on as the clock
    before the step would have told them. A monotonic clock that goes back is another one: the machine was started anew.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._last: tuple[float, float] | None = None

    def at(self, t: float, mono: float | None) -> float:
        """The moment of something stamped with `t` and, where it was recorded, `mono`."""
        if mono is None:
            return t - self._offset
        if self._last is not None and mono >= self._last[1]:
            step = (t - self._last[0]) - (mono - self._last[1])
            if abs(step) > STEP_S:
                self._offset += step
        self._last = (t, mono)
        return t - self._offset

    @property
    def offset_s(self) -> float:
        """The steps left out so far, in seconds."""
        return self._offset

    def settle(self) -> None:
        """Take the steps over: moments are those of the wall clock again."""
        self._offset = 0.0

    def broke_off(self) -> None:
        """What follows may come from another clock: there is nothing to compare it with, so no step is seen."""
        self._last = None


class Uptime(NamedTuple):
    """How long a machine runs: a clock that nobody sets, and that two processes share."""

    boot: str
    """Which of its starts this is since."""
    s: float
    """Seconds, those in which it slept included; negative: before that start."""


def stepped_between(then: float, uptime_then: Uptime | None, now: float, uptime_now: Uptime | None) -> float:
    """By how much the wall clock was set between two moments of it (epoch seconds) of which the machine's uptimes are known.

    0: by no more than 2 s; or nobody knows, for an uptime is missing or the machine was started anew.
    """
    if uptime_then is None or uptime_now is None or uptime_then.boot != uptime_now.boot:
        return 0.0
    step = (now - then) - (uptime_now.s - uptime_then.s)
    return step if abs(step) > STEP_S else 0.0

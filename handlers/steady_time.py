"""Time without the steps of the wall clock, for what is stamped with both clocks."""

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

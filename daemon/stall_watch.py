"""Did we read so slowly that Asterisk cut us off?

Asterisk writes to a full socket for `writetimeout` (manager.conf, 100 ms unless set), then closes the session without a word; what
the kernels hold still comes, and then the end of the stream. So our own standing still, much that had waited, and the end on its
heels are one story.
"""

import asyncio
from collections.abc import Callable

from daemon import clock

LOOK_EVERY_S = 0.1
# Asterisk's own, which a site may have raised.
WRITE_TIMEOUT_S = 0.1
# A receive buffer that nobody reads takes so much, and only a full one makes Asterisk wait.
FULL_BYTES = 65_536
# Reading what the kernels hold, 4 MB at most, takes less.
ENDS_WITHIN_S = 3.0


class StallWatch:
    """Watches that the loop turns, ten times a second; `received` counts the bytes read so far."""

    def __init__(self, received: Callable[[], int]) -> None:
        self._received = received
        self._timer: asyncio.TimerHandle | None = None
        self._looked_at = self._just_stood_still_s = 0.0
        self._read = 0
        self._stalled: tuple[float, float, int] | None = None

    def start(self) -> None:
        """Begin to watch, in a running loop."""
        self._looked_at, self._read = clock.monotonic(), self._received()
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        now = clock.monotonic()
        stood_still_s = self._just_stood_still_s = max(0.0, now - self._looked_at - LOOK_EVERY_S)
        if stood_still_s > WRITE_TIMEOUT_S:
            self._stalled = (now, stood_still_s, self._read)
        self.start()

    def stood_still_s(self) -> float:
        """For how long the loop has not turned, up to this moment; of a process that is continued the timers come first."""
        return max(clock.monotonic() - self._looked_at - LOOK_EVERY_S, self._just_stood_still_s)

    def cut_off_after_s(self) -> float | None:
        """How long we had stood still, if the stream that just ended was cut off for that; else None."""
        if self._stalled is None:
            return None
        ended_at, stood_still_s, read_before = self._stalled
        is_recent = clock.monotonic() - ended_at < ENDS_WITHIN_S
        return stood_still_s if is_recent and self._received() - read_before >= FULL_BYTES else None

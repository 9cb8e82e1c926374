"""Reading late after standing still: of what waited meanwhile nobody knows when it happened, so it is a gap, though nothing is lost."""

import structlog

from daemon import clock
from handlers.ami.events import StreamBroken

log = structlog.get_logger()
# A snapshot of many calls takes its time too: standing still for it must not lead to the next one.
LATE_EVERY_S = 60.0
LATE_LONG_S = 2.5
LATE_CURE = "see what keeps this machine busy; with timestampevents = yes in manager.conf moments stay right"


class LateReading:
    """Judges each time that we stood still, over all connections: is it to be told?"""

    def __init__(self) -> None:
        self._told_at = -LATE_EVERY_S

    def break_for(self, late_s: float) -> StreamBroken | None:
        """The break as of which we stood still, if what is read now was sent up to `late_s` ago; it is logged.

        None: this standing still is told already, for of what waited more than one segment is read; or it was short, and
        another was told within the last minute.
        """
        now = clock.monotonic()
        is_told = now - late_s <= self._told_at
        is_often = late_s < LATE_LONG_S and now - self._told_at < LATE_EVERY_S
        if is_told or is_often:
            return None
        self._told_at = now
        log.warning("ami_read_late", stood_still_s=round(late_s, 3), cure=LATE_CURE)
        return StreamBroken(clock.now() - late_s, "slow", is_late=True)

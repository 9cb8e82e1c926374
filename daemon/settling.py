"""When the PBX is to be asked again what lives, because something came that cannot be of it, or contradicts what is known."""

from daemon import clock

# At once the first time; while it goes on, ever more seldom: who forges must not make us ask without end.
SETTLE_FIRST_S = 5.0
SETTLE_MOST_S = 60.0


class Settling:
    """`doubt` says that a snapshot is wanted, `is_due` whether it may be asked for now, `asked` that it is."""

    def __init__(self) -> None:
        self._is_wanted = False
        self._pause_s = SETTLE_FIRST_S
        self._asked_at: float | None = None

    def doubt(self) -> None:
        """What is known may be wrong from now on."""
        self._is_wanted = True

    @property
    def is_due(self) -> bool:
        """Is a snapshot wanted, and the last one long enough ago?"""
        if not self._is_wanted:
            return False
        return self._asked_at is None or clock.monotonic() - self._asked_at >= self._pause_s

    def asked(self) -> None:
        """A snapshot is asked for now, for whatever reason: it settles all that was doubted before."""
        now = clock.monotonic()
        is_quiet = self._asked_at is None or now - self._asked_at > SETTLE_MOST_S + self._pause_s
        self._pause_s = SETTLE_FIRST_S if is_quiet or not self._is_wanted else min(2 * self._pause_s, SETTLE_MOST_S)
        self._asked_at = now
        self._is_wanted = False

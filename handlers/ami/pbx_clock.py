"""How far the PBX's clock is from ours, by its answers to `Ping`."""

import math

from handlers.ami.message import Message

# Below it a difference is the network's doing, or none that anybody would see.
DIFFERENCE_S = 1.0
# No event is on its way for so long: a line that is silent for ping_interval and ping_timeout (7 s) is given up.
LATE_MOST_S = 30.0


class PbxClock:
    """`ahead_s` is how far the PBX's clock is ahead of ours, seconds; negative: behind. 0 until something else is known.

    Events bear the PBX's time where it has `timestampevents`. Beside our own time (snapshots, deadlines, what is shown as
    going on) that only makes sense with the difference taken out.
    """

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def told(self, answer: bytes, asked_at: float, answered_at: float) -> bool:
        """Take the answer to a `Ping` asked and answered at these moments of ours; True if the difference is another now.

        Asterisk 16 and 22 answer with their `Timestamp` (00-idle-snapshot). It is of some moment between the two, so a slow
        answer proves no difference.
        """
        text = Message(answer).get("Timestamp") or ""
        try:
            at = float(text)
        except ValueError:
            return False
        if not math.isfinite(at):
            return False
        least, most = at - answered_at, at - asked_at
        if least - DIFFERENCE_S <= self.ahead_s <= most + DIFFERENCE_S:
            return False
        middle = (least + most) / 2
        self.ahead_s = middle if abs(middle) > DIFFERENCE_S else 0.0
        return True

    def ours(self, at: float, arrival: float) -> float:
        """A moment that the PBX stamped, by our clock.

        Nothing arrives before it happened, nor longer than 30 s after it: of a stamp that says so the clock was set, theirs or
        ours, and until a `Ping` tells by how much, an event is as of its arrival.
        """
        moment = at - self.ahead_s
        return moment if 0 <= arrival - moment <= LATE_MOST_S else arrival

    def ours_of_long_ago(self, at: float, arrival: float) -> float:
        """A moment that the PBX tells of, by our clock, however long ago it was."""
        return min(at - self.ahead_s, arrival)

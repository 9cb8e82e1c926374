"""Clears calls of which nothing was heard for a day: an end that was lost would live for ever, on every wallboard.

AMI has no sequence numbers, so a lost `Hangup` shows by nothing but silence. A call that changes nothing for a day, neither who is
in it nor who talks, is taken for over: its end was not seen, no duration is guessed. Looks happen at whole hours of the events'
own time, and what is found then happened at that hour: so ticks, few or many, never change the story.
"""

from math import ceil, floor

from handlers.calls.live_call import LiveCall
from handlers.calls.tracker import Tracker

SILENT_S = 86_400.0
LOOK_EVERY_S = 3_600.0
REASON = "silent_call"


class Reaper:
    """Looks after the calls of one tracker. `due_at` is when it next wants to, in epoch seconds."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.due_at = 0.0

    def expire(self, now: float) -> None:
        """End what has been silent for too long as of `now`."""
        self.due_at = (floor(now / LOOK_EVERY_S) + 1) * LOOK_EVERY_S
        silent = [(at, call) for call in self._tracker.state.calls if (at := _over_at(call)) <= now]
        for at, call in sorted(silent, key=lambda each: (each[0], each[1].id)):
            self._tracker.state.doubt(at, REASON)
            call.incomplete = True
            for channel in list(call.channels):
                self._tracker.remove(channel, at, end_seen=False)


def _over_at(call: LiveCall) -> float:
    heard_at = max(call.state_since, max((channel.created_at for channel in call.channels), default=0.0))
    return ceil((heard_at + SILENT_S) / LOOK_EVERY_S) * LOOK_EVERY_S

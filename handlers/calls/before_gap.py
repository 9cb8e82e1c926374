"""How a call stood when the stream broke, beside how it stands when it is back: which of its durations nobody can tell."""

from collections.abc import Iterable

from handlers.calls.channels import Channel
from handlers.calls.live_call import LiveCall
from handlers.calls.periods import Stay


class BeforeGap:
    """One call, as it stood."""

    __slots__ = ("answered", "is_sought", "ringing", "searching", "sought_at", "stays", "talking")

    def __init__(self, call: LiveCall) -> None:
        self.answered = call.answered_at is not None
        self.talking = frozenset(call.talks.now)
        self.ringing = frozenset(leg for leg in call.searching if leg.ringing)
        self.searching = frozenset(call.searching)
        self.stays = [stay for stay in call.stays if stay.left_at is None]
        self.is_sought = call.is_sought
        self.sought_at = call.sought_at

    def compare(self, call: LiveCall) -> None:
        """Note on the call what of it was not seen. A talk with the same person and a ringing that goes on had no break."""
        call.changed = True
        if self.talking and not self.talking & set(call.talks.now):
            call.unseen.add("talk")
        if self.answered:
            if call.talks.now and not self.talking:
                call.unseen.add("talk")  # it began again
            return
        if call.answer_unseen:
            call.unseen.add("hold")
        ringing = {leg for leg in call.searching if leg.ringing}
        if self.ringing != ringing:
            call.unseen.add("ring")
        if (self.sought_at is None and call.sought_at is not None) or (call.answer_unseen and self.sought_at is None):
            call.unseen |= {"ivr", "queue"}
        if call.answer_unseen:
            call.unseen |= {"ring", "queue"}
        if self.is_sought and not call.is_sought and not call.talks.now:
            call.unseen.add("wait")

    def may_have_been_answered(self, call: LiveCall) -> bool:
        """Nobody had answered it, and nobody talks now: may somebody have done both? Not while he is rung or waits as he did."""
        if self.answered or call.talks.now or call.answered_at is not None:
            return False
        goes_on = any(stay.left_at is None for stay in self.stays) or any(leg.ringing for leg in self.ringing)
        return not goes_on

    @property
    def has_lost_a_line(self) -> bool:
        """Is a line gone that was dialled, and that nobody had answered?"""
        return any(leg.ended_at is not None for leg in self.searching)

    def rang(self, channels: Iterable[Channel]) -> bool:
        """Was one of these ringing?"""
        return any(channel in self.ringing for channel in channels)

    def answered_stay(self, is_sure: bool) -> Stay | None:
        """The stay that the answer ended. `is_sure`: who answered rang then, or the queue still serves the caller."""
        if is_sure and len(self.stays) == 1 and self.stays[0].left_unseen:
            return self.stays[0]
        return None

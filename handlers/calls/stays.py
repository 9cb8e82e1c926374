"""What became of a stay in a queue.

Asterisk does not say it in one event. `QueueCallerAbandon` comes for a time-out too (09-queue-timeout-voicemail), `QueueCallerLeave`
comes always, an exit by key has no event of its own. So a stay is judged by what follows its end: an agent connected, the
variable QUEUESTATUS, the caller's hangup, or the caller's living on.
"""

from collections.abc import Callable

from handlers.calls.channels import Channel
from handlers.calls.live_call import LiveCall
from handlers.calls.periods import Stay
from handlers.facts import Fact, QueueStay, QueueStayEnded, StayOutcome
from handlers.rules import Rules

_TIMED_OUT = frozenset({"TIMEOUT"})


class Stays:
    """Judges stays by the rules of their call, and tells each one's end once."""

    def __init__(self, rules_of: Callable[[LiveCall], Rules], facts: list[Fact]) -> None:
        self._rules_of = rules_of
        self._facts = facts

    def abandoned(self, call: LiveCall, channel: Channel, queue: str) -> None:
        """`QueueCallerAbandon`: nobody took the caller."""
        stay = _open_stay(call, channel, queue)
        if stay is not None:
            stay.abandoned = True

    def left(self, call: LiveCall, channel: Channel, queue: str, at: float) -> None:
        """`QueueCallerLeave`."""
        stay = _open_stay(call, channel, queue)
        if stay is not None:
            self._leave(call, stay, at)
            if stay.abandoned and call.left_at is not None and _is_the_callers(call, channel):
                self._judge(call, stay, "abandoned")

    def connected(self, call: LiveCall, channel: Channel, queue: str, member: str | None, at: float) -> None:
        """`AgentConnect`: comes after the Leave, or for a caller whose Leave was lost."""
        stay = next((s for s in reversed(call.stays) if s.channel is channel and s.queue == queue), None)
        if stay is not None and stay.outcome is None:
            stay.member = member
            self._leave(call, stay, at)
            self._judge(call, stay, "answered")

    @staticmethod
    def _leave(call: LiveCall, stay: Stay, at: float) -> None:
        if stay.left_unseen:  # it left while the PBX was asked who waits, and that is told now
            call.unseen.discard("queue")
            stay.left_at, stay.left_unseen = at, False
        call.leave_queue(stay, at)

    def gone_unseen(self, call: LiveCall, stay: Stay, at: float) -> None:
        """The caller left while nobody listened, by `at` at the latest. What became of him may turn out: see `answered_at`."""
        call.leave_queue(stay, at)
        stay.left_unseen = True

    def channel_gone_unseen(self, call: LiveCall, channel: Channel, at: float) -> None:
        """The caller's channel is gone, and nobody saw it go."""
        for stay in call.stays:
            if stay.channel is channel and stay.left_at is None:
                self.gone_unseen(call, stay, at)

    def answered_at(self, call: LiveCall, stay: Stay, member: str | None, at: float) -> None:
        """It turns out that a stay that ended unseen was answered, and when."""
        if stay.outcome is None and stay.left_at is not None:
            call.queued.move_end(stay.left_at, at)
            stay.left_at, stay.left_unseen, stay.member = at, False, member
            self._judge(call, stay, "answered")

    def status(self, call: LiveCall, channel: Channel, value: str, at: float) -> None:
        """The variable QUEUESTATUS: why Queue() ended."""
        stay = next((s for s in reversed(call.stays) if s.channel is channel), None)
        if stay is not None and stay.outcome is None:
            call.leave_queue(stay, at)
            self._judge(call, stay, "timeout" if value in _TIMED_OUT else "left")

    def channel_goes_on(self, call: LiveCall, channel: Channel, at: float) -> None:
        """The caller does something else (joins again): whatever was undecided was no hangup."""
        for stay in call.stays:
            if stay.channel is channel and stay.outcome is None:
                call.leave_queue(stay, at)
                self._judge(call, stay, "timeout" if stay.abandoned else "left")

    def channel_gone(self, call: LiveCall, channel: Channel, at: float) -> None:
        """The caller's channel is gone."""
        for stay in call.stays:
            if stay.channel is channel and stay.outcome is None:
                was_in = stay.left_at is None or (call.left_while_sought and _is_the_callers(call, channel))
                call.leave_queue(stay, at)
                self._judge(call, stay, "abandoned" if was_in else "timeout" if stay.abandoned else "left")

    def call_over(self, call: LiveCall, at: float) -> None:
        """The call is over: nothing stays undecided."""
        for stay in call.stays:
            if stay.outcome is None:
                self._judge(call, stay, "unknown")

    def _judge(self, call: LiveCall, stay: Stay, outcome: StayOutcome) -> None:
        if stay.left_unseen:
            outcome = "unknown"
        stay.outcome = outcome
        left_at = stay.left_at if stay.left_at is not None else stay.joined_at
        wait_s = max(0.0, left_at - stay.joined_at)
        rules = self._rules_of(call)
        threshold = rules.queue_service_level_s.get(stay.queue, rules.service_level_s)
        self._facts.append(
            QueueStayEnded(
                left_at,
                call.id,
                QueueStay(
                    stay.queue,
                    stay.joined_at,
                    None if stay.left_unseen else left_at,
                    outcome,
                    stay.position,
                    stay.member,
                ),
                round(wait_s, 3),
                outcome == "abandoned" and wait_s < rules.short_abandon_s,
                wait_s <= threshold if outcome == "answered" else None,
            )
        )


def _is_the_callers(call: LiveCall, channel: Channel) -> bool:
    """Does this channel wait for the caller? His own, or a Local half: in a queue that is a member of another."""
    return channel is call.first or not channel.is_device


def _open_stay(call: LiveCall, channel: Channel, queue: str) -> Stay | None:
    for stay in reversed(call.stays):
        if stay.channel is channel and stay.queue == queue and (stay.left_at is None or stay.left_unseen):
            return stay
    return None

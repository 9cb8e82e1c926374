"""Who talks with a call's outside party: each talk on its time line, their sum, and which breaks are none."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Literal

from handlers.calls.channels import Channel
from handlers.calls.periods import TalkPeriod
from handlers.calls.spans import SharedSpan

# Local optimisation and swaps leave and enter bridges within milliseconds (23-forward-302: 0.1 ms; ami.md: up to 5 ms).
SAME_TALK_S = 0.1


@dataclass(slots=True, eq=False)
class Talks:
    """All talks of one call. While several people talk, the time counts once."""

    periods: list[TalkPeriod] = field(default_factory=list)
    now: dict[Channel, TalkPeriod] = field(default_factory=dict)
    """Whom the outside party hears now."""
    span: SharedSpan[Literal["talk"]] = field(default_factory=SharedSpan)
    """When it heard anybody."""
    broken_at: float | None = None
    """When it heard nobody any longer, at last."""

    def end_but(self, people: Container[Channel], at: float) -> list[Channel]:
        """Whoever is none of these talks no longer: they are returned."""
        gone = [channel for channel in self.now if channel not in people]
        for channel in gone:
            self.now.pop(channel).ended_at = at
        return gone

    def begin(self, channel: Channel, at: float) -> bool:
        """A person talks; False if it is his last talk, which goes on."""
        last = next((talk for talk in reversed(self.periods) if talk.channel is channel), None)
        if last is not None and last.ended_at is not None and at - last.ended_at <= SAME_TALK_S:
            last.ended_at = None
            self.now[channel] = last
            return False
        period = TalkPeriod(channel, at)
        self.periods.append(period)
        self.now[channel] = period
        return True

    def go_on(self, at: float) -> bool:
        """Somebody talks; True if nobody did."""
        if self.span.is_open:
            return False
        gap = at - self.broken_at if self.broken_at is not None else None
        if gap is not None and 0 < gap <= SAME_TALK_S:
            self.span.total_s += gap
        self.span.open("talk", at)
        return True

    def break_off(self, at: float) -> bool:
        """Nobody talks; True if somebody did."""
        if not self.span.is_open:
            return False
        self.span.close("talk", at)
        self.broken_at = at
        return True

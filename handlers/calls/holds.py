"""Who holds whom in a call: each hold on its time line, their sum, and which of them may be over unseen."""

from dataclasses import dataclass, field

from handlers.calls.channels import Channel
from handlers.calls.periods import Holder, HoldPeriod
from handlers.calls.spans import SharedSpan


@dataclass(slots=True, eq=False)
class Holds:
    """All holds of one call. A side holds once at a time; while both hold, the time counts once."""

    periods: list[HoldPeriod] = field(default_factory=list)
    span: SharedSpan[Channel] = field(default_factory=SharedSpan)
    """When at least one side held; open by the channels that hold now."""

    def begin(self, channel: Channel, at: float, by: Holder) -> None:
        """A side holds the other; nothing happens if it does already."""
        if channel not in self.span.keys:
            self.span.open(channel, at)
            self.periods.append(HoldPeriod(channel, at, by))

    def end(self, channel: Channel, at: float) -> None:
        """A side holds no longer; harmless if it didn't."""
        if not self.periods:
            return  # said of whoever leaves a bridge, and few ever hold
        self.span.close(channel, at)
        for period in self.periods:
            if period.channel is channel and period.ended_at is None:
                period.ended_at = at

    def end_all(self, at: float) -> None:
        """Nobody holds any longer."""
        if not self.periods:
            return
        self.span.close_all(at)
        for period in self.periods:
            if period.ended_at is None:
                period.ended_at = at

    # ---- what was perhaps not seen

    def doubt(self) -> None:
        """Something was not seen: each hold may be over since. Its end, where it is heard of, shows that it went on."""
        for period in self.periods:
            if period.ended_at is None:
                period.end_unseen = True

    @property
    def are_doubted(self) -> bool:
        """Was one perhaps over before it was known to be?"""
        return any(period.end_unseen for period in self.periods)

    def end_doubted(self, channel: Channel, at: float) -> None:
        """A side begins to hold: what it held before a gap was over unseen."""
        if any(period.end_unseen and period.ended_at is None and period.channel is channel for period in self.periods):
            self.end(channel, at)

    def end_heard(self, channel: Channel, at: float) -> None:
        """A side is heard to hold no longer, so it did until now."""
        for period in self.periods:
            if period.channel is channel and period.ended_at is None:
                period.end_unseen = False
        self.end(channel, at)

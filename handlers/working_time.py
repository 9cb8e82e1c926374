"""Working time: is it open now, how much of it lies between two moments, and when so much of it will have passed.

Open means that the clock on the site's wall stands within a span of its day. So a span of the night in which the clocks go
forward is an hour shorter, one of the night in which they go back an hour longer, whatever hour the change falls into.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

_DAY_S = 86_400
_HOUR_S = 3600
# No zone is further from UTC than this.
_FURTHEST_S = 15 * _HOUR_S
_DAYS_KEPT = 1000
# Where nothing is worked for so long, nothing will be.
_LONGEST_DAYS = 40 * 366
_FIRST, _LAST = 0.0, 250_000_000_000.0
_Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The week of a site, Monday first: per day its spans in order, in minutes after midnight by the site's clock.

    On `holidays` nothing is worked. Moments are epoch seconds; what no calendar holds counts as open.
    """

    zone: tzinfo
    weekdays: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date] = frozenset()
    _known: dict[date, _Spans] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_open(self, at: float) -> bool:
        """Is this a moment of working time? The last one of a span is not."""
        if not _FIRST <= at < _LAST:
            return True
        return any(begin <= at < end for begin, end in self._on(self._day(at)))

    def after(self, at: float, seconds: float) -> float | None:
        """The moment at which so much working time has passed since `at`; None where that never comes.

        Outside working time the clock starts with the next working minute.
        """
        if not _FIRST <= at < _LAST or seconds <= 0:
            return at + seconds
        if not any(self.weekdays):
            return None
        left, day = seconds, self._day(at)
        for _ in range(_LONGEST_DAYS):
            for opens_at, end in self._on(day):
                begin = max(opens_at, at)
                if end - begin >= left:
                    return begin + left
                left -= max(0.0, end - begin)
            day += timedelta(days=1)
        return None

    def between(self, since: float, until: float) -> float:
        """How many seconds of working time lie between two moments; 0 where they are not in this order."""
        if until <= since:
            return 0.0
        if not _FIRST <= since < _LAST or not until < _LAST:
            return until - since
        total, day, last = 0.0, self._day(since), self._day(until)
        while day <= last:
            total += sum(max(0.0, min(end, until) - max(begin, since)) for begin, end in self._on(day))
            day += timedelta(days=1)
        return total

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self.zone).date()

    def _on(self, day: date) -> _Spans:
        """The working time of one day of the site's calendar, as moments."""
        known = self._known.get(day)
        if known is None:
            if len(self._known) >= _DAYS_KEPT:
                self._known.clear()
            known = self._known[day] = tuple(self._worked(day))
        return known

    def _worked(self, day: date) -> Iterator[tuple[float, float]]:
        spans = () if day in self.holidays else self.weekdays[day.weekday()]
        if not spans:
            return
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        found = []
        for first, last, offset in self._pieces(midnight - _FURTHEST_S, midnight + _DAY_S + _FURTHEST_S):
            for begin, end in spans:
                one = max(first, midnight + begin * 60 - offset)
                other = min(last, midnight + end * 60 - offset)
                if one < other:
                    found.append((one, other))
        yield from sorted(found)

    def _pieces(self, since: float, until: float) -> Iterator[tuple[float, float, float]]:
        """The stretches from one moment to another in which the clock stands still against UTC, with by how much it is ahead."""
        begin, offset = since, self._ahead_s(since)
        at = since
        while at < until:
            next_at = min(at + _HOUR_S, until)
            ahead_s = self._ahead_s(next_at)
            if ahead_s != offset:
                changed_at = self._change(at, next_at)
                yield begin, changed_at, offset
                begin, offset = changed_at, ahead_s
            at = next_at
        yield begin, until, offset

    def _change(self, before: float, after: float) -> float:
        """The second at which the clock is set, between two moments with different offsets."""
        low, high = int(before), int(after)
        offset = self._ahead_s(low)
        while high - low > 1:
            middle = (low + high) // 2
            if self._ahead_s(middle) == offset:
                low = middle
            else:
                high = middle
        return float(high)

    def _ahead_s(self, at: float) -> float:
        ahead = datetime.fromtimestamp(at, self.zone).utcoffset()
        return 0.0 if ahead is None else ahead.total_seconds()

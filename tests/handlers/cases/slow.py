"""What became of missed callers, worked out slowly from the table of calls: for each case all calls of its number are looked at.

Nothing of the core is in here but the words of its facts. Calls are judged in the order of their ends.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate

from handlers.facts import Call

MINUTE = 60


class Office:
    """When somebody works there, asked of the wall clock minute by minute from one moment to another; None: always.

    Zones are set at whole minutes.
    """

    def __init__(
        self,
        zone: tzinfo,
        weekdays: tuple[tuple[tuple[int, int], ...], ...] | None,
        holidays: frozenset[date],
        since: float,
        until: float,
    ) -> None:
        self._zone, self._weekdays, self._holidays = zone, weekdays, holidays
        self._since = since // MINUTE * MINUTE
        self._worked = [0]
        if weekdays is not None:
            minutes = range(int(self._since), int(until), MINUTE)
            self._worked = list(accumulate(map(self.is_open, minutes), initial=0))

    def is_open(self, at: float) -> bool:
        """By the clock on the wall."""
        moment = datetime.fromtimestamp(at, self._zone)
        minute = moment.hour * 60 + moment.minute
        spans = () if moment.date() in self._holidays else (self._weekdays or ((),) * 7)[moment.weekday()]
        return any(begin <= minute < end for begin, end in spans)

    def _worked_until(self, at: float) -> float:
        """Seconds of work from the beginning up to a moment."""
        place = int((at - self._since) // MINUTE)
        return self._worked[place] * MINUTE + (at - self._since) % MINUTE * self.is_open(at)

    def after(self, at: float, seconds: float) -> float:
        """When so many seconds more have been worked."""
        if self._weekdays is None or seconds <= 0:
            return at + seconds
        wanted = self._worked_until(at) + seconds
        place = bisect_left(self._worked, wanted / MINUTE) - 1  # the minute in which it comes true
        return self._since + place * MINUTE + (wanted - self._worked[place] * MINUTE)

    def between(self, since: float, until: float) -> float:
        """Seconds worked from one moment to another."""
        if self._weekdays is None:
            return until - since
        return self._worked_until(until) - self._worked_until(since)


@dataclass
class Story:
    """A case as it should have come out."""

    id: str
    calls: list[str]
    opened_at: float
    due_at: float
    state: str
    attempts: list[str]
    contact_call: str | None = None
    contact_at: float | None = None
    reaction_at: float | None = None


def stories(
    calls: Iterable[Call],
    key: Callable[[Call], str | None],
    is_contact: Callable[[Call], bool],
    office: Office,
    window_s: float,
    list_for_s: float,
    until: float,
) -> list[Story]:
    """All cases of these calls as of `until`, in order of their first miss. Every call ended, at its `ended_at`."""
    by_number: dict[str, list[Call]] = {}
    for call in sorted(calls, key=_ended_at):
        number = key(call)
        if number is not None:
            by_number.setdefault(number, []).append(call)
    found = [each for its in by_number.values() for each in _of_number(its, is_contact, office, window_s, list_for_s)]
    for story in found:
        if story.contact_at is None:
            story.state = "truly_missed" if story.due_at <= until else "open"
    return sorted(found, key=lambda story: (story.opened_at, story.id))


def _of_number(
    calls: Sequence[Call], is_contact: Callable[[Call], bool], office: Office, window_s: float, list_for_s: float
) -> list[Story]:
    found: list[Story] = []
    for place, first in enumerate(calls):
        if not first.missed or any(first.id in story.calls for story in found):
            continue
        opened_at = _ended_at(first)
        story = Story(first.id, [first.id], opened_at, office.after(opened_at, window_s), "open", [])
        last_missed_at = opened_at
        for call in calls[place + 1 :]:
            if _ended_at(call) >= max(last_missed_at + list_for_s, story.due_at):
                break
            if call.missed:
                story.calls.append(call.id)
                last_missed_at = _ended_at(call)
            elif is_contact(call):
                story.contact_call = call.id
                story.contact_at = max(opened_at, call.answered_at or call.started_at)
                story.state = "recovered" if story.contact_at < story.due_at else "recovered_late"
                story.reaction_at = story.contact_at if story.reaction_at is None else story.reaction_at
                break
            elif call.direction == "out":
                story.attempts.append(call.id)
                if story.reaction_at is None:
                    story.reaction_at = max(opened_at, call.started_at)
        found.append(story)
    return found


def _ended_at(call: Call) -> float:
    assert call.ended_at is not None
    return call.ended_at


def days(first: date, count: int) -> Iterable[date]:
    """So many days from the first."""
    return (first + timedelta(days=n) for n in range(count))

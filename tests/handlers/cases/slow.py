"""What became of missed callers, worked out slowly from the table of calls: for each case all calls of its number are looked at.

Nothing of the core is in here but the words of its facts. Calls are judged in the order of their ends, and what people say of a
case when they say it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import accumulate

from handlers.facts import Call

MINUTE = 60
KNOWN_FOR_S = 90 * 86_400


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
    closed: bool = False
    contact: str | None = None
    contact_call: str | None = None
    contact_at: float | None = None
    reaction_at: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said at a moment that he spoke with a number elsewhere, or (`case_id`) that a case is to end."""

    at: float
    number: str | None = None
    spoke_at: float = 0.0
    case_id: str | None = None


def stories(
    calls: Iterable[Call],
    said: Iterable[Said],
    key: Callable[[Call], str | None],
    is_contact: Callable[[Call], bool],
    office: Office,
    window_s: float,
    list_for_s: float,
    until: float,
) -> list[Story]:
    """All cases of these calls as of `until`, in order of their first miss. Every call ended, at its `ended_at`.

    `key`: by which calls of one number are known; None: who has no case.
    """
    by_number: dict[str, list[Call]] = {}
    for call in sorted(calls, key=_ended_at):
        number = key(call)
        if number is not None:
            by_number.setdefault(number, []).append(call)
    words = list(said)
    found: list[Story] = []
    for number, its in by_number.items():
        ids = {call.id for call in its}
        of_it = [each for each in words if each.number == number or each.case_id in ids]
        found += _of_number(its, of_it, is_contact, office, window_s, list_for_s)
    for story in found:
        if story.state == "open" and story.due_at <= until:
            story.state = "truly_missed"
    return sorted(found, key=lambda story: (story.opened_at, story.id))


def _of_number(
    calls: Sequence[Call],
    said: Sequence[Said],
    is_contact: Callable[[Call], bool],
    office: Office,
    window_s: float,
    list_for_s: float,
) -> list[Story]:
    found: list[Story] = []
    for first in calls:
        if not first.missed or any(first.id in story.calls for story in found):
            continue
        opened_at = _ended_at(first)
        story = Story(first.id, [first.id], opened_at, office.after(opened_at, window_s), "open", [], first.closed)
        last_missed_at = opened_at
        afterwards: list[tuple[float, Call | Said]] = [
            (_ended_at(each), each) for each in calls[calls.index(first) + 1 :]
        ]
        afterwards += [(each.at, each) for each in said if each.at > opened_at]
        for at, each in sorted(afterwards, key=lambda moment: moment[0]):
            is_listed = at < max(last_missed_at + list_for_s, story.due_at)
            if at >= max(last_missed_at + max(KNOWN_FOR_S, list_for_s), story.due_at):
                break
            if not is_listed and (
                (isinstance(each, Call) and each.missed) or (isinstance(each, Said) and each.case_id)
            ):
                continue
            if isinstance(each, Call) and each.missed:
                story.calls.append(each.id)
                last_missed_at = at
            elif isinstance(each, Call):
                _called(story, each, is_contact(each))
            else:
                _said(story, each, calls)
            if story.state != "open":
                break
        found.append(story)
    return found


def _called(story: Story, call: Call, is_contact: bool) -> None:
    if is_contact:
        story.contact, story.contact_call = "outgoing" if call.direction == "out" else "incoming", call.id
        story.contact_at = max(story.opened_at, call.answered_at or call.started_at)
        story.state = "recovered" if story.contact_at < story.due_at else "recovered_late"
        story.reaction_at = story.contact_at if story.reaction_at is None else story.reaction_at
    elif call.direction == "out":
        story.attempts.append(call.id)
        if story.reaction_at is None:
            story.reaction_at = max(story.opened_at, call.started_at)


def _said(story: Story, said: Said, calls: Sequence[Call]) -> None:
    """What is told after the deadline is late, whenever it was; but that of a talk that began before it comes with the talk's end."""
    if said.case_id == story.id:
        story.state = "dismissed"
    elif said.number is not None and said.spoke_at >= story.opened_at:
        story.contact, story.contact_at = "external", said.spoke_at
        waits_for_a_talk = any(
            call.answered_at is not None and call.answered_at < story.due_at <= said.at < _ended_at(call)
            for call in calls
        )
        is_in_time = said.at < story.due_at or (waits_for_a_talk and said.spoke_at < story.due_at)
        story.state = "recovered" if is_in_time else "recovered_late"
        story.reaction_at = story.contact_at if story.reaction_at is None else story.reaction_at


def _ended_at(call: Call) -> float:
    assert call.ended_at is not None
    return call.ended_at


def days(first: date, count: int) -> Iterable[date]:
    """So many days from the first."""
    return (first + timedelta(days=n) for n in range(count))

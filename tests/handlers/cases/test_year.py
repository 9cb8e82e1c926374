"""A year of made-up days, told to the core one by one with ticks in between, comes out as the slow way says, case by case.

What the slow way looks at are the calls that the database has at the end of it, and so are the cases that it is held against. A daemon
that is killed takes up what the database has.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import aiosqlite
import pytest

from handlers.case_facts import CASE_FACTS, Case, CaseAttempted, CaseFact, CaseTrulyMissed
from handlers.cases.cases import Cases
from handlers.cases.desk import Desk
from handlers.cases.moments import leaves_at
from handlers.cases.requests import ContactReported, DismissAsked, Request
from handlers.cases.rule import FollowUpRule
from handlers.facts import Call, CallEnded, Fact
from handlers.rules import Rules
from handlers.working_time import WorkingTime
from storage.batch import BatchConnection, write
from storage.call_filter import CallFilter
from storage.calls import find_calls
from storage.cases import CaseFilter, find_cases, waiting_cases
from tests.handlers.cases.office import BITRIX24, MIKO, STRICT
from tests.handlers.cases.slow import KNOWN_FOR_S, Office, Said, Story, stories
from tests.handlers.cases.year import DAYS, FIRST_DAY, IGNORED, NAMELESS, a_years_calls, what_people_say
from tests.storage.memory import in_memory

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = (((9 * 60, 13 * 60), (14 * 60, 18 * 60)),) * 5 + (((10 * 60, 15 * 60),), ())
NIGHTS = (((0, 3 * 60 + 30), (22 * 60, 24 * 60)),) * 7  # both changes of the clocks fall into working hours
HOLIDAYS = frozenset(FIRST_DAY.replace(month=month, day=day) for month, day in ((1, 1), (5, 1), (12, 25)))
HOURS = {"always open": None, "office": WEEK, "night shift": NIGHTS}
STORED_AT_ONCE = 200


class Simulated:
    """The cases of a core and a database, with a clock that only calls, people's words and deadlines move."""

    def __init__(self, rules: Rules, random: Random, reader: aiosqlite.Connection, batches: BatchConnection) -> None:
        self.live: dict[str, Call] = {}
        self.rules = rules
        self.random = random
        self.told: list[CaseFact] = []
        self.is_broken = False
        self._reader = reader
        self._batches = batches
        self._unstored: list[tuple[CallEnded | None, Sequence[CaseFact]]] = []
        self._begin()

    def _begin(self) -> None:
        self.cases = Cases(self.rules, self.talks_with)
        self.answers: list[Fact] = []
        self.desk = Desk(self.cases, self.answers)

    def talks_with(self, is_theirs: Callable[[str], bool], _likely: str) -> Iterator[Call]:
        for call in self.live.values():
            number = call.caller_e164 if call.direction == "in" else call.called_e164
            if number is not None and is_theirs(number):
                yield call

    async def run(self, calls: list[Call], said: list[Request], until: float) -> None:
        moments: list[tuple[float, int, str, Call | Request]] = [(each.at, 3, str(each.request), each) for each in said]
        for call in calls:
            moments.append((call.ended_at or 0.0, 2, call.id, call))
            if call.answered_at is not None:
                moments.append((call.answered_at, 1, call.id, call))
        heapq.heapify(moments)
        while moments and moments[0][0] <= until:
            at, kind, _, each = heapq.heappop(moments)
            self.pass_time(at)
            if not isinstance(each, Call):
                self.desk.handlers[type(each)](each)
                self.note(None, [fact for fact in self.answers if isinstance(fact, CASE_FACTS)])
                self.answers.clear()
            elif kind == 1:
                self.live[each.id] = replace(each, state="talking")
            else:
                self.live.pop(each.id, None)
                ended = CallEnded(at, each, (), (), (), ())
                self.note(ended, self.cases.ended(ended))
            self.breaks_or_resumes(at)
            if self.random.random() < 0.001:
                await self.killed_and_started_again(at)
        self.cases.stream_resumed()
        self.pass_time(until)
        self.store()

    def breaks_or_resumes(self, at: float) -> None:
        """For some hours now and then verdicts wait as for a PBX that is not heard, though what calls lead to is told.

        Not so long that a case would leave the list, which it does not without its verdict.
        """
        if not self.is_broken and self.random.random() < 0.01:
            self.is_broken = True
            self.cases.stream_broken()
        elif self.is_broken:
            held = [each.case for each in self.cases.list if each.is_held]
            if self.random.random() < 0.2 or any(leaves_at(case, self.rules.follow_up) <= at for case in held):
                self.is_broken = False
                self.cases.stream_resumed()
                self.pass_time(at)

    def pass_time(self, at: float) -> None:
        """To that moment, by steps of which some are the deadlines, some are late and some are in between."""
        while self.cases.next_at < at and self.random.random() < 0.5:
            self.note(None, self.cases.pass_time(self.cases.next_at))
        if self.cases.next_at <= at:
            self.note(None, self.cases.pass_time(at))

    async def killed_and_started_again(self, now: float) -> None:
        """Between two calls."""
        self.store()
        stored = await waiting_cases(self._reader, now - max(KNOWN_FOR_S, self.rules.follow_up.list_for_s))
        kept = {case.id: to_the_millisecond(case) for case in stored}
        assert [kept[case.id] for case in self.cases.waiting()] == [*map(to_the_millisecond, self.cases.waiting())]
        self._begin()
        self.cases.restore(stored, now, 0.0)
        if self.is_broken:
            self.cases.stream_broken()

    def note(self, ended: CallEnded | None, facts: Sequence[CaseFact]) -> None:
        self.told += facts
        self._unstored.append((ended, facts))
        if len(self._unstored) >= STORED_AT_ONCE:
            self.store()

    def store(self) -> None:
        """What the writer does, a batch at a time."""
        write(
            self._batches,
            [ended for ended, _ in self._unstored if ended is not None],
            cases=[fact for _, facts in self._unstored for fact in facts],
        )
        self._unstored.clear()


def to_the_millisecond(case: Case) -> Case:
    until, due_at = case.claimed_until, case.due_at
    return replace(
        case,
        due_at=None if due_at is None else round(due_at, 3),
        claimed_until=None if until is None else round(until, 3),
    )


@cache
def office_with(hours: str) -> Office:
    """Over the year and what follows from it."""
    begin = datetime(FIRST_DAY.year, 1, 1, tzinfo=BERLIN).timestamp() - 86_400
    return Office(BERLIN, HOURS[hours], HOLIDAYS, begin, begin + (DAYS + 60) * 86_400)


def key_of(rule: FollowUpRule) -> Callable[[Call], str | None]:
    def key(call: Call) -> str | None:
        number = call.caller_e164 if call.direction == "in" else call.called_e164
        if number in NAMELESS or number in IGNORED.values() or call.merged_into is not None:
            return None
        return spelled(number or "", rule)

    return key


def spelled(number: str, rule: FollowUpRule) -> str:
    return number.strip("+")[-9:] if rule.match == "last9" else number


def words_of(said: Sequence[Request], rule: FollowUpRule) -> Iterator[Said]:
    """What changes a case of it."""
    for each in said:
        if isinstance(each, ContactReported):
            number = each.number if len(each.number) < 7 or each.number.startswith("+") else f"+7{each.number[1:]}"
            yield Said(each.at, number=spelled(number, rule), spoke_at=each.spoke_at)
        elif isinstance(each, DismissAsked):
            yield Said(each.at, case_id=each.case_id)


def is_contact_by(rule: FollowUpRule) -> Callable[[Call], bool]:
    def is_contact(call: Call) -> bool:
        if call.result != "answered":
            return False
        if call.direction == "in":
            return "incoming" in rule.closed_by and (call.talk_s is None or call.talk_s >= rule.min_talk_in_s)
        return call.talk_s is None or call.talk_s >= rule.min_talk_out_s

    return is_contact


DEFAULT = FollowUpRule(min_talk_in_s=2.0)
YEARS = (
    *((DEFAULT, hours) for hours in HOURS),
    (MIKO, "office"),
    (BITRIX24, "night shift"),
    (STRICT, "always open"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "hours"), YEARS, ids=[f"{rule.name}, {hours}" for rule, hours in YEARS])
async def test_a_year_comes_out_as_the_slow_way_says(rule: FollowUpRule, hours: str) -> None:
    random = Random(f"{rule.name} {hours}")
    week = HOURS[hours]
    working = None if week is None else WorkingTime(BERLIN, week, HOLIDAYS)
    office = office_with(hours)
    calls = [
        replace(call, closed=working is not None and not working.is_open(call.started_at))
        for call in a_years_calls(random, BERLIN)
    ]
    said = what_people_say(random, calls)
    until = datetime(2026, 12, 31, 12, tzinfo=BERLIN).timestamp()
    async with in_memory() as (reader, batches):
        rules = Rules(follow_up=replace(rule, ignore=frozenset(IGNORED)), working_time=working)
        simulated = Simulated(rules, random, reader, batches)
        await simulated.run(calls, said, until)
        stored_calls = await find_calls(reader, CallFilter(merged=True))
        cases = {case.id: case for case in await find_cases(reader, CaseFilter())}
    assert len(stored_calls) == sum((call.ended_at or 0.0) <= until for call in calls)
    words = [each for each in words_of(said, rule) if each.at <= until]
    expected = stories(
        stored_calls, words, key_of(rule), is_contact_by(rule), office, rule.window_s, rule.list_for_s, until
    )
    assert len(expected) > 1000
    assert {story.state for story in expected} >= {"truly_missed", "recovered_late", "dismissed"}
    assert {story.contact for story in expected} >= {"outgoing", "external"}
    assert len(cases) == len(expected)
    for story in expected:
        assert_same(story, cases[story.id], office)
    assert_each_fact_once(simulated.told)


def assert_same(story: Story, case: Case, office: Office) -> None:
    assert (case.state, case.calls, case.attempts, case.contact, case.contact_call, case.closed) == (
        story.state,
        len(story.calls),
        len(story.attempts),
        story.contact,
        story.contact_call,
        story.closed,
    ), story
    assert case.opened_at == story.opened_at
    assert case.due_at == pytest.approx(story.due_at, abs=0.001)
    assert list(case.call_ids) == story.calls[-50:]
    assert case.contact_at == story.contact_at
    assert case.last_missed_at >= case.opened_at
    for told_s, moment in ((case.reaction_s, story.reaction_at), (case.contact_s, story.contact_at)):
        expected_s = None if moment is None else office.between(story.opened_at, moment)
        assert told_s == (None if expected_s is None else pytest.approx(expected_s, abs=0.002)), story


def assert_each_fact_once(told: Sequence[CaseFact]) -> None:
    deadlines = [fact for fact in told if isinstance(fact, CaseTrulyMissed)]
    assert len({fact.case.id for fact in deadlines}) == len(deadlines)
    assert all(fact.at == fact.case.due_at for fact in deadlines)
    tried = [(fact.case.id, fact.call) for fact in told if isinstance(fact, CaseAttempted)]
    assert len(set(tried)) == len(tried)

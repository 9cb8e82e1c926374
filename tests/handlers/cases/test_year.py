"""A year of made-up days, told to the core call by call with ticks in between, comes out as the slow way says, case by case."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from handlers.case_facts import CASE_FACTS, Case, CaseAttempted, CaseTrulyMissed
from handlers.cases.cases import Cases
from handlers.cases.rule import FollowUpRule
from handlers.facts import Call, CallEnded
from handlers.rules import Rules
from handlers.working_time import WorkingTime
from tests.handlers.cases.office import BITRIX24, MIKO, STRICT
from tests.handlers.cases.slow import Office, Story, days, stories
from tests.storage.sample_calls import a_call

BERLIN = ZoneInfo("Europe/Berlin")
FIRST_DAY, DAYS = date(2026, 1, 1), 365
WEEK = (((9 * 60, 13 * 60), (14 * 60, 18 * 60)),) * 5 + (((10 * 60, 15 * 60),), ())
NIGHTS = (((0, 3 * 60 + 30), (22 * 60, 24 * 60)),) * 7  # both changes of the clocks fall into working hours
HOLIDAYS = frozenset({date(2026, 1, 1), date(2026, 5, 1), date(2026, 12, 25)})
HOURS = {"always open": None, "office": WEEK, "night shift": NIGHTS}


def a_years_calls(random: Random) -> list[Call]:
    """Some forty calls a day, at any hour, of few enough people that stories cross: many calls of one number live at once."""
    people = [f"+7900{n:07}" for n in range(300)] + ["+374990000001", "+79990000001", "12345"]
    found: list[Call] = []
    for day in days(FIRST_DAY, DAYS):
        midnight = datetime(day.year, day.month, day.day, tzinfo=BERLIN).timestamp()
        for _ in range(random.randint(25, 55)):
            at = round(midnight + random.triangular(0, 86_399, 12 * 3600), 3)
            number = random.choice(people) if random.random() < 0.8 else random.choice(people[:5])
            found += _calls_of(random, number, at, f"{len(found)}")
    return found


def _calls_of(random: Random, number: str, at: float, tag: str) -> Iterator[Call]:
    kind = random.random()
    yield _made(random, number, at, f"{tag}.0", "in" if kind < 0.7 else "out")
    if kind < 0.1:  # he tries again at once
        yield _made(random, number, round(at + random.uniform(0, 90), 3), f"{tag}.1", "in")
    elif kind < 0.3:  # and we call back, sooner or later, around the hour too
        later = random.choice([random.uniform(0, 600), random.uniform(3500, 3700), random.uniform(0, 9 * 86_400)])
        yield _made(random, number, round(at + later, 3), f"{tag}.2", "out")


def _made(random: Random, number: str, at: float, call_id: str, direction: str) -> Call:
    wait_s = round(random.uniform(0.5, 60), 3)
    talk_s = random.choice([0.0, 3.0, 4.999, 5.0, round(random.uniform(0, 600), 3), None])
    is_answered = random.random() < (0.45 if direction == "in" else 0.6)
    lasted_s = wait_s + (talk_s or 0.0 if is_answered else 0.0)
    missed_result = random.choice(["abandoned", "no_answer", "busy"] if direction == "in" else ["no_answer", "failed"])
    return a_call(
        id=call_id,
        direction=direction,
        result="answered" if is_answered else missed_result,
        missed=direction == "in" and not is_answered,
        caller_e164=number if direction == "in" else "101",
        called_e164=number if direction == "out" else "+74951112233",
        started_at=at,
        answered_at=round(at + wait_s, 3) if is_answered else None,
        ended_at=round(at + lasted_s, 3),
        talk_s=talk_s if is_answered else 0.0,
        queues=(),
        queue=None,
    )


class Simulated:
    """The cases of a core, with a clock that only calls and deadlines move."""

    def __init__(self, rules: Rules, random: Random) -> None:
        self.live: dict[str, Call] = {}
        self.cases = Cases(rules, self.talks_with)
        self.rules = rules
        self.random = random
        self.now = 0.0
        self.last: dict[str, Case] = {}
        self.told: list[object] = []

    def talks_with(self, is_theirs: Callable[[str], bool], _likely: str) -> Iterator[Call]:
        for call in self.live.values():
            number = call.caller_e164 if call.direction == "in" else call.called_e164
            if number is not None and is_theirs(number):
                yield call

    def run(self, calls: list[Call], until: float) -> None:
        moments: list[tuple[float, int, str, Call]] = []
        for call in calls:
            ended_at = call.ended_at or 0.0
            heapq.heappush(moments, (ended_at, 2, call.id, call))
            if call.answered_at is not None:
                heapq.heappush(moments, (call.answered_at, 1, call.id, call))
        while moments and moments[0][0] <= until:
            at, kind, _, call = heapq.heappop(moments)
            self.pass_time(at)
            if kind == 1:
                self.live[call.id] = replace(call, state="talking")
                continue
            self.live.pop(call.id, None)
            self.note(self.cases.ended(CallEnded(at, call, (), (), (), ())))
            if self.random.random() < 0.001:
                self.restart()
        self.pass_time(until)

    def pass_time(self, at: float) -> None:
        """To that moment, by steps of which some are the deadlines, some are late and some are in between."""
        while self.cases.next_at < at and self.random.random() < 0.5:
            self.note(self.cases.pass_time(self.cases.next_at))
        if self.cases.next_at <= at:
            self.note(self.cases.pass_time(at))
        self.now = at

    def restart(self) -> None:
        """Killed and started again between two calls."""
        waiting = list(self.cases.waiting())
        self.cases = Cases(self.rules, self.talks_with)
        self.cases.restore(waiting, 0.0)

    def note(self, facts: list[object] | list[Case] | list) -> None:  # type: ignore[type-arg]  # whatever cases say
        for fact in facts:
            assert isinstance(fact, CASE_FACTS)
            self.told.append(fact)
            self.last[fact.case.id] = fact.case


@cache
def office_with(hours: str) -> Office:
    """Over the year and what follows from it."""
    begin = datetime(FIRST_DAY.year, 1, 1, tzinfo=BERLIN).timestamp() - 86_400
    return Office(BERLIN, HOURS[hours], HOLIDAYS, begin, begin + (DAYS + 60) * 86_400)


def key_of(rule: FollowUpRule) -> Callable[[Call], str | None]:
    def key(call: Call) -> str | None:
        number = call.caller_e164 if call.direction == "in" else call.called_e164
        if number is None or len(number.strip("+")) < 5:
            return None
        return number.strip("+")[-9:] if rule.match == "last9" else number

    return key


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
def test_a_year_comes_out_as_the_slow_way_says(rule: FollowUpRule, hours: str) -> None:
    random = Random(f"{rule.name} {hours}")
    calls = a_years_calls(random)
    week = HOURS[hours]
    working = None if week is None else WorkingTime(BERLIN, week, HOLIDAYS)
    until = datetime(2026, 12, 31, 12, tzinfo=BERLIN).timestamp()
    simulated = Simulated(Rules(follow_up=rule, working_time=working), random)
    simulated.run(calls, until)

    office = office_with(hours)
    seen = [call for call in calls if (call.ended_at or 0.0) <= until]
    expected = stories(seen, key_of(rule), is_contact_by(rule), office, rule.window_s, rule.list_for_s, until)
    assert len(expected) > 1000
    assert {story.state for story in expected} >= {"truly_missed", "recovered_late"}
    assert len(simulated.last) == len(expected)
    for story in expected:
        assert_same(story, simulated.last[story.id], office)
    assert_each_fact_once(simulated.told)


def assert_same(story: Story, case: Case, office: Office) -> None:
    assert (case.state, case.calls, case.attempts, case.contact_call) == (
        story.state,
        len(story.calls),
        len(story.attempts),
        story.contact_call,
    ), story
    assert case.opened_at == story.opened_at
    assert case.due_at == pytest.approx(story.due_at, abs=0.001)
    assert list(case.call_ids) == story.calls[-50:]
    assert case.contact_at == story.contact_at
    assert case.last_missed_at >= case.opened_at
    for told_s, moment in ((case.reaction_s, story.reaction_at), (case.contact_s, story.contact_at)):
        expected_s = None if moment is None else office.between(story.opened_at, moment)
        assert told_s == (None if expected_s is None else pytest.approx(expected_s, abs=0.002)), story


def assert_each_fact_once(told: list[object]) -> None:
    deadlines = [fact for fact in told if isinstance(fact, CaseTrulyMissed)]
    assert len({fact.case.id for fact in deadlines}) == len(deadlines)
    assert all(fact.at == fact.case.due_at for fact in deadlines)
    tried = [(fact.case.id, fact.call) for fact in told if isinstance(fact, CaseAttempted)]
    assert len(set(tried)) == len(tried)

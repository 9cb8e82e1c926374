"""All cases that wait for a contact, and what becomes of them."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count

from handlers.case_facts import (
    Case,
    CaseAttempted,
    CaseFact,
    CaseMissed,
    CaseRecovered,
    CaseTrulyMissed,
    CaseUnlisted,
    ContactKind,
)
from handlers.cases.rule import FollowUpRule
from handlers.departments import Departments
from handlers.facts import Call, CallEnded
from handlers.numbers import USABLE_DIGITS, NumberPlan
from handlers.rules import Rules

CALL_IDS_KEPT = 50
# A robot that makes up a number for each call must not eat the memory: that many wait, the oldest are let go.
CASES_LIMIT = 50_000


class _Waiting:
    """A case that waits. `is_held`: its deadline is over, and a talk that began before it goes on."""

    __slots__ = ("case", "is_held", "key")

    def __init__(self, key: str, case: Case) -> None:
        self.key = key
        self.case = case
        self.is_held = False


class Cases:
    """The waiting cases, by number. Holds no clock; every method gives the facts it led to, oldest first.

    `live_calls` gives the calls that live now. `next_at`: when `pass_time` next has something to say.
    """

    def __init__(self, rules: Rules, live_calls: Callable[[], Iterable[Call]]) -> None:
        self._live_calls = live_calls
        self._waiting: dict[str, list[_Waiting]] = {}
        self._order: dict[tuple[str, str, str], _Waiting] = {}
        self._held: list[_Waiting] = []
        self._moments: list[tuple[float, int, _Waiting]] = []
        self._serial = count()
        self._quiet_until = -math.inf
        self.next_at = math.inf
        self._set_rules(rules)

    def _set_rules(self, rules: Rules) -> None:
        self._rule: FollowUpRule = rules.follow_up
        self._hours = rules.working_time
        plan = NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        self._departments = Departments(rules.departments, plan)
        self._plan = plan
        self._ignored = {self._rule.key(number) for each in self._rule.ignore if (number := plan.normalised(each))}

    def change_rules(self, rules: Rules) -> None:
        """Other settings: what waits keeps its deadline, and is matched by the new rule."""
        self._set_rules(rules)
        waiting = list(self._order.values())
        self._waiting.clear()
        self._moments.clear()
        for each in waiting:
            each.key = self._rule.key(each.case.number)
            self._waiting.setdefault(each.key, []).append(each)
            self._plan_moment(each)
        self._set_next()

    # ---- what waits

    def waiting(self) -> Iterator[Case]:
        """The cases on the call-back list, in order of their first miss."""
        return iter(sorted((each.case for each in self._order.values()), key=lambda case: case.opened_at))

    def __len__(self) -> int:
        return len(self._order)

    def restore(self, cases: Iterable[Case], quiet_until: float) -> None:
        """Take up what an earlier run left waiting, before anything happens.

        Until `quiet_until`, or until the stream has begun (`stream_resumed`), no deadline is judged: a call back may be going on.
        """
        for case in sorted(cases, key=lambda each: (each.opened_at, each.id)):
            self._add(self._rule.key(case.number), case)
        self._quiet_until = quiet_until
        self._set_next()

    def stream_resumed(self) -> None:
        """What lives is known: deadlines can be judged."""
        self._quiet_until = -math.inf
        self._set_next()

    # ---- time

    def pass_time(self, at: float) -> list[CaseFact]:
        """Everything that is due up to this moment."""
        facts: list[CaseFact] = []
        if at < self._quiet_until:
            return facts
        self._quiet_until = -math.inf
        while self._moments and self._moments[0][0] <= at:
            moment, _, each = heapq.heappop(self._moments)
            if self._order.get(_identity(each.case)) is not each:
                continue
            if self._is_due(each, at):
                if self._in_talk(each):
                    each.is_held = True
                    self._held.append(each)
                else:
                    facts.append(self._truly_missed(each))
                    self._plan_moment(each)
            elif self._leaves_at(each.case) <= at:
                self._remove(each)
                facts.append(CaseUnlisted(self._leaves_at(each.case), each.case))
            elif moment < self._next_moment(each):
                self._plan_moment(each)
        self._set_next()
        return facts

    def _is_due(self, each: _Waiting, at: float) -> bool:
        case = each.case
        return case.state == "open" and not each.is_held and case.due_at is not None and case.due_at <= at

    def _truly_missed(self, each: _Waiting) -> CaseTrulyMissed:
        case = each.case
        assert case.due_at is not None  # noqa: S101 - only what has a deadline passes it
        each.case = replace(case, state="truly_missed")
        return CaseTrulyMissed(case.due_at, each.case)

    def _in_talk(self, each: _Waiting) -> bool:
        """Does a call with this number live that was answered before the deadline?"""
        due_at = each.case.due_at
        return due_at is not None and any(
            (call.answered_at is not None or call.state in {"talking", "held"})
            and _spoke_at(call) < due_at
            and self._key_of(call) == each.key
            for call in self._live_calls()
        )

    def _leaves_at(self, case: Case) -> float:
        """When it leaves the list: so long after its last miss, but never before its deadline."""
        leaves_at = case.last_missed_at + self._rule.list_for_s
        return leaves_at if case.due_at is None else max(leaves_at, case.due_at)

    def _next_moment(self, each: _Waiting) -> float:
        case = each.case
        if case.state == "open" and not each.is_held and case.due_at is not None:
            return case.due_at
        return self._leaves_at(case)

    def _plan_moment(self, each: _Waiting) -> None:
        heapq.heappush(self._moments, (self._next_moment(each), next(self._serial), each))

    def _set_next(self) -> None:
        while self._moments and self._order.get(_identity(self._moments[0][2].case)) is not self._moments[0][2]:
            heapq.heappop(self._moments)
        self.next_at = max(self._moments[0][0], self._quiet_until) if self._moments else math.inf

    # ---- calls

    def ended(self, ended: CallEnded) -> list[CaseFact]:
        """What a finished call means to the cases."""
        call = ended.call
        facts: list[CaseFact] = []
        key = self._key_of(call) if call.merged_into is None else None
        if key is not None:
            if call.missed:
                facts += self._missed(key, ended)
            elif self._waiting.get(key):
                facts += self._followed(key, ended)
        if self._held:
            facts += self._judge_held()
        if facts:
            self._set_next()
        return facts

    def _key_of(self, call: Call) -> str | None:
        number = {"in": call.caller_e164, "out": call.called_e164}.get(call.direction)
        if number is None or len(number.removeprefix("+")) < USABLE_DIGITS:
            return None
        return self._rule.key(number)

    def _missed(self, key: str, ended: CallEnded) -> Iterator[CaseFact]:
        call = ended.call
        waiting = self._waiting.get(key)
        if waiting:
            each = waiting[-1]
            case = each.case
            each.case = replace(
                case,
                calls=case.calls + 1,
                last_missed_at=max(ended.at, case.last_missed_at),
                call_ids=(*case.call_ids[1 - CALL_IDS_KEPT :], call.id),
            )
            yield CaseMissed(ended.at, each.case, call.id, call.boot, again=True)
            return
        if key in self._ignored:
            return
        each = self._add(key, self._opened(ended))
        yield CaseMissed(ended.at, each.case, call.id, call.boot, again=False)
        if self._rule.window_s <= 0:
            yield self._truly_missed(each)
        while len(self._order) > CASES_LIMIT:
            oldest = next(iter(self._order.values()))
            self._remove(oldest)
            yield CaseUnlisted(ended.at, oldest.case)

    def _opened(self, ended: CallEnded) -> Case:
        call, rule = ended.call, self._rule
        at = ended.at
        due_at = at + rule.window_s if self._hours is None else self._hours.after(at, rule.window_s)
        return Case(
            id=call.id,
            pbx=call.pbx,
            boot=call.boot,
            number=call.caller_e164 or "",
            state="open",
            opened_at=at,
            due_at=due_at,
            last_missed_at=at,
            calls=1,
            trunk=call.trunk,
            did=call.did,
            source=call.source,
            queue=call.queue,
            department=self._departments.of(ended) if self._departments.names else None,
            closed=call.closed,
            call_ids=(call.id,),
        )

    def _followed(self, key: str, ended: CallEnded) -> Iterator[CaseFact]:
        """A call with a number that waits: a contact, an attempt, or nothing."""
        call = ended.call
        kind: ContactKind = "incoming" if call.direction == "in" else "outgoing"
        is_answered = call.result == "answered"
        is_long = call.talk_s is None or call.talk_s >= self._rule.min_talk_s(kind)
        if is_answered and is_long and kind in self._rule.closed_by:
            by = call.answered_by if kind == "incoming" else call.caller
            yield from self.contact(key, kind, _spoke_at(call), ended.at, call.id, by)
        elif kind == "outgoing":
            result = "too_short" if is_answered else call.result or "unknown"
            for each in self._waiting[key]:
                yield self._attempt(each, ended, result)

    def _attempt(self, each: _Waiting, ended: CallEnded, result: str) -> CaseAttempted:
        call, case = ended.call, each.case
        reaction_s = case.reaction_s
        if reaction_s is None:
            reaction_s = self._working_s(case.opened_at, call.started_at)
        each.case = replace(case, attempts=case.attempts + 1, reaction_s=reaction_s)
        return CaseAttempted(ended.at, each.case, call.id, call.boot, result, call.caller)

    def contact(
        self, key: str, kind: ContactKind, spoke_at: float, at: float, call: str | None, by: str | None
    ) -> Iterator[CaseFact]:
        """Somebody spoke with this number at `spoke_at`, which is known since `at`: all that waits for it is closed."""
        for each in list(self._waiting.get(key, ())):
            contact_at = max(spoke_at, each.case.opened_at)
            if each.case.state == "open" and each.case.due_at is not None and contact_at >= each.case.due_at:
                yield self._truly_missed(each)
            case = each.case
            late = case.state == "truly_missed"
            contact_s = self._working_s(case.opened_at, contact_at)
            self._remove(each)
            yield CaseRecovered(
                at,
                replace(
                    case,
                    state="recovered_late" if late else "recovered",
                    contact=kind,
                    contact_at=contact_at,
                    contact_call=call,
                    contact_by=by,
                    contact_s=contact_s,
                    reaction_s=contact_s if case.reaction_s is None else case.reaction_s,
                ),
                late,
            )

    def _judge_held(self) -> Iterator[CaseFact]:
        """A call is over: is there still one that may turn out to be the contact?"""
        for each in list(self._held):
            if self._order.get(_identity(each.case)) is not each:
                self._held.remove(each)
            elif not self._in_talk(each):
                self._held.remove(each)
                each.is_held = False
                yield self._truly_missed(each)
                self._plan_moment(each)

    def _working_s(self, since: float, until: float) -> float:
        if self._hours is None:
            return round(max(0.0, until - since), 3)
        return round(self._hours.between(since, until), 3)

    # ---- keeping

    def _add(self, key: str, case: Case) -> _Waiting:
        each = _Waiting(key, case)
        self._waiting.setdefault(key, []).append(each)
        self._order[_identity(case)] = each
        self._plan_moment(each)
        return each

    def _remove(self, each: _Waiting) -> None:
        del self._order[_identity(each.case)]
        same = self._waiting[each.key]
        same.remove(each)
        if not same:
            del self._waiting[each.key]


def _identity(case: Case) -> tuple[str, str, str]:
    return case.id, case.pbx, case.boot


def _spoke_at(call: Call) -> float:
    """When the talk began; of an answer that nobody saw, the call's start is all that is known."""
    return call.started_at if call.answered_at is None else call.answered_at

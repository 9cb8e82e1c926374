"""All cases that wait for a contact, and what becomes of them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from handlers.case_facts import (
    NOTES_KEPT,
    Case,
    CaseAttempted,
    CaseClaimed,
    CaseFact,
    CaseMissed,
    CaseRecovered,
    CaseTrulyMissed,
    CaseUnlisted,
    ContactKind,
)
from handlers.cases.call_back_list import CallBackList, Waiting
from handlers.cases.moments import claim_is_over, forgotten_at, is_over, leaves_at, next_moment
from handlers.cases.rule import FollowUpRule
from handlers.departments import Departments
from handlers.facts import Call, CallEnded
from handlers.numbers import NumberPlan, is_usable
from handlers.person import Person
from handlers.rules import Rules

CALL_IDS_KEPT = 50
# A robot that makes up a number for each call must not eat the memory: that many wait, the oldest are let go.
CASES_LIMIT = 50_000


TalksWith = Callable[[Callable[[str], bool], str], Iterable[Call]]
"""The calls that live and were, or may have been, answered, by the outside party's number; which one is likely is looked at first."""


class Cases:
    """The waiting cases, by number. Holds no clock; every method gives the facts it led to, oldest first.

    `talks_with` gives the calls that live now.
    """

    def __init__(self, rules: Rules, talks_with: TalksWith) -> None:
        self._talks_with = talks_with
        self.list = CallBackList(lambda each: next_moment(each, self._rule))
        self._held: list[Waiting] = []
        self._quiet_until = -math.inf
        self._is_heard = True
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
        self.list.change_keys(self._rule.key)

    # ---- what waits

    def waiting(self) -> Iterator[Case]:
        """The cases on the call-back list, in order of their first miss."""
        return iter(sorted((each.case for each in self.list if each.is_listed), key=lambda case: case.opened_at))

    def restore(self, cases: Iterable[Case], at: float, quiet_until: float) -> None:
        """Take up, as of `at`, what an earlier run left without a contact, before anything happens.

        `quiet_until` later than `at`: the PBX is not heard yet. No deadline is judged until it is (`stream_resumed`), for a call back
        may be going on, and until then or that moment time has nothing else to say either.
        """
        for case in sorted(cases, key=lambda each: (each.opened_at, each.id)):
            each = self.list.add(self._rule.key(case.number), replace(case, notes=case.notes[-NOTES_KEPT:]))
            each.is_listed = case.state == "open" or leaves_at(case, self._rule) > at
            self.list.plan(each)
        self._quiet_until = quiet_until
        self._is_heard = quiet_until <= at

    def stream_broken(self) -> None:
        """The PBX is not heard: of a deadline that comes from here on nobody knows whether somebody was reached before it."""
        self._is_heard = False

    def stream_resumed(self) -> None:
        """What lives is known: the deadlines that passed can be judged, once what ended meanwhile has been told (`ended`)."""
        self._quiet_until = -math.inf
        if self._is_heard:
            return
        self._is_heard = True
        held, self._held = self._held, []
        for each in held:
            each.is_held = False
            if each in self.list:
                self.list.plan(each)

    # ---- time

    @property
    def next_at(self) -> float:
        """When time alone next has something to say; infinite: never."""
        return max(self.list.next_at, self._quiet_until)

    def pass_time(self, at: float) -> list[CaseFact]:
        """Everything that is due up to this moment."""
        facts: list[CaseFact] = []
        if at < self._quiet_until:
            return facts
        self._quiet_until = -math.inf
        for each in self.list.due(at):
            if claim_is_over(each, at):
                facts.append(self._unclaimed(each))
            elif not each.is_held and is_over(each.case, at):
                if not self._is_heard or self._in_talk(each):
                    each.is_held = True
                    self._held.append(each)
                else:
                    facts.append(self._truly_missed(each))
            elif each.is_listed and not each.is_held and leaves_at(each.case, self._rule) <= at:
                each.is_listed = False
                facts.append(CaseUnlisted(leaves_at(each.case, self._rule), each.case))
            elif not each.is_listed and forgotten_at(each.case, self._rule) <= at:
                self.list.remove(each)
                continue
            self.list.plan(each)
        return facts

    def _truly_missed(self, each: Waiting) -> CaseTrulyMissed:
        case = each.case
        assert case.due_at is not None  # noqa: S101 - only what has a deadline passes it
        each.case = replace(case, state="truly_missed")
        return CaseTrulyMissed(case.due_at, each.case)

    def _in_talk(self, each: Waiting) -> bool:
        """Does a call with this number live that was, or may have been, answered before the deadline?"""
        due_at = each.case.due_at
        if due_at is None:
            return False
        talks = self._talks_with(lambda number: self._key_of_normalised(number) == each.key, each.talk)
        talk = next((call for call in talks if _spoke_at(call) < due_at), None)
        each.talk = "" if talk is None else talk.id
        return talk is not None

    @staticmethod
    def _unclaimed(each: Waiting) -> CaseClaimed:
        """Who claimed it has had his time."""
        ended_at = each.case.claimed_until or 0.0
        each.case = replace(each.case, claimed_by=None, claimed_until=None)
        return CaseClaimed(ended_at, each.case)

    # ---- calls

    def ended(self, ended: CallEnded) -> list[CaseFact]:
        """What a finished call means to the cases."""
        call = ended.call
        facts: list[CaseFact] = []
        key = self._key_of_call(call) if call.merged_into is None else None
        if key is not None:
            if call.missed:
                facts += self._missed(key, ended)
            else:
                waiting = self.list.with_key(key)
                facts += self._followed(waiting, ended) if waiting else ()
        if self._held and self._is_heard:
            facts += self._judge_held(list(self._held))
        return facts

    def answer_told(self, call_id: str) -> list[CaseFact]:
        """The PBX has said when this call was answered, or cannot: is it still one that the verdict waits for?"""
        return list(self._judge_held([each for each in self._held if each.talk == call_id])) if self._is_heard else []

    def key_of(self, number: str) -> str | None:
        """By which a number in any spelling is known here; None where it is none that could be called."""
        return self._key_of_normalised(self._plan.normalised(number))

    def person(self, number: str) -> Person:
        """Whoever has this normalised number, by the rules in force. Raises NobodyError."""
        return Person(number, self._plan, self._rule.match)

    def _key_of_call(self, call: Call) -> str | None:
        return self._key_of_normalised({"in": call.caller_e164, "out": call.called_e164}.get(call.direction))

    def _key_of_normalised(self, number: str | None) -> str | None:
        return self._rule.key(number) if number is not None and is_usable(number) else None

    def _missed(self, key: str, ended: CallEnded) -> Iterator[CaseFact]:
        call = ended.call
        waiting = [each for each in self.list.with_key(key) if each.is_listed]
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
        each = self.list.add(key, self._opened(ended))
        yield CaseMissed(ended.at, each.case, call.id, call.boot, again=False)
        if self._rule.window_s <= 0:
            yield self._truly_missed(each)
            self.list.plan(each)
        while len(self.list) > CASES_LIMIT:
            oldest = next(iter(self.list))
            self.list.remove(oldest)
            if oldest.is_listed:
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

    def _followed(self, waiting: Sequence[Waiting], ended: CallEnded) -> Iterator[CaseFact]:
        """A call with a number that waits: a contact, an attempt, or nothing."""
        call = ended.call
        kind: ContactKind = "incoming" if call.direction == "in" else "outgoing"
        is_answered = call.result == "answered"
        is_long = call.talk_s is None or call.talk_s >= self._rule.min_talk_s(kind)
        if is_answered and is_long and kind in self._rule.closed_by:
            by = call.answered_by if kind == "incoming" else call.caller
            for each in waiting:
                yield from self.close(each, kind, _spoke_at(call), ended.at, call.id, by)
        elif kind == "outgoing" and call.result not in {None, "unknown"}:  # else he may have been reached
            result = "too_short" if is_answered else call.result
            for each in waiting:
                yield self._attempt(each, ended, result)

    def _attempt(self, each: Waiting, ended: CallEnded, result: str) -> CaseAttempted:
        call, case = ended.call, each.case
        reaction_s = case.reaction_s
        if reaction_s is None:
            reaction_s = self._working_s(case.opened_at, call.started_at)
        each.case = replace(case, attempts=case.attempts + 1, reaction_s=reaction_s)
        return CaseAttempted(ended.at, each.case, call.id, call.boot, result, call.caller)

    def close(
        self, each: Waiting, kind: ContactKind, spoke_at: float, at: float, call: str | None, by: str | None
    ) -> Iterator[CaseFact]:
        """Somebody spoke with him at `spoke_at`, which is known since `at`."""
        contact_at = max(spoke_at, each.case.opened_at)
        if is_over(each.case, contact_at):
            yield self._truly_missed(each)
        case = each.case
        late = case.state == "truly_missed"
        contact_s = self._working_s(case.opened_at, contact_at)
        self.list.remove(each)
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

    def judge_before(self, each: Waiting, asked_at: float) -> Iterator[CaseFact]:
        """Something was said of a case at a moment: if its time was over by then, that comes first.

        Not where the verdict waits for a talk that began in time: whoever had that talk is in time himself. Where it waits for the
        PBX alone, what was said late is late, as it is to a daemon that was down.
        """
        if is_over(each.case, asked_at) and not self._in_talk(each):
            yield self._truly_missed(each)

    def _judge_held(self, held: Iterable[Waiting]) -> Iterator[CaseFact]:
        """A call is over, or more is known of it: is there still one that may turn out to be the contact?"""
        for each in held:
            if each not in self.list:
                self._held.remove(each)
            elif not self._in_talk(each):
                self._held.remove(each)
                each.is_held = False
                yield self._truly_missed(each)
                self.list.plan(each)

    def _working_s(self, since: float, until: float) -> float:
        if self._hours is None:
            return round(max(0.0, until - since), 3)
        return round(self._hours.between(since, until), 3)


def _spoke_at(call: Call) -> float:
    """When the talk began; of an answer that nobody saw, the call's start is all that is known."""
    return call.started_at if call.answered_at is None else call.answered_at

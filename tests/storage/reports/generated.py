"""Calls and cases of a made-up office: what the reports are checked against, call by call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from daemon.replay import running_writer
from handlers.case_facts import Case, CaseDismissed, CaseFact, CaseMissed, CaseRecovered, CaseState, CaseTrulyMissed
from handlers.departments import DepartmentRule, Departments
from handlers.facts import Call, CallEnded, Direction, Leg, QueueStay, Result
from tests.storage.sample_calls import START, a_call, a_missed_call

DEPARTMENTS = Departments(
    [
        DepartmentRule("Продажи", frozenset({"sales"}), frozenset({"101", "102"}), frozenset()),
        DepartmentRule("support", frozenset({"support"}), frozenset({"103"}), frozenset({"74951112233"})),
    ]
)
_TRUNKS = ("megafon", "mts", "PJSIP/74951234567", "=1+1")
_QUEUES = (None, "sales", "support", "other")
_DIRECTIONS: tuple[Direction, ...] = ("in",) * 8 + ("out", "internal")
_RESULTS: tuple[Result, ...] = (
    "answered",
    "answered",
    "answered",
    "abandoned",
    "short_abandoned",
    "no_answer",
    "busy",
    "ivr_only",
    "failed",
)


@dataclass(frozen=True)
class Made:
    """A finished call and the case that it belongs to."""

    ended: CallEnded
    case: Case | None
    was_late: bool = False


def office(random: Random, count: int, days: float = 400.0) -> list[Made]:
    """So many calls over so many days: all directions, unknown results, unknown durations, calls that became part of others."""
    made: list[Made] = []
    open_cases: dict[str, int] = {}
    for number in range(count):
        at = round(START - random.uniform(0, days * 86_400), 3)
        made.append(_one(random, number, at))
    made.sort(key=lambda each: each.ended.call.started_at)
    for place, each in enumerate(made):
        call = each.ended.call
        if call.missed and call.merged_into is None and call.caller_e164 is not None and random.random() < 0.9:
            made[place] = _with_case(random, made, place, open_cases)
    return made


def _one(random: Random, number: int, at: float) -> Made:
    direction = random.choice(_DIRECTIONS)
    result: Result = random.choice(_RESULTS) if random.random() < 0.95 else "unknown"
    missed = direction == "in" and result in {"abandoned", "short_abandoned", "no_answer", "busy"}
    queue = random.choice(_QUEUES)
    wait_s = None if result == "unknown" or random.random() < 0.05 else round(random.expovariate(1 / 20), 3)
    talk_s = round(random.expovariate(1 / 90), 3) if result == "answered" else 0.0
    end_seen = random.random() < 0.95
    base = a_missed_call() if missed else a_call()
    call = replace(
        base,
        id=f"{int(at)}.{number}",
        direction=direction,
        result=result,
        # Answered, passed on and lost there may count as missed.
        missed=missed or (direction == "in" and result == "answered" and random.random() < 0.03),
        trunk=random.choice((*_TRUNKS, None)) if direction != "internal" else None,
        did=random.choice(("74951112233", "74950000000", None)),
        queue=queue,
        queues=(queue,) if queue else (),
        caller="anonymous" if random.random() < 0.1 else None,
        started_at=at,
        rang_at=None,
        queued_at=None,
        answered_at=None,
        ended_at=at + 60,
        state_since=at + 60,
        closed=random.random() < 0.2,
        wait_s=wait_s,
        talk_s=talk_s if end_seen else None,
        end_seen=end_seen,
        merged_into="1.1" if random.random() < 0.05 else None,
    )
    if call.caller is None:
        e164 = f"+7900{random.randrange(30):07}"
        call = replace(call, caller=e164[1:], caller_e164=e164)
    else:
        call = replace(call, caller_e164=None)
    return Made(CallEnded(at + 60, call, _legs(random, call), _stays(random, call), (), ()), None)


def _legs(random: Random, call: Call) -> tuple[Leg, ...]:
    at = call.started_at
    outside = Leg(call.id, "PJSIP/x-1", "PJSIP/x", "outside", None, None, None, at, None, None, None, None, None, None)
    people = [
        Leg(f"{call.id}{n}", f"PJSIP/{device}-1", f"PJSIP/{device}", "person", None, device, None,
            at + random.choice((0.5, 1.0, 2.0)), None, None, None, None, "no_answer", None)
        for n, device in enumerate(random.sample(("101", "103", "999"), random.randrange(3)))
    ]  # fmt: skip
    return (outside, *people)


def _stays(random: Random, call: Call) -> tuple[QueueStay, ...]:
    if call.queue is None:
        return ()
    joined_at = call.started_at + random.choice((0.5, 1.0, 2.0))
    later = QueueStay("sales", joined_at + 5, None, None, None, None)
    return (QueueStay(call.queue, joined_at, None, None, None, None), later)


def _with_case(random: Random, made: list[Made], place: int, open_cases: dict[str, int]) -> Made:
    """A case of its own, or that of an earlier call of the number which nobody has closed in between."""
    each = made[place]
    call = each.ended.call
    number = call.caller_e164 or ""
    first = open_cases.get(number)
    if first is not None and random.random() < 0.5:
        case = made[first].case
        assert case is not None
        return replace(each, case=case, was_late=made[first].was_late)
    open_cases[number] = place
    state: CaseState = random.choice(("open", "recovered", "recovered", "truly_missed", "recovered_late", "dismissed"))
    at = each.ended.at
    case = Case(
        id=call.id, pbx=call.pbx, boot=call.boot, number=number, state=state, opened_at=at, due_at=at + 3600,
        last_missed_at=at, calls=1, attempts=random.randrange(3), trunk=call.trunk,
        reaction_s=round(random.expovariate(1 / 900), 3) if random.random() < 0.7 else None,
    )  # fmt: skip
    if state in {"recovered", "recovered_late"}:
        contact_s = round(random.uniform(1, 3599) + (3600 if state == "recovered_late" else 0), 3)
        later = random.choice(made[place:])
        case = replace(
            case,
            contact=random.choice(("outgoing", "incoming", "external")),
            contact_at=max(at + contact_s, later.ended.call.started_at),
            contact_s=contact_s,
            contact_by="101",
            contact_call=later.ended.call.id if random.random() < 0.8 else None,
            reaction_s=contact_s if case.reaction_s is None else case.reaction_s,
        )
    was_late = state in {"recovered_late", "truly_missed"} or (state == "dismissed" and random.random() < 0.5)
    return replace(each, case=case, was_late=was_late)


async def stored(path: Path, made: Sequence[Made]) -> None:
    """The database that holds them."""
    async with running_writer(path, START) as writer:
        for each in made:
            writer.put(each.ended, cases=_facts(each))
            await writer.flush()


def _facts(each: Made) -> list[CaseFact]:
    case = each.case
    if case is None:
        return []
    call = each.ended.call
    facts: list[CaseFact] = [CaseMissed(each.ended.at, case, call.id, call.boot, case.id != call.id)]
    if case.id == call.id:
        if each.was_late:
            facts.append(CaseTrulyMissed(case.due_at or 0.0, case))
        if case.state in {"recovered", "recovered_late"}:
            facts.append(CaseRecovered(each.ended.at, case, case.state == "recovered_late"))
        if case.state == "dismissed":
            facts.append(CaseDismissed(each.ended.at, case))
    return facts

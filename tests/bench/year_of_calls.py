"""A database with a year of calls of a large office: told to the cases call by call, and stored as the daemon stores them.

Some callers come back for ever, most are strangers; by day and hour as offices are called; a sixth of the incoming calls is
missed, and most of those missed are called back or try again.
"""

import gc
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from handlers.case_facts import CaseFact
from handlers.cases.cases import Cases
from handlers.departments import DepartmentRule
from handlers.facts import Agent, Call, CallEnded, Leg, QueueStay, Talk
from handlers.rules import Rules, TrunkRule
from handlers.working_time import WorkingTime
from storage.batch import MOST_ROWS, BatchConnection, write
from storage.schema import migrate, migrations

FIRST_DAY, DAYS = date(2026, 1, 1), 365
TRUNKS = ("megafon", "mts", "beeline", "rostelecom", "zadarma", "mango")
QUEUES = ("sales", "support", "service", "spares", "delivery", "claims", "wholesale", "accounts")
SOURCES = ("yandex", "google", "avito", "2gis", "leaflet", "radio", "site", "vk", "dealer", "card")
# One queue has one department; whoever was missed before any queue belongs to none.
DEPARTMENTS = tuple(DepartmentRule(f"team-{queue}", frozenset({queue}), frozenset(), frozenset()) for queue in QUEUES)
HOURS = WorkingTime(UTC, (((9 * 60, 18 * 60),),) * 5 + (((10 * 60, 15 * 60),), ()))
RULES = Rules(trunks=tuple(TrunkRule(name, ()) for name in TRUNKS), departments=DEPARTMENTS, working_time=HOURS)
_REGULARS = 20_000
_CLIENTS = 5_000
_DIRECTORY = (
    "INSERT INTO client SELECT DISTINCT number, 'Client ' || number, '101' FROM missed_case ORDER BY number LIMIT ?"
)
_WEEK = (1.2, 1.1, 1.1, 1.1, 1.0, 0.4, 0.1)
_BUSIEST_HOUR = 11
_MISSED = ("abandoned", "abandoned", "short_abandoned", "no_answer", "busy", "unavailable")


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and what storing took: CPU and waiting, in microseconds per call."""

    calls: int
    store_us: float


class Office:
    """Makes calls day by day. The same seed gives the same calls."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._later: dict[date, list[CallEnded]] = {}
        self._serial = 0

    def day(self, day: date, calls: int) -> list[CallEnded]:
        """About so many calls of a working day, and those that follow from earlier ones, in order of their ends."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        random = self._random
        for _ in range(round(calls * _WEEK[day.weekday()])):
            at = midnight + random.triangular(7.5, 21, _BUSIEST_HOUR) * 3600
            if random.random() < 0.7:
                self._incoming(at, self._caller())
            else:
                self._outgoing(at, self._caller(), random.random() < 0.65)
        return sorted(self._later.pop(day, []), key=lambda ended: ended.at)

    def _caller(self) -> str | None:
        random = self._random
        chance = random.random()
        if chance < 0.02:
            return None
        if chance < 0.5:
            return f"+7903{int(_REGULARS * random.random() ** 2):07}"
        return f"+79{random.randrange(10**9):09}"

    def _incoming(self, at: float, caller: str | None) -> None:
        random = self._random
        is_answered = random.random() < 0.83
        wait_s = round(random.expovariate(1 / 25) + 2, 3)
        talk_s = round(random.expovariate(1 / 150) + 5, 3) if is_answered else 0.0
        result = "answered" if is_answered else random.choice(_MISSED)
        queue = random.choice(QUEUES) if random.random() < 0.8 else None
        self._put(at, self._call("in", result, at, wait_s, talk_s, caller, queue))
        if is_answered or caller is None:
            return
        fate = random.random()
        later = at + random.choice((random.expovariate(1 / 1200), random.expovariate(1 / 5400), 86_400.0)) + wait_s
        if fate < 0.25:
            self._incoming(later, caller)
        elif fate < 0.8:
            self._outgoing(later, caller, random.random() < 0.6)

    def _outgoing(self, at: float, number: str | None, is_answered: bool) -> None:
        random = self._random
        wait_s = round(random.uniform(3, 30), 3)
        talk_s = round(random.expovariate(1 / 120) + 2, 3) if is_answered else 0.0
        result = "answered" if is_answered else random.choice(("no_answer", "busy", "cancelled"))
        self._put(at, self._call("out", result, at, wait_s, talk_s, number or "+74951234567", None))

    def _put(self, at: float, call: Call) -> None:
        day = datetime.fromtimestamp(at, UTC).date()
        self._later.setdefault(day, []).append(_with_time_line(call))

    def _call(
        self,
        direction: str,
        result: str,
        at: float,
        wait_s: float,
        talk_s: float,
        number: str | None,
        queue: str | None,
    ) -> Call:
        self._serial += 1
        random = self._random
        at = round(at, 3)
        is_in, is_answered = direction == "in", result == "answered"
        did = f"+7495{random.randrange(30):07}"
        extension = f"{random.randrange(100, 160)}"
        ended_at = round(at + wait_s + talk_s, 3)
        return Call(
            id=f"{int(at)}.{self._serial}",
            pbx="office",
            boot="1767000000",
            state="ended",
            state_since=ended_at,
            direction="in" if is_in else "out",
            result=result,  # type: ignore[arg-type]  # the words above
            missed=is_in and not is_answered,
            closed=not HOURS.is_open(at),
            voicemail=False,
            trunk=random.choice(TRUNKS),
            did=did if is_in else None,
            source=SOURCES[int(did[-2:]) % 10] if is_in and int(did[-2:]) < 20 else None,
            caller=number if is_in else extension,
            caller_e164=number if is_in else extension,
            caller_name=None,
            called=did if is_in else number,
            called_e164=did if is_in else number,
            queue=queue,
            queues=() if queue is None else (queue,),
            answered_by=(extension if is_in else number) if is_answered else None,
            agents=(Agent(f"PJSIP/{extension}", None),) if is_answered else (),
            started_at=at,
            rang_at=round(at + 1.5, 3),
            queued_at=None if queue is None else round(at + 1.0, 3),
            answered_at=round(at + wait_s, 3) if is_answered else None,
            ended_at=ended_at,
            ended_by="caller",
            lost_after_transfer=False,
            wait_s=wait_s,
            ivr_s=1.0,
            queue_s=0.0 if queue is None else round(wait_s - 1, 3),
            ring_s=round(wait_s - 1.5, 3),
            talk_s=talk_s,
            hold_s=0.0,
            total_s=round(wait_s + talk_s, 3),
            transfers=(),
            end_seen=True,
            incomplete=False,
            merged_into=None,
        )


def _with_time_line(call: Call) -> CallEnded:
    at, ended_at, answered_at = call.started_at, call.state_since, call.answered_at
    device = call.agents[0].device if call.agents else "PJSIP/101"
    outside = Leg(call.id, f"PJSIP/{call.trunk}-1", f"PJSIP/{call.trunk}", "outside", None, call.caller, None, at,
                  None, None, answered_at, ended_at, None, 16)  # fmt: skip
    person = Leg(f"{call.id}1", f"{device}-1", device, "person", None, device[6:], call.queue, at + 1, call.rang_at,
                 answered_at or ended_at, answered_at, ended_at, "answered" if answered_at else "cancelled", 16)  # fmt: skip
    stays: tuple[QueueStay, ...] = ()
    if call.queue is not None:
        outcome = "answered" if answered_at else "abandoned"
        stays = (QueueStay(call.queue, call.queued_at or at, answered_at or ended_at, outcome, 1, device),)  # type: ignore[arg-type]
    talks = () if answered_at is None else (Talk(answered_at, ended_at, device, None),)
    return CallEnded(ended_at, call, (outside, person), stays, talks, ())


def with_cases(cases: Cases, ended: Sequence[CallEnded]) -> Iterator[tuple[CallEnded, Sequence[CaseFact]]]:
    """Each call, and what it and the time before it meant to cases."""
    for each in ended:
        facts: list[CaseFact] = []
        if cases.next_at <= each.at:
            facts += cases.pass_time(each.at)
        facts += cases.ended(each)
        missed = next((fact.case.id for fact in facts if type(fact).__name__ == "CaseMissed"), None)
        yield (each if missed is None else replace(each, call=replace(each.call, case_id=missed))), facts


def make(path: Path, calls: int, seed: int = 1) -> Made:
    """A database of about so many calls at `path`, where nothing is yet."""
    connection = sqlite3.connect(path, isolation_level=None, factory=BatchConnection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")  # the bench can be begun anew
    connection.execute("PRAGMA cache_size = -65536")
    migrate(connection, path, 0.0, migrations())
    office, cases = Office(seed), Cases(RULES, lambda _is_theirs, _likely: ())
    per_day = calls / (DAYS / 7 * sum(_WEEK)) / 1.098  # a tenth comes of calls before
    stored, took = 0, 0.0
    gc.disable()
    for day in range(DAYS):
        told = list(with_cases(cases, office.day(FIRST_DAY + timedelta(days=day), round(per_day))))
        began = perf_counter()
        for start in range(0, len(told), MOST_ROWS):
            some = told[start : start + MOST_ROWS]
            write(connection, [ended for ended, _ in some], cases=[fact for _, facts in some for fact in facts])
        took += perf_counter() - began
        stored += len(told)
        gc.collect(0)
    gc.enable()
    connection.execute(_DIRECTORY, (_CLIENTS,))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Made(stored, took / stored * 1e6)

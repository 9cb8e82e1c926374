"""The traffic of the simulated PBX: recorded calls replayed one over the other, day and night, as the random numbers have it.

Pure and deterministic: the same random numbers and the same start give the same bytes after the same delays.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random

from daemon.demo.cast import DEPARTMENTS, OFFICE, PARKING_SPACES, TRUNKS, Department, Member, Subscriber, Town
from daemon.demo.replay import Cast, Replay, Serials
from daemon.demo.scripts import CALLED, Script, scripts
from daemon.demo.switchboard import Switchboard

CALLS_PER_MINUTE = 30.0
_FIRST_CALL_S = 0.5
# A rush at the start, so that from the first seconds on somebody waits, somebody talks and somebody was missed.
OPENING = (
    "17-outgoing-answered",
    "07-ivr-queue-second-agent",
    "04-direct-busy",
    "01-direct-caller-hangs-up",
    "08-queue-abandon",
    "22-queue-local-n",
    "05-direct-caller-abandons",
)
_OPENING_EVERY_S = 0.4
# Who was missed is called back, or calls again, after a while; most of them, and never at once.
_PATIENCE_S = (8.0, 90.0)
_CALL_BACK_SHARE = 0.75
_CALLS_AGAIN_SHARE = 0.12
_MISSED_REMEMBERED = 50
_TRIES = 8
_LOCAL_QUEUE = "suplocaln"
_MEMBERS_OF = {"support": ("101", "102", "103"), _LOCAL_QUEUE: ("101", "102")}


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: float
    serial: int


@dataclass(frozen=True, slots=True)
class _Missed:
    who: Subscriber
    since: float
    patience_s: float


class TrafficGenerator:
    """Calls come about `calls_per_minute`, spread at random, after an opening. Nobody is ever in two of them at once.

    `speed` makes everything happen faster, talks and waits too, so that `calls_per_minute` grows with it.
    """

    def __init__(self, random: Random, calls_per_minute: float = CALLS_PER_MINUTE, speed: float = 1.0) -> None:
        if calls_per_minute <= 0 or speed <= 0:
            raise ValueError("calls_per_minute and speed are greater than 0")
        self._random = random
        self._speed = speed
        self._scripts = scripts()
        weight = sum(script.casting.weight for script in self._scripts)
        calls = sum(script.calls * script.casting.weight for script in self._scripts) / weight
        self._every_s = 60.0 / calls_per_minute * calls
        self._town = Town(random)
        self._serials = Serials()
        self._busy: set[str] = set()
        self._missed: deque[_Missed] = deque(maxlen=_MISSED_REMEMBERED)
        self.skipped = 0
        """Calls that did not come about because everybody was busy."""
        self.closed = False
        """Set: no more calls begin, and the traffic ends with those that live."""

    def messages(self, start: float) -> Iterator[tuple[float, bytes]]:
        """The PBX's events from `start` (epoch seconds) on, until `closed`: seconds to wait before each, and its bytes."""
        board = Switchboard(DEPARTMENTS, start)
        due: list[tuple[_Due, Replay, float]] = []
        serials = count()
        opening = deque(OPENING)
        now = start
        next_call = start + _FIRST_CALL_S / self._speed
        while due or not self.closed:
            if not self.closed and (not due or next_call <= due[0][0].at):
                replay = self._begin(next_call, opening.popleft() if opening else None)
                if replay is not None:
                    heappush(due, (_Due(next_call, next(serials)), replay, next_call))
                every_s = _OPENING_EVERY_S if opening else self._every_s
                next_call += self._random.uniform(0.3, 1.7) * every_s / self._speed
                continue
            turn, replay, began = heappop(due)
            yield turn.at - now, replay.take(turn.at, board)
            now = turn.at
            if replay.due_s is None:
                self._end(replay, now)
            else:
                heappush(due, (_Due(began + replay.due_s, turn.serial), replay, began))

    def _begin(self, at: float, wanted: str | None) -> Replay | None:
        """A new call, by a recording of that name or any, or none because everybody whom it needs is busy."""
        fitting = [script for script in self._scripts if wanted in {None, script.name}]
        weights = [script.casting.weight for script in fitting]
        for script in self._random.choices(fitting, weights, k=_TRIES):
            department = self._department(script)
            people = self._people(script, department)
            spaces = [space for space in PARKING_SPACES if space not in self._busy]
            if people is not None and spaces:
                cast = Cast(department, self._random.choice(TRUNKS), people, self._subscribers(script, at), spaces[0])
                self._busy |= _taken(cast, script)
                return Replay(script, cast, Random(self._random.getrandbits(64)), self._serials, self._speed)
        self.skipped += 1
        return None

    def _end(self, replay: Replay, at: float) -> None:
        """Everybody is free again; who was missed may be called back."""
        subscribers = replay.cast.subscribers
        self._busy -= _taken(replay.cast, replay.script)
        self._town.on_the_line -= {who.number for who in subscribers.values()}
        for recorded in replay.script.casting.not_reached:
            patience_s = self._random.uniform(*_PATIENCE_S) / self._speed
            self._missed.append(_Missed(subscribers[recorded], at, patience_s))

    def _department(self, script: Script) -> Department:
        """Where the call goes: a queue of the recorded kind, with as many members as it needs."""
        fitting = [
            department
            for department in DEPARTMENTS
            if department.is_local == (script.queue == _LOCAL_QUEUE)
            or (script.queue is None and not set(script.extensions) & {"103"})
        ]
        return self._random.choice(fitting)

    def _people(self, script: Script, department: Department) -> dict[str, Member] | None:
        """Who is free, by recorded extension: members of the department for those of the queue, the office for the others."""
        members = _MEMBERS_OF[_LOCAL_QUEUE if department.is_local else "support"]
        found: dict[str, Member] = {}
        for group, wanted in (
            (department.members, [extension for extension in script.extensions if extension in members]),
            (OFFICE, [extension for extension in script.extensions if extension not in members]),
        ):
            free = [person for person in group if person.extension not in self._busy]
            if len(free) < len(wanted):
                return None
            found |= zip(wanted, self._random.sample(free, len(wanted)), strict=True)
        return found

    def _subscribers(self, script: Script, at: float) -> dict[str, Subscriber]:
        """Who is outside, by recorded number, and on the line from now on: somebody whom the office missed, or anybody."""
        found: dict[str, Subscriber] = {}
        for recorded in script.numbers:
            returns = _CALL_BACK_SHARE if recorded == CALLED else _CALLS_AGAIN_SHARE
            again = self._missed_one(at) if self._random.random() < returns else None
            found[recorded] = again or self._town.somebody()
            self._town.on_the_line.add(found[recorded].number)
        return found

    def _missed_one(self, at: float) -> Subscriber | None:
        """Somebody missed a while ago, who is remembered no longer; None where there is none."""
        for missed in self._missed:
            if at - missed.since >= missed.patience_s and missed.who.number not in self._town.on_the_line:
                self._missed.remove(missed)
                return missed.who
        return None


def _taken(cast: Cast, script: Script) -> set[str]:
    """The extensions, and the parking space, that nobody else can have meanwhile."""
    return {person.extension for person in cast.people.values()} | ({cast.space} if script.parks else set())

"""The figures of the local day: what happened to calls since midnight, of the site, its queues, lines and departments.

A call belongs to the day on which it started, as in the reports, and is counted at its end; a stay in a queue to the day on
which the caller joined. Calls that became part of another are counted nowhere. After a restart the day's stored calls are
counted again, through the same code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from daemon.board.course import Course, share
from daemon.board.day_spread import INTERNAL, DaySpread
from daemon.board.durations import Durations, Sign
from handlers.departments import DepartmentRule, Departments
from handlers.facts import Call, CallEnded, QueueStay, QueueStayEnded
from handlers.numbers import NumberPlan, is_usable
from handlers.rules import Rules
from storage.call_json import iso

OTHER = "other"
# Numbers that are told apart; beyond so many in a day the count of callers stands still.
CALLERS_LIMIT = 100_000
# Results that the site's service level counts: of the rest nobody was sought, or the caller did not wait (contract, section 2).
_RATED = frozenset({"answered", "abandoned", "no_answer", "busy", "unavailable"})


@dataclass(slots=True)
class CallSums:
    """Sums over calls."""

    incoming: int = 0
    outgoing: int = 0
    internal: int = 0
    answered: int = 0
    missed: int = 0
    wait: Durations = field(default_factory=Durations)
    callers: set[str] = field(default_factory=set)

    def add(self, call: Call, sign: Sign = 1) -> None:
        """Count a finished call; with -1 take it back, but for its caller, who called."""
        if call.direction != "in":
            if call.direction == "out":
                self.outgoing += sign
            else:
                self.internal += sign
            return
        self.incoming += sign
        is_answered = call.result == "answered" and not call.missed  # lost after a transfer may count as missed
        if is_answered or call.missed:
            self.answered += sign * is_answered
            self.missed += sign * call.missed
            self.wait.add(call.wait_s, sign)
        caller = call.caller_e164 or call.caller
        if caller and len(self.callers) < CALLERS_LIMIT:
            self.callers.add(caller)

    def forget(self, is_theirs: Callable[[str], bool], token: str) -> None:
        """A number that was forgotten was one caller, and stays one."""
        theirs = {caller for caller in self.callers if is_theirs(caller)}
        if theirs:
            self.callers -= theirs
            self.callers.add(token)

    @property
    def figures(self) -> dict[str, Any]:
        """As JSON; `answered`, `missed` and what follows are those of incoming calls."""
        return {
            "calls": self.incoming + self.outgoing + self.internal,
            "in": self.incoming,
            "out": self.outgoing,
            "answered": self.answered,
            "missed": self.missed,
            "missed_share": share(self.missed, self.answered + self.missed),
            "mean_wait_s": self.wait.mean_s,
            "p95_wait_s": self.wait.p95_s,
        }


@dataclass(slots=True)
class StaySums:
    """Sums over stays in a queue."""

    outcomes: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("answered", "abandoned", "timeout", "left"), 0)
    )
    short: int = 0
    within: int = 0
    wait: Durations = field(default_factory=Durations)

    @property
    def figures(self) -> dict[str, Any]:
        """As JSON; short abandons are in `short_abandoned` alone."""
        offered = sum(self.outcomes.values())
        return {
            "offered": offered,
            **self.outcomes,
            "short_abandoned": self.short,
            "within_threshold": self.within,
            "service_level": share(self.within, offered),
            "mean_wait_s": self.wait.mean_s,
            "p95_wait_s": self.wait.p95_s,
        }


def _key(call: Call) -> tuple[str, str, str]:
    return call.id, call.pbx, call.boot


class Day:
    """The sums since local midnight. Nothing is counted before `roll` said what time it is."""

    def __init__(
        self,
        zone: tzinfo,
        rules: Rules,
        departments: Sequence[DepartmentRule] = (),
    ) -> None:
        self._zone = zone
        self._rules = rules
        self._trunk_names = frozenset(trunk.name for trunk in rules.trunks)
        plan = NumberPlan(rules.region, rules.area_code, rules.strip_prefixes)
        self._of_departments = Departments(departments, plan)
        self.department_names = self._of_departments.names
        self.since = self.until = 0.0
        self.course = Course()
        self._yesterday: Course | None = None
        self._clear()

    def _clear(self) -> None:
        self.site = CallSums()
        self.spread = DaySpread()
        self._trunks: dict[str, CallSums] = {}
        self._departments: dict[str, CallSums] = {}
        self._queues: dict[str, StaySums] = {}
        self._results: dict[str, int] = {}
        self.rated = self.in_time = self.incomplete = 0
        self._missed_closed = self._missed_anonymous = 0
        self._talk_s = 0.0
        self._unfinished: dict[tuple[str, str, str], CallEnded] = {}

    def forget(self, is_theirs: Callable[[str], bool], token: str) -> None:
        """Something else in the place of a caller's number; how many called stays."""
        for sums in (self.site, *self._trunks.values(), *self._departments.values()):
            sums.forget(is_theirs, token)

    def roll(self, now: float) -> bool:
        """Begin anew if this is another day; True if it is."""
        if self.since <= now < self.until:
            return False
        today = datetime.fromtimestamp(now, UTC).astimezone(self._zone).date()
        is_next = self.until == datetime.combine(today, time(), self._zone).timestamp()
        self._yesterday, self.course = self.course if is_next else None, Course()
        self.since = datetime.combine(today, time(), self._zone).timestamp()
        self.until = datetime.combine(today + timedelta(days=1), time(), self._zone).timestamp()
        self._clear()
        return True

    def the_day_before(self) -> "Day":
        """Yesterday, still empty; without departments, of which nobody asks then."""
        before = Day(self._zone, self._rules)
        before.roll(self.since - 1)
        return before

    def follow(self, before: "Day") -> None:
        """From now on today stands beside this day, if that is its yesterday still."""
        if before.until == self.since:
            self._yesterday = before.course

    def add(self, ended: CallEnded) -> None:
        """Count a finished call, if it is of this day."""
        stood = self._unfinished.pop(_key(ended.call), None)
        if stood is not None:  # it outlived a restart, and was stored as it stood
            self._count(stood, -1)
        self._count(ended, 1)

    def _count(self, ended: CallEnded, sign: Sign) -> None:
        call = ended.call
        if call.merged_into is not None or not self.since <= call.started_at < self.until:
            return
        stood = self._totals
        self.site.add(call, sign)
        self.spread.count(call, INTERNAL if call.direction == "internal" else self.trunk(call.trunk), sign)
        if call.direction != "internal":
            self._trunks.setdefault(self.trunk(call.trunk), CallSums()).add(call, sign)
        if self.department_names:
            self._departments.setdefault(self.department(ended), CallSums()).add(call, sign)
        self.incomplete += sign * call.incomplete
        self._talk_s += sign * (call.talk_s or 0.0)
        if call.direction == "in":
            result = call.result or "unknown"
            self._results[result] = self._results.get(result, 0) + sign
            self._missed_closed += sign * (call.missed and call.closed)
            self._missed_anonymous += sign * (call.missed and not is_usable(call.caller_e164))
            self._rate(call, sign)
        grown = [now - before for now, before in zip(self._totals, stood, strict=True)]
        self.course.add(self._minute(call.state_since if call.ended_at is None else call.ended_at), grown)

    @property
    def _totals(self) -> tuple[int, int, int, int, int]:
        """What stands beside the same of yesterday."""
        return self.site.incoming, self.site.answered, self.site.missed, self.rated, self.in_time

    def _minute(self, at: float) -> int:
        """The minute of this day's clock; of what is later, its last."""
        moment = datetime.fromtimestamp(min(at, self.until - 1), UTC).astimezone(self._zone)
        return moment.hour * 60 + moment.minute

    def _rate(self, call: Call, sign: Sign) -> None:
        """The site's service level: per call, from its first ring or queue entry."""
        if call.result not in _RATED:
            return
        if call.result != "answered":
            self.rated += sign
            return
        sought = [at for at in (call.rang_at, call.queued_at) if at is not None]
        if call.answered_at is None or not sought:
            return  # met in the middle: nobody knows how long it took
        self.rated += sign
        self.in_time += sign * (call.answered_at - min(sought) <= self._rules.service_level_s)

    def add_stay(self, fact: QueueStayEnded) -> None:
        """Count a stay that ended, if it began on this day."""
        self._add_stay(fact.stay, fact.wait_s, fact.short, bool(fact.within_threshold))

    def add_stored(self, ended: CallEnded) -> None:
        """Count a call of the database, with its stays."""
        self.add(ended)
        if not ended.call.end_seen:
            self._unfinished[_key(ended.call)] = ended
        self._add_stays(ended.stays)

    def add_living(self, stands: CallEnded) -> None:
        """Count the stays that are over of a call that outlived a kill, as it stands: their ends were told to who was killed.

        One that outlived a stop was stored as it stood, with them.
        """
        if _key(stands.call) not in self._unfinished:
            self._add_stays(stands.stays)

    def _add_stays(self, stays: Sequence[QueueStay]) -> None:
        for stay in stays:
            if stay.left_at is not None:
                wait_s = max(0.0, stay.left_at - stay.joined_at)
                threshold = self._rules.queue_service_level_s.get(stay.queue, self._rules.service_level_s)
                short = stay.outcome == "abandoned" and wait_s < self._rules.short_abandon_s
                self._add_stay(stay, wait_s, short, stay.outcome == "answered" and wait_s <= threshold)

    def _add_stay(self, stay: QueueStay, wait_s: float, short: bool, within: bool) -> None:
        if stay.outcome is None or stay.outcome == "unknown" or not self.since <= stay.joined_at < self.until:
            return
        sums = self._queues.setdefault(stay.queue, StaySums())
        if short:
            sums.short += 1
            return
        sums.outcomes[stay.outcome] += 1
        sums.within += within
        self.spread.count_stay(stay, wait_s)
        if stay.outcome == "answered":
            sums.wait.add(wait_s)

    def trunk(self, name: str | None) -> str:
        """The line's name if the settings have it; the rest is one."""
        return name if name in self._trunk_names and name is not None else OTHER

    def department(self, ended: CallEnded) -> str:
        """That of the first queue or person sought, else that of the number dialled, else `none`."""
        return self._of_departments.of(ended)

    def stay_sums(self) -> Mapping[str, StaySums]:
        """Today's stays, by queue."""
        return self._queues

    def queue_figures(self, queue: str) -> dict[str, Any]:
        """Today's stays in a queue."""
        return self._queues.get(queue, StaySums()).figures

    def trunk_figures(self, trunk: str) -> dict[str, Any]:
        """Today's calls over a line; `other`: those that the settings do not name."""
        return self._trunks.get(trunk, CallSums()).figures

    def department_figures(self, department: str) -> dict[str, Any]:
        """Today's calls of a department."""
        sums = self._departments.get(department, CallSums())
        return sums.figures | {"unique_callers": len(sums.callers)}

    def site_figures(self, now: float) -> Mapping[str, Any]:
        """The totals of the day, and as of `now` (epoch seconds) those of yesterday by the same time, in steps of a minute."""
        return {
            "day": datetime.fromtimestamp(self.since, self._zone).date().isoformat(),
            "since": iso(self.since),
            **self.site.figures,
            "internal": self.site.internal,
            "missed_closed": self._missed_closed,
            "missed_anonymous": self._missed_anonymous,
            "results": {result: count for result, count in sorted(self._results.items()) if count},
            "unique_callers": len(self.site.callers),
            "talk_s": round(self._talk_s, 1),
            "service_level": share(self.in_time, self.rated),
            "yesterday": None if self._yesterday is None else self._yesterday.before(self._minute(now)),
        }

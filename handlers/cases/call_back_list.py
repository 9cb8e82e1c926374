"""The cases without a contact: by number, in order, and by when time next has something to say of one."""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from handlers.case_facts import Case


class Waiting:
    """A case without a contact. `is_held`: its deadline is over, and the verdict waits.

    It does for a talk that may have begun before the deadline, until that is over (`talk` is that call's id), or for the PBX to be
    heard again.
    `is_listed`: somebody is to call back; a case that has left the list is known for the sake of a late contact alone.
    """

    __slots__ = ("case", "is_held", "is_listed", "key", "talk")

    def __init__(self, key: str, case: Case) -> None:
        self.key = key
        self.case = case
        self.is_held = False
        self.is_listed = True
        self.talk = ""


class CallBackList:
    """Keeps what waits. `next_moment` says when time next changes something about a case, infinite: never.

    `next_at`: the first of these moments; looked at with every event, so it is no property.
    """

    def __init__(self, next_moment: Callable[[Waiting], float]) -> None:
        self._next_moment = next_moment
        self._by_key: dict[str, list[Waiting]] = {}
        self._all: dict[tuple[str, str, str], Waiting] = {}
        self._moments: list[tuple[float, int, Waiting]] = []
        self._serial = count()
        self.next_at = math.inf

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Waiting]:
        """In the order in which they came."""
        return iter(self._all.values())

    def __contains__(self, each: Waiting) -> bool:
        return self._all.get(_identity(each.case)) is each

    def with_key(self, key: str) -> Sequence[Waiting]:
        """What has no contact of those of this number, on the list or not."""
        return tuple(self._by_key.get(key, ()))

    def find(self, case_id: str) -> Waiting | None:
        """The case of this id that is on the list; where several runs of the PBX had it, the latest."""
        found = [each for each in self if each.case.id == case_id and each.is_listed]
        return max(found, key=lambda each: each.case.opened_at, default=None)

    def add(self, key: str, case: Case) -> Waiting:
        """One more. Of two with one id, which recordings replayed as one PBX may have, the later one is meant."""
        before = self._all.get(_identity(case))
        if before is not None:
            self.remove(before)
        each = Waiting(key, case)
        self._by_key.setdefault(key, []).append(each)
        self._all[_identity(case)] = each
        self.plan(each)
        return each

    def remove(self, each: Waiting) -> None:
        """It waits no longer."""
        del self._all[_identity(each.case)]
        same = self._by_key[each.key]
        same.remove(each)
        if not same:
            del self._by_key[each.key]
        self._set_next()

    def change_keys(self, key: Callable[[str], str]) -> None:
        """Numbers are matched in another way, and moments may be others."""
        self._by_key.clear()
        self._moments.clear()
        for each in self:
            each.key = key(each.case.number)
            self._by_key.setdefault(each.key, []).append(each)
            self.plan(each)
        self._set_next()

    # ---- moments

    def plan(self, each: Waiting) -> None:
        """Its next moment is another now; an earlier plan does no harm."""
        heapq.heappush(self._moments, (self._next_moment(each), next(self._serial), each))
        self._set_next()

    def due(self, at: float) -> Iterator[Waiting]:
        """What was planned up to this moment, in order; who takes one plans it anew if it goes on waiting."""
        while self.next_at <= at:
            each = heapq.heappop(self._moments)[2]
            self._set_next()
            yield each

    def _set_next(self) -> None:
        while self._moments and self._moments[0][2] not in self:
            heapq.heappop(self._moments)
        self.next_at = self._moments[0][0] if self._moments else math.inf


def _identity(case: Case) -> tuple[str, str, str]:
    return case.id, case.pbx, case.boot

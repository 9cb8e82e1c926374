"""Whose calls they are: the department of a call, by who was sought in it first, else by the number dialled."""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.facts import CallEnded
from handlers.numbers import NumberPlan

NONE = "none"


@dataclass(frozen=True, slots=True)
class DepartmentRule:
    """Which calls are a department's."""

    name: str
    queues: frozenset[str]
    extensions: frozenset[str]
    dids: frozenset[str]


class Departments:
    """Finds the department of finished calls. `names` are all there are, `none` last; empty where the settings have none."""

    def __init__(self, rules: Sequence[DepartmentRule], plan: NumberPlan | None = None) -> None:
        self._plan = plan
        self._by_queue = {queue: each.name for each in rules for queue in each.queues}
        self._by_extension = {extension: each.name for each in rules for extension in each.extensions}
        self._by_did: dict[str, str] = {}
        for each in rules:
            for did in each.dids:
                self._by_did.setdefault(did, each.name)
                self._by_did.setdefault(self._spelled(did), each.name)
        self.names = [each.name for each in rules] + ([NONE] if rules else [])

    def of(self, ended: CallEnded) -> str:
        """That of the first queue or person sought, else that of the number dialled, else `none`."""
        sought: list[tuple[float, str | None, str | None]] = [(s.joined_at, s.queue, None) for s in ended.stays]
        sought += [(leg.started_at, None, leg.device) for leg in ended.legs if leg.side == "person"]
        _, queue, device = min(sought, key=lambda each: each[0]) if sought else (0.0, None, None)
        return self.of_first(queue, device, ended.call.did)

    def of_first(self, queue: str | None, device: str | None, did: str | None) -> str:
        """The same by the one that was sought first, a queue or a person's device; both None where nobody was."""
        first = None
        if queue is not None:
            first = self._by_queue.get(queue)
        elif device is not None:
            first = self._by_extension.get(device.rpartition("/")[2])
        if first is not None or did is None:
            return first or NONE
        return self._by_did.get(did) or self._by_did.get(self._spelled(did)) or NONE

    def _spelled(self, did: str) -> str:
        """One spelling of a number dialled."""
        return (self._plan.normalised(did) if self._plan is not None else None) or did

"""What Asterisk itself wrote down of a run, beside what the phones saw: its queue_log and its CDRs.

Three witnesses, and the phones are believed first. The queue_log is believed of stays in queues: who joined, how it ended, who
took it, to a second. CDRs are asked one thing only: was somebody's device connected with the caller? Where one of them says
otherwise than what is told, and the other is right, `NOT_BELIEVED` says why.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handlers.facts import Call, QueueStayEnded

_CHANNEL_TECHNOLOGIES_OF_NOBODY = ("Local/", "Surrogate/", "CBAnn/")
_ENDS = {
    "CONNECT": "answered",
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timeout",
    "EXITWITHKEY": "left",
    "EXITEMPTY": "left",
}
# The log's whole seconds, and what passes between an event and its line.
_SECONDS_APART = 1.2

NOT_BELIEVED: dict[str, dict[str, str]] = {
    "agents-pool-two-callers-in-one-shift": {
        "cdr": "knows the Local channel to the pool only, not the agent behind it"
    },
    "agents-pool-agent-hangs-up": {"cdr": "knows the Local channel to the pool only, not the agent behind it"},
    "agents-pool-blind-transfer": {
        "cdr": "files whom the caller was passed on to under the agent's login, which is no call"
    },
    "followme-declined-on-the-mobile": {"cdr": "takes a mobile that went up for one that was connected; it pressed 2"},
    "followme-caller-leaves-while-the-mobile-is-asked": {
        "cdr": "takes a mobile that went up for one that was connected"
    },
    "caller-leaves-while-a-subroutine-asks": {"cdr": "takes a phone that went up for one that was connected"},
    "28b-injected-numbers": {"bad messages": "they are the hostile caller's, and must be counted"},
}


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a queue as a witness has it."""

    queue: str
    outcome: str
    member: str | None
    joined_at: float

    def agrees(self, other: "Stay") -> bool:
        """The same stay, to a second?"""
        mine, others = (self.queue, self.outcome, self.member), (other.queue, other.outcome, other.member)
        return mine == others and abs(self.joined_at - other.joined_at) <= _SECONDS_APART


def logged_stays(queue_log: Path) -> list[Stay]:
    """The stays of a queue_log, in the order in which they began."""
    return sorted(_stays(queue_log.read_text().splitlines()), key=lambda stay: (stay.joined_at, stay.queue))


def _stays(lines: Iterable[str]) -> Iterator[Stay]:
    joined: dict[tuple[str, str], int] = {}
    for line in lines:
        at, call, queue, member, event, *_ = line.split("|")
        if event == "ENTERQUEUE":
            joined[call, queue] = int(at)
        elif event in _ENDS:
            key = (call, queue) if (call, queue) in joined else _handed_over(joined, queue)
            if key is not None:
                yield Stay(queue, _ENDS[event], None if member == "NONE" else member, joined.pop(key))


def _handed_over(joined: Mapping[tuple[str, str], int], queue: str) -> tuple[str, str] | None:
    """Who was handed over into a queue leaves it, by his own channel, in the place of who joined it."""
    return next((key for key in joined if key[1] == queue), None)


def told_stays(facts: Iterable[object]) -> list[Stay]:
    """The stays that were told, in the order in which they began."""
    stays = [fact.stay for fact in facts if isinstance(fact, QueueStayEnded)]
    found = [Stay(stay.queue, str(stay.outcome), stay.member, stay.joined_at) for stay in stays]
    return sorted(found, key=lambda stay: (int(stay.joined_at), stay.queue))


def queue_log_disagrees(queue_log: Path, facts: Iterable[object]) -> str | None:
    """What the queue_log has otherwise than it was told, or None."""
    only_logged, only_told = logged_stays(queue_log), told_stays(facts)
    for stay in list(only_logged):
        same = next((other for other in only_told if stay.agrees(other)), None)
        if same is not None:
            only_logged.remove(stay)
            only_told.remove(same)
    if not only_logged and not only_told:
        return None
    return f"queue_log alone: {only_logged}, told alone: {only_told}"


def cdr_disagrees(cdr: Path, calls: Sequence[Call]) -> str | None:
    """Calls whose CDRs have another opinion of whether they were answered, or None. Merged calls are one with their survivor."""
    connected = {row[19] for row in _rows(cdr) if row[14] == "ANSWERED" and _is_somebodys(row[6])}
    names: dict[str, set[str]] = {call.id: {call.id} for call in calls if call.merged_into is None}
    for call in calls:
        if call.merged_into is not None:
            names.setdefault(_survivor(call, calls), set()).add(call.id)
    found = [
        f"{call.id} is told as {call.result}"
        for call in calls
        if call.merged_into is None and (call.result == "answered") != bool(names[call.id] & connected)
    ]
    return f"CDR: {', '.join(found)}; connected: {sorted(connected)}" if found else None


def _survivor(call: Call, calls: Sequence[Call]) -> str:
    into = {each.id: each.merged_into for each in calls}
    name = call.id
    while (other := into.get(name)) is not None:
        name = other
    return name


def _is_somebodys(channel: str) -> bool:
    return bool(channel) and not channel.startswith(_CHANNEL_TECHNOLOGIES_OF_NOBODY)


def _rows(cdr: Path) -> list[list[str]]:
    if not cdr.exists():
        return []
    with cdr.open(encoding="utf-8", errors="replace", newline="") as lines:
        return [row for row in csv.reader(lines) if len(row) > 19]

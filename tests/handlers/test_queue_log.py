"""Asterisk's own queue_log says the same of every stay in a queue: who joined, how it ended, how long it took.

`epoch|call|queue|member|event|...`, whole seconds: so times agree to one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from handlers.core import Core
from handlers.facts import CallEnded, QueueStay, StayOutcome
from handlers.rules import Rules
from tests.recordings import FOLDER, NAMES, events

WITH_QUEUES = [name for name in NAMES if (FOLDER / name / "queue_log").exists()]
# The columns of the wait in each line that ends a stay.
ENDS: dict[str, tuple[StayOutcome, int]] = {
    "CONNECT": ("answered", 5),
    "ABANDON": ("abandoned", 7),
    "EXITWITHTIMEOUT": ("timeout", 7),
}


@dataclass(frozen=True, slots=True)
class Logged:
    """One stay as the log has it."""

    call: str
    queue: str
    joined_at: int
    position: int
    outcome: StayOutcome
    wait_s: int
    member: str | None


def logged(name: str) -> Iterator[Logged]:
    joined: dict[str, tuple[int, int]] = {}
    for line in (FOLDER / name / "queue_log").read_text().splitlines():
        fields = line.split("|")
        at, call, queue, member, event = int(fields[0]), *fields[1:5]
        if event == "ENTERQUEUE":
            joined[call] = at, int(fields[7])
        elif event in ENDS:
            outcome, column = ENDS[event]
            joined_at, position = joined.pop(call)
            yield Logged(
                call, queue, joined_at, position, outcome, int(fields[column]), member if member != "NONE" else None
            )
    assert not joined


def told(name: str) -> list[tuple[str, QueueStay]]:
    core = Core(Rules())
    ended = [fact for event in events(name) for fact in core.handle(event) if isinstance(fact, CallEnded)]
    return [(each.call.id, stay) for each in ended for stay in each.stays]


def test_there_are_recordings_with_queues() -> None:
    assert len(WITH_QUEUES) >= 5


@pytest.mark.parametrize("name", WITH_QUEUES)
def test_every_stay_is_told_as_the_queue_log_has_it(name: str) -> None:
    wanted, got = list(logged(name)), told(name)
    assert [(each.call, each.queue, each.outcome, each.position, each.member) for each in wanted] == [
        (call, stay.queue, stay.outcome, stay.position, stay.member) for call, stay in got
    ]
    for each, (_, stay) in zip(wanted, got, strict=True):
        assert stay.left_at is not None
        assert -0.1 <= stay.joined_at - each.joined_at < 1.1
        assert -0.1 <= (stay.left_at - stay.joined_at) - each.wait_s < 1.1

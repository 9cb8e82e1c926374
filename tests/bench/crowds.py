"""What one event costs beside many agents, and with many cases on the call-back list: it must not be more than with none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from time import process_time

from handlers.case_facts import Case
from handlers.facts import Fact
from tests.bench.live_calls import Cost, Listener
from tests.bench.stream import START, Stream

AGENTS, QUEUES, CASES = 1_000, 100, 10_000
# Their deadlines come one by one while the stream is heard; a tenth waits for another day.
_DUE_EVERY_S = 0.05
_MEMBER = (
    "Event: QueueMemberAdded\r\nPrivilege: agent,all\r\nQueue: crowd-{queue}\r\nMemberName: Agent {agent}\r\n"
    "Interface: PJSIP/{agent}\r\nStateInterface: PJSIP/{agent}\r\nMembership: dynamic\r\nPenalty: 0\r\nCallsTaken: 0\r\n"
    "LastCall: 0\r\nLastPause: 0\r\nLoginTime: 1795450253\r\nInCall: 0\r\nStatus: 1\r\nPaused: 0\r\nPausedReason: \r\n"
    "Ringinuse: 0\r\nWrapuptime: 0\r\n\r\n"
)


def _agents(listener: Listener) -> Sequence[Fact]:
    facts: list[Fact] = []
    for agent in range(AGENTS):
        facts += listener.hear(START - 1.0, _MEMBER.format(queue=agent % QUEUES, agent=20_000 + agent).encode())
    return facts


def _cases(listener: Listener) -> Sequence[Fact]:
    listener.core.restore_cases(map(_case, range(CASES)), 0.0, 0.0)
    return ()


def _case(number: int) -> Case:
    at = START - CASES + number
    due_at = START + (number * _DUE_EVERY_S if number % 10 else 86_400.0)
    return Case(
        id=f"{at}",
        pbx="pbx",
        boot="before",
        number=f"+7495{number:07}",
        state="open",
        opened_at=at,
        due_at=due_at,
        last_missed_at=at,
        calls=1,
        trunk=None,
        did=None,
        source=None,
        queue=None,
        department=None,
        closed=False,
        call_ids=(f"{at}",),
    )


CROWDS: Mapping[str, Callable[[Listener], Sequence[Fact]]] = {
    "nobody": lambda _listener: (),
    f"{AGENTS:,} agents in {QUEUES} queues": _agents,
    f"{CASES:,} open cases": _cases,
}


def costs_beside(stream: Stream, rounds: int) -> Iterator[tuple[str, Cost]]:
    """The cost beside each crowd, for a quarter of the stream; the crowds take turns."""
    events = stream.events[: len(stream.events) // 4]
    measured: dict[str, list[float]] = {name: [] for name in CROWDS}
    for _ in range(rounds):
        for name, make in CROWDS.items():
            listener = Listener()
            make(listener)
            began = process_time()
            for at, raw in events:
                listener.hear(at, raw)
            measured[name].append((process_time() - began) / len(events) * 1e6)
    for name, of_rounds in measured.items():
        yield name, Cost(0, median(of_rounds), min(of_rounds), max(of_rounds))

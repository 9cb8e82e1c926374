"""The benchmark measures what it says: a stream of true calls, and a table of all four readers."""

from collections import Counter

import pytest
from click.testing import CliRunner

from handlers.ami.decode import WANTED, Decoder
from handlers.ami.framing import Framer
from handlers.core import Core
from handlers.facts import AgentChanged, CallEnded, EventDoubted, Fact
from handlers.rules import Rules
from tests.bench.__main__ import ROWS, main
from tests.bench.crowds import AGENTS, CASES, CROWDS, costs_beside
from tests.bench.live_calls import Listener, costs
from tests.bench.stream import PLAYED, Stream, stream_of
from tests.recordings import messages

pytestmark = pytest.mark.slow

EVENTS = 8000


@pytest.fixture(scope="module")
def stream() -> Stream:
    return stream_of(EVENTS)


def told(events: list[tuple[float, bytes]], core: Core) -> list[Fact]:
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    facts: list[Fact] = []
    for at, raw in events:
        for block in framer.feed(raw):
            event = decoder.decode(block, at)
            facts += core.handle(event) if event is not None else ()
    assert not framer.bad + decoder.bad
    return facts


def results(facts: list[Fact]) -> Counter[tuple[str, str | None, bool]]:
    calls = [fact.call for fact in facts if isinstance(fact, CallEnded)]
    return Counter((call.direction, call.result, call.merged_into is not None) for call in calls)


def test_every_play_of_a_recording_is_its_calls_again(stream: Stream) -> None:
    recorded: Counter[tuple[str, str | None, bool]] = Counter()
    for name in PLAYED:
        once = results(told([(each.t, each.raw) for each in messages(name) if each.raw is not None], Core(Rules())))
        for result, number in once.items():
            recorded[result] += number * stream.plays[name]
    facts = told(list(stream.events), Core(Rules()))
    assert results(facts) == recorded
    assert not [fact for fact in facts if isinstance(fact, EventDoubted)]


def test_after_the_stream_nothing_is_left_in_memory(stream: Stream) -> None:
    core = Core(Rules())
    told(list(stream.events), core)
    assert set(core.sizes().values()) == {0}


def test_there_are_as_many_events_as_asked_for_and_no_id_comes_twice(stream: Stream) -> None:
    assert EVENTS <= len(stream.events) < EVENTS + 4000
    assert stream.raw.count(b"\r\n\r\nEvent: ") + 1 == len(stream.events)
    facts = told(list(stream.events), Core(Rules()))
    calls = [fact.call for fact in facts if isinstance(fact, CallEnded)]
    assert len({call.id for call in calls}) == len(calls)
    assert len({call.caller for call in calls if call.direction == "in"}) > len(calls) / 4


def test_the_same_seed_gives_the_same_stream() -> None:
    assert stream_of(1, seed=7).raw == stream_of(1, seed=7).raw != stream_of(1, seed=8).raw


def test_calls_of_the_stream_overlap(stream: Stream) -> None:
    core = Core(Rules())
    most = 0
    framer, decoder = Framer(WANTED, banner=False), Decoder()
    for at, raw in stream.events:
        for block in framer.feed(raw):
            event = decoder.decode(block, at)
            if event is not None:
                core.handle(event)
        most = max(most, core.sizes()["calls"])
    assert most >= 10


def test_a_small_run_prints_a_row_for_each_reader() -> None:
    options = ["--events", "2000", "--rounds", "1", "--live", "3", "--live", "30"]
    done = CliRunner().invoke(main, options, catch_exceptions=False)
    assert done.exit_code == 0
    head, _, *rows = done.output.splitlines()
    crowds = rows[-len(CROWDS) :]
    assert [line[:50].strip() for line in crowds] == list(CROWDS)
    *rows, _, few, many, _ = rows[: -len(CROWDS)]
    assert [line.split()[0] for line in (few, many)] == ["3", "30"]
    assert "events of" in head
    assert [row[:50].rstrip() for row in rows] == list(ROWS.values())
    for row in rows:
        cpu, _, speed, ratio = row[50:].split()
        assert float(cpu) > 0
        assert float(speed.replace(",", "")) > 0
        assert float(ratio) > 0


def test_the_cost_is_measured_while_so_many_calls_live() -> None:
    found = list(costs(stream_of(1_000), 1, (3, 30)))
    assert [cost.live for cost in found] == [3, 30]
    assert all(cost.us > 0 for cost in found)


def test_the_cost_is_measured_beside_many_agents_and_cases() -> None:
    _, agents, cases = CROWDS.values()
    listener = Listener()
    told = [fact.agent.id for fact in agents(listener) if isinstance(fact, AgentChanged)]
    assert len(set(told)) == AGENTS
    cases(listener)
    assert len(list(listener.core.waiting_cases())) == CASES
    found = dict(costs_beside(stream_of(1_000), 1))
    assert list(found) == list(CROWDS)
    assert all(cost.us > 0 for cost in found.values())

"""The recordings' agents: what the phones saw, whatever is lost on the way, and however time is told."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami.events import Event, StreamBroken, StreamResumed, Tick
from handlers.core import Core
from handlers.facts import AGENT_STATES, AgentChanged, AgentState, Fact
from handlers.rules import Rules
from tests.handlers.recorded import decoded, events, messages, seen_by_the_shipped_account, told
from tests.handlers.test_many_at_once import BASE, NOBODY, damaged, members, renamed
from tests.recordings import FOLDER, NAMES

RULES = Rules(
    extensions=frozenset({"101", "102", "103", "104", "105"}),
    queue_wrapup_s={"support": 2.0, "supall": 0.5},
    missed_results=frozenset(),  # no case waits, so that what is still due is an agent's
)
# A phone's own moments and Asterisk's events of them.
LATE_S = 0.15


def primed() -> Core:
    core = Core(RULES)
    told(members(), core)
    return core


def stories(facts: Iterable[Fact]) -> dict[str, list[tuple[float, AgentState]]]:
    """What was told of each agent, in order."""
    found: dict[str, list[tuple[float, AgentState]]] = {}
    for fact in facts:
        if isinstance(fact, AgentChanged):
            found.setdefault(fact.agent.id, []).append((fact.at, fact.agent))
    return found


def periods(facts: Iterable[Fact], agent_id: str, *states: str) -> list[tuple[float, float]]:
    """When the agent was in one of these states, without a break."""
    found: list[tuple[float, float]] = []
    story = stories(facts).get(agent_id, [])
    for (at, agent), (until, _) in pairwise([*story, (float("inf"), story[-1][1])] if story else []):
        if agent.state in states:
            if found and found[-1][1] == at:
                found[-1] = found[-1][0], until
            else:
                found.append((at, until))
    return found


def told_periods(facts: Iterable[Fact], agent_id: str, *states: str) -> list[list[float]]:
    return [list(each) for each in periods(facts, agent_id, *states)]


@pytest.mark.parametrize("filtered", [False, True], ids=["read=all", "shipped account"])
@pytest.mark.parametrize("name", NAMES)
def test_an_agent_does_what_his_phone_saw_itself_do(name: str, filtered: bool) -> None:
    """07: 101 rings four seconds, 102 rings two and talks five; 21: hold is within the call; and so on, all of them."""
    facts = told(decoded(seen_by_the_shipped_account(messages(name))) if filtered else events(name), primed())
    saw = Phones(name)
    for extension in saw.extensions:
        for wanted, states in (
            (saw.on_the_phone(extension), ("talking", "held")),
            (saw.rings(extension), ("ringing",)),
        ):
            got = told_periods(facts, f"PJSIP/{extension}", *states)
            assert len(got) == len(wanted), f"{extension} {states}: told {got}, seen {wanted}"
            for period, seen in zip(got, wanted, strict=True):
                assert period == pytest.approx(seen, abs=LATE_S), f"{extension} {states}"


class Phones:
    """What the phones of a recording saw, leg by leg."""

    def __init__(self, name: str) -> None:
        lines = (json.loads(line) for line in (FOLDER / name / "truth.jsonl").read_text().splitlines())
        self._legs: dict[tuple[str, str], dict[str, Any]] = {}
        for event in (line["event"] for line in lines if "event" in line):
            leg = self._legs.setdefault((event["ua"], event["callid"]), {"dir": event["dir"]})
            leg.setdefault(
                "end" if event.get("attended") else event["ev"], event["t"]
            )  # passed on, only the BYE is to come

    @property
    def extensions(self) -> list[str]:
        """The phones that took part."""
        return sorted({phone for phone, _ in self._legs if phone.isdigit()})

    def on_the_phone(self, extension: str) -> list[list[float]]:
        """From dialling, or answering, to the end; legs that overlap are one time."""
        found: list[list[float]] = []
        for begin, end in sorted(self._spans(extension)):
            if found and begin <= found[-1][1] + LATE_S:
                found[-1][1] = max(found[-1][1], end)
            else:
                found.append([begin, end])
        return found

    def _spans(self, extension: str) -> Iterator[tuple[float, float]]:
        for (phone, _), leg in self._legs.items():
            begin = leg.get("invite") if leg["dir"] == "out" else leg.get("answer")
            if phone == extension and begin is not None:
                yield begin, leg["end"]

    def rings(self, extension: str) -> list[list[float]]:
        """From the first ring to answer or end, but for what rang beside a talk."""
        legs = [leg for (phone, _), leg in self._legs.items() if phone == extension and leg["dir"] == "in"]
        found = [[leg["ringing"], leg.get("answer", leg["end"])] for leg in legs if "ringing" in leg]
        busy = self.on_the_phone(extension)
        return sorted(each for each in found if not any(begin < each[0] < end for begin, end in busy))


@pytest.mark.parametrize("name", NAMES)
def test_ticks_whenever_they_come_change_no_story(name: str) -> None:
    stream: list[Event] = []
    for event in events(name):
        if stream and event.at > stream[-1].at:
            stream.append(Tick((stream[-1].at + event.at) / 2))
        stream.append(event)
    end = [Tick(core.now + 100) for core in [primed()] if told(events(name), core) is not None]
    assert told([*stream, *end], primed()) == told([*events(name), *end], primed())


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 40)), min_size=1, max_size=4), st.randoms())
@settings(max_examples=60, deadline=None)
def test_extra_ticks_change_no_story_of_many_calls_at_once(parts: list[tuple[str, int]], random: Random) -> None:
    whole = sorted(
        (event for tag, (name, offset) in enumerate(parts) for event in renamed(name, f"{tag:02x}", BASE + offset)),
        key=lambda event: event.at,
    )
    if not whole:
        return
    ticks = [Tick(random.uniform(whole[0].at, whole[-1].at + 5)) for _ in range(40)]
    end = Tick(whole[-1].at + 60)
    ticked = sorted([*whole, *ticks], key=lambda event: event.at)
    assert told([*ticked, end], primed()) == told([*whole, end], primed())


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 40)), min_size=1, max_size=5),
    st.integers(0, 2**32),
    st.floats(0.01, 0.6),
)
@settings(max_examples=100, deadline=None)
def test_whatever_is_lost_doubled_or_late_no_state_is_impossible_and_a_snapshot_mends_it(
    parts: list[tuple[str, int]], seed: int, share: float
) -> None:
    whole = [event for tag, (name, offset) in enumerate(parts) for event in renamed(name, f"{tag:02x}", BASE + offset)]
    stream = damaged(sorted(whole, key=lambda event: event.at), Random(seed), share)
    core = primed()
    facts = told(stream, core)
    assert_nothing_impossible(facts)
    at = core.now + 100
    mended = told([StreamBroken(core.now), StreamResumed(at, NOBODY._replace(members=tuple(members())))], core)  # type: ignore[arg-type]  # only members are in there
    assert_nothing_impossible([*facts, *mended])
    assert {fact.agent.state for fact in mended if isinstance(fact, AgentChanged) and fact.at == at} <= {
        "available",
        "unavailable",
        "paused",
    }
    assert not any(core.sizes().values())
    assert core.next_deadline is None


def assert_nothing_impossible(facts: Sequence[Fact]) -> None:
    """No news without something new, no moment that lies ahead, and no word that is none."""
    for story in stories(facts).values():
        for (before, was), (at, agent) in pairwise(story):
            assert at >= before
            assert agent != was
        for at, agent in story:
            assert agent.state is None or agent.state in AGENT_STATES
            assert (agent.state is None) == (agent.since is None)
            assert agent.since is None or agent.since <= at
            assert agent.call_since is None or agent.call_since <= at
            assert (agent.call_since is not None) == (agent.state in {"talking", "held"})

"""Every scenario as real Asterisks of both versions told it comes out as its phones saw it; and what holds of any stream."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami.events import Event, Tick
from handlers.core import Core
from handlers.facts import CallEnded, EventDoubted
from handlers.rules import Rules
from storage.call_json import call_json
from tests.asterisk.lab.compare import Report, compare_calls
from tests.asterisk.scenarios import EXPECTED, scenarios_on
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, finished, told
from tests.handlers.taped import TAPES, events, expected


def test_every_scenario_is_taped_on_every_version_that_can_play_it() -> None:
    assert sorted(TAPES) == sorted(
        f"{version}-{name}" for version in (16, 22) for name in scenarios_on(version) if name in EXPECTED
    )


@pytest.mark.parametrize("tape", TAPES)
def test_a_scenario_comes_out_as_its_phones_saw_it(tape: str, capsys: pytest.CaptureFixture[str]) -> None:
    core, report = Core(Rules()), Report(tape)
    facts = told(events(tape), core)
    compare_calls(expected(tape), [call_json(ended.call) for ended in finished(facts)], report, False)
    assert not report.hard, capsys.readouterr().out
    assert core.sizes() == EMPTY
    assert not [fact for fact in facts if isinstance(fact, EventDoubted)]
    assert_nothing_impossible(finished(facts))


@pytest.mark.parametrize("tape", TAPES)
def test_the_parts_of_a_call_fit_together(tape: str) -> None:
    for ended in finished(told(events(tape))):
        call = ended.call
        assert call.wait_s is not None
        assert (call.ivr_s or 0) + (call.queue_s or 0) <= call.wait_s + 0.002
        assert all(leg.ended_at is not None or call.merged_into for leg in ended.legs)
        assert all(transfer.result is not None for transfer in call.transfers)
        assert_one_person_talks_once_at_a_time(ended)


def assert_one_person_talks_once_at_a_time(ended: CallEnded) -> None:
    """Several may talk with the caller at once (three-way, conference), nobody with himself."""
    for device in {talk.device for talk in ended.talks}:
        mine = [talk for talk in ended.talks if talk.device == device]
        for one, other in pairwise(sorted(mine, key=lambda talk: talk.started_at)):
            assert one.ended_at is not None
            assert one.ended_at <= other.started_at + 0.002


@pytest.mark.parametrize("name", [name for name in scenarios_on(16) if name in EXPECTED and name in scenarios_on(22)])
def test_both_versions_tell_the_same_story(name: str) -> None:
    """But for the moments, and for ids."""
    old, new = ([_story(ended) for ended in finished(told(events(f"{version}-{name}")))] for version in (16, 22))
    assert sorted(old) == sorted(new)


def _story(ended: CallEnded) -> str:
    call = ended.call
    transfers = [(each.kind, each.by, each.to, each.result) for each in call.transfers]
    people = [agent.device for agent in call.agents]
    row = (call.direction, call.result, call.caller, call.called, call.queues, people, transfers, call.ended_by)
    return str((*row, call.lost_after_transfer, call.merged_into is not None))


def _lost(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return stream[:index] + stream[index + 1 :]


def _doubled(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return stream[: index + 1] + stream[index:]


def _swapped(stream: tuple[Event, ...], index: int) -> tuple[Event, ...]:
    return (*stream[:index], *reversed(stream[index : index + 2]), *stream[index + 2 :])


@pytest.mark.parametrize("tape", [tape for tape in TAPES if tape.startswith("22-")])
@pytest.mark.parametrize("change", [_lost, _doubled, _swapped])
def test_a_lost_doubled_or_swapped_event_never_raises_ends_a_call_twice_or_goes_negative(
    tape: str, change: Callable[[tuple[Event, ...], int], tuple[Event, ...]]
) -> None:
    whole = events(tape)
    for index in range(len(whole)):
        core = Core(Rules())
        facts = told(change(whole, index), core)
        facts += told([Tick(whole[-1].at + 3 * 86_400)], core)
        assert_nothing_impossible(finished(facts))
        # A login to a pool is no call and may last for days: one whose end is lost waits for the next snapshot.
        assert core.sizes() == EMPTY or "agents-pool" in tape
        if change is _doubled:
            assert core.sizes() == EMPTY


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_extra_ticks_never_change_the_story(data: st.DataObject) -> None:
    whole = events(data.draw(st.sampled_from(TAPES)))
    after = data.draw(st.sets(st.integers(0, len(whole) - 1)))
    ticking: list[Event] = []
    for index, event in enumerate(whole):
        ticking.append(event)
        if index in after:
            ticking.append(Tick(event.at))
    assert told(ticking) == told(whole)

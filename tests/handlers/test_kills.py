"""The daemon dies anywhere in a recording, is back anywhere later, and may lose the line again: what it then tells was so."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.calls.kept import KeptCall
from handlers.core import Core
from handlers.facts import CallEnded, CallRetracted, Fact
from handlers.rules import Rules
from tests.handlers.calls.test_kept import STREAMS, through_a_file
from tests.handlers.model_pbx import answered, is_forgotten, shown_at, shown_over
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, finished, told

# What a stream of events does not tell of what its PBX would answer.
_NOT_THE_PBX = {"26-reconnect-mid-call"}
_NAMES = [
    name
    for name in STREAMS
    if name not in _NOT_THE_PBX
    and STREAMS[name](name)
    and not any(isinstance(event, ev.AttendedTransferred) and event.dest_type == "App" for event in STREAMS[name](name))
]
_SEEN_TO_THE_SECOND = [name for name in _NAMES if not is_forgotten(STREAMS[name](name))]
_TRUE_TO_S = 0.002
_MET_TO_S = 1.0
"""The start of a call that is met: its age is told in whole seconds."""
_MOMENTS = ("started_at", "ended_at", "total_s")


class Kept:
    """What an earlier run has written down so far, each call as it was told of last."""

    def __init__(self) -> None:
        self.calls: dict[str, KeptCall] = {}
        self.until = 0.0

    def keep(self, core: Core) -> None:
        """What has changed, and until when it was heard."""
        self.calls |= {each.id: each for each in core.changed_calls(core.now, at_once=True)}
        self.until = core.now

    def forget(self, facts: Sequence[Fact]) -> None:
        """Ends are stored at once."""
        for fact in facts:
            if isinstance(fact, CallEnded | CallRetracted):
                self.calls.pop(fact.call.id, None)


def listened(core: Core, kept: Kept, events: Sequence[ev.Event], keep_at: int) -> list[Fact]:
    """What is told of these events by a daemon that writes down what lives before one of them, and whenever calls join."""
    facts: list[Fact] = []
    for index, event in enumerate(events):
        if index == keep_at:
            kept.keep(core)
        heard = core.handle(event)
        facts += heard
        kept.forget(heard)
        if any(isinstance(fact, CallEnded) and fact.call.merged_into for fact in heard):
            kept.keep(core)
    return facts


def taken_up(kept: Kept) -> tuple[Core, Sequence[Fact]]:
    """The core of the next run, and what it tells before it hears a word."""
    core = Core(Rules())
    facts, unread = core.restore_calls(through_a_file(list(kept.calls.values())), ev.StreamBroken(kept.until, "killed"))
    assert unread == []
    return core, facts


def with_kills(whole: Sequence[ev.Event], cuts: Sequence[int], answers: bool) -> tuple[list[Fact], Core]:
    """The story of a daemon that keeps its calls at a cut, dies at the next one, is back at the third, and so on."""
    core, kept = Core(Rules()), Kept()
    facts: list[Fact] = []
    seen_to = 0
    for keep_at, dead_at, back_at in zip(cuts[::3], cuts[1::3], cuts[2::3], strict=True):
        facts += listened(core, kept, whole[seen_to:dead_at], keep_at - seen_to)
        core, ended = taken_up(kept)
        back = told([shown_at(whole, back_at)], core)
        if answers:
            back += told(answered(back, whole[:back_at]), core)
        facts += [*ended, *back]
        kept.forget([*ended, *back])
        kept.keep(core)  # as soon as a gap is over
        seen_to = back_at
    facts += told(whole[seen_to:], core)
    return facts, core


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_whenever_it_dies_and_comes_back_each_call_ends_once_and_no_end_and_no_answer_is_invented(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(_NAMES))
    whole = STREAMS[name](name)
    times = data.draw(st.integers(1, 2))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(whole)), min_size=3 * times, max_size=3 * times)))
    facts, core = with_kills(whole, cuts, answers=data.draw(st.booleans()))
    ended = finished(facts)
    assert core.sizes() == EMPTY
    assert_nothing_impossible(ended)
    true = {each.call.id: each.call for each in finished(told(whole))}
    for call, was in ((each.call, true[each.call.id]) for each in ended if each.call.id in true):
        if call.merged_into is None and was.merged_into is None:
            for moment in _MOMENTS:
                says = getattr(call, moment)
                is_true_to_s = _MET_TO_S if call.incomplete and moment != "ended_at" else _TRUE_TO_S
                assert says is None or says == pytest.approx(getattr(was, moment), abs=is_true_to_s), moment
            assert call.result != "answered" or was.result == "answered"
            assert call.incomplete or call == was


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_happens_while_the_pbx_says_what_lives_nobody_is_told_as_missed_who_was_answered(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(_SEEN_TO_THE_SECOND))
    whole = STREAMS[name](name)
    keep_at, dead_at, channels = sorted(data.draw(st.lists(st.integers(1, len(whole)), min_size=3, max_size=3)))
    bridges, queues = sorted(min(len(whole), channels + data.draw(st.integers(0, 12))) for _ in range(2))
    core, kept = Core(Rules()), Kept()
    facts = listened(core, kept, whole[:dead_at], keep_at)
    core, ended = taken_up(kept)
    back = told(shown_over(whole, channels, bridges, queues), core)
    facts += [*ended, *back, *told([*answered(back, whole[:queues]), *whole[queues:]], core)]
    assert core.sizes() == EMPTY
    true = {each.call.id: each.call for each in finished(told(whole))}
    for call, was in ((each.call, true[each.call.id]) for each in finished(facts) if each.call.id in true):
        if call.merged_into is None and was.merged_into is None:
            assert call.result in {"unknown", was.result} or was.result != "answered"
            assert not call.missed or was.missed

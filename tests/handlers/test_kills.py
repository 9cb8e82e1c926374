"""The daemon dies anywhere in a recording, is back anywhere later, and may lose the line again: what it then tells was so."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.ami import events as ev
from handlers.calls.kept import KeptCall
from handlers.core import Core
from handlers.facts import AnswersUnseen, CallEnded, CallRetracted, Fact
from handlers.rules import Rules
from tests.handlers.calls.snapshots import OUTGOING
from tests.handlers.calls.test_kept import STREAMS, through_a_file
from tests.handlers.recorded import EMPTY, assert_nothing_impossible, finished, told
from tests.handlers.test_breaks import snapshot_after

# What a stream of events does not tell of what its PBX would answer.
_NOT_THE_PBX = {"26-reconnect-mid-call"}
_NAMES = [
    name
    for name in STREAMS
    if name not in _NOT_THE_PBX
    and STREAMS[name](name)
    and not any(isinstance(event, ev.AttendedTransferred) and event.dest_type == "App" for event in STREAMS[name](name))
]
_TRUE_TO_S = 0.002
_MET_TO_S = 1.0
"""The start of a call that is met: its age is told in whole seconds."""
_MOMENTS = ("started_at", "ended_at", "total_s")


def shown_at(whole: Sequence[ev.Event], end: int) -> ev.StreamResumed:
    """What the PBX says when the events before `end` have happened."""
    members = tuple(event for event in whole if isinstance(event, ev.MemberSeen))
    pools = {event.uniqueid: event.agent for event in whole[:end] if isinstance(event, ev.AgentLoggedIn)}
    snapshot = snapshot_after(whole[:end])._replace(boot="", members=members)
    runs = applications(whole[:end]) | {each: ("AgentLogin", agent) for each, agent in pools.items()}
    channels = tuple(
        each._replace(application=runs[each.uniqueid][0], data=runs[each.uniqueid][1])
        if each.uniqueid in runs
        else each
        for each in snapshot.channels or ()
    )
    return ev.StreamResumed(whole[end - 1].at, snapshot._replace(channels=channels))


def applications(past: Iterable[ev.Event]) -> dict[str, tuple[str, str]]:
    """What channels run, as far as events tell of it: who dials, who is dialled, who waits in a queue."""
    runs: dict[str, tuple[str, str]] = {}
    for event in past:
        match event:
            case ev.QueueJoined():
                runs[event.uniqueid] = ("Queue", event.queue)
            case ev.DialBegun(uniqueid=None):
                runs[event.dest_uniqueid] = ("AppDial2", OUTGOING)
            case ev.DialBegun():
                by_queue = runs.get(event.uniqueid or "", ("", ""))[0] == "Queue"
                runs[event.dest_uniqueid] = ("AppQueue" if by_queue else "AppDial", OUTGOING)
                if not by_queue:
                    technology = event.dest_channel.partition("/")[0]
                    runs[event.uniqueid or ""] = ("Dial", f"{technology}/{event.dial_string}")
    return runs


def cdrs(past: Iterable[ev.Event]) -> dict[str, tuple[float, float | None]]:
    """When the CDR of each channel began, and when it was answered: it begins anew behind a talk, in a lot and after a dial in vain."""
    found: dict[str, tuple[float, float | None]] = {}

    def anew(uniqueid: str, at: float) -> None:
        if uniqueid in found:
            found[uniqueid] = (at, at if found[uniqueid][1] is not None else None)

    for event in past:
        match event:
            case ev.ChannelCreated():
                found[event.uniqueid] = (event.at, event.at if event.state == ev.ChannelState.UP else None)
            case ev.ChannelStateChanged(state=ev.ChannelState.UP) if event.uniqueid in found:
                found[event.uniqueid] = (found[event.uniqueid][0], event.at)
            case ev.BridgeLeft():
                anew(event.uniqueid, event.at)
            case ev.DialEnded() if event.status != "ANSWER" and event.uniqueid is not None:
                anew(event.uniqueid, event.at)
            case ev.ChannelHungUp():
                found.pop(event.uniqueid, None)
    return found


def ask(core: Core, facts: list[Fact], past: Sequence[ev.Event]) -> None:
    """What the PBX says of the channels whose CDRs are wanted."""
    known, at = cdrs(past), past[-1].at
    wanted = [each for fact in facts if isinstance(fact, AnswersUnseen) for each in fact.channels]
    facts += told([ev.AnswerTold(at, each, *known.get(each, (None, None))) for each in dict.fromkeys(wanted)], core)


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


def with_kills(whole: Sequence[ev.Event], cuts: Sequence[int], answers: bool) -> tuple[list[Fact], Core]:
    """The story of a daemon that keeps its calls at a cut, dies at the next one, is back at the third, and so on."""
    core, kept = Core(Rules()), Kept()
    facts: list[Fact] = []
    seen_to = 0
    for keep_at, dead_at, back_at in zip(cuts[::3], cuts[1::3], cuts[2::3], strict=True):
        for index, event in enumerate(whole[seen_to:dead_at], start=seen_to):
            if index == keep_at:
                kept.keep(core)
            heard = core.handle(event)
            facts += heard
            kept.forget(heard)
            if any(isinstance(fact, CallEnded) and fact.call.merged_into for fact in heard):
                kept.keep(core)
        heard_until = kept.until
        core = Core(Rules())
        ended, unread = core.restore_calls(
            through_a_file(list(kept.calls.values())), ev.StreamBroken(heard_until, "killed")
        )
        assert unread == []
        back = told([shown_at(whole, back_at)], core)
        if answers:
            ask(core, back, whole[:back_at])
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

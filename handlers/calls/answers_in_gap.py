"""Answers in a gap: which calls were answered while nobody listened, which perhaps were, and of whom the PBX is asked."""

from handlers.ami.events import ChannelState, Snapshot
from handlers.calls.before_gap import BeforeGap
from handlers.calls.channels import in_order
from handlers.calls.dials_met import OUTGOING_LINE
from handlers.calls.live_call import LiveCall
from handlers.calls.tracker import Tracker
from handlers.calls.unseen_answers import SoughtAnswer, sought_answer

_FETCHES = "ParkedCall"
_LOT = "holding_bridge"
"""Of all bridges the one in which people are one by one."""


def seek_answers(
    tracker: Tracker,
    snapshot: Snapshot,
    found_talking: list[LiveCall],
    before: dict[LiveCall, BeforeGap],
    broken_at: float | None,
    at: float,
) -> None:
    """Say whose CDRs know when calls were answered: those `found_talking`, and those of which nobody knows whether they were.

    `before`: the calls that were known, as they stood; `broken_at`: since when nothing was heard, None where nothing broke. Who was
    fetched out of a lot was answered before by somebody else.
    """
    shown = {live.uniqueid: live for live in snapshot.channels or ()}
    sought: list[tuple[LiveCall, SoughtAnswer]] = []
    for call in found_talking:
        people, outside = tracker.bridges.people_heard(call)
        found_at = call.talks.periods[0].started_at
        is_first = {
            talk.channel for talk in call.talks.periods if talk.started_at == found_at and talk.ended_at is None
        }
        fetched = any(person.uniqueid in shown and shown[person.uniqueid].application == _FETCHES for person in people)
        if outside is None or fetched or not people <= is_first:
            continue
        was = before.get(call) if found_at == at else None  # else it was found so after an earlier gap
        answer = sought_answer(call, people, outside, broken_at if was is not None else None, found_at)
        if was is not None:
            answer.rang = was.rang({outside, *people})
            application = shown[outside.uniqueid].application if outside.uniqueid in shown else ""
            answer.stay = was.answered_stay(application == "Queue" or answer.rang)
        sought.append((call, answer))
    found = {call for call, _ in sought}
    if broken_at is not None:
        _note_picked_up(tracker, snapshot)
    for call in tracker.state.calls:
        sought += [(call, answer) for answer in _perhaps_answered(call, before.get(call), call in found, broken_at, at)]
    tracker.unseen_answers.ask(sought, at)


def _note_picked_up(tracker: Tracker, snapshot: Snapshot) -> None:
    """Which calls were perhaps answered, for what is left of a talk is there: a line that is up, or somebody alone in its bridge."""
    talked = {each.bridge for each in snapshot.bridges or () if each.technology != _LOT}
    channels = snapshot.channels or ()
    left = {each.uniqueid for each in channels if each.data == OUTGOING_LINE or each.bridge in talked}
    for call in tracker.state.calls:
        if call.answered_at is None and not call.answer_unseen and not call.talks.now:
            for each in call.channels:
                is_left = each.uniqueid in left or (each.dialled_at is not None and each is not call.first)
                if is_left and each.state == ChannelState.UP:
                    call.picked_up_unseen = call.changed = True


def _has_reached_town(call: LiveCall, at: float) -> bool:
    """Has the line of an outgoing call gone up while nobody looked? By its answer alone: who talked then has passed it on, or parked it."""
    if call.direction != "out" or call.originated or call.answered_at is not None or call.talks.now:
        return False
    return any(leg.is_trunk and leg.dialled_at is not None and leg.up_at == at for leg in call.outside)


def _has_gone_up(call: LiveCall, was: BeforeGap, at: float) -> bool:
    """Has who dialled out gone up while nobody looked? By the answer of the other side, or by the dialplan's own.

    Whom a program has called first was up before: of him it is asked where a line that was rung is gone.
    """
    if call.direction != "out":
        return False
    if call.originated:
        return was.has_lost_a_line and call.first.state == ChannelState.UP
    return call.first.up_at == at


def _perhaps_answered(
    call: LiveCall, was: BeforeGap | None, is_asked_for: bool, broken_at: float | None, at: float
) -> list[SoughtAnswer]:
    """Of whom to ask whether anybody had talked with him, who hears nobody now. What was asked for in vain is asked for again."""
    is_seen = was is not None and (broken_at is None or broken_at == at)
    if not is_asked_for and not is_seen and _has_reached_town(call, at):
        call.answer_unseen = call.changed = True
        call.unseen |= {"talk", "wait"}
    if is_asked_for or call.answer_unseen:
        call.talked_unseen_since = None
        return []
    since = call.talked_unseen_since
    if since is None and not call.talks.now:
        if was is None:
            since = call.started_at
        elif broken_at is not None and was.may_have_been_answered(call):
            since = broken_at
    lives = [outside for outside in in_order(call.outside) if outside.ended_at is None]
    up = [outside for outside in lives if outside.state == ChannelState.UP] if since is not None else []
    if since is not None and not up and was is not None and _has_gone_up(call, was, at):
        call.answer_doubted = call.changed = True  # the line that was rung is gone: by its hangup, or in vain
        call.unseen |= {"talk", "wait"}
    call.talked_unseen_since = since if up else None
    return [sought_answer(call, set(), outside, since, at) for outside in up]

"""The clock was set while calls live: their moments by the new clock, so that no duration changes and no moment stays wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from handlers.calls.channels import Channel
from handlers.calls.kept import channels_of
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.passings import Parking, PassedOn, Passing
from handlers.calls.periods import HoldPeriod, Stay, TalkPeriod
from handlers.calls.spans import SharedSpan
from handlers.calls.talks import Talks


def set_clock(state: LiveState, by_s: float, at: float) -> None:
    """What happened at any moment before happened so many seconds later; `at`: the earliest that it was set, by the new clock."""
    state.clock_set_at = at
    channels: dict[Channel, None] = dict.fromkeys(state.channels.values())
    for call in state.calls:
        channels.update(dict.fromkeys(channels_of(call)))
        for each in _parts_of(call):
            _shift(each, by_s)
        call.unseen_moments = {moment + by_s for moment in call.unseen_moments}
        call.changed = True
    for channel in channels:
        _shift(channel, by_s)


def _parts_of(call: LiveCall) -> Iterator[Any]:
    """What of a call has moments, but for its channels, of which others may have a part too."""
    yield call
    yield from (call.queued, call.rung, call.talks, call.talks.span, call.holds.span, call.passed_on)
    periods: Iterable[Iterable[Any]] = (
        call.stays,
        call.talks.periods,
        call.holds.periods,
        call.passed_on.passings,
        call.passed_on.parkings,
    )
    for each in periods:
        yield from each


def _shift(of: Any, by_s: float) -> None:
    for name in _MOMENTS[type(of)]:
        moment = getattr(of, name)
        if moment is not None:
            setattr(of, name, moment + by_s)


def _moments(of: type) -> tuple[str, ...]:
    """The fields that are moments, which their names say."""
    return tuple(field.name for field in fields(of) if field.name == "at" or field.name.endswith(("_at", "since")))


_MOMENTS = {
    each: _moments(each)
    for each in (LiveCall, Channel, SharedSpan, PassedOn, Talks, Stay, TalkPeriod, HoldPeriod, Passing, Parking)
}

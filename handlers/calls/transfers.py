"""Transfers: who passed whom on to whom.

Asterisk tells a blind transfer before it happens and an attended one after the bridges have changed, and of an attended one only
the success: a target that is silent or a consultation that is broken off has no event. That the caller hears somebody else, or
nobody, shows in the bridges; the events say by whom and to whom. Only where a call is handed over while its target still rings,
or waits in a queue (`DestType: App`), is there no bridge yet, and the event itself joins the two calls.
"""

from collections.abc import Callable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.bridges import Bridges
from handlers.calls.channels import Channel, connected, extension_of, in_order
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.names import presented
from handlers.calls.passings import Passing
from handlers.calls.periods import Stay
from handlers.facts import CallTransferred

_SUCCESS = "Success"
_INTO_AN_APPLICATION = "App"


class Transfers:
    """Takes `BlindTransfer` and `AttendedTransfer`."""

    def __init__(self, state: LiveState, bridges: Bridges) -> None:
        self._state = state
        self._bridges = bridges
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.BlindTransferred: self._blind,
            ev.AttendedTransferred: self._attended,
        }

    def _blind(self, event: ev.BlindTransferred) -> None:
        by, transferee = self._channel(event.transferer), self._channel(event.transferee)
        call = self._call_of(by, transferee)
        if by is None or call is None:
            self._state.doubt(event.at, "unknown_channel")
            return
        self._pass_on(call, Passing("blind", by, presented(event.exten), event.at), event.result, transferee)

    def _attended(self, event: ev.AttendedTransferred) -> None:
        by, second = self._channel(event.transferer), self._channel(event.second_transferer)
        transferee = self._channel(event.transferee)
        call = self._call_of(by, transferee)
        if by is None or call is None:
            self._state.doubt(event.at, "unknown_channel")
            return
        passing = Passing("attended", by, _target_of(call, by, second, self._channel(event.target)), event.at)
        if event.result == _SUCCESS and event.dest_type == _INTO_AN_APPLICATION and second is not None:
            call = self._take_over(call, transferee, second, event.at)
            if transferee is not None:
                self._bridges.take_place(transferee, second, event.at)
        for channel in call.talks.now:  # the bridges have changed already
            if channel.parts.device != by.parts.device:
                passing.reached(channel)
        self._pass_on(call, passing, event.result, transferee)

    def _channel(self, uniqueid: str | None) -> Channel | None:
        return self._state.channels.get(uniqueid) if uniqueid is not None else None

    @staticmethod
    def _call_of(by: Channel | None, transferee: Channel | None) -> LiveCall | None:
        """The call that is passed on. An agent of a pool has none of his own; of several transferees none is named."""
        if transferee is not None and transferee.call is not None:
            return transferee.call
        return by.call if by is not None else None

    def _pass_on(self, call: LiveCall, passing: Passing, result: str, transferee: Channel | None) -> None:
        passing.by.unheld_at = None  # that Unhold was the transfer's
        if result != _SUCCESS:
            passing.result = "failed"
            call.passed_on.passings.append(passing)
            return
        call.passed_on.pass_on(passing)
        if call.direction == "in" and passing.by in call.outside:
            call.passed_on.let_go = False  # the caller himself passes our man on, and goes: nobody has lost him
        call.ended_by = None  # who passes on may have hung up already
        if passing.by is call.first:
            call.left_at = None
        if passing.by in call.outside and call.direction == "internal" and transferee is not None:
            call.outside.add(transferee)  # the caller leaves his call to the other
            self._bridges.listen_again(call, passing.at)
        self._state.refresh(call, passing.at)
        self._state.facts.append(CallTransferred(passing.at, self._state.live(call)))

    def _take_over(self, call: LiveCall, transferee: Channel | None, second: Channel, at: float) -> LiveCall:
        """The transferee takes the place of the second line: rings whom it rang, waits where it waited."""
        other = second.call
        if other is None or other is call or transferee is None:
            return call
        waiting = [stay for stay in other.stays if stay.channel is second and stay.left_at is None]
        for stay in waiting:
            other.forget_stay(stay, at)
        survivor = self._state.merge(call, other, at) or call
        for stay in waiting:
            survivor.join_queue(Stay(stay.queue, transferee, stay.joined_at, stay.position))
        return survivor


def _target_of(call: LiveCall, by: Channel, second: Channel | None, target: Channel | None) -> str | None:
    """To whom: the device that took it, else what was dialled by feature code or on the second line."""
    if target is not None and target.is_device:
        return extension_of(target)
    if target is not None and target.parts.half:
        agents = [extension_of(channel) for channel in in_order(connected(target)) if channel.pool]
        return agents[0] if agents else presented(target.parts.endpoint.partition("@")[0])
    if second is not None and second is not by and second.dialled_at is None and second.exten:
        return second.exten
    return extension_of(call.last_leg) if call.last_leg is not None else None

"""Dials: who is called for whom, who rings, how it ends."""

from collections.abc import Callable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.channels import Channel
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.names import is_extension, number_dialled, presented
from handlers.facts import CallRang

_RINGING_WORDS = frozenset({"RINGING", "PROGRESS"})


class Dials:
    """Takes `DialBegin`, `DialState` and `DialEnd`."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.DialBegun: self._begun,
            ev.DialProgressed: self._progressed,
            ev.DialEnded: self._ended,
        }

    def _begun(self, event: ev.DialBegun) -> None:
        leg = self._state.channels.get(event.dest_uniqueid)
        if leg is None:
            self._state.doubt(event.at, "unknown_channel")
            return
        source = self._state.channels.get(event.uniqueid) if event.uniqueid is not None else None
        if leg.dialled_at is None:
            leg.dialled_at = event.at
            leg.dialled_by = source
            leg.dialled = number_dialled(event.dial_string)
        if source is None:
            if leg.call is not None and leg is leg.call.first:
                leg.call.originated = True
                self._state.begin(leg, event.at)
        elif source.call is not None and leg.call is not source.call:
            self._state.move(leg, source.call, event.at)
        call = leg.call
        if call is None or not leg.is_device:
            return
        if event.exten and source is call.first and (call.originated or not call.first.exten):
            call.first.exten = presented(event.exten) or ""
        if leg.is_trunk and call.direction == "internal" and self._is_dialled_out(call, leg):
            call.direction = "out"
            call.outside = set()
        if call.direction == "out" and leg.is_trunk and not call.has_reached_somebody:
            call.outside.add(leg)
            if call.answered_at is None:
                call.trunk_leg = leg
        call.seek(leg, event.at)
        if leg.state == ev.ChannelState.RINGING:  # Newstate may come before DialBegin
            self.ring(leg, event.at)
        self._state.refresh(call, event.at)

    @staticmethod
    def _is_dialled_out(call: LiveCall, leg: Channel) -> bool:
        """Did the dialler dial this line, or was a call to an extension passed on to it?"""
        if call.answered_at is not None or (call.outside and call.direction == "out"):
            return False
        exten, number = call.first.exten, leg.dialled or leg.number or ""
        if not is_extension(exten):
            return True
        return bool(number) and exten.endswith(number)

    def _progressed(self, event: ev.DialProgressed) -> None:
        leg = self._state.channels.get(event.dest_uniqueid)
        if leg is not None and event.status in _RINGING_WORDS:
            self.ring(leg, event.at)

    def ring(self, leg: Channel, at: float) -> None:
        """A channel rings: somebody sought, or it means nothing."""
        call = leg.call
        if call is None or not leg.is_device or not leg.seeking:
            return
        first = call.ring(leg, at)
        self._state.refresh(call, at)
        if first:
            self._state.facts.append(CallRang(at, self._state.live(call)))

    def _ended(self, event: ev.DialEnded) -> None:
        leg = self._state.channels.get(event.dest_uniqueid)
        if leg is None or leg.call is None:
            return
        if leg.status is None:
            leg.status = event.status
        if event.forward:
            leg.forwarded = True
        if leg.is_device and leg.dialled_at is not None:
            if event.status == "ANSWER" and leg.met_at is None and leg is not leg.call.first:
                leg.call.stop_ringing(
                    leg, event.at
                )  # it went up, and is sought until it is connected: it may have to press 1 first
            else:
                leg.call.give_up(leg, event.at)
            self._state.refresh(leg.call, event.at)

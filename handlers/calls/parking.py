"""Parking: who waits in the lot, and since when.

Parked is neither talk nor hold: the caller has nobody. What comes next shows elsewhere: a fetcher in a bridge, the parker called
back in a dial, the caller's hangup. `ParkedCall` may come before or after the `BridgeEnter` of the lot's holding bridge.
"""

from collections.abc import Callable
from typing import Any

from handlers.ami import events as ev
from handlers.calls.live_state import LiveState

_OUT_OF_THE_LOT = frozenset({"UnParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp"})


class ParkingLots:
    """Takes `ParkedCall` and what ends a stay in a lot."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self.handlers: dict[type, Callable[[Any], None]] = {ev.Parked: self._parked}

    def _parked(self, event: ev.Parked) -> None:
        channel = self._state.channels.get(event.uniqueid)  # told after the Hangup too, where the caller gave up
        call = channel.call if channel is not None else None
        if channel is None or call is None:
            return
        if event.what == "ParkedCall":
            call.passed_on.park(channel, event.at)
            if call.direction == "internal":
                call.outside.add(channel)  # if it is not the caller's, he leaves his call to the other
        elif event.what in _OUT_OF_THE_LOT:
            call.passed_on.unpark(channel, event.at)
        self._state.refresh(call, event.at)

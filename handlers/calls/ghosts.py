"""Channels that the PBX does not list, and those of which it alone knows: what was lost on its way shows by nothing else.

A list is no moment: events go on while it is asked for. So only who is absent from two lists in a row, and existed before the first was
asked for, is a ghost; and only who is in two in a row without any event of his birth is taken up, as one met in a snapshot.
"""

from collections.abc import Iterable

from handlers.ami.events import ChannelsListed, LiveChannel
from handlers.ami.snapshot import live_channel, uniqueid_listed
from handlers.calls.resume import adopt
from handlers.calls.tracker import Tracker

GHOST = "ghost_channel"
UNSEEN = "unseen_channel"
# Starts met in a snapshot are true to a second, and so may be two clocks.
STARTS_DIFFER_S = 1.0


class Ghosts:
    """Compares the channels of one tracker with the PBX's lists."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._absent: frozenset[str] = frozenset()
        self._unknown: frozenset[str] = frozenset()

    def forget(self) -> None:
        """The stream broke or is back: two lists with a gap between them are no two in a row."""
        self._absent = self._unknown = frozenset()

    def compare(self, event: ChannelsListed) -> None:
        """One list: ghosts end unseen, channels never heard of are taken up; each is doubted once."""
        channels = self._tracker.state.channels
        listed: dict[str, bytes] = {}
        for block in event.blocks:
            uniqueid = uniqueid_listed(block)
            if uniqueid is not None:
                listed[uniqueid] = block
        born_before = event.asked_at - STARTS_DIFFER_S
        absent = frozenset(
            uniqueid
            for uniqueid, channel in channels.items()
            if uniqueid not in listed and channel.created_at < born_before
        )
        unknown = frozenset(uniqueid for uniqueid in listed if uniqueid not in channels)
        self._end(absent & self._absent, event.at)
        self._take_up((listed[uniqueid] for uniqueid in sorted(unknown & self._unknown)), event.at)
        self._absent, self._unknown = absent - self._absent, unknown - self._unknown

    def _end(self, ghosts: Iterable[str], at: float) -> None:
        state = self._tracker.state
        for uniqueid in sorted(ghosts):
            channel = state.channels.get(uniqueid)
            if channel is not None:
                state.doubt(at, GHOST)
                if channel.call is not None:
                    channel.call.incomplete = True
                self._tracker.remove(channel, at, end_seen=False)

    def _take_up(self, blocks: Iterable[bytes], at: float) -> None:
        found: list[LiveChannel] = [live for block in blocks if (live := live_channel(block, at)) is not None]
        for _ in found:
            self._tracker.state.doubt(at, UNSEEN)
        if found:
            adopt(self._tracker, found, at)

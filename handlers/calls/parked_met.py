"""Who is found in a parking lot when nobody saw him parked, and since when he is there, as the PBX says when asked.

`ParkedCalls` tells it to who may also park, redirect and hang up calls (`write = call`; 16 and 22), which ringtally's account may not.
But out of a talk into a lot a CDR begins anew, within 5 ms of it (16 and 22: by feature code, by REFER, and parked once more after
having been fetched). Whom the dialplan itself took there (`Park`) may have been rung for in vain before, which begins one too.
"""

from handlers.ami.events import Parked, Snapshot
from handlers.calls.tracker import Tracker

LOT = "parking"
BY_DIALPLAN = frozenset({"Park", "ParkAndAnnounce"})


def park(tracker: Tracker, snapshot: Snapshot, broken_at: float | None, at: float) -> None:
    """Who is in a lot at `at` is parked, and nobody else. `broken_at`: since when nothing was heard, if it was before."""
    lots = {bridge.bridge for bridge in snapshot.bridges or () if bridge.kind == LOT}
    parked = {live.uniqueid: live for live in snapshot.channels or () if live.bridge in lots}
    for uniqueid in sorted(parked):
        channel = tracker.state.channels[uniqueid]
        call = channel.call
        if channel.pool or call is None:
            continue
        before = len(call.passed_on.parkings)
        tracker.take(Parked(at, "ParkedCall", uniqueid, "", "", None))
        for parking in call.passed_on.parkings[before:]:
            if parked[uniqueid].application not in BY_DIALPLAN:
                parking.unseen_since = max(channel.created_at, broken_at or 0.0)
    for call in list(tracker.state.calls):
        if lots and call.passed_on.is_parked:
            for parking in call.passed_on.parkings:
                if parking.ended_at is None and parking.channel.uniqueid not in parked:
                    tracker.take(Parked(at, "UnParkedCall", parking.channel.uniqueid, "", "", None))

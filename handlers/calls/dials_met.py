"""Dials that began while nobody listened: who is dialled by whom, read off what the PBX shows of both.

A dialled channel runs `AppDial`, `AppQueue` or, where a program dials, `AppDial2`, always with `(Outgoing Line)`; it keeps that after
its answer. Who dials runs `Dial` or `Queue` under the same Linkedid, and what Dial was given names its destinations.
"""

from collections.abc import Iterable

from handlers.ami.events import DialBegun, LiveChannel
from handlers.calls.names import ChannelName, parse_channel_name
from handlers.calls.tracker import Tracker

OUTGOING_LINE = "(Outgoing Line)"
_BY_A_PROGRAM = "AppDial2"
_BY_A_QUEUE = "AppQueue"
_DIALLERS = frozenset({"Dial", "Queue", "FollowMe", "AgentRequest"})


def take_up_dials(tracker: Tracker, met: Iterable[LiveChannel], shown: Iterable[LiveChannel], at: float) -> None:
    """Whoever of the channels just `met` is dialled by one of those `shown` is so from here on."""
    diallers: dict[str, list[LiveChannel]] = {}
    for live in shown:
        if live.application in _DIALLERS:
            diallers.setdefault(live.linkedid, []).append(live)
    for live in met:
        if live.data != OUTGOING_LINE:
            continue
        found = _dialler_of(live, diallers.get(live.linkedid, ()))
        if found is not None:
            dialler, dial_string = found
            tracker.take(
                DialBegun(at, dialler.uniqueid, live.uniqueid, live.channel, live.number, dialler.exten, dial_string)
            )
        elif live.application == _BY_A_PROGRAM:
            tracker.take(DialBegun(at, None, live.uniqueid, live.channel, live.number, live.exten, ""))


def _dialler_of(live: LiveChannel, diallers: Iterable[LiveChannel]) -> tuple[LiveChannel, str] | None:
    """Who dials this channel, and by which string: who names it, else a queue or whatever names nobody."""
    name = parse_channel_name(live.channel)
    by_queue = None
    for dialler in diallers:
        if dialler.uniqueid == live.uniqueid:
            continue
        dial_string = _naming(name, dialler.data) if dialler.application == "Dial" else None
        if dial_string is not None:
            return dialler, dial_string
        if dialler.application != "Dial" and (live.application == _BY_A_QUEUE) == (dialler.application == "Queue"):
            by_queue = by_queue or dialler
    return None if by_queue is None else (by_queue, name.device if name.technology != "Local" else "")


def _naming(name: ChannelName, data: str) -> str | None:
    """The dial string by which these arguments of Dial name a channel: `PJSIP/101&PJSIP/8916@trunk,30,tT`."""
    for destination in data.partition(",")[0].split("&"):
        technology, _, rest = destination.partition("/")
        ends = {rest, rest.partition("/")[0], rest.partition("@")[2].partition("/")[0]}
        if technology == name.technology and name.endpoint in ends:
            return rest
    return None

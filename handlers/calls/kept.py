"""Live calls as plain documents, and back: what outlives a daemon that is stopped or dies.

A document is all that is known of one call: itself, the channels that have part in it, and what they refer to by uniqueid. It is
made of JSON's types alone. One that an older or newer version wrote is read as far as the names of its fields agree: what is
missing is as it is in a call that has just begun.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any, NamedTuple

from handlers.calls.channels import Bridge, Channel, in_order
from handlers.calls.evidence import Side
from handlers.calls.holds import Holds
from handlers.calls.live_call import LiveCall
from handlers.calls.live_state import LiveState
from handlers.calls.names import parse_channel_name
from handlers.calls.passings import Parking, PassedOn, Passing
from handlers.calls.periods import HoldPeriod, Stay, TalkPeriod
from handlers.calls.spans import SharedSpan
from handlers.calls.talks import Talks
from handlers.calls.tracker import Tracker

Document = dict[str, Any]

# What is worked out, refers to others (written apart), or is asked for anew after a break.
_OF_CHANNEL = frozenset({"parts", "side", "call", "bridge", "peer", "dialled_by", "asked_for"})
_OF_CALL = frozenset(
    {
        "first",
        "channels",
        "legs",
        "outside",
        "trunk_leg",
        "searching",
        "last_leg",
        "stays",
        "queued",
        "rung",
        "unseen",
        "unseen_moments",
    }
    | {"talks", "holds", "answerer", "passed_on", "linkedids", "changed", "kept_at"}
    | {"sought_answer"}
)
NOT_PLAIN = {
    Channel: _OF_CHANNEL,
    LiveCall: _OF_CALL,
    Stay: frozenset({"channel"}),
    TalkPeriod: frozenset({"channel"}),
    HoldPeriod: frozenset({"channel"}),
    Passing: frozenset({"by"}),
    Parking: frozenset({"channel"}),
    PassedOn: frozenset({"passings", "parkings"}),
    Talks: frozenset({"periods", "now", "span"}),
    Holds: frozenset({"periods", "span"}),
}
"""Of each part of a call the fields that are not written down by their names; all others hold plain values."""


def _plain_fields(of: type) -> dict[str, Any]:
    """The fields that hold plain values, each with what it is where nothing is said of it."""
    return {
        field.name: None if field.default is MISSING else field.default
        for field in fields(of)
        if field.name not in NOT_PLAIN[of]
    }


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes these fields' values, however few they are; where there are several, as quickly as can be."""
    return attrgetter(*names) if len(names) > 1 else lambda of: tuple(getattr(of, name) for name in names)


_PLAIN = {of: _plain_fields(of) for of in NOT_PLAIN}
_CHANNEL, _CALL, _STAY, _TALK, _HOLD, _PASSING, _PARKING, _PASSED_ON, _TALKS, _HOLDS = _PLAIN.values()
_GETTERS = {id(each): _getter(tuple(each)) for each in _PLAIN.values()}
_TALKED = "talk"


class KeptCall(NamedTuple):
    """One live call as it stood at `kept_at`. `id` and `boot` name it: a call of that id in that run of the PBX."""

    id: str
    boot: str
    kept_at: float
    document: Document


# A call that rings twelve phones for an hour has a long document: it is written the more seldom, the longer it is.
_LEGS_A_SECOND = 20


def changed_calls(state: LiveState, now: float, at_once: bool, most: int | None = None) -> list[KeptCall]:
    """The calls of which something changed since they were asked for last, as they stand at `now`; `at_once`: long ones too.

    No more than `most`, for each takes 60 µs: the others are there to be asked for again.
    """
    changed: list[KeptCall] = []
    for call in state.calls:
        if not call.changed or not call.started:
            continue
        if at_once or now - call.kept_at >= len(call.legs) // _LEGS_A_SECOND:
            call.changed = False
            call.kept_at = now
            changed.append(KeptCall(call.id, state.run.boot, now, document_of(call, state.linkedids_of(call))))
            if len(changed) == most:
                break
    return changed


def document_of(call: LiveCall, linkedids: list[str]) -> Document:
    """All that is known of a call, as of now; `linkedids` are those that are its own still."""
    stays, talks = call.stays, call.talks.periods
    return {
        "call": _written(call, _CALL),
        "linkedids": linkedids,
        "channels": [_channel(each) for each in channels_of(call)],
        "unseen": sorted(call.unseen),
        "unseen_moments": sorted(call.unseen_moments),
        "members": _ids(call.channels),
        "legs": [leg.uniqueid for leg in call.legs],
        "outside": _ids(call.outside),
        "searching": _ids(call.searching),
        **{name: each.uniqueid for name in _SINGLE if (each := getattr(call, name)) is not None},
        "stays": [_of_channel(stay, _STAY, stay.channel) for stay in stays],
        "talks": [_of_channel(talk, _TALK, talk.channel) for talk in talks],
        "holds": [_of_channel(hold, _HOLD, hold.channel) for hold in call.holds.periods],
        "talking": [index for index, talk in enumerate(talks) if call.talks.now.get(talk.channel) is talk],
        "queued": _span(call.queued, [index for index, stay in enumerate(stays) if stay in call.queued.keys]),
        "rung": _span(call.rung, _ids(call.rung.keys)),
        "talked": _span(call.talks.span, [_TALKED] if call.talks.span.is_open else []) | _written(call.talks, _TALKS),
        "held": _span(call.holds.span, _ids(call.holds.span.keys)) | _written(call.holds, _HOLDS),
        "passed_on": _written(call.passed_on, _PASSED_ON)
        | {
            "passings": [_of_channel(each, _PASSING, each.by) for each in call.passed_on.passings],
            "parkings": [_of_channel(each, _PARKING, each.channel) for each in call.passed_on.parkings],
        },
    }


_SINGLE = ("first", "trunk_leg", "last_leg", "answerer")


def _written(of: Any, plain: Mapping[str, Any]) -> Document:
    """The plain values that are not what they are anyhow."""
    values = _GETTERS[id(plain)](of)
    return {name: value for (name, usual), value in zip(plain.items(), values, strict=True) if value is not usual}


def _of_channel(of: Any, plain: Mapping[str, Any], channel: Channel) -> Document:
    return {"channel": channel.uniqueid, **_written(of, plain)}


def _ids(channels: Iterable[Channel]) -> list[str]:
    return [channel.uniqueid for channel in in_order(channels)]


def _span(span: SharedSpan[Any], is_open: list[Any]) -> Document:
    return {"total_s": span.total_s, "first_at": span.first_at, "since": span.since, "open": is_open}


def channels_of(call: LiveCall) -> Iterator[Channel]:
    """Every channel that has part in the call, its own and others (of an agents' pool, say), each once."""
    parts = [call.first, *in_order(call.channels), *call.legs, *in_order(call.outside)]
    parts += in_order(
        call.searching | call.rung.keys | call.holds.span.keys
    )  # an event was lost: one may be of another call by now
    parts += [stay.channel for stay in call.stays] + [talk.channel for talk in call.talks.periods]
    parts += [hold.channel for hold in call.holds.periods] + [each.by for each in call.passed_on.passings]
    parts += [each.channel for each in call.passed_on.parkings]
    parts += [each for each in (call.trunk_leg, call.last_leg, call.answerer) if each is not None]
    return iter(dict.fromkeys(parts))


def is_named(state: LiveState, is_in: Callable[[str | None], bool]) -> bool:
    """Does any call that lives name a number: its channels', or one that was dialled?"""
    return any(
        is_in(text)
        for call in state.calls
        for channel in channels_of(call)
        for text in (channel.number, channel.name, channel.dialled, channel.exten, channel.caller_name)
    )


def _channel(channel: Channel) -> Document:
    document = _written(channel, _CHANNEL)
    if channel.side is not None:
        document["side"] = list(channel.side)
    if channel.bridge is not None:
        document["bridge"] = [channel.bridge.id, channel.bridge.holding]
    if channel.peer is not None:
        document["peer"] = channel.peer.uniqueid
    if channel.dialled_by is not None:
        document["dialled_by"] = channel.dialled_by.uniqueid
    return document


def restore(tracker: Tracker, kept: Sequence[KeptCall], at: float) -> list[KeptCall]:
    """Take up calls that lived at `at`; those that cannot be read are left out, and returned.

    Of earlier runs of the PBX, whose ends were never stored, nothing lives: they end unseen.
    """
    unread: list[KeptCall] = []
    of_run: dict[str, list[KeptCall]] = {}
    for each in sorted(kept, key=lambda each: each.kept_at):
        of_run.setdefault(each.boot, []).append(each)
    latest = kept and max(kept, key=lambda each: each.kept_at).boot
    for boot in sorted(of_run, key=lambda boot: boot == latest):
        tracker.state.run.boot = boot
        unread += _Restoring(tracker.state).take(of_run[boot])
        for call in [call for call in tracker.state.calls if not call.channels]:
            call.incomplete = True  # another one has taken its channels over since it was written down
            tracker.state.end_call(call, at, end_seen=False)
        if boot != latest:
            for channel in list(tracker.state.channels.values()):
                tracker.remove(channel, at, end_seen=False)
    return unread


class _Restoring:
    """Puts kept calls back into a state that knows none yet."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self._channels: dict[str, Channel] = {}
        self._documents: dict[str, Document] = {}

    def take(self, kept: Iterable[KeptCall]) -> list[KeptCall]:
        """Put them back, oldest first; those that cannot be read are left out, and returned.

        They may be of different moments, and of a channel the latest counts: what it was like, and whose it was.
        """
        unread: list[KeptCall] = []
        calls: list[LiveCall] = []
        for each in sorted(kept, key=lambda each: each.kept_at, reverse=True):
            try:
                calls.append(self._call(each.document))
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration):
                unread.append(each)
        for call in sorted(calls, key=lambda each: (each.started_at, each.id)):
            self._state.adopt_call(call)
        for channel in in_order(self._channels.values()):
            if channel.call is not None and channel.call not in self._state.calls:
                channel.call = None  # that one could not be read
            if channel.ended_at is None and (channel.call is not None or channel.pool):
                self._connect(channel, self._documents[channel.uniqueid])
        return unread

    def _call(self, document: Document) -> LiveCall:
        channels = [self._channel(each) for each in document["channels"]]
        for channel, each in zip(channels, document["channels"], strict=True):
            by = each.get("dialled_by")
            channel.dialled_by = self._channels.get(by) if by is not None else None
        of = self._channels
        call = LiveCall(**_read(document["call"], _CALL), first=of[document["first"]])
        call.linkedids = list(document["linkedids"])
        call.unseen = set(document.get("unseen", ()))
        call.unseen_moments = set(document.get("unseen_moments", ()))
        call.legs = [of[each] for each in document["legs"]]
        call.outside = {of[each] for each in document["outside"]}
        call.searching = {of[each] for each in document["searching"]}
        for name in _SINGLE[1:]:
            setattr(call, name, of[document[name]] if name in document else None)
        call.stays = [Stay(channel=of[each["channel"]], **_read(each, _STAY)) for each in document["stays"]]
        talks = [TalkPeriod(of[each["channel"]], **_read(each, _TALK)) for each in document["talks"]]
        talking = {talks[index].channel: talks[index] for index in document["talking"]}
        call.talks = Talks(talks, talking, **_read(document["talked"], _TALKS))
        holds = [HoldPeriod(of[each["channel"]], **_read(each, _HOLD)) for each in document["holds"]]
        call.holds = Holds(holds, **_read(document["held"], _HOLDS))
        _fill(call.queued, document["queued"], [call.stays[index] for index in document["queued"]["open"]])
        _fill(call.rung, document["rung"], [of[each] for each in document["rung"]["open"]])
        _fill(call.talks.span, document["talked"], document["talked"]["open"])
        _fill(call.holds.span, document["held"], [of[each] for each in document["held"]["open"]])
        call.passed_on = self._passed_on(document["passed_on"])
        for uniqueid in document["members"]:
            channel = of[uniqueid]
            if channel.call is not None:
                continue
            call.channels.add(channel)
            channel.call = call
            self._documents[uniqueid] = next(each for each in document["channels"] if each["uniqueid"] == uniqueid)
        return call

    def _channel(self, document: Document) -> Channel:
        """The channel of this document, the same for all calls that it has part in."""
        uniqueid = document["uniqueid"]
        channel = self._channels.get(uniqueid)
        if channel is None:
            side = document.get("side")
            channel = self._channels[uniqueid] = Channel(
                **_read(document, _CHANNEL),
                parts=parse_channel_name(document["name"]),
                side=Side(*side) if side is not None else None,
            )
            self._documents[uniqueid] = document
        return channel

    def _passed_on(self, document: Document) -> PassedOn:
        of = self._channels
        passed_on = PassedOn(**_read(document, _PASSED_ON))
        passed_on.passings = [Passing(by=of[each["channel"]], **_read(each, _PASSING)) for each in document["passings"]]
        passed_on.parkings = [Parking(of[each["channel"]], **_read(each, _PARKING)) for each in document["parkings"]]
        return passed_on

    def _connect(self, channel: Channel, document: Document) -> None:
        """A live channel is known again, in its bridge, beside its other half."""
        self._state.adopt_channel(channel)
        if "bridge" in document:
            bridge_id, holding = document["bridge"]
            bridge = self._state.bridges.setdefault(bridge_id, Bridge(bridge_id, holding))
            channel.bridge = bridge
            bridge.members.add(channel)
        peer = self._channels.get(document.get("peer", ""))
        if peer is not None and peer.ended_at is None:
            channel.peer, peer.peer = peer, channel


def _read(document: Document, plain: Mapping[str, Any]) -> Document:
    return {name: document.get(name, usual) for name, usual in plain.items()}


def _fill(span: SharedSpan[Any], document: Document, is_open: Iterable[Any]) -> None:
    span.restore(document["total_s"], document["first_at"], document["since"], is_open)

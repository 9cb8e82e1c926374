"""A PBX by the events that it sent: what it would say lives, and of whom it would say that he was answered, made without the core."""

from collections.abc import Iterable, Sequence

from handlers.ami import events as ev
from handlers.ami.gathered import resumed
from handlers.calls.names import born_in
from handlers.calls.unseen_answers import CLOCKS_DIFFER_S, TICK_S
from handlers.facts import AnswersUnseen, Call, Fact
from tests.handlers.calls.snapshots import OUTGOING


def snapshot_after(stream: Iterable[ev.Event]) -> ev.Snapshot:
    """What a PBX would answer when all this has happened: its own view, made without the core."""
    channels: dict[str, ev.LiveChannel] = {}
    bridges: dict[str, str] = {}
    waiting: dict[str, ev.LiveQueueEntry] = {}
    joined: dict[str, float] = {}
    now = 0.0
    for event in stream:
        now = event.at
        match event:
            case ev.ChannelCreated():
                channels[event.uniqueid] = ev.LiveChannel(
                    event.uniqueid,
                    event.linkedid,
                    event.channel,
                    event.state,
                    event.number,
                    event.name,
                    None,
                    event.context,
                    event.exten,
                    "",
                    None,
                    event.at,
                )
            case ev.ChannelStateChanged(uniqueid=uniqueid):
                channels[uniqueid] = channels[uniqueid]._replace(state=event.state)
            case ev.BridgeEntered(uniqueid=uniqueid):
                bridges[event.bridge] = event.technology
                channels[uniqueid] = channels[uniqueid]._replace(bridge=event.bridge)
                # Asterisk gives everybody in a bridge the oldest of their linkedids before it tells who has entered.
                for each in [each for each in channels.values() if each.bridge == event.bridge]:
                    channels[each.uniqueid] = each._replace(linkedid=event.linkedid)
            case ev.BridgeLeft(uniqueid=uniqueid):
                channels[uniqueid] = channels[uniqueid]._replace(bridge=None)
            case ev.QueueJoined(uniqueid=uniqueid):
                waiting[uniqueid] = ev.LiveQueueEntry(event.queue, uniqueid, event.position, 0.0)
                joined[uniqueid] = event.at
            case ev.QueueLeft(uniqueid=uniqueid):
                del waiting[uniqueid]
            case ev.ChannelHungUp(uniqueid=uniqueid):
                del channels[uniqueid]
    entries = tuple(entry._replace(wait_s=now - joined[uniqueid]) for uniqueid, entry in waiting.items())
    lives = tuple(ev.LiveBridge(name, technology) for name, technology in bridges.items())
    return ev.Snapshot("one run", tuple(channels.values()), lives, entries, None, None, {})


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


def answered(facts: Iterable[Fact], past: Sequence[ev.Event]) -> list[ev.AnswerTold]:
    """What the PBX says, once the events of `past` have happened, of the channels whose CDRs are wanted by these facts."""
    known, at = cdrs(past), past[-1].at
    wanted = [each for fact in facts if isinstance(fact, AnswersUnseen) for each in fact.channels]
    return [
        ev.AnswerTold(at, each, *known[each]) if each in known else ev.AnswerTold(at, each, None, None, is_gone=True)
        for each in dict.fromkeys(wanted)
    ]


def is_forgotten(whole: Iterable[ev.Event]) -> bool:
    """Does anybody leave a talk in the second of his birth? No CDR tells that there was one then (docs/gaps.md)."""
    return any(
        isinstance(event, ev.BridgeLeft | ev.Parked)
        and (born := born_in(event.uniqueid)) is not None
        and event.at <= born[0] + 1 + TICK_S
        for event in whole
    )


def is_told_less(found: Call, true: Call, past: Sequence[ev.Event], legs: Iterable[str]) -> bool:
    """Is this call, not answered when the PBX was looked at, told without its result, or its answer's moment, for good reason?"""
    if true.answered_at is not None and true.answered_at < past[-1].at:
        return False
    is_less = found.result == "unknown" or (found.result == true.result == "answered" and found.answered_at is None)
    return is_less and not found.missed and is_doubtful(past, legs)


def is_doubtful(past: Sequence[ev.Event], legs: Iterable[str]) -> bool:
    """Would nobody who looks at this PBX now know whether these channels' call was answered just before?

    A CDR began anew a moment ago (behind a talk, or a dial in vain), or a line that was dialled
    is up, or somebody in a bridge.
    """
    own, at = set(legs), past[-1].at
    begun = {uniqueid: begun for uniqueid, (begun, _) in cdrs(past).items()}
    dialled = {uniqueid for uniqueid, (_, data) in applications(past).items() if data == OUTGOING}
    for channel in snapshot_after(past).channels or ():
        if channel.uniqueid not in own and channel.linkedid not in own:
            continue
        is_anew = channel.uniqueid in begun and begun[channel.uniqueid] != channel.created_at
        if is_anew and begun[channel.uniqueid] >= at - CLOCKS_DIFFER_S:
            return True
        is_left = channel.uniqueid in dialled or channel.bridge is not None
        if is_left and channel.state == ev.ChannelState.UP:
            return True
    return False


def shown_over(whole: Sequence[ev.Event], channels: int, bridges: int, queues: int) -> list[ev.Event]:
    """A snapshot that takes its time: channels, bridges and queues are listed one after the other, and events come between.

    Each number is of the events that have happened by then; what the daemon makes of it are the snapshot, and behind it those events.
    """
    first, second, third = (shown_at(whole, end) for end in (channels, bridges, queues))
    told_in_turn = first.snapshot._replace(bridges=second.snapshot.bridges, entries=third.snapshot.entries)
    return resumed(first.at, told_in_turn, whole[channels:queues])

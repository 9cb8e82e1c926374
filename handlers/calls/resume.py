"""What a snapshot of the PBX changes: calls that ended unseen are closed, calls never seen from their start are taken up."""

from collections.abc import Iterable, Sequence

from handlers.ami.events import (
    AgentLoggedIn,
    ChannelStateChanged,
    LiveChannel,
    LiveQueueEntry,
    Snapshot,
)
from handlers.calls.answers_in_gap import seek_answers
from handlers.calls.before_gap import BeforeGap
from handlers.calls.channels import Channel
from handlers.calls.dials_met import take_up_dials
from handlers.calls.live_call import LiveCall
from handlers.calls.names import born_in
from handlers.calls.parked_met import park
from handlers.calls.periods import TalkPeriod
from handlers.calls.tracker import Tracker

WAITING_ROOM = "AgentLogin"
UNBORN = (0, 0)
# Uptimes are whole seconds, and say so a moment late.
UPTIME_S = 2.0
# Waits too, and a list takes its time: who has waited for less than this since he joined has left and joined again.
WAITS_DIFFER_S = 2.0


def resume(tracker: Tracker, snapshot: Snapshot, at: float, broken_at: float | None, is_late: bool = False) -> None:
    """Bring the tracker in line with what the PBX says lives at `at`; `broken_at`: since when nothing was heard, if it was before.

    `is_late`: everything was told since, though late, so what hung up while the snapshot was gathered ends by its events.

    Another run of the PBX ends everything known of the one before. Channels that are gone end unseen: their calls get no
    guessed duration. Unknown ones are met: their call's start is true to a second, and it is `incomplete`.
    An account that may not see channels cannot tell, after a break, which of those known before still live: all end unseen, for
    else one that ended meanwhile would live for ever.
    """
    for member in snapshot.members or ():
        tracker.take(member)
    if is_another_run(tracker.state.run.boot, snapshot, broken_at):
        _end_unseen(tracker, set(), at)
    if snapshot.boot:
        tracker.state.run.boot = snapshot.boot
    if snapshot.channels is None:
        if broken_at is not None:
            _end_unseen(tracker, set(), at)
        return
    before = {call: BeforeGap(call) for call in tracker.state.calls}
    alive = {channel.uniqueid for channel in snapshot.channels}
    _end_unseen(tracker, alive | _ending(tracker, snapshot, is_late or broken_at is None), at)
    tracker.state.is_taking_up = True
    # Each once, should a list have one twice.
    met = list({c.uniqueid: c for c in snapshot.channels if c.uniqueid not in tracker.state.channels}.values())
    _meet_all(tracker, met, at)
    _log_in(tracker, snapshot.channels, at)
    _pair(tracker)
    _ring_or_go_up(tracker, snapshot.channels, at)
    take_up_dials(tracker, met, snapshot.channels, at)
    found_talking = _rebridge(tracker, snapshot, at)
    park(tracker, snapshot, broken_at, at)
    _requeue(tracker, snapshot, at)
    _note_unseen(tracker, before, is_known=broken_at is not None, is_heard=is_late)
    tracker.state.is_taking_up = False
    seek_answers(tracker, snapshot, found_talking, before, broken_at, at)


def _note_unseen(tracker: Tracker, before: dict[LiveCall, BeforeGap], *, is_known: bool, is_heard: bool) -> None:
    """Mark what of each call was not seen; `is_known`: they were before, `is_heard`: and all of it was told, though late."""
    for call in tracker.state.calls:
        for channel in (*call.talks.now, *call.outside) if call.talks.now else ():
            channel.may_hold = channel.hold_at is None
        if call not in before:
            if call.talks.now:
                call.unseen.add("hold")
        elif is_known:
            before[call].compare(call)
            if not is_heard:
                call.holds.doubt()


def is_another_run(boot: str, snapshot: Snapshot, broken_at: float | None) -> bool:
    """Has the PBX been started again since `boot`, or, where it may not be asked that, since the stream broke?"""
    if boot and snapshot.boot:
        return boot != snapshot.boot
    return broken_at is not None and snapshot.up_since is not None and snapshot.up_since > broken_at + UPTIME_S


def adopt(tracker: Tracker, found: Sequence[LiveChannel], at: float) -> None:
    """Channels of which no event told, though nothing broke: met as those of a snapshot, beside whatever else is known."""
    before = {call: BeforeGap(call) for call in tracker.state.calls}
    snapshot = Snapshot("", tuple(found), None, None, None, None, {})
    tracker.state.is_taking_up = True
    _meet_all(tracker, found, at)
    _pair(tracker)
    take_up_dials(tracker, found, found, at)
    found_talking = _rebridge(tracker, snapshot, at)
    tracker.state.is_taking_up = False
    for call in dict.fromkeys(channel.call for live in found if (channel := tracker.state.channels.get(live.uniqueid))):
        if call is not None and call in before:
            before[call].compare(call)
        elif call is not None and call.talks.now:
            call.unseen.add("hold")
    seek_answers(tracker, snapshot, found_talking, before, None, at)


def _ending(tracker: Tracker, snapshot: Snapshot, is_heard: bool) -> set[str]:
    """Whose hangup follows, and tells the end of a call that was answered before, or of which all `is_heard`.

    Of another, unlisted, nobody knows what became of it.
    """
    channels = tracker.state.channels
    known = {uniqueid: channels[uniqueid].call for uniqueid in snapshot.ending if uniqueid in channels}
    return {uniqueid for uniqueid, call in known.items() if is_heard or call is None or call.answered_at is not None}


def _end_unseen(tracker: Tracker, alive: set[str], at: float) -> None:
    gone = [channel for uniqueid, channel in tracker.state.channels.items() if uniqueid not in alive]
    for call in {channel.call for channel in gone if channel.call is not None}:
        call.incomplete = True
    for channel in gone:
        tracker.remove(channel, at, end_seen=False)


def _created_at(live: LiveChannel, at: float) -> float:
    """When a channel that is met was created, to half a second.

    The PBX tells its age in whole seconds that are over, so it is up to a second older; its uniqueid has the second of its birth,
    by the PBX's clock. Where the two agree, it is in the middle of what both allow.
    """
    if live.created_at is None:
        return at
    born = born_in(live.uniqueid)
    if born is None:
        return live.created_at
    earliest, latest = max(float(born[0]), live.created_at - 1), min(born[0] + 1.0, live.created_at)
    return (earliest + latest) / 2 if earliest <= latest else live.created_at


def _meet_all(tracker: Tracker, found: Iterable[LiveChannel], at: float) -> None:
    """Who began a call before whoever joins one, else the older before the younger."""
    for live in sorted(
        found, key=lambda c: (c.uniqueid != c.linkedid, c.created_at or at, born_in(c.uniqueid) or UNBORN)
    ):
        _meet(tracker, live, at)


def _meet(tracker: Tracker, live: LiveChannel, at: float) -> None:
    created_at = _created_at(live, at)
    channel = tracker.state.new_channel(
        created_at, live.uniqueid, live.channel, live.state, live.number, live.name, live.context, live.exten
    )
    channel.is_exten_present = True
    if live.application == WAITING_ROOM:
        channel.pool = True  # a login is no call
        channel.pool_agent = _agent_of(live)
        return
    call = tracker.state.call_of(live.linkedid)
    if call is None:
        call = tracker.state.new_call(channel, live.linkedid)
        call.unseen |= {"ivr", "queue", "ring"}
    call.incomplete = True
    tracker.state.join_call(call, channel, at)


def _log_in(tracker: Tracker, channels: Iterable[LiveChannel], at: float) -> None:
    """Who has logged in to a pool while nobody listened waits there, and is no call."""
    for login in channels:
        if login.application == WAITING_ROOM and not tracker.state.channels[login.uniqueid].pool:
            tracker.take(AgentLoggedIn(at, login.uniqueid, login.channel, _agent_of(login)))


def _agent_of(login: LiveChannel) -> str:
    """The agent's number in the data of AgentLogin: `1001,s`."""
    return login.data.partition(",")[0]


def _pair(tracker: Tracker) -> None:
    """Local halves find each other by name: a snapshot has no LocalBridge."""
    halves: dict[str, Channel] = {}
    for channel in tracker.state.channels.values():
        if channel.parts.half and channel.peer is None:
            other = halves.pop(channel.name[:-2], None)
            if other is None:
                halves[channel.name[:-2]] = channel
            else:
                other.peer, channel.peer = channel, other


def _ring_or_go_up(tracker: Tracker, channels: Iterable[LiveChannel], at: float) -> None:
    """What channels known before have come to since."""
    for live in channels:
        if tracker.state.channels[live.uniqueid].state != live.state:
            tracker.take(ChannelStateChanged(at, live.uniqueid, live.channel, live.state, "", None))


def _rebridge(tracker: Tracker, snapshot: Snapshot, at: float) -> list[LiveCall]:
    """Put everybody where he is now; the calls that turn out to have been answered, and nobody saw when."""
    technologies = {bridge.bridge: bridge.technology for bridge in snapshot.bridges or ()}
    known = {talk for call in tracker.state.calls for talk in call.talks.now.values()}
    moved: list[Channel] = []
    for live in snapshot.channels or ():
        channel = tracker.state.channels.get(live.uniqueid)
        if channel is None:
            continue
        now_in = channel.bridge.id if channel.bridge is not None else None
        if now_in != live.bridge:
            moved.append(channel)
            tracker.bridges.place(channel, live.bridge, technologies.get(live.bridge or "", ""), at)
    # Whoever turns out to be answered was so before: calls may join, so that is known of none until all are heard.
    undecided = [call for call in tracker.state.calls if call.incomplete and call.answered_at is None]
    undecided = [call for call in undecided if not call.answer_unseen]
    for call in undecided:
        call.answer_unseen = True
    for channel in moved:
        if channel.bridge is not None and not channel.bridge.holding:
            tracker.bridges.listen(channel, at)
    for call in undecided:
        call.answer_unseen = bool(call.talks.now)
    found = [call for call in tracker.state.calls if call.answer_unseen and call.talks.now]
    for call in found:
        call.rung.close_all(at)
        for stay in call.stays:
            if stay.left_at is None and snapshot.entries is None:
                tracker.state.stays.gone_unseen(call, stay, at)
    _mark_found(tracker, known, at)
    return found


def _mark_found(tracker: Tracker, known: set[TalkPeriod], at: float) -> None:
    """Talks that are found now began nobody knows when; so did who talks come to the call, and stop ringing."""
    for call in tracker.state.calls:
        for talk in call.talks.now.values():
            if talk.started_at == at and talk not in known:
                talk.begun_unseen = True
                call.unseen_moments.add(at)


def _requeue(tracker: Tracker, snapshot: Snapshot, at: float) -> None:
    """Who waits where: known stays keep their own moment, those met have waited as long as the PBX says, the others have ended."""
    if snapshot.entries is None:
        return
    since = {(entry.uniqueid, entry.queue): at - entry.wait_s for entry in snapshot.entries}
    for call in tracker.state.calls:
        for stay in call.stays:
            joined_at = since.get((stay.channel.uniqueid, stay.queue))
            if stay.left_at is None and (joined_at is None or joined_at > stay.joined_at + WAITS_DIFFER_S):
                tracker.state.stays.gone_unseen(call, stay, at)
                call.unseen.add("queue")
                tracker.state.refresh(call, at)
    for entry in snapshot.entries:
        _take_up_stay(tracker, entry, at)


def _take_up_stay(tracker: Tracker, entry: LiveQueueEntry, at: float) -> None:
    channel = tracker.state.channels.get(entry.uniqueid)
    call = channel.call if channel is not None else None
    if channel is None or call is None:
        return
    if any(stay.channel is channel and stay.queue == entry.queue and stay.left_at is None for stay in call.stays):
        return
    if not call.stays:
        call.unseen.discard("queue")
    tracker.queues.join(channel, entry.queue, at - entry.wait_s, entry.position)

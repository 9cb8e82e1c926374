"""What a snapshot of the PBX changes: calls that ended unseen are closed, calls never seen from their start are taken up."""

from handlers.ami.events import AgentLoggedIn, LiveChannel, LiveQueueEntry, Snapshot
from handlers.calls.channels import Channel
from handlers.calls.tracker import Tracker

WAITING_ROOM = "AgentLogin"


def resume(tracker: Tracker, snapshot: Snapshot, at: float, after_break: bool) -> None:
    """Bring the tracker in line with what the PBX says lives at `at`.

    Another run of the PBX ends everything known of the one before. Channels that are gone end unseen: their calls get no
    guessed duration. Unknown ones are met: their call's start is true to a second, and it is `incomplete`.
    An account that may not see channels cannot tell, `after_break`, which of those known before still live: all end unseen, for
    else one that ended meanwhile would live for ever.
    """
    for member in snapshot.members or ():
        tracker.take(member)
    boot = snapshot.boot
    restarted = bool(tracker.state.run.boot) and bool(boot) and boot != tracker.state.run.boot
    if restarted:
        _end_unseen(tracker, set(), at)
    if boot:
        tracker.state.run.boot = boot
    if snapshot.channels is None:
        if after_break:
            _end_unseen(tracker, set(), at)
        return
    alive = {channel.uniqueid for channel in snapshot.channels}
    _end_unseen(tracker, alive, at)
    met = [c for c in snapshot.channels if c.uniqueid not in tracker.state.channels]
    for live in sorted(met, key=lambda c: (c.uniqueid != c.linkedid, c.created_at or at, _serial(c.uniqueid))):
        _meet(tracker, live, at)
    for login in snapshot.channels:
        if login.application == WAITING_ROOM and not tracker.state.channels[login.uniqueid].pool:
            tracker.take(AgentLoggedIn(at, login.uniqueid, login.channel, _agent_of(login)))
    _pair(tracker)
    _rebridge(tracker, snapshot, at)
    for entry in snapshot.entries or ():
        _requeue(tracker, entry, at)


def _end_unseen(tracker: Tracker, alive: set[str], at: float) -> None:
    gone = [channel for uniqueid, channel in tracker.state.channels.items() if uniqueid not in alive]
    for call in {channel.call for channel in gone if channel.call is not None}:
        call.incomplete = True
    for channel in gone:
        tracker.remove(channel, at, end_seen=False)


def _meet(tracker: Tracker, live: LiveChannel, at: float) -> None:
    created_at = live.created_at if live.created_at is not None else at
    channel = tracker.state.new_channel(
        created_at, live.uniqueid, live.channel, live.state, live.number, live.name, live.context, live.exten
    )
    if live.application == WAITING_ROOM:
        channel.pool = True  # a login is no call
        channel.pool_agent = _agent_of(live)
        return
    call = tracker.state.call_of(live.linkedid)
    if call is None:
        call = tracker.state.new_call(channel, live.linkedid)
    call.incomplete = True
    tracker.state.join_call(call, channel, at)


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


def _rebridge(tracker: Tracker, snapshot: Snapshot, at: float) -> None:
    technologies = {bridge.bridge: bridge.technology for bridge in snapshot.bridges or ()}
    moved: list[Channel] = []
    for live in snapshot.channels or ():
        channel = tracker.state.channels.get(live.uniqueid)
        if channel is None:
            continue
        now_in = channel.bridge.id if channel.bridge is not None else None
        if now_in != live.bridge:
            moved.append(channel)
            tracker.bridges.place(channel, live.bridge, technologies.get(live.bridge or "", ""), at)
    for channel in moved:
        if channel.call is not None and channel.call.incomplete and channel.call.answered_at is None:
            channel.call.answer_unseen = channel.call.answer_unseen or tracker.bridges.is_talking(channel.call)
    for channel in moved:
        if channel.bridge is not None and not channel.bridge.holding:
            tracker.bridges.listen(channel, at)


def _requeue(tracker: Tracker, entry: LiveQueueEntry, at: float) -> None:
    channel = tracker.state.channels.get(entry.uniqueid)
    if channel is None or channel.call is None:
        return
    if any(stay.channel is channel and stay.left_at is None for stay in channel.call.stays):
        return
    tracker.queues.join(channel, entry.queue, at - entry.wait_s, entry.position)


def _serial(uniqueid: str) -> tuple[float, int]:
    """Order of birth: `[system-]epoch.counter`, compared as numbers."""
    epoch, _, counter = uniqueid.rpartition("-")[2].partition(".")
    return (float(epoch) if epoch.isdecimal() else 0.0, int(counter) if counter.isdecimal() else 0)

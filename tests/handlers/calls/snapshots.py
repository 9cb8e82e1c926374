"""What a PBX says that it is doing, in words: for calls of which a part was not seen."""

from handlers.ami import events as ev
from handlers.facts import AnswersUnseen
from tests.handlers.playbook import Play

OUTGOING = "(Outgoing Line)"
LOT = ev.LiveBridge("lot", "holding_bridge", "parking")
TALK = ev.LiveBridge("b", "simple_bridge", "base")


def shown(
    play: Play,
    uniqueid: str,
    application: str = "",
    data: str = "",
    *,
    name: str = "",
    linkedid: str = "",
    bridge: str | None = None,
    state: int = ev.ChannelState.UP,
    number: str | None = None,
    context: str = "from-internal",
    exten: str = "",
    age_s: float | None = None,
) -> ev.LiveChannel:
    """One channel; of one that the play has made the name is known."""
    play.names.setdefault(uniqueid, name)
    created_at = None if age_s is None else play.now - age_s
    linked = linkedid or uniqueid
    play._linkedid.setdefault(uniqueid, linked)
    return ev.LiveChannel(
        uniqueid,
        linked,
        play.names[uniqueid],
        state,
        number,
        None,
        None,
        context,
        exten,
        application,
        bridge,
        created_at,
        data,
    )


def back(
    play: Play,
    *channels: ev.LiveChannel,
    entries: tuple[ev.LiveQueueEntry, ...] = (),
    bridges: tuple[ev.LiveBridge, ...] = (TALK, LOT),
    boot: str = "",
) -> None:
    """The PBX is heard (again), and does this."""
    for channel in channels:
        if channel.bridge is not None:
            play._bridge_of[channel.uniqueid] = channel.bridge
    play.say(ev.StreamResumed(play.now, ev.Snapshot(boot, channels, bridges, entries, (), (), {})))


def broken(play: Play) -> None:
    """The connection is lost."""
    play.say(ev.StreamBroken(play.now))


def wanted(play: Play) -> set[str]:
    """The channels whose CDRs the core would like to know."""
    return {
        channel for fact in play.told(AnswersUnseen) if isinstance(fact, AnswersUnseen) for channel in fact.channels
    }


def cdr(
    play: Play, uniqueid: str, begun_at: float | None, answered_at: float | None, dialled: str | None = None
) -> None:
    """The PBX says what a channel's CDR holds, and what was dialled."""
    play.say(ev.AnswerTold(play.now, uniqueid, begun_at, answered_at, dialled))

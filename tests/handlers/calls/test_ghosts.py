"""What AMI lost on its way: channels that the PBX lists no more, and channels of which it alone knows."""

from collections.abc import Iterable

from handlers.ami import events as ev
from handlers.facts import EventDoubted
from tests.handlers.calls.snapshots import back, broken, wanted
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY


def item(
    uniqueid: str,
    name: str,
    *,
    linkedid: str = "",
    application: str = "",
    data: str = "",
    bridge: str = "",
    age_s: int = 0,
) -> bytes:
    """An item of the list, as Asterisk 22 words it."""
    return (
        f"Event: CoreShowChannel\r\nActionID: 1\r\nChannel: {name}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        "CallerIDNum: 79001112233\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\n"
        f"Language: en\r\nAccountCode: \r\nContext: from-trunk\r\nExten: 7001\r\nPriority: 1\r\nUniqueid: {uniqueid}\r\n"
        f"Linkedid: {linkedid or uniqueid}\r\nApplication: {application}\r\nApplicationData: {data}\r\n"
        f"Duration: 00:00:{age_s:02}\r\nBridgeId: {bridge}\r\n\r\n"
    ).encode()


def listed(play: Play, items: Iterable[bytes], asked_s_ago: float = 0) -> None:
    """The PBX lists these channels."""
    begin = b"Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n"
    end = b"Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"
    play.say(ev.ChannelsListed(play.now, play.now - asked_s_ago, [begin, *items, end]))


def of(play: Play, *channels: str) -> list[bytes]:
    """Channels of the play as the PBX lists them."""
    return [item(channel, play.names[channel]) for channel in channels]


def doubts(play: Play) -> list[str]:
    return [fact.reason for fact in play.told(EventDoubted) if isinstance(fact, EventDoubted)]


def test_a_call_that_two_lists_in_a_row_lack_ended_unseen() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(60)
    listed(play, [])
    assert len(list(play.core.live_calls())) == 1
    play.wait(60)
    listed(play, [])
    call = play.only_call.call
    assert (call.result, call.end_seen, call.incomplete, call.talk_s, call.total_s) == (
        "answered",
        False,
        True,
        None,
        None,
    )
    assert doubts(play) == ["ghost_channel"] * 2
    assert play.core.sizes() == EMPTY


def test_one_list_proves_nothing_nor_do_two_with_another_between_them() -> None:
    play = Play()
    caller = play.incoming()
    for shown in ([], of(play, caller), [], of(play, caller)):
        play.wait(60)
        listed(play, shown)
    assert doubts(play) == []
    assert len(list(play.core.live_calls())) == 1


def test_who_was_born_while_the_list_was_made_is_no_ghost() -> None:
    play = Play()
    play.wait(60)
    listed(play, [])
    play.wait(59)
    caller = play.incoming()
    play.wait(1)
    listed(play, [], asked_s_ago=2)
    play.wait(60)
    listed(play, of(play, caller))
    assert doubts(play) == []


def test_a_leg_whose_end_was_lost_goes_and_the_call_goes_on() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(60)
    listed(play, of(play, caller))
    play.wait(60)
    listed(play, of(play, caller))
    (live,) = play.core.live_calls()
    assert (live.state, live.incomplete) == ("ivr", True)
    play.wait(2)
    play.far_end_hangs_up(caller)
    assert play.only_call.call.total_s == 122


def test_a_gap_between_two_lists_makes_them_no_two_in_a_row() -> None:
    play = Play()
    caller = play.incoming()
    play.wait(60)
    listed(play, [])
    broken(play)
    back(play, ev.LiveChannel(caller, caller, play.names[caller], 4, None, None, None, "", "", "", None, None))
    play.wait(60)
    listed(play, [])
    assert doubts(play) == []


def test_channels_that_two_lists_have_and_no_event_told_of_are_taken_up_as_met_in_a_snapshot() -> None:
    play = Play()
    caller, agent = "1799999990.1", "1799999990.2"
    play.was_there_before(caller, "PJSIP/trunk-00000001", caller, "b")
    play.was_there_before(agent, "PJSIP/101-00000002", caller, "b")

    def both(age_s: int) -> list[bytes]:
        return [
            item(
                agent,
                play.names[agent],
                linkedid=caller,
                application="AppDial",
                bridge="b",
                age_s=age_s,
                data="(Outgoing Line)",
            ),
            item(caller, play.names[caller], application="Dial", data="PJSIP/101,30", bridge="b", age_s=age_s),
        ]

    listed(play, both(0))
    assert not list(play.core.live_calls())
    play.wait(30)
    listed(play, both(30))
    (live,) = play.core.live_calls()
    assert (live.state, live.direction, live.started_at, live.incomplete) == ("talking", "in", START, True)
    assert doubts(play) == ["unseen_channel"] * 2
    assert wanted(play) == {caller, agent}
    play.wait(5)
    play.far_end_hangs_up(caller, agent)
    assert (play.only_call.call.result, play.core.sizes()) == ("answered", EMPTY)


def test_who_had_hung_up_before_the_list_came_is_taken_up_by_none() -> None:
    play = Play()
    caller = play.incoming()
    play.far_end_hangs_up(caller)
    listed(play, of(play, caller))
    play.wait(60)
    listed(play, [])
    play.wait(60)
    listed(play, of(play, caller))
    assert doubts(play) == []


def test_ten_thousand_channels_are_compared_without_being_read() -> None:
    """What is looked at of a known channel is its Uniqueid: an item that says nothing else will do."""
    play = Play()
    channels = [play.incoming() for _ in range(300)]
    bare = [f"Event: CoreShowChannel\r\nUniqueid: {each}\r\n".encode() for each in channels]
    for _ in range(2):
        play.wait(60)
        listed(play, bare)
    assert (doubts(play), play.core.live_count) == ([], 300)


def test_of_a_talk_that_two_lists_have_nobody_knows_what_was_held_or_who_rang() -> None:
    play = Play()
    caller = play.incoming()
    agent = f"{START:.0f}.9"
    play.was_there_before(agent, "PJSIP/101-00000009", caller, "b")
    play.enter("b", caller)

    def found(age_s: int) -> list[bytes]:
        talks = item(
            agent,
            play.names[agent],
            linkedid=caller,
            application="AppDial",
            bridge="b",
            age_s=age_s,
            data="(Outgoing Line)",
        )
        return [talks, *of(play, caller)]

    play.wait(60)
    listed(play, found(60))
    play.wait(60)
    listed(play, found(120))
    assert wanted(play) == {caller, agent}
    play.say(ev.AnswerTold(play.now, caller, START, START + 6))
    play.say(ev.AnswerTold(play.now, agent, START, START + 6))
    play.wait(5)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.answered_at, call.wait_s, call.talk_s, call.total_s) == (START + 6, 6, 119, 125)
    assert (call.ring_s, call.hold_s) == (None, None)

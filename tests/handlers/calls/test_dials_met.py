"""Calls that the daemon first hears of in a snapshot: who rings, who dials, who is parked; channels as Asterisk 16 and 22 list them."""

from handlers.ami import events as ev
from handlers.facts import Call, CallRang
from tests.handlers.calls.snapshots import OUTGOING, back, broken, cdr, shown, wanted
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY

CALLER, LEG, OTHER = "1799999990.1", "1799999990.2", "1799999990.3"
RING, RINGING = ev.ChannelState.RING, ev.ChannelState.RINGING


def town(play: Play, application: str, data: str, *, state: int = RING, bridge: str | None = None) -> ev.LiveChannel:
    """The town has called ten seconds ago."""
    return shown(
        play,
        CALLER,
        application,
        data,
        name="PJSIP/trunk-00000001",
        state=state,
        number="79001112233",
        context="from-trunk",
        exten="7001",
        age_s=10,
        bridge=bridge,
    )


def phone(
    play: Play, application: str = "AppDial", *, uniqueid: str = LEG, extension: str = "101", state: int = RINGING
) -> ev.LiveChannel:
    """A phone that is dialled for the caller."""
    name = f"PJSIP/{extension}-00000002"
    return shown(play, uniqueid, application, OUTGOING, name=name, linkedid=CALLER, state=state, age_s=6)


def live(play: Play) -> Call:
    (call,) = play.core.live_calls()
    return call


def test_whom_dial_rings_is_shown_ringing_and_may_answer() -> None:
    play = Play()
    back(play, town(play, "Dial", "PJSIP/101&PJSIP/102,15,tT"), phone(play))
    assert (live(play).state, len(list(play.told(CallRang)))) == ("ringing", 1)
    play.wait(2)
    play.answer(CALLER, LEG)
    play.wait(3)
    play.far_end_hangs_up(CALLER, LEG)
    call = play.only_call.call
    assert (call.result, call.answered_by, call.wait_s, call.talk_s, call.incomplete) == (
        "answered",
        "101",
        12,
        3,
        True,
    )
    assert (call.ivr_s, call.queue_s, call.ring_s) == (None, None, None)
    assert play.core.sizes() == EMPTY


def test_a_caller_who_gives_up_while_a_phone_rings_that_was_met_ringing_has_abandoned() -> None:
    play = Play()
    back(play, town(play, "Dial", "PJSIP/101,15"), phone(play))
    play.wait(2)
    play.caller_cancels(CALLER, LEG)
    call = play.only_call.call
    assert (call.result, call.wait_s, call.ring_s) == ("abandoned", 12, None)


def test_whom_a_queue_rings_is_shown_queued_and_the_stay_has_lasted_as_the_pbx_says() -> None:
    play = Play()
    back(
        play,
        town(play, "Queue", "support,tT,,,30"),
        phone(play, "AppQueue"),
        entries=(ev.LiveQueueEntry("support", CALLER, 1, 7.0),),
    )
    assert (live(play).state, live(play).queued_at) == ("queued", START - 7)
    play.wait(2)
    play.connect_agent(CALLER, LEG, "PJSIP/101", "Anna")
    play.wait(3)
    play.far_end_hangs_up(CALLER, LEG)
    call = play.only_call.call
    assert (call.queue, call.queue_s, call.wait_s, call.talk_s, call.ivr_s) == ("support", 9, 12, 3, None)


def test_a_known_stay_keeps_its_own_moment_whatever_whole_seconds_the_pbx_says() -> None:
    play = Play()
    caller = play.incoming()
    play.wait(0.4)
    play.join(caller)
    broken(play)
    play.wait(3.3)
    back(
        play,
        shown(play, caller, "Queue", "support", state=RING),
        entries=(ev.LiveQueueEntry("support", caller, 1, 3.0),),
    )
    assert live(play).queued_at == START + 0.4


def test_a_line_that_one_of_us_dials_makes_the_call_outgoing_with_the_number_that_dial_was_given() -> None:
    play = Play()
    agent = shown(
        play,
        CALLER,
        "Dial",
        "PJSIP/89161234567@trunk,30,tTkK",
        name="PJSIP/101-00000001",
        state=RING,
        number="101",
        exten="989161234567",
        age_s=5,
    )
    line = shown(
        play,
        LEG,
        "AppDial",
        OUTGOING,
        name="PJSIP/trunk-00000002",
        linkedid=CALLER,
        state=RINGING,
        context="from-trunk",
        age_s=5,
    )
    back(play, agent, line)
    call = live(play)
    assert (call.direction, call.state, call.called, call.trunk) == ("out", "ringing", "89161234567", "trunk")
    play.answer(CALLER, LEG)
    play.wait(3)
    play.far_end_hangs_up(CALLER, LEG)
    ended = play.only_call.call
    assert (ended.result, ended.answered_by, ended.wait_s, ended.talk_s) == ("answered", "89161234567", 5, 3)


def test_a_phone_that_a_program_rings_began_the_call_itself() -> None:
    """Click-to-call: Asterisk runs AppDial2 there, and nobody dials."""
    play = Play()
    own = shown(play, CALLER, "AppDial2", OUTGOING, name="PJSIP/101-00000001", state=RINGING, number="101", age_s=2)
    back(play, own)
    assert (live(play).state, live(play).direction) == ("ringing", "internal")
    play.up(CALLER)
    line = play.dial(CALLER, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.answer(CALLER, line)
    play.far_end_hangs_up(CALLER, line)
    assert play.only_call.call.direction == "out"


def test_behind_local_halves_the_phone_belongs_to_the_caller() -> None:
    play = Play()
    pair = "Local/101@from-queue-00000001"
    back(
        play,
        town(play, "Queue", "suplocal", state=ev.ChannelState.UP),
        shown(play, "1.7", "AppQueue", OUTGOING, name=f"{pair};1", linkedid=CALLER, state=RINGING, age_s=5),
        shown(play, "1.8", "Dial", "PJSIP/101,15", name=f"{pair};2", linkedid=CALLER, state=RING, age_s=5),
        phone(play),
        entries=(ev.LiveQueueEntry("suplocal", CALLER, 1, 5.0),),
    )
    assert live(play).state == "queued"
    assert [leg.uniqueid for leg in play.core.break_off(play.now)[0].legs if leg.rang_at is not None] == [LEG]


def test_who_keeps_the_mark_of_a_dial_long_since_answered_is_sought_no_more() -> None:
    """102 was reached by an attended transfer: it runs AppDial still, and who dialled it is gone."""
    play = Play()
    back(
        play,
        town(play, "Dial", "PJSIP/101,6", state=ev.ChannelState.UP, bridge="b"),
        phone(play, extension="102", state=ev.ChannelState.UP)._replace(bridge="b"),
    )
    assert (live(play).state, live(play).agents[0].device) == ("talking", "PJSIP/102")
    play.wait(1)
    play.far_end_hangs_up(CALLER, LEG)
    assert play.only_call.call.result == "answered"


def test_who_is_met_in_a_lot_is_held_and_can_be_fetched() -> None:
    """Parking keeps Dial as the application; the bridge's type tells, and that the CDR began anew, that he was answered before."""
    play = Play()
    back(play, town(play, "Dial", "PJSIP/101,6", state=ev.ChannelState.UP, bridge="lot"))
    assert live(play).state == "held"
    assert wanted(play) == {CALLER}
    cdr(play, CALLER, START - 4, START - 4)
    fetcher = play.dialling("102", "701")
    play.up(fetcher)
    play.unpark(CALLER, retriever=fetcher)
    play.bridge(fetcher, CALLER)
    play.wait(3)
    play.far_end_hangs_up(CALLER, fetcher)
    call = next(ended.call for ended in play.ended if ended.call.merged_into is None)
    assert (call.result, call.answered_at, call.wait_s, call.talk_s, call.total_s) == ("answered", None, None, None, 13)


def test_who_waits_in_another_kind_of_holding_bridge_is_not_parked() -> None:
    play = Play()
    waiting_room = ev.LiveBridge("lot", "holding_bridge", "base")
    back(
        play,
        town(play, "BridgeWait", "default,participant", state=ev.ChannelState.UP, bridge="lot"),
        bridges=(waiting_room,),
    )
    assert live(play).state == "ivr"


def test_who_left_the_lot_unseen_is_parked_no_more() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(2)
    play.park(caller)
    play.hang_up(leg)
    broken(play)
    play.wait(20)
    back(play, shown(play, caller, "Playback", "bye"))
    assert live(play).state == "ivr"


def test_who_was_parked_unseen_is_held_and_the_talk_has_no_end() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.wait(2)
    broken(play)
    play.wait(20)
    back(play, shown(play, caller, "Dial", "PJSIP/101", bridge="lot"))
    assert live(play).state == "held"
    play.wait(2)
    play.far_end_hangs_up(caller)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s, call.wait_s, call.total_s) == (None, None, 0, 24)


def test_a_caller_met_ringing_whose_cdr_began_anew_was_answered_once_and_nobody_knows_when() -> None:
    """A blind transfer: 101 has passed him on to 102, who rings."""
    play = Play()
    back(play, town(play, "Dial", "PJSIP/102,20", state=ev.ChannelState.UP), phone(play, extension="102"))
    cdr(play, CALLER, START - 6, START - 6)
    play.wait(2)
    play.answer(CALLER, LEG)
    play.wait(3)
    play.far_end_hangs_up(CALLER, LEG)
    call = play.only_call.call
    assert (call.result, call.answered_by, call.wait_s, call.talk_s) == ("answered", "102", None, None)


def test_a_caller_met_in_the_menu_has_waited_since_his_call_began() -> None:
    play = Play()
    back(play, town(play, "BackGround", "welcome", state=ev.ChannelState.UP))
    cdr(play, CALLER, START - 9.5, START - 9.5)
    leg = play.dial(CALLER, "PJSIP/101")
    play.answer(CALLER, leg)
    play.wait(3)
    play.far_end_hangs_up(CALLER, leg)
    call = play.only_call.call
    assert (call.result, call.wait_s, call.talk_s) == ("answered", 10, 3)


def test_a_transfer_whose_target_rang_before_and_talks_afterwards_has_no_talk_time() -> None:
    play = Play()
    caller = play.incoming()
    agent = play.dial(caller, "PJSIP/101")
    play.answer(caller, agent)
    play.wait(2)
    play.blind_transfer(agent, caller, "102")
    play.hang_up(agent)
    leg = play.dial(caller, "PJSIP/102")
    play.ring(leg)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/102,20", bridge="b"),
        shown(play, leg, "AppDial", OUTGOING, linkedid=caller, bridge="b"),
    )
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.wait_s, call.talk_s, [agent.device for agent in call.agents]) == (0, None, ["PJSIP/101", "PJSIP/102"])
    assert [(each.to, each.result) for each in call.transfers] == [("102", "answered")]


def test_a_hold_that_began_unseen_has_no_duration() -> None:
    play = Play()
    caller = play.incoming()
    agent = play.dial(caller, "PJSIP/101")
    play.answer(caller, agent)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101,20", bridge=play.core.bridge_of(caller)),
        shown(play, agent, "AppDial", OUTGOING, linkedid=caller, bridge=play.core.bridge_of(caller)),
    )
    play.unhold(agent)
    play.wait(2)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.talk_s, call.hold_s) == (22, None)

"""Who was answered while nobody listened: the PBX knows when. What CDRs hold in each case was seen on Asterisk 16 and 22."""

import pytest

from handlers.ami import events as ev
from handlers.core import Core
from handlers.facts import AnswersUnseen, CallAnswered, QueueStayEnded
from handlers.rules import Rules
from tests.handlers.calls.snapshots import OUTGOING, back, broken, cdr, shown, wanted
from tests.handlers.playbook import START, Play
from tests.handlers.recorded import EMPTY


def answered_in_the_gap(play: Play, begun_s: float = 0) -> tuple[str, str]:
    """101 rings from the second second on, and the stream breaks in the third; when it is back after 20 s they talk."""
    caller = play.incoming()
    play.wait(1)
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101,30,tT", bridge="b", context="from-trunk"),
        shown(play, leg, "AppDial", OUTGOING, linkedid=caller, bridge="b"),
    )
    return caller, leg


def test_the_answer_of_a_phone_that_rang_when_the_stream_broke_is_known_to_the_millisecond() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    assert wanted(play) == {caller, leg}
    cdr(play, caller, START, START + 8.002)
    assert not list(play.told(CallAnswered))
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert (live.answered_at, live.state_since) == (START + 8.002, START + 8.002)
    assert len(list(play.told(CallAnswered))) == 1
    play.wait(7)
    play.far_end_hangs_up(caller, leg)

    ended = play.only_call
    call = ended.call
    assert (call.wait_s, call.ivr_s, call.ring_s, call.queue_s) == (8.002, 1, 7.002, 0)
    assert (call.talk_s, call.total_s, call.result, call.incomplete) == (21.998, 30, "answered", True)
    assert [(talk.started_at, talk.ended_at, talk.begun_unseen) for talk in ended.talks] == [
        (START + 8.002, START + 30, False)
    ]
    assert [(each.rang_at, each.ring_ended_at, each.joined_at) for each in ended.legs if each.side == "person"] == [
        (START + 1, START + 8.002, START + 8.002)
    ]
    assert play.core.sizes() == EMPTY


def test_where_the_pbx_does_not_say_it_is_null_as_before() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, None, None)
    cdr(play, leg, None, None)
    play.wait(5)
    play.far_end_hangs_up(caller, leg)
    call = play.only_call.call
    assert (call.result, call.answered_at, call.wait_s, call.ring_s, call.talk_s) == (
        "answered",
        None,
        None,
        None,
        None,
    )


def test_where_it_does_not_say_it_no_part_of_the_call_bears_the_moment_at_which_it_was_found() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, None, None)
    cdr(play, leg, None, None)
    play.wait(5)
    play.far_end_hangs_up(caller, leg)
    ended = play.only_call
    assert [(each.rang_at, each.ring_ended_at, each.joined_at) for each in ended.legs if each.side == "person"] == [
        (START + 1, None, None)
    ]
    (talk,) = ended.talks
    assert (talk.begun_unseen, talk.started_at, talk.ended_at) == (
        True,
        START + 23,
        START + 28,
    )  # by then at the latest


def test_a_talk_that_was_heard_to_begin_is_no_other_after_a_gap_and_one_with_somebody_else_is() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    play.wait(3)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101,30,tT", bridge="b", context="from-trunk"),
        shown(play, leg, "AppDial", OUTGOING, linkedid=caller, bridge="b"),
        shown(play, "9.9", "AppDial", OUTGOING, name="PJSIP/102-00000009", linkedid=caller, bridge="b"),
    )
    play.wait(5)
    play.far_end_hangs_up(caller, leg, "9.9")
    assert [talk.begun_unseen for talk in play.only_call.talks] == [False, True]


def test_nothing_is_told_for_a_call_that_has_ended_before_the_pbx_says_it() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, START + 8)
    play.far_end_hangs_up(caller, leg)
    cdr(play, leg, START + 1, START + 8)
    assert (play.only_call.call.answered_at, list(play.told(CallAnswered))) == (None, [])


@pytest.mark.parametrize("answered_at", [START - 100, START + 1, START + 30])
def test_a_moment_outside_of_the_gap_is_not_believed(answered_at: float) -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, answered_at)
    cdr(play, leg, START + 1, answered_at)
    (live,) = play.core.live_calls()
    assert live.answered_at is None


def test_a_clock_that_differs_a_little_puts_no_answer_out_of_the_gap() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, START + 2.6)
    cdr(play, leg, START + 1, START + 2.6)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 3


def test_in_a_queue_the_agents_cdr_counts_and_not_the_menus_answer() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.wait(2)
    play.join(caller)
    play.wait(3)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(1)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Queue", "support,tT,,,30", bridge="b"),
        shown(play, leg, "AppQueue", OUTGOING, linkedid=caller, bridge="b"),
    )
    cdr(play, caller, START, START)
    cdr(play, leg, START + 5, START + 9)
    play.wait(4)
    play.far_end_hangs_up(caller, leg)
    ended = play.only_call
    call = ended.call
    assert (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s) == (9, 2, 7, 4, 21)
    assert [(stay.left_at, stay.outcome, stay.member) for stay in ended.stays] == [(START + 9, "answered", "Anna")]
    (stay,) = play.told(QueueStayEnded)
    assert isinstance(stay, QueueStayEnded)
    assert (stay.wait_s, stay.within_threshold) == (7, True)


def test_a_caller_of_a_queue_whose_agent_was_not_seen_ringing_has_his_queue_time_but_no_ring_time() -> None:
    play = Play()
    caller = play.incoming()
    play.wait(2)
    play.join(caller)
    broken(play)
    play.wait(20)
    agent = "1800000005.9"
    back(
        play,
        shown(play, caller, "Queue", "support,tT,,,30", bridge="b"),
        shown(play, agent, "AppQueue", OUTGOING, name="PJSIP/101-00000009", linkedid=caller, bridge="b", age_s=17),
    )
    cdr(play, caller, START, START + 9)
    cdr(play, agent, START + 5, START + 9)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s) == (9, 2, 7, None, 13)


def test_a_stay_that_ended_unseen_has_no_end_and_nobody_abandoned_it() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    broken(play)
    play.wait(20)
    back(play, shown(play, caller, "VoiceMail", "100@default,s"))
    (live,) = play.core.live_calls()
    assert live.state == "ivr"
    cdr(play, caller, START, START)
    play.wait(3)
    play.far_end_hangs_up(caller)
    ended = play.only_call
    assert [(stay.left_at, stay.outcome) for stay in ended.stays] == [(None, "unknown")]
    assert (ended.call.result, ended.call.wait_s, ended.call.queue_s) == ("no_answer", None, None)


def test_what_a_caller_in_the_menu_went_through_before_his_unseen_answer_is_null_but_his_wait_is_known() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    broken(play)
    play.wait(20)
    agent = "1800000005.9"
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101,30", bridge="b"),
        shown(play, agent, "AppDial", OUTGOING, name="PJSIP/101-00000009", linkedid=caller, bridge="b", age_s=15),
    )
    cdr(play, caller, START, START)
    cdr(play, agent, START + 5, START + 12)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.wait_s, call.talk_s) == (12, 8)
    assert (call.ivr_s, call.queue_s, call.ring_s) == (None, None, None)


def test_a_call_that_talked_before_we_came_has_its_answer_and_its_talk() -> None:
    play = Play()
    caller, agent = "1799999990.1", "1799999990.2"
    back(
        play,
        shown(
            play,
            caller,
            "Dial",
            "PJSIP/101",
            name="PJSIP/trunk-1",
            bridge="b",
            context="from-trunk",
            age_s=10,
            number="7",
        ),
        shown(play, agent, "AppDial", OUTGOING, name="PJSIP/101-2", linkedid=caller, bridge="b", age_s=10),
    )
    cdr(play, caller, START - 9.6, START - 6)
    cdr(play, agent, START - 9.6, START - 6)
    play.wait(4)
    play.far_end_hangs_up(caller, agent)
    call = play.only_call.call
    assert (call.answered_at, call.wait_s, call.talk_s, call.total_s) == (START - 6, 4, 10, 14)
    assert (call.ivr_s, call.queue_s, call.ring_s, call.incomplete) == (None, None, None, True)


def test_who_first_had_to_accept_the_call_answered_when_the_caller_was_put_through() -> None:
    """The callee's CDR says when he went up, the caller's when Dial let them talk."""
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, START + 10)
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 10


def test_a_ring_groups_caller_has_no_answer_in_his_cdr_and_the_phones_counts() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, None)
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 8


def test_an_optimised_local_channel_begins_cdrs_anew_at_the_answer() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START + 8.02, START + 8.02)
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 8.02


def test_of_who_was_passed_on_in_the_gap_the_first_answer_is_not_known() -> None:
    """A blind transfer begins the caller's CDR anew, and the first agent's is gone with him."""
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START + 9, START + 9)
    cdr(play, leg, START + 9, START + 10)
    (live,) = play.core.live_calls()
    assert (live.answered_at, live.state) == (None, "talking")


def test_a_cdr_that_began_in_a_later_second_than_its_channel_was_born_in_has_forgotten_the_first_answer() -> None:
    """Met a second after its birth, a channel's start is known to a second: its uniqueid says which one of the PBX's clock."""
    play = Play()
    play.wait(3)
    caller, leg = f"{START:.0f}.7", f"{START + 1:.0f}.9"
    back(
        play,
        shown(
            play, caller, "Dial", "PJSIP/102", name="PJSIP/trunk-00000007", context="from-trunk", bridge="b", age_s=2
        ),
        shown(play, leg, "AppDial", OUTGOING, name="PJSIP/102-00000009", linkedid=caller, bridge="b", age_s=1),
    )
    cdr(play, caller, START + 1.9, START + 1.9)
    cdr(play, leg, START + 1.91, START + 2.2)
    (live,) = play.core.live_calls()
    assert (live.answered_at, live.state) == (None, "talking")


def test_an_id_that_a_program_chose_says_nothing_of_a_channels_birth() -> None:
    play = Play()
    play.wait(3)
    back(
        play,
        shown(
            play, "17.7", "Dial", "PJSIP/102", name="PJSIP/trunk-00000007", context="from-trunk", bridge="b", age_s=2
        ),
        shown(play, "17.9", "AppDial", OUTGOING, name="PJSIP/102-00000009", linkedid="17.7", bridge="b", age_s=1),
    )
    cdr(play, "17.7", START + 0.9, START + 2.2)
    cdr(play, "17.9", START + 1, START + 2.2)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 2.2


def test_who_fetched_a_parked_caller_was_not_the_first_to_answer_him() -> None:
    play = Play()
    caller = play.incoming()
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101", bridge="b"),
        shown(play, "1.9", "ParkedCall", "default,701", name="PJSIP/102-00000009", bridge="b", age_s=5),
    )
    assert wanted(play) == set()


def test_behind_local_halves_each_channel_between_the_two_is_asked() -> None:
    """An agent of a pool has been up since his login; the halves say when he took the call."""
    play = Play()
    login = "1799990000.1"
    caller, one, two = "1799999990.2", "1799999990.3", "1799999990.4"
    pair = "Local/1001@agents-00000001"
    back(
        play,
        shown(play, login, "AgentLogin", "1001,s", name="PJSIP/105-1", bridge="b2", age_s=9999),
        shown(play, caller, "Queue", "agents", name="PJSIP/trunk-2", bridge="b", context="from-trunk", age_s=10),
        shown(play, one, "AppQueue", OUTGOING, name=f"{pair};1", linkedid=caller, bridge="b", age_s=8),
        shown(play, two, "AgentRequest", "1001", name=f"{pair};2", linkedid=login, bridge="b2", age_s=8),
        bridges=(ev.LiveBridge("b", "simple_bridge", "base"), ev.LiveBridge("b2", "simple_bridge", "base")),
    )
    assert wanted(play) == {login, caller, one, two}
    cdr(play, login, START - 9999, START - 9998)
    cdr(play, caller, START - 10, START - 10)
    cdr(play, one, START - 8, START - 3)
    cdr(play, two, START - 8, START - 3.001)
    (live,) = play.core.live_calls()
    assert (live.answered_at, [agent.device for agent in live.agents]) == (START - 3, ["PJSIP/105"])


def test_in_a_conference_the_first_who_could_be_heard_answered() -> None:
    play = Play()
    caller = "1799999990.1"
    room = [("1799999991.2", "PJSIP/101-2"), ("1799999992.3", "PJSIP/102-3")]
    back(
        play,
        shown(play, caller, "ConfBridge", "600", name="PJSIP/trunk-1", bridge="b", context="from-trunk", age_s=10),
        *(shown(play, each, "ConfBridge", "600", name=name, bridge="b", age_s=5) for each, name in room),
        bridges=(ev.LiveBridge("b", "softmix", "base"),),
    )
    cdr(play, caller, START - 10, START - 10)
    cdr(play, room[0][0], START - 8, START - 8)
    cdr(play, room[1][0], START - 5, START - 5)
    (live,) = play.core.live_calls()
    assert live.answered_at == START - 8
    play.far_end_hangs_up(caller)
    play.far_end_hangs_up(room[0][0], room[1][0])
    ended = next(each for each in play.ended if each.call.id == caller)
    assert {talk.device: talk.started_at for talk in ended.talks} == {"PJSIP/101": START - 8, "PJSIP/102": START - 5}


def test_an_outgoing_call_was_answered_when_its_line_was() -> None:
    play = Play()
    agent = play.dialling("101", "989161234567")
    line = play.dial(agent, "PJSIP/trunk", "89161234567@trunk", context="from-trunk")
    play.ring(line)
    play.wait(1)
    broken(play)
    play.wait(20)
    back(
        play,
        shown(play, agent, "Dial", "PJSIP/89161234567@trunk,30", bridge="b"),
        shown(play, line, "AppDial", OUTGOING, linkedid=agent, bridge="b"),
    )
    cdr(play, agent, START, START + 6.001)
    cdr(play, line, START, START + 6)
    play.far_end_hangs_up(line, agent)
    call = play.only_call.call
    assert (call.direction, call.wait_s, call.ring_s, call.talk_s) == ("out", 6.001, 6.001, 14.999)


def test_an_answer_that_was_asked_for_in_vain_is_asked_for_again_after_the_next_break() -> None:
    play = Play()
    caller, leg = answered_in_the_gap(play)
    cdr(play, caller, START, START + 8)
    broken(play)
    play.wait(5)
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/101,30,tT", bridge="b"),
        shown(play, leg, "AppDial", OUTGOING, linkedid=caller, bridge="b"),
    )
    cdr(play, caller, START, START + 8)
    cdr(play, leg, START + 1, START + 8)
    (live,) = play.core.live_calls()
    assert live.answered_at == START + 8


def parked(play: Play, caller: str) -> None:
    """A caller is in a lot when the PBX is heard (again), since 20 s before the play began."""
    age_s = play.now - START + 60
    lot = shown(play, caller, "Park", name="PJSIP/trunk-1", bridge="lot", context="from-trunk", age_s=age_s)
    back(play, lot)


def fetched(play: Play, caller: str) -> None:
    """He is called back, talks for three seconds, and it is over."""
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(5)
    play.answer(caller, leg)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)


def test_what_was_asked_in_vain_of_who_was_met_in_a_lot_is_asked_after_the_next_break() -> None:
    play = Play()
    caller = f"{START - 60:.0f}.1"
    parked(play, caller)
    broken(play)
    play.wait(1)
    parked(play, caller)
    assert len(list(play.told(AnswersUnseen))) == 2
    cdr(play, caller, START - 20, START - 20)
    fetched(play, caller)
    call = play.only_call.call
    assert (call.result, call.answered_at, call.wait_s, call.talk_s) == ("answered", None, None, None)


def test_what_was_asked_of_who_was_met_in_a_lot_is_asked_again_by_the_next_run() -> None:
    play = Play()
    caller = f"{START - 60:.0f}.1"
    parked(play, caller)
    kept = play.core.changed_calls(play.now)
    play.core = Core(Rules())
    play.core.restore_calls(kept, ev.StreamBroken(play.now, "killed"))
    play.facts.clear()
    play.wait(1)
    parked(play, caller)
    assert wanted(play) == {caller}
    cdr(play, caller, START - 20, START - 20)
    fetched(play, caller)
    assert (play.only_call.call.answered_at, play.only_call.call.wait_s) == (None, None)


def test_an_answer_that_is_told_once_somebody_has_answered_anew_takes_that_one_back() -> None:
    play = Play()
    caller = f"{START - 60:.0f}.1"
    parked(play, caller)
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    cdr(play, caller, START - 20, START - 20)
    play.far_end_hangs_up(caller, leg)
    assert (play.only_call.call.result, play.only_call.call.answered_at) == ("answered", None)


def rung_anew(play: Play) -> tuple[str, str]:
    """101 rings when the stream breaks; when it is back 102 does, and the caller's channel is up."""
    caller = play.incoming()
    play.ring(play.dial(caller, "PJSIP/101"))
    play.wait(2)
    broken(play)
    play.wait(20)
    other = f"{play.now - 5:.0f}.99"
    back(
        play,
        shown(play, caller, "Dial", "PJSIP/102,30", context="from-trunk"),
        shown(
            play,
            other,
            "AppDial",
            OUTGOING,
            name="PJSIP/102-99",
            linkedid=caller,
            state=ev.ChannelState.RINGING,
            age_s=5,
        ),
    )
    assert wanted(play) == {caller}
    play.wait(4)
    return caller, other


def test_who_was_passed_on_in_the_gap_and_rings_elsewhere_is_not_answered_first_by_who_then_answers() -> None:
    play = Play()
    caller, other = rung_anew(play)
    cdr(play, caller, START + 17, START + 17)
    play.answer(caller, other)
    play.wait(3)
    play.far_end_hangs_up(caller, other)
    call = play.only_call.call
    assert not list(play.told(CallAnswered))
    assert (call.result, call.answered_at, call.wait_s, call.talk_s) == ("answered", None, None, None)


def test_of_who_rings_elsewhere_and_then_gives_up_nobody_knows_whether_somebody_had_answered() -> None:
    """A dial that nobody answers begins a CDR anew as a transfer does."""
    play = Play()
    caller, other = rung_anew(play)
    cdr(play, caller, START + 17, START + 17)
    play.caller_cancels(caller, other)
    call = play.only_call.call
    assert (call.result, call.missed, call.end_seen, call.wait_s, call.total_s) == ("unknown", False, True, None, 26)


def test_a_cdr_that_goes_on_says_that_nobody_had_answered() -> None:
    play = Play()
    caller, other = rung_anew(play)
    cdr(play, caller, START, START)
    play.answer(caller, other)
    play.far_end_hangs_up(caller, other)
    assert (play.only_call.call.answered_at, play.only_call.call.wait_s) == (START + 26, 26)


def test_who_waits_in_his_queue_as_he_did_was_answered_by_nobody_whatever_his_cdr_says() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    play.wait(2)
    broken(play)
    play.wait(20)
    entry = ev.LiveQueueEntry("support", caller, 1, 22.0)
    back(play, shown(play, caller, "Queue", "support", context="from-trunk"), entries=(entry,))
    assert wanted(play) == set()


def test_a_caller_met_in_a_queue_that_has_rung_for_him_in_vain_is_not_answered() -> None:
    """A queue begins a CDR for each agent that it rings (07-ivr-queue-second-agent)."""
    play = Play()
    caller = f"{START - 10:.0f}.1"
    waits = shown(play, caller, "Queue", "support", name="PJSIP/trunk-1", context="from-trunk", age_s=10)
    back(play, waits, entries=(ev.LiveQueueEntry("support", caller, 1, 10.0),))
    cdr(play, caller, START - 3, START - 3)
    play.wait(4)
    play.request_hangup(caller)
    play.leave_queue(caller, abandoned=True)
    play.hang_up(caller)
    assert (play.only_call.call.result, play.only_call.call.missed) == ("unknown", False)
    assert [(stay.outcome, stay.left_at) for stay in play.only_call.stays] == [("abandoned", START + 4)]


def test_who_was_passed_on_behind_local_halves_shows_in_their_cdrs() -> None:
    """The caller stays in his bridge; the half that dialled 101 for him has been sent on to 103."""
    play = Play()
    caller = play.incoming()
    one, two = play.local("101", caller)
    play.begin_dial(caller, one, "101@from-queue/n")
    play.ring(play.dial(two, "PJSIP/101"))
    broken(play)
    play.wait(20)
    other = f"{play.now - 5:.0f}.99"
    back(
        play,
        shown(play, caller, "Dial", "Local/101@from-queue/n", context="from-trunk", bridge="b"),
        shown(play, one, "AppDial", OUTGOING, linkedid=caller, bridge="b"),
        shown(play, two, "Dial", "PJSIP/103", linkedid=caller),
        shown(
            play,
            other,
            "AppDial",
            OUTGOING,
            name="PJSIP/103-99",
            linkedid=caller,
            state=ev.ChannelState.RINGING,
            age_s=5,
        ),
    )
    assert wanted(play) == {caller, one, two}
    for each, begun_at in ((caller, START), (one, START), (two, START + 15)):
        cdr(play, each, begun_at, begun_at)
    play.wait(2)
    play.up(other)
    play.bridge(other, two)
    play.far_end_hangs_up(caller, one, two, other)
    assert (play.only_call.call.result, play.only_call.call.answered_at) == ("answered", None)

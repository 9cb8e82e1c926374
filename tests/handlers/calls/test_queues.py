"""Calls through queues: what becomes of the call, and of its stay."""

from handlers.facts import CallQueued, QueueStayEnded
from tests.handlers.playbook import Play


def test_a_queue_call_names_its_queue_and_its_agent() -> None:
    play = Play()
    caller = play.incoming(did="7002")
    play.up(caller)
    play.wait(2)
    play.join(caller)
    first = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(4)
    play.end_dial(caller, first, "NOANSWER")
    play.end_dial(caller, first, "CANCEL")
    play.hang_up(first, 0)
    play.wait(1)
    second = play.call_agent(caller, "PJSIP/102", "Boris")
    play.wait(2)
    play.connect_agent(caller, second, "PJSIP/102", "Boris")
    play.wait(5)
    play.far_end_hangs_up(caller, second)

    ended = play.only_call
    call = ended.call
    assert (call.queue, call.queues, call.answered_by) == ("support", ("support",), "102")
    assert [(agent.device, agent.name) for agent in call.agents] == [("PJSIP/102", "Boris")]
    assert (call.wait_s, call.ivr_s, call.queue_s, call.ring_s, call.talk_s) == (9, 2, 7, 6, 5)
    (stay,) = play.told(QueueStayEnded)
    assert isinstance(stay, QueueStayEnded)
    assert (stay.stay.outcome, stay.wait_s, stay.within_threshold, stay.stay.member) == ("answered", 7, True, "Boris")
    assert [type(fact) for fact in play.facts if isinstance(fact, CallQueued)] == [CallQueued]


def test_a_caller_who_hangs_up_in_a_queue_abandons_both() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(8)
    play.request_hangup(caller)
    play.leave_queue(caller, abandoned=True)
    play.end_dial(caller, leg, "CANCEL")
    play.hang_up(leg, 0)
    play.hang_up(caller)

    assert play.only_call.call.result == "abandoned"
    assert play.only_call.stays[0].outcome == "abandoned"


def test_a_queue_that_times_out_sends_abandon_too_and_is_no_abandon() -> None:
    """09-queue-timeout-voicemail."""
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.join(caller)
    leg = play.call_agent(caller, "PJSIP/101", "Anna")
    play.wait(6)
    play.end_dial(caller, leg, "NOANSWER")
    play.leave_queue(caller, abandoned=True)
    play.variable(caller, "QUEUESTATUS", "TIMEOUT")
    play.hang_up(leg, 0)
    play.wait(10)
    play.far_end_hangs_up(caller)

    assert (play.only_call.call.result, play.only_call.call.wait_s) == ("no_answer", 6)
    assert play.only_call.stays[0].outcome == "timeout"


def test_without_the_dialplan_class_a_time_out_shows_by_the_caller_living_on() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller)
    play.wait(6)
    play.leave_queue(caller, abandoned=True)
    play.wait(10)
    play.far_end_hangs_up(caller)
    assert (play.only_call.stays[0].outcome, play.only_call.call.result) == ("timeout", "no_answer")


def test_an_exit_by_key_has_no_event_of_its_own() -> None:
    play = Play()
    caller = play.incoming()
    play.join(caller, "support")
    play.wait(6)
    play.leave_queue(caller, "support")
    play.wait(1)
    play.join(caller, "sales")
    play.wait(6)
    play.request_hangup(caller)
    play.leave_queue(caller, "sales", abandoned=True)
    play.hang_up(caller)

    assert [stay.outcome for stay in play.only_call.stays] == ["left", "abandoned"]
    assert (play.only_call.call.queue, play.only_call.call.queues) == ("support", ("support", "sales"))


def test_a_queue_that_refuses_at_once_is_unavailable_and_not_named() -> None:
    play = Play()
    caller = play.incoming()
    play.up(caller)
    play.variable(caller, "QUEUESTATUS", "JOINEMPTY")
    play.wait(3)
    play.hang_up(caller)

    call = play.only_call.call
    assert (call.result, call.missed, call.queue, call.wait_s) == ("unavailable", True, None, 3)


def test_a_busy_agent_of_a_queue_shows_by_the_cause_alone() -> None:
    """30-queue-agent-actions: DialEnd says NOANSWER."""
    play = Play()
    caller = play.incoming()
    play.join(caller)
    leg = play.channel("PJSIP/102", linkedid=caller)
    play.begin_dial(caller, leg, "PJSIP/102")
    play.refuse(caller, leg, 17, "NOANSWER")
    play.leave_queue(caller, abandoned=True)
    play.variable(caller, "QUEUESTATUS", "TIMEOUT")
    play.hang_up(caller)
    assert play.only_call.legs[1].result == "busy"
    assert play.only_call.call.result == "busy"


def test_a_caller_who_gives_up_in_a_queue_within_a_queue_has_abandoned_both() -> None:
    play = Play()
    caller = play.incoming(did="7025")
    play.join(caller, "outer")
    one, two = play.local("7040", caller, "inner")
    play.begin_dial(caller, one, "Local/7040@inner/n")
    play.join(two, "inner")
    leg = play.call_agent(two, "PJSIP/101", "Anna", "inner")
    play.wait(2)
    play.request_hangup(caller)
    play.end_dial(caller, one, "CANCEL")
    play.leave_queue(caller, "outer", abandoned=True)
    play.hang_up(one)
    play.end_dial(two, leg, "CANCEL")
    play.hang_up(leg)
    play.leave_queue(two, "inner", abandoned=True)
    play.hang_up(caller)
    play.hang_up(two)
    assert [(stay.queue, stay.outcome) for stay in play.only_call.stays] == [
        ("outer", "abandoned"),
        ("inner", "abandoned"),
    ]
    assert play.only_call.call.result == "short_abandoned"

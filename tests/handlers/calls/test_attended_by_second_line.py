"""Attended transfers by a second line: a colleague, a queue or a conference is called, and the caller takes that line's place."""

from handlers.ami import events as ev
from handlers.facts import Transfer
from tests.handlers.calls.passing_on import only, talking
from tests.handlers.playbook import Play
from tests.handlers.recorded import EMPTY


def handed_over(play: Play, *, queue: str | None = None) -> tuple[str, str]:
    """101 calls 102 (or a queue) on a second line and hands the caller over while it rings: caller, 102's leg."""
    caller, agent = talking(play)
    play.hold(agent)
    second = play.dialling("101", "7005" if queue else "102")
    if queue:
        play.up(second)
        play.join(second, queue)
        leg = play.call_agent(second, "PJSIP/102", "Boris", queue)
    else:
        leg = play.dial(second, "PJSIP/102")
        play.ring(leg)
    play.wait(1)
    play.unhold(agent)
    play.leave(caller)
    play.leave(agent)
    play.attended_transfer(agent, second, caller, None, "App")
    play.hang_up(agent)
    play.hang_up(second)
    play.wait(2)
    return caller, leg


def test_a_caller_handed_over_while_the_target_rings_is_the_one_it_rings_for() -> None:
    play = Play()
    caller, leg = handed_over(play)
    (live,) = play.core.live_calls()
    assert live.state == "ringing"
    play.answer(caller, leg)
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert (consultation.merged_into, consultation.transfers) == (call.id, ())
    assert only(call) == Transfer("attended", "101", "102", only(call).at, "answered")
    assert call.talk_s == 6
    assert play.core.sizes() == EMPTY


def test_a_caller_handed_over_to_a_phone_that_nobody_answers_is_lost() -> None:
    play = Play()
    caller, leg = handed_over(play)
    play.caller_cancels(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert consultation.merged_into == call.id
    assert (only(call).result, call.lost_after_transfer) == ("abandoned", True)


def test_a_caller_handed_over_into_a_queue_takes_the_place_there() -> None:
    play = Play()
    caller, leg = handed_over(play, queue="support")
    assert [queue for queue, _ in play.core.waiting()] == ["support"]
    play.connect_agent(caller, leg, "PJSIP/102", "Boris")
    play.wait(3)
    play.far_end_hangs_up(caller, leg)
    consultation, call = (ended.call for ended in play.ended)
    assert (consultation.queues, call.queues) == ((), ("support",))
    assert [(stay.outcome, stay.member) for stay in play.ended[1].stays] == [("answered", "Boris")]
    assert (only(call).to, only(call).result, call.queue_s) == ("7005", "answered", 0)


def test_two_colleagues_whom_a_third_has_brought_together_are_one_call() -> None:
    """101 calls 102, asks 103 on a second line, and leaves them to each other (REFER with Replaces)."""
    play = Play()
    one = play.dialling("101", "102")
    second = play.dial(one, "PJSIP/102")
    play.answer(one, second)
    play.wait(2)
    other = play.dialling("101", "103")
    third = play.dial(other, "PJSIP/103")
    play.up(third)
    bridge = play.bridge(third, other)
    play.wait(1)
    play.leave(second)
    play.leave(other)
    play.enter(bridge, second, swap=other)
    play.attended_transfer(one, other, second, third)
    play.hang_up(one)
    play.hang_up(other)
    play.wait(3)
    play.far_end_hangs_up(second, third)
    consultation, call = (ended.call for ended in play.ended)
    assert consultation.merged_into == call.id
    assert (call.talk_s, call.called, only(call).to, only(call).result) == (6, "102", "103", "answered")


def test_who_is_passed_on_into_a_conference_talks_with_who_is_there_though_no_bridge_says_so() -> None:
    """Asterisk puts the caller in the place of the second line (`DestType: App`) and sends no BridgeEnter."""
    play = Play()
    member = play.dialling("102", "600")
    room = play.bridge(member, technology="softmix")
    caller, agent = talking(play)
    second = play.dialling("101", "600")
    play.enter(room, second, "softmix")
    play.wait(1)
    play.attended_transfer(agent, second, caller, None, "App")
    play.leave(agent)
    play.leave(caller)
    play.hang_up(agent)
    play.hang_up(second)
    play.wait(4)
    play.request_hangup(caller)
    play.say(ev.BridgeLeft(play.now, room, caller, play.names[caller]))
    play.hang_up(caller)
    play.hang_up(member)
    call = play.ended[-1].call
    assert [(each.by, each.to, each.result) for each in call.transfers] == [("101", "600", "answered")]
    assert ([agent.device for agent in call.agents], call.talk_s) == (["PJSIP/101", "PJSIP/102"], 7)
    assert [ended.call.merged_into for ended in play.ended[:-1]] == [member, call.id]
    assert play.core.sizes() == EMPTY


def test_a_second_line_that_asks_is_no_leg_of_the_call_and_who_fetches_is_one() -> None:
    play = Play()
    caller, agent = talking(play)
    second = play.dialling("101", "102")
    target = play.dial(second, "PJSIP/102")
    play.answer(second, target)
    play.leave(caller)
    play.leave(second)
    play.enter(play.core.bridge_of(target) or "", caller, swap=second)
    play.attended_transfer(agent, second, caller, target)
    play.hang_up(agent)
    play.hang_up(second)
    play.park(caller)
    play.hang_up(target)
    fetcher = play.dialling("103", "701")
    play.unpark(caller, retriever=fetcher)
    play.bridge(fetcher, caller)
    play.far_end_hangs_up(caller, fetcher)
    told = [(leg.device, leg.result) for leg in play.ended[-1].legs]
    assert told == [
        ("PJSIP/trunk", None),
        ("PJSIP/101", "answered"),
        ("PJSIP/101", None),
        ("PJSIP/102", "answered"),
        ("PJSIP/103", "answered"),
    ]

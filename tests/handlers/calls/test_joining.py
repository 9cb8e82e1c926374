"""When two calls are one."""

from tests.handlers.playbook import Play


def test_a_consultation_that_takes_the_caller_over_is_merged_into_the_callers_call() -> None:
    """14-attended-transfer-replaces."""
    play = Play()
    caller = play.incoming()
    first = play.dial(caller, "PJSIP/101")
    play.answer(caller, first)
    play.wait(2)
    play.hold(first)
    second_line = play.dialling("101", "102")
    target = play.dial(second_line, "PJSIP/102")
    play.wait(1)
    play.up(target)
    bridge = play.bridge(target, second_line)
    play.wait(2)
    play.unhold(first)
    play.leave(caller)
    play.leave(second_line)
    play.enter(bridge, caller, swap=second_line)
    play.hang_up(first)
    play.hang_up(second_line)
    play.wait(3)
    play.far_end_hangs_up(caller, target)

    consultation, call = (ended.call for ended in play.ended)
    assert (consultation.merged_into, consultation.missed) == (call.id, False)
    assert (call.direction, call.talk_s, call.hold_s, call.answered_by) == ("in", 8, 3, "101")
    assert [agent.device for agent in call.agents] == ["PJSIP/101", "PJSIP/102"]


def test_a_pickup_is_answered_by_the_picker() -> None:
    """15-pickup: the ringing leg never gets a DialEnd."""
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.wait(2)
    picker = play.dialling("104", "*8")
    play.up(picker)
    play.end_dial(caller, picker, "ANSWER")
    play.hang_up(leg)
    play.bridge(picker, caller)
    play.wait(3)
    play.far_end_hangs_up(caller, picker)

    pickup, call = (ended.call for ended in play.ended)
    assert pickup.merged_into == call.id
    assert (call.result, call.answered_by, call.wait_s) == ("answered", "104", 2)
    assert play.ended[1].legs[1].result == "elsewhere"


def test_two_callers_in_one_conference_stay_two_calls() -> None:
    play = Play()
    one, other = play.incoming("79001112233"), play.incoming("79004445566")
    room = play.bridge(one, technology="softmix")
    play.wait(1)
    play.enter(room, other, "softmix")
    play.wait(1)
    agent = play.dialling("101", "600")
    play.enter(room, agent, "softmix")
    play.wait(5)
    for channel in (one, other, agent):
        play.far_end_hangs_up(channel)

    calls = {ended.call.caller: ended.call for ended in play.ended if ended.call.merged_into is None}
    assert {caller: call.result for caller, call in calls.items() if call.direction == "in"} == {
        "79001112233": "answered",
        "79004445566": "answered",
    }


def test_a_linkedid_that_moves_later_joins_nothing() -> None:
    play = Play()
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.answer(caller, leg)
    play.far_end_hangs_up(caller, leg)
    late = play.channel("PJSIP/102", linkedid=caller)
    play.hang_up(late)
    assert [ended.call.incomplete for ended in play.ended] == [False, True]


def test_who_talked_with_others_before_came_to_the_callers_talk_when_he_heard_the_caller() -> None:
    """A program bridges a colleague with the caller: what he said to others is no part of it."""
    play = Play()
    colleague = play.dialling("103", "102")
    other = play.dial(colleague, "PJSIP/102")
    play.answer(colleague, other)
    play.wait(60)
    caller = play.incoming()
    first = play.dial(caller, "PJSIP/101")
    play.answer(caller, first)
    play.wait(1)
    play.leave(colleague)
    play.enter(play.core.bridge_of(caller) or "", colleague)
    joined = play.now
    play.far_end_hangs_up(caller, first, colleague, other)
    (leg,) = [each for each in play.ended[-1].legs if each.device == "PJSIP/103"]
    assert (leg.result, leg.joined_at) == ("answered", joined)

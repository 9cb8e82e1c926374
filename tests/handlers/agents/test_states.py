"""What an agent does, told from the calls: rings, talks, is held, wraps up; and from what queues and devices say."""

from handlers.ami import events as ev
from handlers.facts import AgentChanged, Membership
from tests.handlers.agents.office import (
    ANNA,
    BORIS,
    BUSY,
    FREE,
    IN_USE,
    INVALID,
    ON_HOLD,
    RINGING,
    UNREACHABLE,
    Office,
    an_office,
)
from tests.handlers.playbook import START


def test_a_member_is_available_from_the_moment_a_queue_names_it() -> None:
    office = an_office()
    agent = office.agent()
    assert (agent.id, agent.device, agent.name) == (ANNA, ANNA, "Anna")
    assert (agent.state, agent.since, agent.reason, agent.call_since) == ("available", START, None, None)
    assert agent.queues == (Membership("support", False, None),)


def test_a_call_of_a_queue_rings_is_talked_and_wrapped_up_to_the_second() -> None:
    office = an_office()
    office.wait(5)
    caller, leg = office.served()
    office.wait(60)
    office.far_end_hangs_up(caller, leg)
    assert office.core.next_deadline == START + 96
    office.wait(100)
    office.tick()
    assert office.states() == [("available", 0), ("ringing", 5), ("talking", 6), ("wrapup", 66), ("available", 96)]
    assert office.core.next_deadline is None


def test_the_end_of_a_wrap_up_is_told_before_what_happens_later_with_or_without_a_tick() -> None:
    told = []
    for ticks in (False, True):
        office = an_office()
        caller, leg = office.served()
        office.far_end_hangs_up(caller, leg)
        office.wait(40)
        if ticks:
            office.tick()
        office.dialling("105", "106")
        told.append(office.facts)
    assert told[0] == told[1]


def test_without_a_setting_there_is_no_wrap_up() -> None:
    office = an_office(queue_wrapup_s={})
    caller, leg = office.served()
    office.far_end_hangs_up(caller, leg)
    assert office.agent().state == "available"
    assert office.core.next_deadline is None


def test_a_direct_call_is_talk_too_and_needs_no_wrap_up() -> None:
    office = an_office()
    caller = office.incoming()
    leg = office.dial(caller, ANNA)
    office.ring(leg)
    office.wait(2)
    office.answer(caller, leg)
    office.wait(3)
    office.far_end_hangs_up(leg, caller)
    assert [state for state, _ in office.states()] == ["available", "ringing", "talking", "available"]


def test_who_dials_is_on_the_phone_from_the_first_digit_to_the_end() -> None:
    office = an_office()
    own = office.dialling("101", "989161234567")
    assert (office.agent().state, office.agent().call_since) == ("talking", START)
    line = office.dial(own, "PJSIP/trunk", "89161234567@trunk")
    office.ring(line)
    office.wait(5)
    office.answer(own, line)
    office.wait(5)
    office.far_end_hangs_up(own, line)
    assert office.states() == [("available", 0), ("talking", 0), ("available", 10)]


def test_a_phone_that_is_dialled_and_has_not_rung_bothers_nobody() -> None:
    office = an_office()
    caller = office.incoming()
    leg = office.dial(caller, ANNA)
    assert office.agent().state == "available"
    office.refuse(caller, leg)
    assert office.states() == [("available", 0)]


def test_hold_by_either_side_is_held_and_the_call_goes_on() -> None:
    office = an_office()
    caller, leg = office.served()
    for who in (leg, caller):
        office.wait(4)
        office.hold(who)
        assert office.agent().state == "held"
        assert office.agent().call_since == START + 1
        office.wait(4)
        office.unhold(who)
        assert office.agent().state == "talking"
    assert [since for _, since in office.states()] == [0, 0, 1, 5, 9, 13, 17]


def test_who_holds_one_and_talks_to_another_talks() -> None:
    office = an_office()
    _, leg = office.served()
    office.hold(leg)
    second = office.dialling("101", "102")
    assert office.agent().state == "talking"
    other = office.dial(second, BORIS)
    office.ring(other)
    office.answer(second, other)
    office.wait(2)
    office.far_end_hangs_up(second, other)
    assert office.agent().state == "held"


def test_a_second_call_that_rings_does_not_end_the_talk() -> None:
    office = an_office()
    office.served()
    other = office.incoming("79990000000")
    office.ring(office.dial(other, ANNA))
    assert office.agent().state == "talking"


def test_wrap_up_begins_when_the_phone_is_free_after_a_consultation() -> None:
    office = an_office()
    caller, leg = office.served()
    second = office.dialling("101", "102")
    office.far_end_hangs_up(caller, leg)
    assert office.agent().state == "talking"
    office.wait(10)
    office.far_end_hangs_up(second)
    assert (office.agent().state, office.agent().since) == ("wrapup", START + 11)


def test_a_call_in_wrap_up_is_talked_and_what_is_left_of_it_follows() -> None:
    office = an_office()
    caller, leg = office.served()
    office.far_end_hangs_up(caller, leg)  # at 1: until 31
    office.wait(10)
    own = office.dialling("101", "102")
    office.wait(5)
    office.far_end_hangs_up(own)
    office.wait(60)
    office.tick()
    assert office.states()[-4:] == [("wrapup", 1), ("talking", 11), ("wrapup", 16), ("available", 31)]


def test_a_caller_whom_another_took_leaves_no_wrap_up() -> None:
    """AgentConnect of a leg that hung up in the same moment."""
    office = an_office()
    caller = office.incoming()
    office.join(caller)
    leg = office.call_agent(caller, ANNA, "Anna")
    office.hang_up(leg)
    office.say(ev.AgentConnected(office.now, caller, leg, "support", ANNA, "Anna"))
    office.far_end_hangs_up(caller)
    own = office.dialling("101", "102")
    office.wait(5)
    office.far_end_hangs_up(own)
    assert office.agent().state == "available"


# ---- paused


def test_a_pause_in_all_queues_is_paused_with_its_reason() -> None:
    office = an_office()
    office.member(ANNA, "Anna", "sales")
    office.wait(3)
    office.member(ANNA, "Anna", "sales", paused="lunch: long")
    assert office.agent().state == "available"
    assert office.agent().queues == (Membership("sales", True, "lunch: long"), Membership("support", False, None))
    office.wait(3)
    office.member(ANNA, "Anna", "support", paused="lunch: long")
    assert (office.agent().state, office.agent().since, office.agent().reason) == ("paused", START + 6, "lunch: long")
    office.member(ANNA, "Anna", "sales")
    assert (office.agent().state, office.agent().reason) == ("available", None)


def test_in_the_queue_from_which_one_rests_one_is_paused() -> None:
    office = an_office()
    office.member(ANNA, "Anna", "sales", paused=True)
    agent = office.agent()
    assert [agent.state_in(each) for each in agent.queues] == ["paused", "available"]
    office.served()
    agent = office.agent()
    assert [agent.state_in(each) for each in agent.queues] == ["talking", "talking"]


def test_who_is_paused_and_called_directly_talks_and_is_paused_again() -> None:
    office = an_office()
    office.member(ANNA, "Anna", paused="lunch")
    own = office.dialling("101", "102")
    assert (office.agent().state, office.agent().reason) == ("talking", "lunch")
    office.wait(2)
    office.far_end_hangs_up(own)
    assert (office.agent().state, office.agent().since) == ("paused", START + 2)


# ---- devices


def test_a_phone_out_of_reach_is_unavailable_until_it_is_back() -> None:
    office = an_office()
    office.wait(1)
    office.device(ANNA, UNREACHABLE)
    assert office.agent().state == "unavailable"
    office.wait(1)
    office.member(ANNA, "Anna", status=FREE)
    assert office.agent().state == "available"
    office.member(ANNA, "Anna", status=INVALID, paused="lunch")
    assert (office.agent().state, office.agent().reason) == ("unavailable", "lunch")


def test_the_calls_are_believed_over_device_states() -> None:
    """A phone that rings is BUSY where device_state_busy_at is 1 (07-ivr-queue-second-agent)."""
    office = an_office()
    caller = office.incoming()
    office.join(caller)
    leg = office.call_agent(caller, ANNA, "Anna")
    office.device(ANNA, BUSY)
    office.member(ANNA, "Anna", status=BUSY)
    assert office.agent().state == "ringing"
    office.time_out(caller, leg)
    assert office.agent().state == "available"
    office.device(ANNA, FREE)
    office.member(ANNA, "Anna", status=FREE)
    office.wait(5)
    office.tick()
    assert office.states() == [("available", 0), ("ringing", 0), ("available", 0)]


def test_a_phone_in_use_without_a_channel_is_used_elsewhere() -> None:
    office = an_office()
    for state, word in ((RINGING, "ringing"), (IN_USE, "talking"), (ON_HOLD, "held"), (FREE, "available")):
        office.device(ANNA, state)
        assert office.agent().state == word


def test_do_not_disturb_by_a_hint_is_unavailable_and_a_call_is_none() -> None:
    office = Office()
    office.member("Local/101@from-queue/n", "Anna", state_interface="hint:101@ext-local")
    assert office.agent("101").state == "available"
    caller = office.incoming()
    leg = office.dial(caller, ANNA)
    office.ring(leg)
    office.member("Local/101@from-queue/n", "Anna", state_interface="hint:101@ext-local", status=RINGING)
    assert (office.agent("101").state, office.agent("101").device) == ("ringing", ANNA)
    office.far_end_hangs_up(caller, leg)
    office.member("Local/101@from-queue/n", "Anna", state_interface="hint:101@ext-local", status=FREE)
    assert office.agent("101").state == "available"
    office.wait(5)
    office.member("Local/101@from-queue/n", "Anna", state_interface="hint:101@ext-local", status=IN_USE)
    assert office.agent("101").state == "unavailable"


def test_do_not_disturb_pressed_in_a_call_shows_when_its_end_has_settled() -> None:
    office = Office()
    own = office.dialling("101", "102")
    office.member("Local/101@from-queue/n", "Anna", state_interface="hint:101@ext-local", status=IN_USE)
    office.far_end_hangs_up(own)
    (agent_id,) = {fact.agent.id for fact in office.facts if isinstance(fact, AgentChanged)}
    assert office.agent(agent_id).state == "available"
    office.wait(2)
    office.tick()
    assert (office.agent(agent_id).state, office.agent(agent_id).since) == ("unavailable", START + 1)


def test_a_local_member_without_an_extension_in_the_dialplan_is_unavailable() -> None:
    office = Office()
    office.member("Local/101@nowhere", status=INVALID)
    assert office.agent("101").state == "unavailable"
    office.member("Local/101@nowhere", status=IN_USE)
    assert office.agent("101").state == "available"


def test_of_many_who_wrap_up_each_is_free_at_his_own_moment_though_one_has_gone() -> None:
    office = an_office()
    devices = [f"PJSIP/{number}" for number in range(201, 221)]
    for device in devices:
        office.member(device)
    for device in devices:
        caller, leg = office.served(interface=device)
        office.far_end_hangs_up(caller, leg)
    office.remove(devices[3])
    office.wait(100)
    office.tick()
    ends = {device: office.states(device)[-1] for device in devices if device != devices[3]}
    assert ends == {device: ("available", n + 31) for n, device in enumerate(devices) if n != 3}
    assert office.core.next_deadline is None
    assert [fact.at for fact in office.facts] == sorted(fact.at for fact in office.facts)

"""Agents' pools (AgentLogin): the device that waits there is in no call, and all the same talks, holds and passes on."""

from handlers.ami import events as ev
from handlers.facts import CallStarted
from tests.handlers.agents.office import Office
from tests.handlers.recorded import EMPTY

GALINA = "Local/1001@agents/n"


def logged_in(office: Office, exten: str = "1001") -> str:
    """105 dials AgentLogin and waits in the pool: its channel."""
    office.member(GALINA, "Galina", "agents", state_interface="Agent:1001")
    own = office.dialling("105", exten)
    office.say(ev.AgentLoggedIn(office.now, own, office.names[own], "1001"))
    office.up(own)
    office.bridge(own, technology="holding_bridge")
    return own


def served(office: Office, own: str, caller: str) -> tuple[str, str, str]:
    """The queue connects this caller with the pool's agent: both Local halves, and the bridge of half and agent."""
    office.join(caller, "agents")
    one, two = office.local("1001", caller, "agents")
    office.say(ev.AgentCalled(office.now, caller, one, "agents", GALINA, "Galina"))
    office.begin_dial(caller, one, GALINA)
    office.leave(own)
    bridge = office.bridge(two, own)
    office.connect_agent(caller, one, GALINA, "Galina", "agents")
    return one, two, bridge


def test_an_agent_of_a_pool_answers_by_his_device_and_his_own_name() -> None:
    office = Office()
    own, caller = logged_in(office), office.incoming()
    one, two, _ = served(office, own, caller)
    office.wait(2)
    office.far_end_hangs_up(caller, one, two)
    call = office.only_call.call
    assert [(agent.device, agent.name) for agent in call.agents] == [("PJSIP/105", "Galina")]


def test_his_hold_is_the_callers_and_ends_when_he_leaves() -> None:
    office = Office()
    own, caller = logged_in(office), office.incoming()
    one, two, _ = served(office, own, caller)
    office.wait(1)
    office.hold(own)
    assert [call.state for call in office.core.live_calls()] == ["held"]
    assert office.agent("Agent:1001").state == "held"
    office.wait(2)
    office.unhold(own)
    office.wait(1)
    office.hold(own)
    office.wait(4)
    office.leave(own)
    office.far_end_hangs_up(caller, one, two)
    assert (office.only_call.call.hold_s, [hold.by for hold in office.only_call.holds]) == (6, ["person", "person"])


def test_whom_he_passes_on_rings_others_in_the_same_call() -> None:
    """His Local half has taken on the Linkedid of the login, the older one: the new leg bears it, and is nobody's new call."""
    office = Office()
    own = logged_in(office)
    office.wait(5)
    caller = office.incoming()
    one, two, _ = served(office, own, caller)
    office.wait(2)
    office.blind_transfer(own, two, "102")
    leg = office.channel("PJSIP/102", number="102", linkedid=own)
    office.begin_dial(two, leg, "102")
    office.ring(leg)
    office.wait(1)
    office.answer(two, leg)
    office.wait(3)
    office.far_end_hangs_up(caller, one, two, leg)
    call = office.only_call.call
    assert ([agent.device for agent in call.agents], call.incomplete) == (["PJSIP/105", "PJSIP/102"], False)
    assert [(each.by, each.to, each.result) for each in call.transfers] == [("105", "102", "answered")]
    assert len(list(office.told(CallStarted))) == 2  # the login's, taken back, and the caller's


def test_a_new_channel_of_a_linkedid_that_is_nobodys_is_a_call_once_it_does_something() -> None:
    """Its dial was lost."""
    office = Office()
    leg = office.channel("PJSIP/102", number="102", linkedid="1.1")
    assert not list(office.told(CallStarted))
    office.state(leg, ev.ChannelState.RINGING)
    assert len(list(office.told(CallStarted))) == 1
    office.hang_up(leg)
    assert (office.only_call.call.incomplete, office.core.sizes()) == (True, EMPTY)


def test_asking_a_pool_before_passing_a_caller_on_is_part_of_his_call() -> None:
    office = Office()
    own, caller = logged_in(office), office.incoming()
    first = office.dial(caller, "PJSIP/101")
    office.answer(caller, first)
    office.wait(2)
    second = office.dialling("101", "7020")
    one, two, _ = served(office, own, second)
    office.wait(3)
    office.leave(caller)
    office.leave(second)
    office.enter(office.core.bridge_of(one) or "", caller, swap=second)
    office.attended_transfer(first, second, caller, one)
    office.hang_up(first)
    office.hang_up(second)
    office.wait(2)
    office.far_end_hangs_up(caller, one, two)
    consultation, call = (ended.call for ended in office.ended)
    assert (consultation.called, consultation.merged_into) == ("7020", call.id)
    assert [(each.by, each.to, each.result) for each in call.transfers] == [("101", "105", "answered")]
    assert (call.talk_s, [agent.name for agent in call.agents]) == (7, [None, "Galina"])


def test_who_becomes_a_member_after_his_login_is_known_by_the_channel_that_waits() -> None:
    """The dialplan adds him to a queue (AddQueueMember) once he has logged in."""
    office = Office()
    own = logged_in(office)
    office.remove(GALINA, "agents")
    office.member(GALINA, "Galina", "agents", state_interface="Agent:1001")
    caller = office.incoming()
    assert (office.agent("Agent:1001").device, office.agent("Agent:1001").state) == ("PJSIP/105", "available")
    served(office, own, caller)
    assert office.agent("Agent:1001").state == "talking"


def test_an_agent_of_a_pool_who_hangs_up_has_ended_the_call_and_his_shift() -> None:
    office = Office()
    own, caller = logged_in(office), office.incoming()
    one, two, _ = served(office, own, caller)
    office.wait(2)
    office.far_end_hangs_up(own)
    for channel in (two, one, caller):
        office.hang_up(channel)
    assert (office.only_call.call.ended_by, office.only_call.call.talk_s) == ("person", 2)
    assert office.core.sizes() == EMPTY

"""Who is an agent, under which name and on which device; who comes and who goes."""

import pytest

from handlers.agents.identity import endpoint_of, is_phone, key_of, member_key
from handlers.ami import events as ev
from handlers.calls.names import parse_channel_name
from handlers.facts import AgentChanged, Membership
from handlers.rules import Rules, TrunkRule
from tests.handlers.agents.office import ANNA, FREE, UNREACHABLE, Office, an_office
from tests.handlers.playbook import START


@pytest.mark.parametrize(
    ("interface", "key"),
    [
        ("PJSIP/101", "101"),
        ("SIP/101", "101"),
        ("Local/101@from-queue", "101"),
        ("Local/101@from-queue/n", "101"),
        ("hint:101@ext-local", "101"),
        ("Agent:1001", "Agent:1001"),
        ("Agent/1001", "Agent:1001"),
        ("PJSIP/anna", "PJSIP/anna"),
        ("PJSIP/reception", "reception"),
        ("DAHDI/i1/79001112233", "DAHDI/i1"),
        ("Local/79001112233@outgoing/n", "Local/79001112233@outgoing/n"),
        ("PJSIP/79001112233@trunk", "PJSIP/79001112233@trunk"),
        ("Custom:agent", "Custom:agent"),
        ("", ""),
        ("/", "/"),
    ],
)
def test_one_phone_has_one_key_however_it_is_spelled(interface: str, key: str) -> None:
    assert key_of(interface, frozenset({"reception"})) == key


@pytest.mark.parametrize(
    "channel",
    [
        "PJSIP/101-0000001a",
        "SIP/101-00000001",
        "PJSIP/reception-00000002",
        "PJSIP/anna-maria-00000003",
        "Agent/1001-1",
        "DAHDI/i1/79001112233-1f",
        "IAX2/office-1234",
        "PJSIP/anna@branch-00000004",
        "Agent/reception-2",
        "hint:1/101-1",
        "-",
    ],
)
def test_a_phones_channels_are_found_by_the_end_of_its_key(channel: str) -> None:
    parts = parse_channel_name(channel)
    assert endpoint_of(key_of(parts.device, frozenset({"reception"}))) == parts.endpoint


def test_a_state_interface_that_is_no_phone_says_nothing_of_whose_it_is() -> None:
    assert member_key("Local/101@x/n", "Custom:agent-101") == "101"
    assert member_key("Local/101@x/n", "PJSIP/anna") == "PJSIP/anna"
    assert member_key("Local/1001@agents/n", "Agent:1001") == "Agent:1001"
    assert [
        each for each in ("PJSIP/1", "Agent:1", "Local/1@x", "hint:1@x", "Custom:1", "SIP/7@t") if is_phone(each)
    ] == [
        "PJSIP/1",
        "Agent:1",
    ]


def test_the_places_in_several_queues_are_one_agent() -> None:
    office = an_office()
    office.member("Local/101@from-queue/n", "Anna", "sales", state_interface=ANNA)
    assert {fact.agent.id for fact in office.facts if isinstance(fact, AgentChanged)} == {ANNA}
    assert office.agent().queues == (Membership("sales", False, None), Membership("support", False, None))


def test_who_leaves_one_queue_stays_in_the_other_and_who_leaves_both_is_gone() -> None:
    office = an_office()
    office.member(ANNA, "Anna", "sales")
    office.remove(ANNA, "sales")
    assert office.agent().queues == (Membership("support", False, None),)
    assert not office.gone
    office.remove(ANNA)
    office.remove(ANNA)
    assert office.gone == [ANNA]
    office.member(ANNA, "Anna")
    assert office.agent().state == "available"


def test_who_is_removed_while_talking_is_gone_and_comes_back_talking() -> None:
    office = an_office()
    office.served()
    office.remove(ANNA)
    assert office.gone == [ANNA]
    office.wait(3)
    office.member(ANNA, "Anna")
    assert office.agent().state == "talking"


def test_without_a_name_of_its_own_a_member_has_none() -> None:
    office = Office()
    office.member(ANNA, ANNA)
    assert office.agent().name is None
    office.member(ANNA, "Анна", "sales")
    assert office.agent().name == "Анна"


# ---- departments


def a_department() -> Office:
    return Office(Rules(extensions=frozenset({"101", "700"})))


def test_an_extension_of_a_department_is_an_agent_once_the_pbx_has_a_phone_for_it() -> None:
    office = a_department()
    office.resume(devices=(ev.DeviceStateTold(START, ANNA, FREE), ev.DeviceStateTold(START, "PJSIP/102", FREE)))
    assert [fact.agent.id for fact in office.facts if isinstance(fact, AgentChanged)] == [ANNA]
    assert (office.agent().state, office.agent().queues, office.agent().name) == ("available", (), None)
    office.device(ANNA, UNREACHABLE)
    assert office.agent().state == "unavailable"


def test_an_extension_that_comes_later_is_met_by_its_device_state() -> None:
    office = a_department()
    office.resume()
    office.device("PJSIP/700", UNREACHABLE)
    assert office.agent("PJSIP/700").state == "unavailable"


def test_a_member_that_leaves_stays_an_agent_where_a_department_names_him() -> None:
    office = a_department()
    office.resume(devices=(ev.DeviceStateTold(START, ANNA, FREE),))
    office.member(ANNA, "Anna")
    office.remove(ANNA)
    assert not office.gone
    assert office.agent().queues == ()
    assert office.agent().name is None


def test_changed_settings_make_agents_and_unmake_them() -> None:
    office = a_department()
    office.resume(devices=(ev.DeviceStateTold(START, ANNA, FREE), ev.DeviceStateTold(START, "PJSIP/102", FREE)))
    office.core.change_rules(Rules(extensions=frozenset({"102"})))
    office.tick()
    assert office.gone == [ANNA]
    assert office.agent("PJSIP/102").state == "available"


def test_a_line_to_the_world_is_nobodys_phone() -> None:
    office = Office(Rules(trunks=(TrunkRule("town", ("PJSIP/105-*",)),)))
    office.member("PJSIP/105", "Line")
    office.incoming(trunk="PJSIP/105")
    assert office.agent("PJSIP/105").state == "available"


# ---- pools and mobiles


def test_who_waits_in_a_pool_is_available_on_the_device_that_logged_in() -> None:
    office = Office()
    office.member("Local/1001@agents/n", "Galina", "pool", state_interface="Agent:1001", status=UNREACHABLE)
    office.member("PJSIP/104", "Dina")
    assert (office.agent("Agent:1001").state, office.agent("Agent:1001").device) == ("unavailable", "Agent:1001")
    own = office.dialling("104", "1001")
    office.say(ev.AgentLoggedIn(office.now, own, office.names[own], "1001"))
    office.up(own)
    office.bridge(own, technology="holding_bridge")
    office.device("Agent:1001", FREE)
    agent = office.agent("Agent:1001")
    assert (agent.name, agent.state, agent.device) == ("Galina", "available", "PJSIP/104")
    assert office.agent("PJSIP/104").state == "available"
    office.leave(own)
    caller = office.incoming()
    office.bridge(own, caller)
    assert office.agent("Agent:1001").state == office.agent("PJSIP/104").state == "talking"
    office.leave(own)
    office.enter("pool", own, "holding_bridge")
    assert office.agent("Agent:1001").state == office.agent("PJSIP/104").state == "available"
    office.hang_up(own)
    assert office.agent("Agent:1001").device == "Agent:1001"


def test_a_mobile_among_the_members_rings_talks_and_wraps_up() -> None:
    """Its channel bears the line's name: the queue alone says whose call it is."""
    mobile = "Local/79001112233@outgoing/n"
    office = Office(Rules(queue_wrapup_s={"support": 30.0}))
    office.member(mobile, "Vera")
    caller = office.incoming("79990000000")
    office.join(caller)
    one, two = office.local("79001112233", caller, "outgoing")
    office.say(ev.AgentCalled(office.now, caller, one, "support", mobile, "Vera"))
    office.begin_dial(caller, one, mobile)
    office.state(one, ev.ChannelState.RINGING)
    assert office.agent(mobile).state == "ringing"
    office.wait(3)
    office.up(one)
    office.say(ev.AgentConnected(office.now, caller, one, "support", mobile, "Vera"))
    assert office.agent(mobile).state == "talking"
    office.hang_up(one)  # the Local channel was optimised away
    office.hang_up(two)
    assert office.agent(mobile).state == "talking"
    office.wait(9)
    office.say(ev.AgentCompleted(office.now, caller, "support", mobile, "Vera", "caller"))
    assert (office.agent(mobile).state, office.agent(mobile).since) == ("wrapup", START + 12)
    office.far_end_hangs_up(caller)
    assert office.core.sizes() == dict.fromkeys(office.core.sizes(), 0)

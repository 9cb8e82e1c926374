"""While the PBX isn't heard nobody's state is known; its snapshot says what it is, and since when as far as it can."""

from handlers.ami import events as ev
from handlers.facts import AgentChanged, CallEnded, CallRetracted, CallStarted
from handlers.rules import Rules
from tests.handlers.agents.office import ANNA, BORIS, BUSY, FREE, UNREACHABLE, Office, an_office
from tests.handlers.playbook import START


def seen(interface: str = ANNA, name: str = "Anna", status: int = FREE, **parts: object) -> ev.MemberSeen:
    member = ev.MemberSeen(START, "support", interface, interface, name, status, False, None)
    return member._replace(**parts)  # type: ignore[arg-type]  # as a test says


def live(
    uniqueid: str, channel: str, state: int = 6, application: str = "AppDial", data: str = "", age: float = 30
) -> ev.LiveChannel:
    return ev.LiveChannel(
        uniqueid, uniqueid, channel, state, None, None, None, "from-internal", "s", application, None, START - age, data
    )


MEMBERS_ALONE: dict[str, object] = dict.fromkeys(("channels", "bridges", "entries", "devices"))


def test_from_a_break_on_no_state_is_known_and_none_is_counted_on() -> None:
    office = an_office()
    office.wait(10)
    office.lose()
    office.lose()
    agent = office.agent()
    assert (agent.state, agent.since, agent.call_since) == (None, None, None)
    assert agent.name == "Anna"
    assert len([fact for fact in office.facts if isinstance(fact, AgentChanged)]) == 2
    office.wait(20)
    office.member(ANNA, "Anna", paused="lunch")  # what came late is no sign of life
    assert office.agent().state is None
    office.resume(members=(seen(),))
    assert (office.agent().state, office.agent().since) == ("available", START + 30)
    assert office.agent().at_least, "he may have been free all the time"
    office.served()
    assert not office.agent().at_least


def test_a_pause_in_the_snapshot_is_as_old_as_the_pbx_says() -> None:
    office = Office()
    office.resume(members=(seen(paused=True, paused_reason="lunch", paused_at=START - 600),))
    assert (office.agent().state, office.agent().since, office.agent().reason) == ("paused", START - 600, "lunch")
    assert not office.agent().at_least


def test_a_pbx_whose_clock_is_ahead_pauses_nobody_in_the_future() -> None:
    office = Office()
    office.resume(members=(seen(paused=True, paused_at=START + 600),))
    assert office.agent().since == START


def test_who_talks_in_the_snapshot_has_talked_since_his_channel_began() -> None:
    office = Office()
    office.resume(members=(seen(status=BUSY),), channels=(live("1.1", "PJSIP/101-00000001"),))
    agent = office.agent()
    assert (agent.state, agent.since, agent.call_since) == ("talking", START - 30, START - 30)
    assert not agent.at_least


def test_a_talk_that_lived_through_the_gap_goes_on_from_its_beginning() -> None:
    office = an_office()
    _, leg = office.served()
    office.wait(10)
    office.lose()
    office.wait(10)
    office.resume(members=(seen(status=BUSY),), channels=(live(leg, office.names[leg]),))
    agent = office.agent()
    assert (agent.state, agent.since, agent.call_since) == ("talking", START + 1, START + 1)


def test_a_talk_that_ended_in_the_gap_is_over_and_nobody_knows_when() -> None:
    office = an_office()
    office.served()
    office.lose()
    office.wait(100)
    office.resume(members=(seen(),))
    assert (office.agent().state, office.agent().call_since) == ("available", None), "and no wrap-up is guessed"
    assert office.core.sizes() == dict.fromkeys(office.core.sizes(), 0)


def test_who_is_in_the_snapshot_no_more_is_gone_and_who_is_new_is_there() -> None:
    office = an_office()
    office.lose()
    office.resume(members=(seen(BORIS, "Boris"),))
    assert office.gone == [ANNA]
    assert office.agent(BORIS).state == "available"


def test_members_asked_for_again_change_no_call_and_no_since() -> None:
    """A reload of queues tells of no member that it adds or removes."""
    office = an_office()
    office.member(BORIS, "Boris")
    office.device(BORIS, UNREACHABLE)
    office.wait(5)
    office.served()
    office.wait(5)
    told = len(office.facts)
    office.resume(
        members=(seen(status=BUSY), seen(BORIS, "Boris", UNREACHABLE), seen("PJSIP/103", "Clara")), **MEMBERS_ALONE
    )
    (new,) = office.facts[told:]
    assert isinstance(new, AgentChanged)
    assert (new.agent.id, new.agent.state) == ("PJSIP/103", "available")
    assert (office.agent().state, office.agent().since) == ("talking", START + 6)
    assert not office.ended


def test_members_asked_for_again_take_nobody_out_of_his_pool_nor_off_his_mobile() -> None:
    office = Office()
    mobile = "Local/79001112233@outgoing"
    of_pool = seen("Local/1001@agents/n", "Galina", queue="pool", state_interface="Agent:1001")
    office.resume(members=(of_pool, seen(mobile, "Vera")))
    shift = office.dialling("104", "1001")
    office.say(ev.AgentLoggedIn(office.now, shift, office.names[shift], "1001"))
    caller = office.incoming()
    one, _ = office.local("79001112233", caller, "outgoing")
    office.say(ev.AgentCalled(office.now, caller, one, "support", mobile, "Vera"))
    office.state(one, ev.ChannelState.RINGING)
    office.wait(60)
    told = len(office.facts)
    office.resume(members=(of_pool, seen(mobile, "Vera")), **MEMBERS_ALONE)
    assert office.facts[told:] == []
    office.up(shift)
    other = office.incoming()
    office.bridge(shift, other)
    assert (office.agent("Agent:1001").state, office.agent("Agent:1001").device) == ("talking", "PJSIP/104")
    office.hang_up(one)
    assert office.agent(mobile).state == "available"


def test_a_shift_that_ended_in_the_gap_leaves_no_device() -> None:
    office = Office()
    of_pool = seen("Local/1001@agents/n", "Galina", queue="pool", state_interface="Agent:1001")
    office.resume(members=(of_pool,))
    shift = office.dialling("104", "1001")
    office.say(ev.AgentLoggedIn(office.now, shift, office.names[shift], "1001"))
    office.lose()
    office.resume(members=(of_pool._replace(status=UNREACHABLE),))
    assert (office.agent("Agent:1001").state, office.agent("Agent:1001").device) == ("unavailable", "Agent:1001")


def test_what_a_snapshot_said_of_a_use_ends_with_the_call_though_no_event_says_so() -> None:
    """An account whose filter lets no device state through."""
    office = Office()
    office.resume(members=(seen(status=BUSY),), channels=(live("1.1", "PJSIP/101-00000001"),))
    office.names["1.1"] = "PJSIP/101-00000001"
    office.hang_up("1.1")
    office.wait(60)
    office.tick()
    assert office.agent().state == "available"


def test_a_login_to_a_pool_is_no_call_and_what_was_told_of_it_is_taken_back() -> None:
    office = Office()
    own = office.dialling("104", "1001")
    office.say(ev.AgentLoggedIn(office.now, own, office.names[own], "1001"))
    office.wait(3600)
    office.hang_up(own)
    assert [type(fact) for fact in office.facts] == [CallStarted, CallRetracted]
    retracted = office.facts[-1]
    assert isinstance(retracted, CallRetracted)
    assert (retracted.call.id, retracted.call.state, retracted.at) == (own, "ended", START)
    assert not list(office.core.live_calls())


def test_a_login_met_in_the_snapshot_is_no_call_either() -> None:
    office = Office(Rules())
    member = seen("Local/1001@agents/n", "Galina", queue="pool", state_interface="Agent:1001")
    channel = live("1.1", "PJSIP/104-00000001", application="AgentLogin", data="1001,s")
    office.resume(members=(member,), channels=(channel,))
    assert not [fact for fact in office.facts if isinstance(fact, CallStarted | CallEnded)]
    assert (office.agent("Agent:1001").state, office.agent("Agent:1001").device) == ("available", "PJSIP/104")


def test_a_login_that_happened_in_the_gap_ends_the_call_that_it_was_taken_for() -> None:
    office = Office()
    own = office.dialling("104", "1001")
    office.lose()
    office.resume(channels=(live(own, office.names[own], application="AgentLogin", data="1001"),))
    assert [type(fact) for fact in office.facts][-1] is CallRetracted
    assert not list(office.core.live_calls())


def test_a_clock_that_was_set_moves_what_lasts_and_nobody_counts_the_step() -> None:
    office = an_office()
    caller, leg = office.served()
    office.far_end_hangs_up(caller, leg)
    office.core.set_clock(3600.0)
    assert office.core.next_deadline == START + 3631
    office.wait(3600)
    office.tick()
    before, after = [fact for fact in office.facts if isinstance(fact, AgentChanged)][-2:]
    assert (before.at, before.agent.state) == (START + 1, None)
    assert (after.at, after.agent.state, after.agent.since) == (START + 3601, "wrapup", START + 3601)

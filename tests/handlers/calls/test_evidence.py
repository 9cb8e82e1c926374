"""Outside or inside? The contract's order of evidence (section 2)."""

import pytest

from handlers.ami import events as ev
from handlers.calls.evidence import INSIDE, OTHER, Evidence, Side
from handlers.facts import TrunkGuessed
from handlers.rules import Rules, TrunkRule
from tests.handlers.playbook import START, Play

MEGAFON = TrunkRule("megafon", ("PJSIP/megafon-*", "DAHDI/i1/*"))


def side(channel: str, context: str = "default", rules: Rules | None = None, *members: str) -> Side:
    evidence = Evidence(rules or Rules())
    for member in members:
        evidence.add_member(member)
    return evidence.side_of(channel, context)


def test_a_configured_trunk_outweighs_all_other_evidence() -> None:
    rules = Rules(trunks=(TrunkRule("own", ("PJSIP/101-*",)),), extensions=frozenset({"101"}))
    assert side("PJSIP/101-00000001", "from-internal", rules, "PJSIP/101") == Side("own")


def test_the_first_trunk_that_matches_is_the_one() -> None:
    rules = Rules(trunks=(MEGAFON, TrunkRule("all", ("PJSIP/*",))))
    assert side("PJSIP/megafon-00000001", "default", rules) == Side("megafon")
    assert side("PJSIP/beeline-00000001", "default", rules) == Side("all")
    assert side("DAHDI/i1/79001112233-1f", "from-internal", rules) == Side("megafon")


def test_patterns_are_case_sensitive_as_channel_names_are() -> None:
    assert side("PJSIP/MEGAFON-00000001", "from-pstn", Rules(trunks=(MEGAFON,))) == Side("MEGAFON")


def test_queue_members_and_extensions_of_departments_are_inside_whatever_their_context() -> None:
    assert side("PJSIP/operator-00000001", "from-trunk", None, "PJSIP/operator") == INSIDE
    assert side("PJSIP/1234567-00000001", "from-trunk", Rules(extensions=frozenset({"1234567"}))) == INSIDE


def test_a_member_with_an_at_sign_dials_a_number_and_proves_nothing() -> None:
    members = ("Local/101@from-queue", "PJSIP/89161234567@megafon", "PJSIP/megafon@x")
    assert side("PJSIP/megafon-00000001", "from-trunk", None, *members) == Side("megafon")


def test_a_member_met_later_changes_the_verdict_on_its_device() -> None:
    evidence = Evidence(Rules())
    assert evidence.side_of("PJSIP/operator-00000001", "default") == Side("operator", guessed=True)
    evidence.add_member("PJSIP/operator")
    assert evidence.side_of("PJSIP/operator-00000002", "default") == INSIDE


@pytest.mark.parametrize(
    "context", ["from-pstn", "from-pstn-toheader", "from-trunk", "from-trunk-sip-x", "my-incoming-calls"]
)
def test_contexts_of_the_town_are_outside(context: str) -> None:
    assert side("PJSIP/101-00000001", context) == Side("101")


@pytest.mark.parametrize("context", ["from-internal", "from-internal-xfer"])
def test_contexts_of_the_office_are_inside(context: str) -> None:
    assert side("PJSIP/reception-00000001", context) == INSIDE


@pytest.mark.parametrize("channel", ["PJSIP/1-00000001", "SIP/201-00000000", "IAX2/12345-77", "DAHDI/1-1"])
def test_a_name_of_up_to_five_digits_is_inside(channel: str) -> None:
    assert side(channel) == INSIDE


@pytest.mark.parametrize("endpoint", ["74951234567", "4951234567", "1234567", "123456"])
def test_a_longer_number_is_a_trunk_as_russian_providers_name_theirs(endpoint: str) -> None:
    assert side(f"PJSIP/{endpoint}-0000001a") == Side(OTHER, guessed=True)
    assert side(f"PJSIP/{endpoint}-0000001a", "default", Rules(trunks=(TrunkRule("town", ("PJSIP/*",)),))) == Side(
        "town"
    )


@pytest.mark.parametrize(
    "domain",
    ["79005556677", "tel79005556677x", "evil.example", "evil.example:5060", "2001:db8::7", "10.0.0.7.", "1-234567-8"],
)
def test_a_stranger_who_names_his_channel_is_shown_as_other_wherever_his_line_is_told(domain: str) -> None:
    """chan_sip with allowguest=yes."""
    play = Play()
    play.hang_up(play.channel(f"SIP/{domain}", state=ev.ChannelState.RING, number="79", context="public"))
    assert play.only_call.call.trunk == OTHER
    assert set(play.told(TrunkGuessed)) <= {TrunkGuessed(START, OTHER)}


def test_a_trunk_named_by_its_number_is_one_by_its_context_without_a_guess() -> None:
    assert side("PJSIP/74951234567-0000001a", "from-trunk") == Side("74951234567")


@pytest.mark.parametrize(
    ("channel", "endpoint"),
    [("PJSIP/my-trunk-0000001a", "my-trunk"), ("IAX2/office-1234", "office"), ("DAHDI/i1/79001112233-1f", "i1")],
)
def test_anything_else_is_a_trunk_by_its_endpoint_and_a_guess(channel: str, endpoint: str) -> None:
    assert side(channel) == Side(endpoint, guessed=True)


@pytest.mark.parametrize(
    "channel", ["PJSIP/anonymous-00000001", "PJSIP/Guest-00000001", "SIP/10.0.0.7-00000001", "IAX2/10.0.0.1:4569-1234"]
)
@pytest.mark.parametrize("context", ["from-pstn", "default"])
def test_guests_are_one_trunk_together(channel: str, context: str) -> None:
    assert side(channel, context) == Side(OTHER)


def test_what_is_remembered_of_endpoints_is_bounded() -> None:
    evidence = Evidence(Rules())
    for number in range(25_000):
        evidence.side_of(f"DAHDI/i{number}/7-1", "default")
    assert len(evidence._sides) <= 10_000


def test_a_guessed_trunk_is_told_once_per_endpoint() -> None:
    play = Play()
    for endpoint in ("PJSIP/mango", "PJSIP/mango", "PJSIP/beeline", "PJSIP/101", "PJSIP/anonymous"):
        play.hang_up(play.channel(endpoint, state=ev.ChannelState.RING, number="79001112233", context="default"))
    assert list(play.told(TrunkGuessed)) == [TrunkGuessed(START, "mango"), TrunkGuessed(START, "beeline")]
    assert [ended.call.trunk for ended in play.ended] == ["mango", "mango", "beeline", None, OTHER]


def test_of_all_names_that_are_not_shown_one_guess_is_told() -> None:
    play = Play()
    for number in range(5):
        play.hang_up(play.channel(f"SIP/host{number}.example", state=ev.ChannelState.RING, context="default"))
    assert list(play.told(TrunkGuessed)) == [TrunkGuessed(START, OTHER)]


def test_strangers_can_have_no_end_of_guesses_told() -> None:
    """chan_sip names a guest's channel by the domain in his From."""
    play = Play()
    for number in range(600):
        play.hang_up(play.channel(f"SIP/host{number}", state=ev.ChannelState.RING, context="default"))
    assert len(list(play.told(TrunkGuessed))) == 500
    assert len(play.ended) == 600


def test_a_member_of_a_queue_that_looked_like_a_trunk_makes_internal_calls() -> None:
    play = Play()
    play.say(ev.MemberSeen(play.now, "support", "PJSIP/operator", "PJSIP/operator", "Olga", 1, False, None))
    play.hang_up(play.channel("PJSIP/operator", state=ev.ChannelState.RING, context="default", exten="101"))
    assert play.only_call.call.direction == "internal"
    assert list(play.told(TrunkGuessed)) == []


def test_a_member_behind_a_local_channel_is_known_by_its_state_interface() -> None:
    play = Play()
    play.say(ev.MemberSeen(play.now, "support", "Local/7@from-queue", "PJSIP/operator", "Olga", 1, False, None))
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/operator", context="default")
    play.answer(caller, leg)
    play.far_end_hangs_up(caller, leg)
    (agent,) = play.only_call.call.agents
    assert (agent.device, agent.name) == ("PJSIP/operator", "Olga")

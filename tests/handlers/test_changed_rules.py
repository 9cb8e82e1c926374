"""Settings that change while calls live: what lives keeps the rules that it began under, what begins follows the new ones."""

import pytest

from handlers.core import Core
from handlers.facts import CallStarted, Fact, QueueStayEnded
from handlers.rules import Rules, SourceRule, TrunkRule
from tests.handlers.playbook import Play
from tests.recordings import NAMES, events

TOWN = Rules(
    pbx="office",
    trunks=(TrunkRule("town", ("PJSIP/trunk-*",)),),
    sources=(SourceRule("yandex", frozenset({"7001"})),),
    short_abandon_s=10,
    service_level_s=20,
)
CITY = Rules(
    pbx="office",
    trunks=(TrunkRule("city", ("PJSIP/trunk-*",)),),
    sources=(SourceRule("google", frozenset({"7001"})),),
    region="DE",
    short_abandon_s=1,
    service_level_s=1,
    missed_results=frozenset(),
)


def waiting(play: Play) -> str:
    """Somebody calls and joins a queue."""
    caller = play.incoming("89001112233")
    play.join(caller)
    play.wait(3)
    return caller


def gives_up(play: Play, caller: str) -> None:
    play.request_hangup(caller)
    play.leave_queue(caller, abandoned=True)
    play.hang_up(caller)


def test_a_live_call_is_told_to_its_end_as_it_was_told_at_its_beginning() -> None:
    changed, unchanged = Play(TOWN), Play(TOWN)
    for play in (changed, unchanged):
        caller = waiting(play)
        if play is changed:
            play.core.change_rules(CITY)
        gives_up(play, caller)
    assert changed.facts == unchanged.facts
    call = changed.only_call.call
    assert (call.trunk, call.source, call.caller_e164) == ("town", "yandex", "+79001112233")
    assert (call.result, call.missed) == ("short_abandoned", True)
    (stay,) = (fact for fact in changed.facts if isinstance(fact, QueueStayEnded))
    assert stay.short


def test_the_next_call_follows_the_new_rules_while_the_old_one_lives() -> None:
    play = Play(TOWN)
    before = waiting(play)
    play.core.change_rules(CITY)
    after = waiting(play)
    assert [(call.trunk, call.source) for call in play.core.live_calls()] == [("town", "yandex"), ("city", "google")]
    gives_up(play, after)
    gives_up(play, before)
    new, old = (ended.call for ended in play.ended)
    assert (new.trunk, new.source, new.result, new.missed) == ("city", "google", "abandoned", False)
    assert (old.trunk, old.source, old.result, old.missed) == ("town", "yandex", "short_abandoned", True)


def test_an_extension_that_was_a_line_by_its_name_is_inside_once_it_is_named() -> None:
    play = Play()
    leg = play.channel("PJSIP/reception", number="74951234567", context="default")
    assert [call.direction for call in play.core.live_calls()] == ["out"]
    play.hang_up(leg)
    play.core.change_rules(Rules(extensions=frozenset({"reception"})))
    play.channel("PJSIP/reception", number="74951234567", context="default")
    assert [call.direction for call in play.core.live_calls()] == ["internal"]


def test_the_members_and_the_run_of_the_pbx_are_known_beyond_the_change() -> None:
    """What the PBX told once, it does not tell again because our settings changed."""
    stream = events("07-ivr-queue-second-agent")
    told = []
    for change in (False, True):
        core = Core(Rules())
        facts: list[Fact] = []
        for event in stream:
            if change and not any(isinstance(fact, CallStarted) for fact in facts):
                core.change_rules(Rules())
            facts += core.handle(event)
        told.append(facts)
    assert told[0] == told[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_rules_again_change_no_story(name: str) -> None:
    rules = Rules()
    changed, unchanged = Core(rules), Core(rules)
    for event in events(name):
        changed.change_rules(Rules())
        assert list(changed.handle(event)) == list(unchanged.handle(event))
        assert changed.live_count == len(list(unchanged.live_calls()))


def test_a_queue_that_the_settings_name_is_known_at_once() -> None:
    core = Core(Rules(queue_service_level_s={"support": 20}))
    core.change_rules(Rules(queue_service_level_s={"sales": 20}))
    assert core.queues() == ["sales", "support"]

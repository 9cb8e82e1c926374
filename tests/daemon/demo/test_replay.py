"""A recording played again is another call: same events in the same order, nothing of the old one in it."""

from random import Random

import pytest

from daemon.demo.cast import DEPARTMENTS, OFFICE, Subscriber
from daemon.demo.replay import Cast, Replay, Serials
from daemon.demo.scripts import CALLED, CALLER, OTHER_CALLER, Script, scripts
from daemon.demo.switchboard import Switchboard
from handlers.ami.message import Message
from handlers.core import Core
from handlers.facts import CallEnded
from tests.daemon.demo.traffic import RULES, START, finished, told
from tests.daemon.demo.traffic import Message as Told

SUPPORT, _, SERVICE = DEPARTMENTS
OUTSIDE = {
    CALLER: Subscriber("79000001111", "Анна Попова"),
    OTHER_CALLER: Subscriber("74950222222", None),
    CALLED: Subscriber("79000003333", None),
}
SCRIPTS = {script.name: script for script in scripts()}


def cast_for(script: Script) -> Cast:
    department = SERVICE if script.queue == "suplocaln" else SUPPORT
    people = dict(zip(("101", "102", "103"), department.members, strict=False))
    people |= zip(("104", "105"), OFFICE, strict=False)
    if department is SERVICE:
        people["103"] = OFFICE[5]
    return Cast(department, "mts", people, OUTSIDE, "702")


def played(name: str, serials: Serials | None = None, seed: int = 1) -> list[Told]:
    script = SCRIPTS[name]
    replay = Replay(script, cast_for(script), Random(seed), serials or Serials())
    board = Switchboard(DEPARTMENTS, START)
    messages = []
    while replay.due_s is not None:
        at = START + replay.due_s
        messages.append(Told(at, replay.take(at, board)))
    assert not board.channels
    assert {bridge.headers["BridgeTechnology"] for bridge in board.bridges.values()} <= {"holding_bridge"}
    return messages


def calls_of(name: str) -> list[CallEnded]:
    return finished(told(played(name), Core(RULES)))


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_recording_ends_as_many_calls_as_it_began(name: str) -> None:
    core = Core(RULES)
    facts = told(played(name), core)
    assert len([fact for fact in facts if isinstance(fact, CallEnded)]) == SCRIPTS[name].calls
    assert not any(core.sizes().values())


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_events_stay_the_same_in_kind_and_order(name: str) -> None:
    kinds = [message.raw.split(b"\r\n", 1)[0] for message in played(name)]
    recorded = [line.raw.split(b"\r\n", 1)[0] for line in SCRIPTS[name].lines]
    rest = iter(recorded)
    assert all(kind in rest for kind in kinds)  # what is missing are queues that the department has not
    assert kinds[0] == recorded[0]


def test_two_replays_share_no_id() -> None:
    serials = Serials()
    one, other = (
        {Message(message.raw).get("Uniqueid") for message in played("11-ring-group", serials, seed)} for seed in (1, 2)
    )
    assert not (one & other) - {None}


def test_everybody_is_parked_in_the_same_lot() -> None:
    serials = Serials()
    lots = {
        Message(message.raw).get("BridgeUniqueid")
        for seed in (1, 2)
        for message in played("16-park-and-retrieve", serials, seed)
        if b"BridgeTechnology: holding_bridge" in message.raw
    }
    assert lots == {serials.parking_bridge.decode()}


def test_the_callers_number_and_name_go_together() -> None:
    (ended,) = calls_of("01-direct-caller-hangs-up")
    assert (ended.call.caller, ended.call.caller_name) == ("79000001111", "Анна Попова")
    assert (ended.call.trunk, ended.call.did) == ("mts", SUPPORT.did(1))


def test_a_number_dialled_is_spelt_as_it_was_dialled() -> None:
    (ended,) = calls_of("17-outgoing-answered")
    assert ended.call.called is not None
    assert ended.call.called.endswith("89000003333")


def test_the_queue_is_the_departments_and_its_agents_bear_their_names() -> None:
    (ended,) = calls_of("07-ivr-queue-second-agent")
    assert ended.call.queue == "support"
    assert [agent.name for agent in ended.call.agents] == [SUPPORT.members[1].name]
    (ended,) = calls_of("22-queue-local-n")
    assert ended.call.queue == "service"


def test_what_asterisk_says_of_hold_and_talk_is_what_happened() -> None:
    messages = played("07-ivr-queue-second-agent")
    at = {}
    figures = {}
    for message in messages:
        parsed = Message(message.raw)
        at[parsed.name] = message.at
        if parsed.name in {"AgentConnect", "AgentComplete"}:
            figures[parsed.name] = parsed
    assert figures["AgentConnect"].get("HoldTime") == str(int(at["AgentConnect"] - at["QueueCallerJoin"]))
    assert figures["AgentComplete"].get("TalkTime") == str(int(at["AgentComplete"] - at["AgentConnect"]))


def test_no_two_replays_last_equally_long() -> None:
    lengths = {played("01-direct-caller-hangs-up", seed=seed)[-1].at - START for seed in range(20)}
    assert len(lengths) == 20
    assert min(lengths) > 3

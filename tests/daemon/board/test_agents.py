"""What is told of agents: a topic for each, whatever two of them are called, and members of queues by state."""

from dataclasses import replace
from typing import Any

import pytest

from daemon import clock
from daemon.board.agents import AgentBoard
from handlers.facts import AgentChanged, AgentGone, AgentState, Fact, Membership
from storage.call_json import iso
from tests.daemon.board.test_states import Reader, Time
from tests.daemon.boards import LivePbx, Stream, a_board
from tests.storage.sample_calls import START

ANNA = AgentState(
    id="PJSIP/101",
    device="PJSIP/101",
    name="Анна Иванова",
    state="available",
    since=START,
    reason=None,
    call_since=None,
    queues=(Membership("support", False, None),),
)
TOPIC = "agent/anna-ivanova/state"


def changed(agent: AgentState = ANNA, **parts: Any) -> AgentChanged:
    return AgentChanged(START, replace(agent, **parts))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "monotonic", lambda: time.monotonic)
    monkeypatch.setattr(clock, "now", lambda: time.now)
    return time


def topics_of(*facts: AgentChanged | AgentGone) -> list[str | None]:
    board = AgentBoard()
    return [board.take(fact)[0] for fact in facts]


def test_an_agent_is_told_whole_and_by_name_whoever_looks(time: Time) -> None:
    board = a_board(LivePbx())
    board.take([changed(state="talking", since=START + 5, call_since=START + 1)])
    wanted = {
        "v": 1,
        "name": "Анна Иванова",
        "device": "PJSIP/101",
        "state": "talking",
        "since": iso(START + 5),
        "at_least": False,
        "reason": None,
        "call_since": iso(START + 1),
        "queues": [{"queue": "support", "paused": False, "reason": None}],
    }
    for full in (True, False):
        told = Reader(board, full).news()[TOPIC]
        told.pop("ts")
        assert told == wanted


def test_telephone_numbers_of_agents_are_cut_and_in_no_topic() -> None:
    mobile = "Local/79001112233@outgoing/n"
    board = AgentBoard()
    topic, _ = board.take(changed(id=mobile, device=mobile, name=None))
    assert topic == "agent/agent-1/state"
    assert "79001112233" not in str(board.payload(topic, False))
    assert "79001112233" in str(board.payload(topic, True))
    named, _ = board.take(
        changed(id="PJSIP/109", device="PJSIP/109", name="Vera 8 900 111-22-33", reason="call +79001112233")
    )
    assert named == "agent/pjsip-109/state"
    assert "2233" not in str(board.payload(named, False)).replace("•••2233", "")


def test_two_of_one_name_have_two_topics_and_both_keep_theirs() -> None:
    second: dict[str, Any] = {"id": "PJSIP/102", "device": "PJSIP/102"}
    board = AgentBoard()
    told = [board.take(fact)[0] for fact in (changed(), changed(**second), changed(state="talking"), changed(**second))]
    assert told == [TOPIC, "agent/anna-ivanova-pjsip-102/state"] * 2
    assert {board.payload(topic or "", True)["device"] for topic in told} == {"PJSIP/101", "PJSIP/102"}


def test_names_that_look_the_same_to_a_topic_are_told_apart_to_the_last() -> None:
    ids = ["PJSIP/a", "PJSIP/A", "PJSIP/а"]
    assert topics_of(*(changed(id=each, device=each, name=None) for each in ids)) == [
        "agent/pjsip-a/state",
        "agent/agent-1/state",
        "agent/agent-2/state",
    ]
    assert topics_of(*(changed(id=each, device=each, name="Anna") for each in ids)) == [
        "agent/anna/state",
        "agent/anna-pjsip-a/state",
        "agent/anna-1/state",
    ]


def test_a_name_in_no_letters_of_ours_falls_back_to_the_device() -> None:
    assert topics_of(changed(name="张伟")) == ["agent/pjsip-101/state"]


def test_another_name_is_another_topic_and_the_old_one_is_no_more() -> None:
    board = AgentBoard()
    board.take(changed())
    assert board.take(changed(name="Anna")) == ("agent/anna/state", TOPIC)
    assert board.take(AgentGone(START, "PJSIP/101")) == (None, "agent/anna/state")
    assert board.take(AgentGone(START, "PJSIP/101")) == (None, None)


def test_beyond_the_limit_agents_are_counted_and_have_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.board.agents.AGENTS_LIMIT", 2)
    board = AgentBoard()
    for number in range(4):
        board.take(changed(id=f"PJSIP/{number}", name=f"N{number}"))
    members = board.members("support")
    assert members is not None
    assert members["available"] == 4


def test_members_are_counted_by_what_they_are_to_their_queue(time: Time) -> None:
    board = a_board(LivePbx())
    both = (Membership("sales", True, "lunch"), Membership("support", False, None))
    board.take([changed(queues=both), changed(id="PJSIP/102", name="Boris", state="talking")])
    none = dict.fromkeys(("available", "ringing", "talking", "held", "wrapup", "paused", "unavailable"), 0)
    news = Reader(board).news()
    assert news["queue/support/state"]["members"] == none | {"available": 1, "talking": 1}
    assert AgentBoard().members("support") == none


def test_who_rests_from_a_queue_is_paused_there_even_in_wrap_up() -> None:
    board = AgentBoard()
    board.take(changed(state="wrapup", queues=(Membership("sales", True, None), Membership("support", False, None))))
    sales, support = board.members("sales"), board.members("support")
    assert sales is not None
    assert support is not None
    assert (sales["paused"], sales["wrapup"], support["wrapup"]) == (1, 0, 1)


def test_while_the_pbx_is_not_heard_members_are_unknown_and_not_nobody() -> None:
    board = AgentBoard()
    board.take(changed(state=None, since=None))
    assert board.members("support") is None
    assert board.members("sales") is not None


def test_a_change_of_an_agent_is_told_at_once_with_his_queues(time: Time) -> None:
    board = a_board(LivePbx())
    reader = Reader(board)
    board.take([changed()])
    reader.news()
    time.passes(2)
    board.take([changed(state="ringing")])
    assert reader.news().keys() == {TOPIC, "queue/support/state"}
    time.passes(2)
    board.take([AgentGone(START, "PJSIP/101")])
    assert reader.news()["queue/support/state"]["members"]["ringing"] == 0
    assert TOPIC not in board.topics()


async def test_who_is_gone_is_cleared_on_the_stream_with_an_empty_payload() -> None:
    stream = Stream(lambda _call, _full: {}, lambda: ())
    subscriber = stream.subscribe(True)
    assert subscriber is not None
    facts: list[Fact] = [changed()]
    stream.take(facts)
    assert f"event: {TOPIC}\ndata: {{".encode() in await subscriber.next_frames(1)
    stream.take([AgentGone(START, "PJSIP/101")])
    assert f"event: {TOPIC}\ndata: \n\n".encode() in await subscriber.next_frames(1)

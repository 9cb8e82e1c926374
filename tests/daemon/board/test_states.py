"""States: the first change at once, the next a tenth of a second later, the same never again but for a heartbeat."""

from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from daemon import clock
from daemon.board.board import HEALTH, INFO, TODAY, Board
from daemon.board.call_events import CALLS_ACTIVE
from daemon.board.missed import MISSED_COUNT, MISSED_OPEN
from daemon.board.states import State, States
from handlers.facts import AgentChanged, AgentState, CallChanged, CallQueued, CallStarted, Membership
from tests.daemon.boards import LivePbx, a_board
from tests.storage.sample_calls import START, a_call, ended
from tests.storage.sample_cases import a_case

QUEUE, TRUNK, DEPARTMENT = "queue/support/state", "trunk/megafon/state", "department/podderzhka/state"


@dataclass
class Time:
    monotonic: float = 1000.0
    now: float = START

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.now += seconds


class Reader:
    """Somebody who keeps what he was shown."""

    def __init__(self, board: Board, full: bool = False) -> None:
        self.states = States(board, full)
        self._shown: dict[str, State] = {}

    def news(self) -> dict[str, Any]:
        latest = dict(self.states.look())
        changed = {topic: state for topic, state in latest.items() if self._shown.get(topic) is not state}
        self._shown = latest
        return {topic: orjson.loads(state.body) for topic, state in changed.items()}


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "monotonic", lambda: time.monotonic)
    monkeypatch.setattr(clock, "now", lambda: time.now)
    return time


@pytest.fixture
def pbx(time: Time) -> LivePbx:
    return LivePbx()


@pytest.fixture
def board(pbx: LivePbx) -> Board:
    return a_board(pbx)


def test_who_comes_is_shown_everything_and_then_nothing_that_is_the_same(board: Board, time: Time) -> None:
    reader = Reader(board)
    shown = reader.news()
    assert shown.keys() == {
        *(INFO, HEALTH, CALLS_ACTIVE, TODAY, QUEUE, TRUNK, DEPARTMENT),
        *("trunk/other/state", "department/none/state"),
        *(MISSED_COUNT, MISSED_OPEN),
    }
    assert shown.pop(MISSED_COUNT) == 0
    assert all(payload["v"] == 1 and payload["ts"] == "2026-11-23T16:11:34.013Z" for payload in shown.values())
    for _ in range(20):
        time.passes(1.0)
        assert reader.news() == {}


def test_a_fact_is_told_at_once_on_its_topics_and_what_follows_a_tenth_of_a_second_later_but_the_list_a_second(
    board: Board, pbx: LivePbx, time: Time
) -> None:
    reader = Reader(board)
    reader.news()
    time.passes(10)
    pbx.queued.append(("support", START))
    pbx.live = lambda: [a_call(state="queued")]
    board.take([CallQueued(START, a_call(state="queued"), "support")])
    news = reader.news()
    assert news.keys() == {QUEUE, CALLS_ACTIVE}
    assert (news[QUEUE]["waiting"], news[QUEUE]["oldest_since"]) == (1, "2026-11-23T16:11:34.013Z")
    time.passes(0.09)
    pbx.queued.append(("support", START + 5))
    pbx.live = lambda: [a_call(state="queued"), a_call(1, state="queued")]
    board.take([CallQueued(START, a_call(1, state="queued"), "support")])
    assert reader.news() == {}
    assert reader.states.due_at == pytest.approx(1010.1)
    time.passes(0.02)
    news = reader.news()
    assert news.keys() == {QUEUE}
    assert (news[QUEUE]["waiting"], news[QUEUE]["oldest_since"]) == (2, "2026-11-23T16:11:34.013Z")
    time.passes(0.88)
    assert reader.news() == {}
    time.passes(0.02)
    news = reader.news()
    assert news.keys() == {CALLS_ACTIVE}
    assert (news[CALLS_ACTIVE]["total"], news[CALLS_ACTIVE]["seq"]) == (2, 2)


def test_in_a_flood_a_topic_is_told_twice_a_second_and_what_follows_a_quieter_time_soon_again(
    board: Board, pbx: LivePbx, time: Time
) -> None:
    reader = Reader(board)
    reader.news()
    time.passes(60)
    began, told = time.monotonic, list[float]()

    def one_more_waits() -> None:
        pbx.queued.append(("support", START))
        board.take([CallQueued(START, a_call(len(pbx.queued), state="queued"), "support")])
        if QUEUE in reader.news():
            told.append(time.monotonic)

    while time.monotonic < began + 30:
        one_more_waits()
        time.passes(0.02)
    at_first = [at for at in told if at < began + 1.1]
    assert len(at_first) == pytest.approx(12, abs=1), "ten in a row, and what a second adds"
    assert len([at for at in told if at >= began + 10]) == pytest.approx(40, abs=2)
    while QUEUE in reader.news():
        time.passes(0.5)
    time.passes(2.0)
    told.clear()
    for _ in range(4):
        one_more_waits()
        time.passes(0.101)
    assert len(told) == 4


def test_what_only_the_clock_changes_tells_nothing(board: Board, pbx: LivePbx, time: Time) -> None:
    """Somebody waits, somebody talks, somebody was missed, agents do what they do: a board ticks by itself."""
    reader = Reader(board)
    pbx.queued.append(("support", START))
    pbx.channels["megafon"] = 2
    pbx.live = lambda: [a_call(state="queued", answered_at=None), a_call(1, state="talking")]
    pbx.cases.append(a_case())
    agent = AgentState(
        "PJSIP/101", "PJSIP/101", "Анна", "talking", START, None, START, (Membership("support", False, None),)
    )
    board.take([CallQueued(START, a_call(state="queued"), "support"), ended(a_call(2)), AgentChanged(START, agent)])
    reader.news()
    for _ in range(200):
        time.passes(0.5)
        assert reader.news().keys() <= {HEALTH}


def test_what_is_new_of_a_live_call_is_told_at_once_with_its_queues(board: Board, pbx: LivePbx, time: Time) -> None:
    reader = Reader(board)
    call = a_call(state="ivr")
    pbx.queued.append(("support", START))
    pbx.live = lambda: [replace(call, state="queued")]
    reader.news()
    time.passes(10)
    assert reader.news() == {}
    time.passes(0.1)
    pbx.live = lambda: [call]
    pbx.queued.clear()
    assert reader.news() == {}
    board.take([CallChanged(START, call)])
    assert reader.news().keys() == {CALLS_ACTIVE, QUEUE}


def test_other_goals_and_alarms_are_told_and_who_it_is_stays(board: Board, time: Time) -> None:
    reader = Reader(board)
    reader.news()
    time.passes(10)
    board.change_limits({"goal": 0.9}, lambda queue: {"goal": len(queue)})
    (told,) = reader.news().values()
    assert (told["site"], told["goal"], told["queues"]) == (
        "office",
        0.9,
        [{"id": "support", "name": "support", "goal": 7}],
    )


def test_one_topic_does_not_hold_up_another(board: Board, pbx: LivePbx, time: Time) -> None:
    reader = Reader(board)
    reader.news()
    time.passes(10)
    pbx.live = lambda: [a_call(state="ivr")]
    pbx.channels["megafon"] = 1
    board.take([CallStarted(START, a_call(state="ivr"))])
    assert reader.news().keys() == {CALLS_ACTIVE, TRUNK}
    time.passes(0.11)
    board.take([ended(a_call())])
    news = reader.news()
    assert news.keys() == {TODAY, DEPARTMENT, TRUNK}
    assert news[TODAY]["answered"] == 1


def test_what_is_no_fact_is_seen_within_a_second(board: Board, pbx: LivePbx, time: Time) -> None:
    reader = Reader(board)
    reader.news()
    time.passes(0.99)
    pbx.channels["megafon"] = 2
    pbx.channels["74951234567"] = 1
    assert reader.news() == {}
    assert reader.states.due_at == pytest.approx(1001.0)
    time.passes(0.02)
    news = reader.news()
    assert (news[TRUNK]["channels"], news["trunk/other/state"]["channels"]) == (2, 1)
    assert news.keys() == {TRUNK, "trunk/other/state"}


def test_the_heartbeat_comes_each_half_minute_and_the_last_event_alone_is_no_news(pbx: LivePbx, time: Time) -> None:
    told: list[float] = []
    reader = Reader(a_board(pbx, health=lambda: {"ami": "ready", "last_event": time.now}))
    for _ in range(100):
        if HEALTH in reader.news():
            told.append(time.monotonic)
        time.passes(1.0)
    assert told == [1000.0, 1030.0, 1060.0, 1090.0]


def test_a_change_of_health_is_told_within_a_second(pbx: LivePbx, time: Time) -> None:
    health = {"ami": "ready"}
    reader = Reader(a_board(pbx, health=lambda: dict(health)))
    reader.news()
    time.passes(1.0)
    health["ami"] = "lost"
    assert reader.news()[HEALTH]["ami"] == "lost"


def test_midnight_is_told_by_itself(board: Board, time: Time) -> None:
    reader = Reader(board)
    board.take([ended(a_call())])
    assert reader.news()[TODAY]["calls"] == 1
    time.passes(24 * 3600)
    news = reader.news()
    assert (news[TODAY]["calls"], news[TODAY]["day"]) == (0, "2026-11-24")
    assert news[DEPARTMENT]["today"]["calls"] == 0
    assert news[TRUNK]["today"]["calls"] == 0


def test_a_queue_that_the_pbx_names_later_has_a_topic_and_stands_in_the_list(
    board: Board, pbx: LivePbx, time: Time
) -> None:
    reader = Reader(board)
    assert [queue["id"] for queue in reader.news()[INFO]["queues"]] == ["support"]
    pbx.known_queues.append("Склад")
    time.passes(2)
    news = reader.news()
    assert [queue["id"] for queue in news[INFO]["queues"]] == ["support", "sklad"]
    assert news["queue/sklad/state"]["name"] == "Склад"


def test_with_nobody_looking_nothing_is_rendered(time: Time) -> None:
    def never(*_arguments: object) -> Any:
        raise AssertionError

    board = a_board(LivePbx(never), never, health=never)
    board.take([CallStarted(START, a_call()), ended(a_call())])
    assert board.changes > 0


def test_numbers_show_only_where_they_may(board: Board, pbx: LivePbx, time: Time) -> None:
    pbx.live = lambda: [a_call(state="talking")]
    for full, caller in ((True, "89001112233"), (False, "8900•••2233")):
        assert Reader(board, full).news()[CALLS_ACTIVE]["calls"][0]["caller"] == caller


def test_a_look_asks_only_the_topics_of_which_something_was_told(
    board: Board, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents = [AgentState(f"PJSIP/{n}", f"PJSIP/{n}", None, "available", START, None, None, ()) for n in range(50)]
    board.take([AgentChanged(START, agent) for agent in agents])
    reader = Reader(board)
    assert len(reader.news()) > len(agents)
    asked: list[str] = []
    payload = Board.payload
    monkeypatch.setattr(
        Board,
        "payload",
        lambda self, topic, full: asked.append(topic) or payload(self, topic, full),  # type: ignore[func-returns-value]
    )
    time.passes(0.05)
    board.take([AgentChanged(START, replace(agents[7], state="paused"))])
    assert reader.news() == {}
    time.passes(0.04)
    assert reader.news() == {}
    time.passes(0.02)
    assert reader.news().keys() == {"agent/pjsip-7/state"}
    assert len([topic for topic in asked if topic.startswith("agent/")]) == 1

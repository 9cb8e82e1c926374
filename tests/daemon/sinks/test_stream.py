"""What a listener is told: the state at once, each event in order, the live calls at most once in a while."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from daemon import clock
from daemon.board.call_events import CALLS_ACTIVE, EVENT_CALL, LISTED, calls_active
from daemon.sinks.stream import BACKLOG, CLIENTS_LIMIT, Subscriber
from handlers.facts import Call, CallQueued, CallStarted, EventDoubted
from storage.call_json import iso
from tests.daemon.boards import Stream
from tests.handlers.playbook import Play
from tests.hostile import hostile_texts
from tests.storage.sample_calls import START, a_call, ended

NAMES_OF_TYPES = ["started", "ringing", "answered", "changed", "ended"]


def render(call: Call, full: bool) -> dict[str, Any]:
    return {"id": call.id, "state": call.state, "caller": call.caller if full else "•••"}


@dataclass
class Switchboard:
    """Live calls, counted each time somebody looks; a clock that a test turns."""

    calls: list[Call] = field(default_factory=list)
    looks: int = 0
    now: float = 1000.0

    def live(self) -> Iterator[Call]:
        self.looks += 1
        return iter(self.calls)


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Switchboard:
    board = Switchboard()
    monkeypatch.setattr(clock, "monotonic", lambda: board.now)
    return board


def frames(raw: bytes) -> list[tuple[str, Any]]:
    """The events of the stream in a piece of it; comments left out."""
    found = []
    for block in raw.split(b"\n\n")[:-1]:
        if not block.startswith(b":"):
            event, data = block.split(b"\n")
            found.append((event.removeprefix(b"event: ").decode(), orjson.loads(data.removeprefix(b"data: "))))
    return found


async def told(subscriber: Subscriber, at_most_s: float = 0.0) -> list[tuple[str, Any]]:
    """What comes now, without waiting for more."""
    return calls_in(await subscriber.next_frames(at_most_s))


def calls_in(raw: bytes) -> list[tuple[str, Any]]:
    """What is told of calls; the other topics have tests of their own."""
    return [(topic, payload) for topic, payload in frames(raw) if topic in {CALLS_ACTIVE, EVENT_CALL}]


def listening(sink: Stream, full: bool = False) -> Subscriber:
    subscriber = sink.subscribe(full)
    assert subscriber is not None
    return subscriber


def started(call: Call) -> CallStarted:
    return CallStarted(call.started_at, call)


async def test_a_new_listener_is_told_the_state_at_once(board: Switchboard) -> None:
    board.calls = [a_call(state="queued", answered_at=None)]
    ((topic, payload),) = await told(listening(Stream(render, board.live)))
    assert topic == "calls/active"
    assert payload.pop("ts").endswith("Z")
    assert payload == {
        "v": 1,
        "total": 1,
        "waiting": 1,
        "waiting_since": iso(START + 2.1),
        "seq": 0,
        "calls": [{"id": a_call().id, "state": "queued", "caller": "•••"}],
    }


async def test_each_event_of_a_call_comes_in_order_with_a_number_that_shows_what_was_missed() -> None:
    play = Play()
    sink = Stream(render, play.core.live_calls)
    play.far_end_hangs_up(play.incoming())
    sink.take(play.facts)
    play.facts.clear()
    subscriber = listening(sink)
    caller = play.incoming()
    leg = play.dial(caller, "PJSIP/101")
    play.ring(leg)
    play.answer(caller, leg)
    play.far_end_hangs_up(caller, leg)
    sink.take(play.facts)
    events = [payload for topic, payload in await told(subscriber) if topic == "event/call"]
    assert [event["type"] for event in events] == NAMES_OF_TYPES
    assert [event["seq"] for event in events] == [3, 4, 5, 6, 7], "a call began and ended before anybody listened"
    assert {event["call"]["id"] for event in events} == {caller}
    assert [(event["v"], event["ts"][-1]) for event in events] == [(1, "Z")] * 5


async def test_only_who_may_sees_numbers(board: Switchboard) -> None:
    board.calls = [a_call()]
    sink = Stream(render, board.live)
    all_, few = listening(sink, full=True), listening(sink)
    sink.take([started(a_call())])
    assert {str(payload) for _, payload in await told(all_)} != set()
    sink.take([started(a_call())])
    assert "89001112233" in str(await told(all_))
    assert "89001112233" not in str(await told(few))


async def test_however_much_happens_the_live_calls_are_looked_at_once_a_second(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscribers = [listening(sink) for _ in range(50)]
    for subscriber in subscribers:
        await told(subscriber)
    board.now += 60
    board.looks = 0
    for number in range(100):
        board.calls = [a_call(number)]
        sink.take([started(a_call(number))])
        assert board.looks <= 1, "nobody looks while facts are handed on"
        for subscriber in subscribers:
            await told(subscriber)
    assert board.looks == 1
    board.now += 1
    late = [await told(subscriber) for subscriber in subscribers]
    assert board.looks == 2
    assert all(found == late[0] for found in late)
    assert late[0][0][1]["calls"][0]["id"] == a_call(99).id


async def test_the_first_change_after_a_quiet_time_goes_out_at_once(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    for _ in range(10):  # the state is looked at, and it is the same
        board.now += 1.0
        assert await told(subscriber) == []
    board.now += 0.01
    board.calls = [a_call()]
    sink.take([CallQueued(START, a_call(), "support")])
    assert [topic for topic, _ in await told(subscriber)] == ["event/call", "calls/active"]


async def test_a_change_that_is_no_fact_is_told_within_a_second(board: Switchboard) -> None:
    board.calls = [a_call(state="talking")]
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    board.calls = [a_call(state="held")]
    board.now += 0.99
    assert await told(subscriber) == []
    board.now += 0.01
    ((_, payload),) = await told(subscriber)
    assert payload["calls"][0]["state"] == "held"


async def test_a_listener_that_waits_is_woken_by_what_happens(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(told(subscriber, 30.0))
        await asyncio.sleep(0)
        sink.take([started(a_call())])
        assert [topic for topic, _ in await waiting] == ["event/call"]
        waiting = tasks.create_task(told(subscriber, 30.0))
        await asyncio.sleep(0)
        board.now += 60.0
        board.calls = [a_call()]
        sink.take([CallQueued(START, a_call(), "support")])
        assert [topic for topic, _ in await waiting] == ["event/call", "calls/active"]


async def test_the_list_says_which_events_it_knows_already_though_nothing_is_left_of_them(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    board.now += 5
    sink.take([started(a_call()), ended(a_call())])
    (began, over, (topic, listed)) = await told(subscriber)
    assert (began[1]["seq"], over[1]["seq"]) == (1, 2)
    assert (topic, listed["seq"], listed["calls"]) == ("calls/active", 2, [])
    looks = board.looks
    sink.take([started(a_call(1)), ended(a_call(1))])
    await told(subscriber)
    assert board.looks == looks


async def test_silence_is_broken_by_a_comment(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    assert await subscriber.next_frames(0.0) == b": still here\n\n"


async def test_what_concerns_no_call_wakes_nobody(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    board.now += 0.5
    for _ in range(1000):
        sink.take([EventDoubted(START, "unknown_channel")])
    assert await told(subscriber) == []
    assert board.looks == 1


async def test_a_list_holds_the_oldest_calls_and_tells_how_many_there_are() -> None:
    calls = [a_call(number) for number in range(LISTED + 50)]
    rendered: list[str] = []

    def counting(call: Call, full: bool) -> dict[str, Any]:
        rendered.append(call.id)
        return render(call, full)

    payload = calls_active(calls, calls, counting, True, START)
    assert payload["total"] == LISTED + 50
    assert [call["id"] for call in payload["calls"]] == [call.id for call in calls[:LISTED]]
    assert len(rendered) == LISTED


async def test_a_listener_too_slow_for_its_backlog_is_let_go_and_keeps_nothing(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    slow, quick = listening(sink), listening(sink)
    seen = 0
    for number in range(BACKLOG + 1):
        sink.take([started(a_call(number))])
        seen += sum(topic == "event/call" for topic, _ in await told(quick))
    assert (slow.gone, quick.gone, seen) == (True, False, BACKLOG + 1)
    sink.take([started(a_call())])
    assert [topic for topic, _ in await told(slow)] == ["calls/active"]
    assert await slow.next_frames(60.0) == b""


async def test_closing_hands_out_what_came_and_then_nothing_more(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscriber = listening(sink)
    await told(subscriber)
    sink.take([ended(a_call())])
    sink.close()
    assert [topic for topic, _ in await told(subscriber)] == ["event/call"]
    assert await subscriber.next_frames(60.0) == b""


async def test_there_is_room_for_so_many_listeners_and_again_when_one_leaves(board: Switchboard) -> None:
    sink = Stream(render, board.live)
    subscribers = [listening(sink) for _ in range(CLIENTS_LIMIT)]
    assert sink.subscribe(True) is None
    sink.unsubscribe(subscribers[0])
    sink.unsubscribe(subscribers[0])
    assert sink.subscribe(True) is not None


@hostile_texts
async def test_nothing_a_caller_wrote_begins_another_event(text: str) -> None:
    hostile = a_call(caller=text, caller_name=text, queue=text, queues=(text,))
    sink = Stream(render, lambda: [hostile])
    subscriber = listening(sink, full=True)
    sink.take([started(hostile)])
    raw = await subscriber.next_frames(0.0)
    assert raw.count(b"\n") == 3 * len(frames(raw))
    assert b"\r" not in raw
    assert [topic for topic, _ in calls_in(raw)] == ["event/call", "calls/active"]


async def test_with_nobody_listening_nothing_is_rendered() -> None:
    def never(call: Call, full: bool) -> dict[str, Any]:
        raise AssertionError((call, full))

    sink = Stream(never, lambda: [a_call()])
    sink.take([started(a_call()), ended(a_call())])
    assert sink.subscribe(False) is not None

"""Publishing: events before states, finished calls acknowledged one by one, and whatever the broker does, told once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any, Literal, cast

import orjson
import pytest

from daemon import clock, mqtt_teller
from daemon.board.call_events import render_call
from daemon.board.states import State, States
from daemon.mqtt_link import Broker, MqttError, MqttRefusedError, MqttTlsError
from daemon.sinks import mqtt as mqtt_module
from daemon.sinks.mqtt import BACKLOG, MqttSink, Publishing
from daemon.sinks.mqtt_states import StateTurns
from handlers.facts import Call, CallAnswered, CallRang, CallStarted
from storage.outbox import Outbox
from tests.daemon.boards import LivePbx, a_board
from tests.daemon.http_service import logged, until
from tests.daemon.sinks.fake_broker import ROOT, FakeBroker, FakeOutbox, Naps
from tests.storage.sample_calls import START, a_call, ended

TO = Publishing(Broker("broker.example", 1883, "us", (f"{ROOT}bridge/state", b"offline")), ROOT, full=False)
STATES = 11


class Service:
    """A sink, its broker and its outbox."""

    def __init__(self, broker: FakeBroker, is_complete: Callable[[], bool] = lambda: True) -> None:
        self.broker = broker
        self.outbox = FakeOutbox()
        self.live: list[Call] = []
        self.board = a_board(LivePbx(lambda: self.live))
        self.sink = MqttSink(TO, self.board, render_call, cast("Outbox", self.outbox), is_complete)

    def take(self, *facts: Any) -> None:
        self.board.take(facts)
        self.sink.take(facts)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.sink.run())
            try:
                yield
            finally:
                await self.sink.stop(1.0)
                task.cancel()

    async def settled(self) -> None:
        """All states are told."""
        await self.broker.until(lambda: len(set(self.broker.topics()) - {"event/call"}) > STATES)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    naps = Naps()
    monkeypatch.setattr(mqtt_module, "Backoff", naps.backoff)
    return naps


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, naps: Naps) -> Service:
    broker = FakeBroker()
    monkeypatch.setattr(mqtt_module, "mqtt_session", broker.session)
    return Service(broker)


async def test_who_comes_tells_all_states_then_that_he_is_here_and_at_the_end_that_he_goes(service: Service) -> None:
    async with service.running():
        await service.settled()
    told = service.broker.told
    assert told[STATES] == ("bridge/state", b"online", 1, True)
    assert told[-1] == ("bridge/state", b"offline", 1, True)
    assert len(told) == STATES + 2
    assert {(topic, qos) for topic, _, qos, retained in told if not retained or qos == 0} == {("calls/active", 0)}
    assert service.broker.farewells == 1


async def test_a_state_that_nobody_acknowledges_is_told_behind_the_others(service: Service) -> None:
    async with service.running():
        await service.settled()
    assert service.broker.topics()[STATES - 1] == "calls/active"


class RestlessStates:
    """States that say something new at each look, as with a broker that is slower than they change."""

    due_at = 0.0
    news = 0

    def renew(self) -> None:
        pass

    def look(self) -> dict[str, State]:
        self.news += 1
        topics: dict[str, Literal[0, 1]] = {"calls/active": 0, "stats/today": 1, "queue/support/state": 1}
        return {topic: State(b"new", qos, {}, 0.0, 0.0, 0) for topic, qos in topics.items()}


async def test_no_state_waits_for_ever_behind_others_that_change_faster_than_they_are_told(service: Service) -> None:
    service.sink._states = StateTurns(cast("States", RestlessStates()))
    async with service.running():
        await service.broker.until(lambda: len(service.broker.told) > 6)
    round_ = ["stats/today", "queue/support/state", "calls/active"]
    assert service.broker.topics()[:7] == [*round_, "bridge/state", *round_]


async def test_finished_calls_and_states_that_change_wait_in_turns(service: Service) -> None:
    service.sink._states = StateTurns(cast("States", RestlessStates()))
    service.outbox.store(*range(1, 201))
    async with service.running():
        await until(lambda: len(service.outbox.acknowledged) == 200)
        topics = service.broker.topics()
    at = topics.index("bridge/state")
    assert set(topics[:at]) == {"stats/today", "queue/support/state", "calls/active"}, "first of all, and nothing else"
    later = topics[at + 1 : at + 401]
    assert later.count("event/call") == 200
    assert all((here == "event/call") != (there == "event/call") for here, there in pairwise(later))


async def test_a_broker_that_throws_away_what_we_tell_is_told_as_refusing_and_costs_no_call(
    service: Service, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = service.broker
    broker.denies = True
    broker.retained["bridge/info"] = b"of an earlier run"
    service.outbox.store(1, 2)
    monkeypatch.setattr(service.sink._probe, "_within_s", 0.01)
    with logged(monkeypatch, mqtt_teller) as lines:
        async with service.running():
            await broker.until(lambda: broker.attempts == 3)
            assert service.sink.state == "refused"
            assert set(broker.topics()) == {"bridge/info"}
            assert service.outbox.acknowledged == []
            broker.denies = False
            await until(lambda: service.outbox.acknowledged == [1, 2])
    assert [line["event"] for line in lines] == ["mqtt_refused", "mqtt_connected"]
    assert "ACL" in lines[0]["cure"]
    assert "mqtt.prefix" in lines[0]["cure"]
    assert naps.slept[:2] == [60.0, 120.0]


async def test_a_broker_that_lets_us_not_read_is_told_as_refusing_with_what_it_lacks(
    service: Service, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.broker.may_read = False
    with logged(monkeypatch, mqtt_teller) as lines:
        async with service.running():
            await service.broker.until(lambda: service.broker.attempts == 2)
            assert service.sink.state == "refused"
    assert lines[0]["reason"] == "we may not read what we publish"
    assert "readwrite" in lines[0]["cure"]


async def test_a_connection_that_is_lost_before_we_hear_ourselves_is_no_refusal(service: Service, naps: Naps) -> None:
    broker = service.broker
    broker.denies = True
    async with service.running():
        await broker.until(lambda: broker.told)
        broker.denies = False
        broker.cut()
        await service.settled()
    assert naps.slept[0] == 1.0


async def test_events_go_out_in_order_and_before_states(service: Service) -> None:
    broker = service.broker
    async with service.running():
        await service.settled()
        call = a_call(state="ringing")
        service.take(
            ended(a_call(1, started_at=clock.now())),
            CallStarted(START, call),
            CallRang(START, call),
            CallAnswered(START, call),
        )
        await broker.until(lambda: broker.topics().count("event/call") == 3)
        await broker.until(lambda: broker.topics()[-1] != "event/call")
    events = [orjson.loads(payload) for topic, payload, *_ in broker.told if topic == "event/call"]
    assert [(event["seq"], event["type"]) for event in events] == [(2, "started"), (3, "ringing"), (4, "answered")]
    first = broker.topics().index("event/call")
    assert "stats/today" in broker.topics()[first:]
    assert broker.topics()[first : first + 3] == ["event/call"] * 3
    assert {(qos, retain) for topic, _, qos, retain in broker.told if topic == "event/call"} == {(1, False)}


async def test_a_finished_call_comes_out_of_the_outbox_alone_and_is_acknowledged_once_told(service: Service) -> None:
    async with service.running():
        await service.settled()
        service.take(ended(a_call()))
        service.outbox.store(1, 2, 3)
        await until(lambda: service.outbox.acknowledged == [1, 2, 3])
    told = [payload for topic, payload, *_ in service.broker.told if topic == "event/call"]
    assert told == [b'{"id":1}', b'{"id":2}', b'{"id":3}']


async def test_what_was_not_acknowledged_when_the_line_was_cut_comes_again_and_in_order(service: Service) -> None:
    broker = service.broker
    service.outbox.store(1, 2, 3)
    broker.breaks_at = lambda topic: topic == "event/call" and broker.topics().count("event/call") == 1
    async with service.running():
        await broker.until(lambda: broker.attempts == 2)
        broker.breaks_at = lambda _topic: False
        await until(lambda: service.outbox.acknowledged == [1, 2, 3])
    assert [payload for topic, payload, *_ in broker.told if topic == "event/call"] == [
        b'{"id":1}',
        b'{"id":2}',
        b'{"id":3}',
    ]


async def test_every_state_is_told_anew_after_a_connection(service: Service) -> None:
    broker = service.broker
    async with service.running():
        await service.settled()
        first = {topic for topic, *_ in broker.told}
        broker.told.clear()
        service.live.append(a_call(state="ringing"))
        broker.cut()
        await service.settled()
        assert {topic for topic, *_ in broker.told} == first
        assert (
            next(orjson.loads(payload)["total"] for topic, payload, *_ in broker.told if topic == "calls/active") == 1
        )
        assert broker.told[STATES] == ("bridge/state", b"online", 1, True)


async def test_events_are_not_kept_for_a_broker_that_is_away_and_are_counted(service: Service) -> None:
    service.take(CallStarted(START, a_call()), ended(a_call()))
    assert service.sink.drops == {"away": 1, "slow": 0, "age": 0, "size": 0}
    async with service.running():
        await service.settled()
        service.broker.hangs_at = lambda topic: topic == "event/call"
        for _ in range(BACKLOG + 6):
            service.take(CallStarted(START, a_call()))
        assert service.sink.drops["slow"] == 6
        service.broker.cut()


async def test_a_slow_store_costs_no_event_and_is_asked_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_module, "_STORE_RETRY_S", 0.0)
    service.outbox.fails = True
    async with service.running():
        await service.settled()
        service.outbox.store(1)
        service.take(CallStarted(START, a_call()))
        await service.broker.until(lambda: "event/call" in service.broker.topics())
        assert service.outbox.acknowledged == []
        service.outbox.fails = False
        service.outbox.store(2)
        await until(lambda: service.outbox.acknowledged == [1, 2])


async def test_what_is_no_more_is_cleared_once_it_is_known_what_there_is(
    monkeypatch: pytest.MonkeyPatch, naps: Naps
) -> None:
    known = False
    broker = FakeBroker(
        retained={
            "queue/gone/state": b"{}",
            "queue/support/state": b"{}",
            "queue/empty/state": b"",
            "somebody/elses/state": b"{}",
        }
    )
    monkeypatch.setattr(mqtt_module, "mqtt_session", broker.session)
    service = Service(broker, lambda: known)
    async with service.running():
        await service.settled()
        assert "queue/gone/state" not in broker.topics()
        known = True
        service.take(CallStarted(START, a_call()))
        await broker.until(lambda: ("queue/gone/state", b"", 1, True) in broker.told)
        broker.told.clear()
        broker.cut()
        await broker.until(lambda: "bridge/state" in broker.topics())
        assert ("queue/gone/state", b"", 1, True) in broker.told[: broker.topics().index("bridge/state")]
    assert {"somebody/elses/state", "queue/empty/state"}.isdisjoint(broker.topics())


async def test_a_refusal_is_told_once_and_tried_ever_more_slowly(
    service: Service, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.broker.refuses += [MqttRefusedError("Not authorized") for _ in range(8)]
    with logged(monkeypatch, mqtt_teller) as lines:
        async with service.running():
            await service.settled()
    assert naps.slept[:8] == [60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 600.0, 600.0]
    assert [line["event"] for line in lines] == ["mqtt_refused", "mqtt_connected"]
    assert lines[0]["reason"] == "Not authorized"


async def test_a_broker_that_is_down_is_told_once_and_tried_within_a_minute(
    service: Service, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.broker.refuses += [MqttError("Connection refused") for _ in range(8)]
    service.broker.refuses.append(MqttTlsError("self-signed"))
    with logged(monkeypatch, mqtt_teller) as lines:
        async with service.running():
            await service.settled()
    assert naps.slept[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert [line["event"] for line in lines] == ["mqtt_unreachable", "mqtt_unreachable", "mqtt_connected"]
    assert "mqtt.ca_file" in lines[1]["cure"]


async def test_a_flapping_broker_is_told_as_that_once_until_a_connection_lasts(
    service: Service, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    broker = service.broker
    with logged(monkeypatch, mqtt_teller) as lines:
        async with service.running():
            for turn in range(1, 7):
                await until(lambda: service.sink.is_connected and broker.attempts == turn)  # noqa: B023 - in its turn
                now += 10.0
                broker.cut()
                await broker.until(lambda: broker.attempts == turn + 1)  # noqa: B023 - in its turn
            assert [line["event"] for line in lines] == [
                "mqtt_connected",
                "mqtt_lost",
                "mqtt_connected",
                "mqtt_flapping",
            ]
            assert naps.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
            await until(lambda: service.sink.is_connected)
            now += 61.0
            service.take(CallStarted(START, a_call()))
            await until(lambda: lines[-1]["event"] == "mqtt_connected")
            broker.cut()
            await broker.until(lambda: broker.attempts == 8)
    assert lines[5]["event"] == "mqtt_lost"
    assert naps.slept[6] == 1.0


async def test_the_stop_waits_for_a_frozen_broker_only_so_long_and_for_one_that_is_away_not_at_all(
    service: Service,
) -> None:
    await service.sink.stop(3600.0)
    other = Service(service.broker)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(other.sink.run())
        await other.settled()
        other.broker.hangs_at = lambda _topic: True
        other.take(CallStarted(START, a_call()))
        async with asyncio.timeout(60):
            await other.sink.stop(0.01)
        assert not task.done()
        task.cancel()
    assert other.broker.farewells == 0


async def test_what_is_still_to_be_told_is_told_before_the_farewell(service: Service) -> None:
    async with service.running():
        await service.settled()
        service.take(CallStarted(START, a_call()))
        service.outbox.store(1, 2)
    assert service.broker.topics()[-4:] == ["event/call", "event/call", "event/call", "bridge/state"]
    assert service.outbox.acknowledged == [1, 2]

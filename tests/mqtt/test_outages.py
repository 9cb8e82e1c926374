"""A broker that is dead, frozen or flapping: told once, in the way of nobody, and every finished call is told in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt

from tests.daemon.fake_asterisk import FakeAsterisk, new_channel
from tests.daemon.ringtally_process import STOPS_WITHIN_S, Daemon
from tests.mqtt.broker import Mosquitto, mosquitto
from tests.mqtt.listener import Listener, listening
from tests.mqtt.service import LITTLE_PATIENCE, ids, mqtt, paused, publishing, short_calls


async def heard_again(listener: Listener) -> None:
    """States are told anew after a connection."""
    await listener.hears("bridge/state", b"online")
    await listener.until(lambda: all(listener.of(topic) for topic in ("bridge/info", "calls/active", "stats/today")))


@asynccontextmanager
async def back_again(broker: Mosquitto, daemon: Daemon) -> AsyncIterator[Listener]:
    """The broker is back, and somebody listens to it before the daemon can find it."""
    with paused(daemon):
        await broker.start()
        listening_again = listening(broker.port)
        listener = await listening_again.__aenter__()
    try:
        yield listener
    finally:
        await listening_again.__aexit__(None, None, None)


async def test_what_ends_while_the_broker_is_dead_is_told_once_and_in_order_when_it_is_back(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        async with listening(broker.port) as listener:
            await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
            short_calls(pbx, ids(0, 5))
            await listener.until(lambda: listener.ended == ids(0, 5))
        await broker.kill()
        await daemon.told("mqtt_lost")
        short_calls(pbx, ids(5, 100))
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 100.0")
        await daemon.until("/metrics", 'ringtally_mqtt_dropped_messages_total{reason="away"} 100.0')
        async with back_again(broker, daemon) as listener:
            await heard_again(listener)
            await listener.until(lambda: len(listener.ended) >= 100)
            short_calls(pbx, ids(105, 1))
            await listener.until(lambda: ids(105, 1)[0] in listener.ended)
            assert listener.ended == ids(5, 101)
            assert len({event["event_id"] for event in listener.events}) == len(listener.events)
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
        assert len(daemon.events("mqtt_lost")) == 1
        assert len(daemon.events("mqtt_unreachable")) <= 1
        assert len(daemon.events("mqtt_connected")) == 2


async def test_after_an_outage_the_states_of_now_come_first_then_online_then_what_waited(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
        await broker.kill()
        await daemon.told("mqtt_lost")
        short_calls(pbx, ids(0, 300))
        pbx.sessions[-1].send(new_channel("1795459999.1"))
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 300.0")
        await daemon.until("/metrics", 'ringtally_mqtt_dropped_messages_total{reason="away"} 301.0')
        async with back_again(broker, daemon) as listener:
            await listener.until(lambda: len(listener.ended) == 300)
            assert listener.ended == ids(0, 300)
        topics = [each.topic for each in listener.heard]
        states = {each.topic for each in listener.heard} - {"bridge/state", "event/call"}
        assert states <= set(topics[: topics.index("bridge/state")])
        assert topics.index("bridge/state") < topics.index("event/call")
        assert next(each.json["total"] for each in listener.of("calls/active")) == 1


async def test_a_daemon_that_is_restarted_during_the_outage_forgets_nothing(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx:
        broker = Mosquitto(tmp_path)
        for run in range(2):
            async with publishing(tmp_path, pbx, mqtt(broker.port)) as daemon:
                await daemon.told("mqtt_unreachable")
                short_calls(pbx, ids(10 * run, 10))
                await daemon.until("/metrics", f"ringtally_mqtt_outbox_messages {10 * run + 10}.0")
                assert await daemon.stop() == 0
        await broker.start()
        async with (
            listening(broker.port) as listener,
            publishing(tmp_path, pbx, mqtt(broker.port, 'numbers = "full"\n')),
        ):
            await listener.until(lambda: len(listener.ended) >= 20)
            assert listener.ended == ids(0, 20)
            assert {event["call"]["caller"] for event in listener.events} == {"7900•••2233"}, "masked when it was kept"
        await broker.kill()


async def test_a_frozen_broker_holds_up_nobody_is_told_once_and_gets_it_all_when_it_goes_on(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, patience=LITTLE_PATIENCE)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        broker.freeze()
        short_calls(pbx, ids(0, 30))
        await daemon.told("mqtt_lost")
        # The rest goes on: calls are counted and stored, and so is what is to be published.
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 30.0")
        await daemon.until("/metrics", "ringtally_mqtt_connected 0.0")
        await daemon.told("mqtt_unreachable")
        assert (await daemon.get("/-/ready"))[0] == 200
        broker.thaw()
        await listener.until(lambda: set(listener.ended) == set(ids(0, 30)))
        first = list(dict.fromkeys(listener.ended))
        assert first == ids(0, 30)
        await listener.hears("bridge/state", b"online")
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
        assert len(daemon.events("mqtt_lost")) == 1
        assert len(daemon.events("mqtt_unreachable")) == 1


async def test_a_frozen_broker_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        broker.freeze()
        short_calls(pbx, ids(0, 3))
        await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 3.0")
        assert await daemon.stop(within_s=STOPS_WITHIN_S) == 0
        broker.thaw()
        await listener.hears("bridge/state", b"offline")


async def test_a_flapping_broker_is_told_as_that_and_then_no_more(tmp_path: Path) -> None:
    told: list[str] = []
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        for turn in range(5):
            await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
            await broker.kill()
            await daemon.until("/metrics", "ringtally_mqtt_connected 0.0")
            short_calls(pbx, ids(turn, 1))
            await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 1.0")
            async with back_again(broker, daemon) as listener:
                await listener.until(lambda: listener.ended)
                told += listener.ended
                await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 0.0")
        assert told == ids(0, 5)
        assert len(daemon.events("mqtt_flapping")) == 1
        assert len(daemon.events("mqtt_lost")) == 1
        assert len(daemon.events("mqtt_connected")) == 2
        assert len(daemon.events("mqtt_unreachable")) <= 1


async def test_what_is_over_the_bound_is_dropped_from_the_oldest_and_counted(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx:
        broker = Mosquitto(tmp_path)
        async with publishing(tmp_path, pbx, mqtt(broker.port, "outbox_max = 40\n")) as daemon:
            await daemon.told("mqtt_unreachable")
            short_calls(pbx, ids(0, 30))
            await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 30.0")
            short_calls(pbx, ids(30, 30))
            await daemon.until("/metrics", 'ringtally_mqtt_dropped_messages_total{reason="size"} 20.0')
            await daemon.until("/metrics", "ringtally_mqtt_outbox_messages 40.0")
            async with back_again(broker, daemon) as listener:
                await listener.until(lambda: len(listener.ended) >= 40)
                assert listener.ended == ids(20, 40)
        await broker.kill()


async def test_another_client_with_our_id_throws_us_out_and_costs_no_call(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        for turn in range(8):
            await daemon.until("/metrics", "ringtally_mqtt_connected 1.0")
            short_calls(pbx, ids(20 * turn, 20))
            async with aiomqtt.Client("127.0.0.1", broker.port, identifier="ringtally-office"):
                await broker.until("already connected, closing old connection", turn + 1)
        await listener.until(lambda: len(set(listener.ended)) == 160)
        assert list(dict.fromkeys(listener.ended)) == ids(0, 160)
        await listener.hears("bridge/state", b"online")
        assert len(daemon.events("mqtt_flapping")) == 1
        assert len(daemon.events("mqtt_lost")) == 1

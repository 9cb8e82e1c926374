"""Being there and being gone: who listens always knows which, and nothing stays behind of what is no more."""

import asyncio
import signal
from pathlib import Path

from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk, new_channel
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import ROOT, listening
from tests.mqtt.service import ids, mqtt, publishing, short_calls


async def test_a_daemon_that_is_killed_leaves_its_last_will(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        assert await daemon.stop(signal.SIGKILL) == -signal.SIGKILL
        await listener.hears("bridge/state", b"offline")
        await broker.until("closed its connection")
        async with listening(broker.port) as newcomer:
            await newcomer.hears("bridge/state", b"offline")
            assert newcomer.of("bridge/state")[0].retained


async def test_a_daemon_that_stops_says_so_itself_after_its_last_calls(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port)) as daemon,
    ):
        await listener.hears("bridge/state", b"online")
        over = ids(0, 20)
        short_calls(pbx, over)
        await daemon.until("/metrics", 'ringtally_calls_total{direction="in",result="ivr_only",trunk="town"}')
        await listener.until(lambda: any(event["type"] == "started" for event in listener.events))
        assert await daemon.stop() == 0
        await listener.hears("bridge/state", b"offline")
        assert listener.ended == over[: len(listener.ended)]
        assert listener.heard[-1].topic == "bridge/state"
        await broker.until("Client ringtally-office disconnected.")
        # What was not told in time is told next time.
        async with publishing(tmp_path, pbx, mqtt(broker.port)):
            await listener.until(lambda: set(listener.ended) == set(over))


async def test_who_reads_online_has_the_states_of_now_and_nothing_of_before(tmp_path: Path) -> None:
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker:
        async with listening(broker.port) as board, publishing(tmp_path, pbx, mqtt(broker.port)) as daemon:
            pbx.sessions[-1].send(new_channel("1795450260.1"))
            await board.until(lambda: any(each.json["total"] == 1 for each in board.of("calls/active")))
            assert await daemon.stop(signal.SIGKILL) == -signal.SIGKILL
            await board.hears("bridge/state", b"offline")
        async with listening(broker.port) as board:
            await board.hears("bridge/state", b"offline")
            await board.until(lambda: board.of("calls/active"))
            assert board.of("calls/active")[-1].json["total"] == 1, "what was before"
            async with publishing(tmp_path, pbx, mqtt(broker.port)):
                await board.hears("bridge/state", b"online")
                retained = {each.topic for each in board.heard if each.retained}
                told_since = [each.topic for each in board.heard if not each.retained]
                told = set(told_since[: told_since.index("bridge/state")])
                assert retained <= told | {"bridge/state"}
                assert {"bridge/info", "bridge/health", "calls/active", "stats/today", "trunk/town/state"} <= told
                # What lived is taken up, and lives until the PBX says otherwise.
                await board.until(lambda: board.of("calls/active")[-1].json["total"] == 0)


async def test_what_an_earlier_run_left_and_is_no_more_is_cleared_once_the_pbx_has_spoken(tmp_path: Path) -> None:
    import aiomqtt

    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker:
        async with aiomqtt.Client("127.0.0.1", broker.port) as earlier:
            for topic in (
                "queue/gone/state",
                "trunk/gone/state",
                "department/gone/state",
                "agent/gone/state",
                "queue/support/state",
            ):
                await earlier.publish(ROOT + topic, b"{}", qos=1, retain=True)
            await earlier.publish(f"{ROOT}somebody/elses/state", b"{}", qos=1, retain=True)
        login = pbx.answers.pop("Login")
        pbx.answers["Login"] = lambda _session, _action: b""
        async with listening(broker.port, of_others=(b"{}",)) as listener, asyncio.TaskGroup() as tasks:

            async def run() -> None:
                async with publishing(tmp_path, pbx, mqtt(broker.port)):
                    await listener.until(lambda: sum(not each.payload for each in listener.heard) == 4)

            running = tasks.create_task(run())
            await listener.until(lambda: any(each.topic == "stats/today" for each in listener.heard))
            assert all(each.payload for each in listener.heard), "who knows what the PBX has?"
            pbx.answers["Login"] = login
            pbx.sessions[-1].close()
            await running
        async with listening(broker.port, of_others=(b"{}",)) as newcomer:
            await newcomer.until(lambda: newcomer.of("stats/today"))
            assert {each.topic for each in newcomer.heard if "gone" in each.topic} == set()
            assert newcomer.of("somebody/elses/state")


async def test_a_queue_that_the_pbx_names_gets_a_topic_and_one_named_by_a_number_none(tmp_path: Path) -> None:
    def queue(name: str) -> str:
        return (
            f"QueueParams\r\nQueue: {name}\r\nMax: 0\r\nStrategy: ringall\r\nCalls: 0\r\nHoldtime: 0\r\nTalkTime: 0\r\n"
            f"Completed: 0\r\nAbandoned: 0\r\nServiceLevel: 0\r\nServicelevelPerf: 0.0\r\nServicelevelPerf2: 0.0\r\n"
            "Weight: 0\r\nActionID: {id}"
        )

    from tests.daemon.fake_asterisk import listed

    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker, listening(broker.port) as listener:
        pbx.answers["QueueStatus"] = lambda _session, action: listed(
            action, "QueueStatusComplete", [queue("Продажи"), queue("74951112233"), queue("sup/port")]
        )
        async with publishing(tmp_path, pbx, mqtt(broker.port)):
            await listener.until(lambda: listener.of("queue/prodazhi/state") and listener.of("queue/sup-port/state"))
            pbx.sessions[-1].send(b"".join(lines("08-queue-abandon")))
            await listener.until(lambda: listener.ended)
            await listener.until(
                lambda: (
                    {"Продажи", "sup/port"} <= {each["name"] for each in listener.of("bridge/info")[-1].json["queues"]}
                )
            )
        assert not [each.topic for each in listener.heard if "7495" in each.topic]

"""Missed callers on a real broker: the list is retained, and what happened to a case outlives broker and daemon."""

from pathlib import Path

import aiomqtt

from daemon import clock
from storage.call_json import iso
from tests.daemon.app_service import lines
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.mqtt.broker import mosquitto
from tests.mqtt.listener import listening
from tests.mqtt.service import mqtt, publishing
from tests.mqtt.test_outages import back_again


async def test_the_list_is_retained_and_a_deadline_that_passed_with_broker_and_daemon_away_is_told_once(
    tmp_path: Path,
) -> None:
    section = '[follow_up]\nwindow = "8s"\n'
    async with FakeAsterisk(steady=True) as pbx, mosquitto(tmp_path) as broker:
        settings = mqtt(broker.port) + section
        async with listening(broker.port) as listener, publishing(tmp_path, pbx, settings) as daemon:
            await listener.hears("bridge/state", b"online")
            pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
            await listener.until(lambda: any(each.payload == b"1" for each in listener.of("missed/count")))
            await listener.until(lambda: bool(listener.of("event/missed")))
            (event,) = listener.of("event/missed")
            assert (event.json["type"], event.qos, event.retained) == ("missed", 1, False)
            assert event.json["case"]["number"] == "+7900•••2233"
            await listener.until(lambda: listener.of("missed/open")[-1].json["total"] == 1)
            due_at = listener.of("missed/open")[-1].json["cases"][0]["due_at"]
            assert await daemon.stop() == 0
        await broker.kill()
        async with publishing(tmp_path, pbx, settings) as daemon:
            await daemon.until("/metrics", 'ringtally_missed_cases_waiting{state="truly_missed"} 1.0')
            async with back_again(broker, daemon) as listener:
                await listener.until(lambda: bool(listener.of("event/missed")) and bool(listener.of("missed/open")))
                assert listener.of("missed/open")[-1].json["cases"][0]["state"] == "truly_missed"
                (event,) = listener.of("event/missed")
                assert (event.json["type"], event.json["at"]) == ("truly_missed", due_at)
            assert await daemon.stop() == 0


async def test_a_contact_that_another_program_tells_the_broker_closes_the_case(tmp_path: Path) -> None:
    async with (
        FakeAsterisk(steady=True) as pbx,
        mosquitto(tmp_path) as broker,
        listening(broker.port) as listener,
        publishing(tmp_path, pbx, mqtt(broker.port, "accept_contacts = true\n")) as daemon,
        aiomqtt.Client("127.0.0.1", broker.port) as other,
    ):
        await listener.hears("bridge/state", b"online")
        pbx.sessions[-1].send(b"".join(lines("05-direct-caller-abandons")))
        await listener.until(lambda: any(each.payload == b"1" for each in listener.of("missed/count")))
        for bad in (b"{", b"[]", b'{"number": "Ivan", "by": "Anna"}'):
            await other.publish("ringtally/office/contact/in", bad, qos=1)
        await daemon.told("contact_refused")
        for _ in range(2):
            contact = b'{"number": "8 900 111-22-33", "at": "%s", "by": "Anna"}' % (iso(clock.now()) or "").encode()
            await other.publish("ringtally/office/contact/in", contact, qos=1)
        await listener.until(lambda: listener.of("missed/count")[-1].payload == b"0")
        await listener.until(lambda: len(listener.of("event/missed")) > 1)
        types = [event.json["type"] for event in listener.of("event/missed")]
        assert types == ["missed", "recovered"]
        assert len(daemon.events("contact_refused")) == 1

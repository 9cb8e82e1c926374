"""What the operator is told of the broker: each thing once in an outage."""

import pytest

from daemon import mqtt_teller
from daemon.mqtt_link import Broker
from daemon.mqtt_teller import MqttTeller
from tests.daemon.http_service import logged

BROKER = Broker("broker.example", 1883, "us", ("root/bridge/state", b"offline"))
LOOK, CERTIFICATE = "check mqtt.host", "check mqtt.ca_file"


def test_an_outage_whose_reasons_alternate_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    teller = MqttTeller(BROKER)
    with logged(monkeypatch, mqtt_teller) as lines:
        for _ in range(3):
            teller.failed("unreachable", "no answer in time", LOOK)
            teller.failed("unreachable", "Temporary failure in name resolution", LOOK)
        assert [line["reason"] for line in lines] == ["no answer in time"]
        teller.connected()
        teller.failed("unreachable", "no answer in time", LOOK)  # the line is lost
        teller.failed("unreachable", "Temporary failure in name resolution", LOOK)
    assert [line["event"] for line in lines[1:]] == ["mqtt_connected", "mqtt_lost", "mqtt_unreachable"]


def test_another_thing_to_do_is_told_and_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    teller = MqttTeller(BROKER)
    with logged(monkeypatch, mqtt_teller) as lines:
        for _ in range(3):
            teller.failed("unreachable", "Connection refused", LOOK)
            teller.failed("unreachable", "self-signed", CERTIFICATE)
            teller.failed("refused", "Not authorized", "check mqtt.password")
    assert [line["cure"] for line in lines] == [LOOK, CERTIFICATE, "check mqtt.password"]


def test_what_is_refused_beside_the_rest_is_told_once_and_the_connection_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teller = MqttTeller(BROKER)
    teller.connected()
    with logged(monkeypatch, mqtt_teller) as lines:
        for _ in range(3):
            teller.refused_beside("homeassistant/device/us/config", "Not authorized to publish")
    assert [line["event"] for line in lines] == ["mqtt_home_assistant_refused"]
    assert "write on homeassistant/device/us/config, or set mqtt.home_assistant = false" in lines[0]["cure"]
    assert teller.state == "connected"

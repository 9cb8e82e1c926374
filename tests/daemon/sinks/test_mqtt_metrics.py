"""What Prometheus learns of the broker."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest

from daemon.sinks.mqtt_metrics import MqttCollector


@dataclass
class Publisher:
    is_connected: bool = True
    waiting: int = 7
    drops: dict[str, int] = field(default_factory=lambda: {"away": 3, "slow": 0, "age": 0, "size": 5})


def test_the_link_what_waits_and_what_was_given_up() -> None:
    registry, publisher = CollectorRegistry(), Publisher()
    registry.register(MqttCollector(publisher))
    said = generate_latest(registry).decode().splitlines()
    assert "ringtally_mqtt_connected 1.0" in said
    assert "ringtally_mqtt_outbox_messages 7.0" in said
    assert 'ringtally_mqtt_dropped_messages_total{reason="away"} 3.0' in said
    assert 'ringtally_mqtt_dropped_messages_total{reason="size"} 5.0' in said
    publisher.is_connected = False
    assert b"ringtally_mqtt_connected 0.0" in generate_latest(registry)

"""Metrics of the broker's side: is it there, what waits for it, what it never got."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Publisher(Protocol):
    """What the publisher tells of itself."""

    @property
    def is_connected(self) -> bool:
        """Is there a broker?"""

    @property
    def waiting(self) -> int:
        """Finished calls that the broker does not have yet."""

    @property
    def drops(self) -> dict[str, int]:
        """Messages that were given up, by reason."""


class MqttCollector(Collector):
    """Read at each scrape; single numbers, so that any thread may."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def collect(self) -> Iterable[Metric]:
        """As of now."""
        publisher = self._publisher
        yield GaugeMetricFamily(
            "ringtally_mqtt_connected", "1 while the broker is connected.", value=float(publisher.is_connected)
        )
        yield GaugeMetricFamily(
            "ringtally_mqtt_outbox_messages",
            "Finished calls that the broker does not have yet.",
            value=publisher.waiting,
        )
        dropped = CounterMetricFamily(
            "ringtally_mqtt_dropped_messages", "Messages that were given up, by reason.", labels=["reason"]
        )
        for reason, count in publisher.drops.items():
            dropped.add_metric([reason], count)
        yield dropped

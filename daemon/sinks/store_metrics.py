"""Metrics of the store: does it take calls, what waits for it, what it never got."""

from collections.abc import Iterable
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.writer import Health


class Store(Protocol):
    """What the writer tells of itself."""

    @property
    def health(self) -> Health:
        """How the storing goes at this moment."""


class StoreCollector(Collector):
    """Read at each scrape; single numbers, so that any thread may."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        """As of now."""
        health = self._store.health
        yield GaugeMetricFamily(
            "ringtally_store_degraded", "1 while the database takes nothing.", value=float(health.state == "degraded")
        )
        yield GaugeMetricFamily(
            "ringtally_store_waiting_calls", "Calls taken and not yet stored.", value=health.waiting
        )
        yield CounterMetricFamily(
            "ringtally_store_dropped_calls", "Calls given up because too many waited.", value=health.dropped
        )
        yield CounterMetricFamily(
            "ringtally_store_refused_calls", "Calls that the database refused for what they say.", value=health.refused
        )
        yield CounterMetricFamily(
            "ringtally_store_set_aside", "Damaged database files that were set aside.", value=health.set_aside
        )

"""Metrics of the store: does it take calls, what waits for it, what it never got."""

import os
from collections.abc import Iterable
from pathlib import Path
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
    """Read at each scrape; single numbers, so that any thread may. `path`: the database's file."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        self._path = path

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
        yield from self._disk()

    def _disk(self) -> Iterable[Metric]:
        """No sample of what cannot be looked at: a 0 would be taken for a full disk."""
        free = GaugeMetricFamily("ringtally_store_free_bytes", "Room on the database's disk for who runs ringtally.")
        size = GaugeMetricFamily("ringtally_store_size_bytes", "The database's files.")
        try:
            disk = os.statvfs(self._path.parent)
            files = [self._path, self._path.with_name(f"{self._path.name}-wal")]
            size.add_metric([], sum(file.stat().st_size for file in files if file.exists()))
        except OSError:
            return
        free.add_metric([], disk.f_bavail * disk.f_frsize)
        yield free
        yield size

"""Who is turned away by the HTTP server, counted by reason; told the operator at once, and then once a minute at most."""

from collections.abc import Iterable

import structlog
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon import clock

TOLD_EVERY_S = 60.0
REASONS = (
    *("password", "token", "too_many_failures", "busy"),
    *("too_many_requests", "too_many_connections", "silent", "slow_body", "no_turn", "host", "origin", "tls"),
)
log = structlog.get_logger()


class Refusals:
    """Counts by one of `REASONS`. A flood of refusals is a line a minute in the log, whoever sends it."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(REASONS, 0)
        self._told: dict[str, tuple[float, int]] = {}

    def count(self, reason: str) -> None:
        """Somebody was turned away."""
        self.counts[reason] += 1

    def tell(self, reason: str, cure: str, **about: object) -> None:
        """Say in the log that somebody is, unless that was said within the last minute."""
        now, count = clock.monotonic(), self.counts[reason]
        told_at, told_count = self._told.get(reason, (-TOLD_EVERY_S, 0))
        if now - told_at >= TOLD_EVERY_S:
            self._told[reason] = (now, count)
            log.warning("http_refused", reason=reason, times=max(count - told_count, 1), cure=cure, **about)


class RefusalCollector(Collector):
    """Read at each scrape; single numbers, so that any thread may."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def collect(self) -> Iterable[Metric]:
        """As of now."""
        refused = CounterMetricFamily(
            "ringtally_http_refused", "Requests and connections that were turned away, by reason.", labels=["reason"]
        )
        for reason, count in self._refusals.counts.items():
            refused.add_metric([reason], count)
        yield refused

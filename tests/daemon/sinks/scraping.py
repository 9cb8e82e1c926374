"""A metrics sink as the daemon has one, and its exposition read back by prometheus_client's own parsers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from daemon.sinks.metrics import Goals, MetricsSink
from handlers.facts import Call

OPEN_METRICS = "application/openmetrics-text;version=1.0.0"


@dataclass
class SilentLink:
    """A link on which nothing was heard yet but that we are logged in."""

    connected: bool = True
    connects: int = 0
    gap_s: float = 0.0
    last_event_at: float | None = None
    events: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    denied: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    excess_rights: int = 0
    clock_ahead_s: float = 0.0


@dataclass
class StillPbx:
    """A PBX with these calls and queues."""

    calls: list[Call] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    callers: list[tuple[str, float]] = field(default_factory=list)

    def glances(self) -> Iterator[Call]:
        return iter(self.calls)

    def waiting(self) -> Iterator[tuple[str, float]]:
        return iter(self.callers)

    def queues(self) -> list[str]:
        return self.names


def a_sink(pbx: Any = None, goals: Goals | None = None, **options: Any) -> tuple[MetricsSink, CollectorRegistry]:
    registry = CollectorRegistry()
    sink = MetricsSink(registry, pbx or StillPbx(), "1.2.3", goals=goals or Goals(20.0, 0.8), **options)
    return sink, registry


async def scrape(sink: MetricsSink, now: float = 0.0, link: SilentLink | None = None) -> dict[str, Metric]:
    """The families that one scrape gives, by name; OpenMetrics, whose parser is the strict one."""
    body, _ = await sink.render(link or SilentLink(), now, OPEN_METRICS)
    return {family.name: family for family in parsed(body)}


def parsed(body: bytes) -> Iterable[Metric]:
    """The families of an exposition in OpenMetrics."""
    families: Iterable[Metric] = text_string_to_metric_families(body.decode())  # type: ignore[no-untyped-call]  # theirs
    return families


def series(families: Iterable[Metric]) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Which series there are: names with labels, no values."""
    return {(s.name, tuple(sorted(s.labels.items()))) for family in families for s in family.samples}


def values(family: Metric) -> dict[tuple[str, ...], float]:
    """The values of a plain counter or gauge by its labels, in the alphabetical order of their names."""
    return {tuple(value for _, value in sorted(s.labels.items())): s.value for s in family.samples}

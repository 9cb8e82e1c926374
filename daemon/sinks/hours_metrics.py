"""Metrics of working hours: is it open now? Alerts that mean nothing at night ask for it."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from handlers.working_time import WorkingTime


class HoursCollector(Collector):
    """As of the last `refresh`, which belongs to the loop's thread; `collect` to any.

    Where the settings name no working hours nobody knows when a site is open: there is no sample then.
    """

    def __init__(self, working_time: WorkingTime | None) -> None:
        self._metrics: Sequence[Metric] = ()
        self.learn(working_time)

    def learn(self, working_time: WorkingTime | None) -> None:
        """Settings."""
        self._working_time = working_time

    def refresh(self, now: float) -> None:
        """Take whether it is open at `now`, epoch seconds."""
        hours = self._working_time
        if hours is None:
            self._metrics = ()
            return
        self._metrics = (
            GaugeMetricFamily(
                "ringtally_site_open",
                "1 in working hours, 0 outside; none: the settings name no hours.",
                value=float(hours.is_open(now)),
            ),
        )

    def collect(self) -> Iterable[Metric]:
        """What was taken last."""
        return self._metrics

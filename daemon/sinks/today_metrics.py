"""The figures of the local day, as gauges and summaries (contract, section 7): what a restart does not bend, and five calls do not blur.

Counters begin at 0 with each start, and `increase()` over a day guesses what it did not see. These are what the wallboard shows too:
counted from midnight on, out of the database again after a restart, and quantiles of all durations, not of buckets.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from daemon.board.day import Day
from daemon.board.day_spread import INTERNAL, Durations
from daemon.board.missed import CaseDay
from daemon.sinks.label_names import LabelNames
from handlers.case_facts import CONTACT_KINDS
from handlers.facts import DIRECTIONS, RESULTS, STAY_OUTCOMES

QUANTILES = (0.5, 0.9)
OUTCOMES = ("answered", "missed")
SHORT = "short_abandoned"
_NONE = Durations()

Spread = Mapping[tuple[str, ...], Durations]


class DayKeeper(Protocol):
    """Who begins days."""

    cases_today: CaseDay

    def roll(self) -> None:
        """Begin anew if this is another day."""


class TodayCollector(Collector):
    """`refresh` belongs to the loop's thread, `collect` to any: what is handed out is never changed again, only replaced."""

    def __init__(self, day: Day, keeper: DayKeeper, trunks: LabelNames, queues: LabelNames) -> None:
        self._day = day
        self._keeper = keeper
        self._trunks = trunks
        self._queues = queues
        self._metrics: Sequence[Metric] = ()

    def refresh(self) -> None:
        """Take the day as it stands."""
        self._keeper.roll()
        self._metrics = (*self._calls(), *self._durations(), *self._of_queues(), *self._level(), *self._cases())

    def collect(self) -> Iterable[Metric]:
        """What was taken last."""
        return self._metrics

    def _lines(self, direction: str) -> Iterable[str]:
        return (INTERNAL,) if direction == "internal" else self._trunks

    def _calls(self) -> Iterable[Metric]:
        counted = self._day.spread
        yield GaugeMetricFamily(
            "ringtally_today_start_timestamp_seconds",
            "The midnight, in the site's time zone, since which today's figures count.",
            value=self._day.since,
        )
        calls = GaugeMetricFamily(
            "ringtally_today_calls", "Finished calls that began today.", labels=["direction", "trunk", "result"]
        )
        for direction in DIRECTIONS:
            found = _folded_counts({k: n for k, n in counted.calls.items() if k[0] == direction}, 1, self._trunks)
            for line, result in product(self._lines(direction), RESULTS[direction]):
                calls.add_metric([direction, line, result], found[direction, line, result])
        yield calls
        incoming = GaugeMetricFamily(
            "ringtally_today_incoming_calls",
            "Incoming calls that began today, by what they came to.",
            labels=["trunk", "outcome"],
        )
        outcomes = _folded_counts(counted.incoming, 0, self._trunks)
        for key in product(self._trunks, OUTCOMES):
            incoming.add_metric(key, outcomes[key])
        yield incoming

    def _durations(self) -> Iterable[Metric]:
        counted = self._day.spread
        yield _summary(
            "ringtally_today_call_wait_seconds",
            "Wait of incoming calls that began today.",
            ("trunk", "outcome"),
            product(self._trunks, OUTCOMES),
            _folded(counted.waits, 0, self._trunks),
        )
        yield _summary(
            "ringtally_today_call_talk_seconds",
            "Talk of answered calls that began today.",
            ("direction", "trunk"),
            ((direction, line) for direction in DIRECTIONS for line in self._lines(direction)),
            _folded(counted.talks, 1, self._trunks),
        )

    def _of_queues(self) -> Iterable[Metric]:
        counts: Counter[tuple[str, ...]] = Counter()
        in_time: Counter[str] = Counter()
        for name, sums in self._day.stay_sums().items():
            queue = self._queues.label(name)
            for outcome, count in (*sums.outcomes.items(), (SHORT, sums.short)):
                counts[queue, outcome] += count
            in_time[queue] += sums.within
        stays = GaugeMetricFamily(
            "ringtally_today_queue_stays",
            "Stays in queues that began today, by how they ended.",
            labels=["queue", "outcome"],
        )
        for key in product(self._queues, (*STAY_OUTCOMES, SHORT)):
            stays.add_metric(key, counts[key])
        yield stays
        within = GaugeMetricFamily(
            "ringtally_today_queue_answered_within_threshold",
            "Stays that began today and were answered within the service level's threshold.",
            labels=["queue"],
        )
        for queue in self._queues:
            within.add_metric([queue], in_time[queue])
        yield within
        yield _summary(
            "ringtally_today_queue_wait_seconds",
            "Length of stays in queues that began today, short abandons left out.",
            ("queue", "outcome"),
            product(self._queues, STAY_OUTCOMES),
            _folded(self._day.spread.stays, 0, self._queues),
        )

    def _level(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "ringtally_today_rated_calls", "Calls of today that the site's service level counts.", value=self._day.rated
        )
        yield GaugeMetricFamily(
            "ringtally_today_answered_in_time_calls",
            "Those among them that were answered within the threshold.",
            value=self._day.in_time,
        )

    def _cases(self) -> Iterable[Metric]:
        cases = self._keeper.cases_today
        figures = cases.figures
        for name, about in (
            ("missed_cases", "Callers who were missed: cases that began today."),
            ("truly_missed_cases", "Cases whose time ran out today without a contact."),
            ("callback_attempts", "Call-backs of today that did not reach a missed caller."),
        ):
            yield GaugeMetricFamily(f"ringtally_today_{name}", about, value=figures[name])
        recovered = GaugeMetricFamily(
            "ringtally_today_recovered_cases",
            "Cases that ended with a contact today; late: after their time.",
            labels=["late"],
        )
        recovered.add_metric(["no"], figures["recovered_cases"])
        recovered.add_metric(["yes"], figures["recovered_late_cases"])
        yield recovered
        yield _summary(
            "ringtally_today_missed_contact_seconds",
            "Working time from the first miss to the contact, of the contacts of today.",
            ("contact",),
            ((kind,) for kind in CONTACT_KINDS),
            {(kind,): durations for kind, durations in cases.contacts.items()},
        )


def _with_label(key: tuple[str, ...], place: int, names: LabelNames) -> tuple[str, ...]:
    """A key with the label of the name at a place; what is within the house has none."""
    return key if key[place] == INTERNAL else (*key[:place], names.label(key[place]), *key[place + 1 :])


def _folded_counts(counts: Mapping[tuple[str, ...], int], place: int, names: LabelNames) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for key, count in counts.items():
        found[_with_label(key, place, names)] += count
    return found


def _folded(spread: Spread, place: int, names: LabelNames) -> Spread:
    """By labels: what has none of its own is together under `other`."""
    found: dict[tuple[str, ...], Durations] = {}
    for key, durations in spread.items():
        label = _with_label(key, place, names)
        found[label] = found[label] + durations if label in found else durations
    return found


def _summary(name: str, about: str, labels: Sequence[str], keys: Iterable[tuple[str, ...]], spread: Spread) -> Metric:
    """Counts and sums at 0 from the start; quantiles once there is one to tell."""
    family = SummaryMetricFamily(name, about, labels=labels)
    for values in keys:
        durations = spread.get(values, _NONE)
        its = dict(zip(labels, values, strict=True))
        for share in QUANTILES:
            value = durations.quantile_s(share)
            if value is not None:
                family.add_sample(name, its | {"quantile": str(share)}, value)
        family.add_metric(values, count_value=durations.count, sum_value=durations.sum_s)
    return family

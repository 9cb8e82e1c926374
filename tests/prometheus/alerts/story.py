"""Stories of sites: what a daemon tells from minute to minute, and which alerts fire when."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TARGET = 'instance="pbx:9796", job="ringtally"'
Values = Sequence[float | None]
# A site in working hours with which nothing is wrong, and nobody calls.
WELL: dict[str, float] = {
    "up": 1,
    # Long ago: the time of a test begins at 0.
    "process_start_time_seconds": -100_000,
    "ringtally_ami_connected": 1,
    "ringtally_ami_connects_total": 1,
    'ringtally_ami_events_total{event="Newchannel"}': 0,
    'ringtally_ami_events_total{event="AgentComplete"}': 0,
    'ringtally_ami_action_denied{action="QueueStatus"}': 0,
    'ringtally_ami_events_withheld{class="agent"}': 0,
    "ringtally_ami_excess_rights": 0,
    "ringtally_ami_clock_ahead_seconds": 0,
    "ringtally_site_open": 1,
    'ringtally_calls_total{direction="in", trunk="town", result="answered"}': 0,
    'ringtally_calls_total{direction="out", trunk="town", result="answered"}': 0,
    'ringtally_calls_total{direction="out", trunk="town", result="failed"}': 0,
    'ringtally_queue_offered_total{queue="support"}': 0,
    'ringtally_queue_answered_within_threshold_total{queue="support"}': 0,
    'ringtally_service_level_threshold_seconds{queue="support"}': 20,
    'ringtally_service_level_goal_ratio{queue="support"}': 0.8,
    'ringtally_queue_callers_waiting{queue="support"}': 0,
    'ringtally_queue_longest_wait_seconds{queue="support"}': 0,
    'ringtally_queue_members{queue="support", state="available"}': 2,
    'ringtally_queue_members{queue="support", state="talking"}': 0,
    'ringtally_queue_members{queue="support", state="paused"}': 0,
    'ringtally_queue_members{queue="support", state="unavailable"}': 0,
    'ringtally_truly_missed_cases_total{trunk="town"}': 0,
    "ringtally_missed_oldest_case_working_age_seconds": 0,
    "ringtally_store_degraded": 0,
    "ringtally_store_waiting_calls": 0,
    "ringtally_store_dropped_calls_total": 0,
    "ringtally_store_refused_calls_total": 0,
    "ringtally_store_set_aside_total": 0,
    "ringtally_store_free_bytes": 20e9,
    "ringtally_mqtt_connected": 1,
    'ringtally_mqtt_dropped_messages_total{reason="age"}': 0,
    'ringtally_mqtt_dropped_messages_total{reason="slow"}': 0,
}


@dataclass(frozen=True)
class Story:
    """`told`: series that differ from `WELL`, in samples of a minute (`step_min`); None: the site does not tell it.

    `fires`: which alerts fire at these minutes, all of them, of each one or more.
    """

    title: str
    told: Mapping[str, Values | None]
    fires: Mapping[int, Iterable[str]]
    step_min: int = 1
    gone: Sequence[range] = field(default=())
    """Minutes in which nobody answers the scrape."""
    unlisted: Sequence[range] = field(default=())
    """Minutes in which Prometheus does not know the target."""


def runs(*parts: tuple[float | None, int]) -> list[float | None]:
    """Values that last: so many samples of each."""
    return [value for value, count in parts for _ in range(count)]


def by_five(title: str, told: Mapping[str, Sequence[float | None] | None], fires: Mapping[int, Iterable[str]]) -> Story:
    """A story of which only each fifth minute is told and looked at."""
    assert not [minute for minute in fires if minute % 5]
    return Story(title, {name: None if values is None else values[::5] for name, values in told.items()}, fires, 5)


def labelled(name: str, site: str) -> str:
    """The series of one site."""
    bare, brace, labels = name.partition("{")
    return f'{bare}{{{TARGET}, site="{site}"{f", {labels}" if brace else "}"}'


def _written(values: Values, story: Story, without: Sequence[range]) -> str:
    shown = ["_" if value is None else str(value) for value in values]
    for minutes in without:
        at = [minute // story.step_min for minute in minutes if minute // story.step_min < len(shown)]
        shown = ["_" if place in at else value for place, value in enumerate(shown)]
        if at:
            shown[at[0]] = "stale"
    return " ".join(shown)


def promtool_test(stories: Sequence[Story]) -> dict[str, Any]:
    """The stories as one test group of a promtool file: each happens at a site of its own, named by its title."""
    (step_min,) = {story.step_min for story in stories}
    return {
        "interval": f"{step_min}m",
        "input_series": [series for story in stories for series in _series(story)],
        "promql_expr_test": [check for story in stories for check in _checks(story)],
    }


def _series(story: Story) -> list[dict[str, str]]:
    samples = max(story.fires) // story.step_min + 1
    answers = [0 if any(n * story.step_min in gone for gone in story.gone) else 1 for n in range(samples)]
    told: dict[str, Values | None] = {name: [value] * samples for name, value in WELL.items()}
    told |= story.told
    without = (*story.gone, *story.unlisted)
    series = {name: _written(values, story, without) for name, values in told.items() if values is not None}
    series["up"] = _written(answers, story, story.unlisted)  # what Prometheus notes itself
    series = {labelled(name, story.title): values for name, values in series.items()}
    # Another program of that machine, which is away or starts anew all the time, is no matter of ours.
    other = labelled("{}", story.title).replace(TARGET, 'instance="pbx:9100", job="node"')[2:]
    series[f"up{{{other}"] = f"0x{samples}"
    series[f"process_start_time_seconds{{{other}"] = f"0+60x{samples}"
    return [{"series": name, "values": values} for name, values in series.items()]


def _checks(story: Story) -> list[dict[str, Any]]:
    return [
        {
            "expr": f'count by (alertname) (ALERTS{{alertstate="firing", site="{story.title}"}})',
            "eval_time": f"{minute}m",
            "exp_samples": [
                {"labels": f'{{alertname="{name}"}}', "value": count} for name, count in Counter(names).items()
            ],
        }
        for minute, names in story.fires.items()
    ]

"""What alerts do, as promtool finds: each fires, is silent in the ordinary case beside it, and ends; and the files are right."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.prometheus.alerts.days import DAY, DAYS, STEP_MIN, counted, office
from tests.prometheus.alerts.stories import CALLERS, HOUR, KEEPING, LINK
from tests.prometheus.alerts.story import TARGET, Story, labelled, promtool_test
from tests.prometheus.server import ALERTS, RECORDS, promtool

OF_A_WEEK = "ringtally_pace_of_the_week"


async def find(folder: Path, rules: Sequence[Path], tests: list[dict[str, Any]], every_min: int = 1) -> None:
    """Have promtool find what the tests say, and nothing else."""
    path = folder / "stories.test.yml"
    written(path, rules, tests, every_min)
    code, said, complaint = await promtool("test", "rules", str(path), within_s=180)
    assert (code, complaint) == (0, ""), f"{said}\n{complaint}"


def written(path: Path, rules: Sequence[Path], tests: list[dict[str, Any]], every_min: int) -> None:
    """A file for promtool."""
    told = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": f"{every_min}m",
        # As Prometheus need not, but a test must: what is recorded comes before who asks for it.
        "group_eval_order": [group["name"] for path in rules for group in groups(path)],
        "tests": tests,
    }
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def groups(path: Path) -> list[dict[str, Any]]:
    """The groups of a rules file."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return found


@pytest.mark.parametrize("stories", [LINK, CALLERS, KEEPING, HOUR], ids=["link", "callers", "keeping", "hour"])
async def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path, stories: tuple[Story, ...]) -> None:
    await find(tmp_path, [RECORDS, ALERTS], [promtool_test(stories)], stories[0].step_min)


async def test_silence_is_judged_by_what_is_usual_at_that_site(tmp_path: Path) -> None:
    # The week behind each day would be ten thousand rounds of rules: what it came to is given.
    # And what has no part in it is left out, for the same reason.
    left_out = {OF_A_WEEK, "ringtally_service_level", "ringtally_sites", "ringtally_keeping"}
    rules = tmp_path / "rules.yml"
    kept = [each for path in (RECORDS, ALERTS) for each in groups(path) if each["name"] not in left_out]
    rules.write_text(yaml.safe_dump({"groups": kept}))
    await find(tmp_path, [rules], [promtool_test(DAYS)], STEP_MIN)


async def test_where_no_target_is_left_at_all_that_is_told(tmp_path: Path) -> None:
    told = {
        "alertname": "RingtallyNotScraped",
        "alertstate": "firing",
        "instance": "Prometheus",
        "job": "ringtally",
        "severity": "warning",
    }
    labels = ", ".join(f'{name}="{value}"' for name, value in told.items())
    checks = [
        {
            "expr": "ALERTS",
            "eval_time": "4m",
            "exp_samples": [{"labels": f"ALERTS{{{labels}}}".replace("firing", "pending"), "value": 1}],
        },
        {"expr": "ALERTS", "eval_time": "5m", "exp_samples": [{"labels": f"ALERTS{{{labels}}}", "value": 1}]},
    ]
    await find(tmp_path, [RECORDS, ALERTS], [{"interval": "1m", "input_series": [], "promql_expr_test": checks}])


async def test_a_daemon_that_moves_within_its_site_is_no_loss_and_one_site_of_two_is_for_a_day(tmp_path: Path) -> None:
    targets = {("old", "moscow"): "1x1 stale", ("new", "moscow"): "_x1 1x300", ("pbx", "berlin"): "1x1 stale"}
    told = sites_told(targets, {10: [], 15: ["berlin"], 1430: ["berlin"], 1450: []})
    await find(tmp_path, [RECORDS, ALERTS], [told], STEP_MIN)


async def test_the_last_target_is_told_of_by_its_site_for_a_day_and_from_then_on_without(tmp_path: Path) -> None:
    targets = {("pbx", "berlin"): "1x1 stale"}
    told = sites_told(targets, {10: [], 15: ["berlin"], 1430: ["berlin"], 1460: [""]})
    await find(tmp_path, [RECORDS, ALERTS], [told], STEP_MIN)


def sites_told(targets: dict[tuple[str, str], str], told: dict[int, list[str]]) -> dict[str, Any]:
    """Of targets that come and go, each five minutes, beside another program's: of which sites anything is told, at each of these minutes."""
    up = 'up{{instance="{}", job="{}", site="{}"}}'
    series = [
        {"series": up.format(f"{name}:9796", "ringtally", site), "values": up_at}
        for (name, site), up_at in targets.items()
    ]
    series.append({"series": up.format("node:9100", "node", "office"), "values": "1x300"})
    checks = [
        {
            "expr": 'count by (site) (ALERTS{alertstate="firing"})',
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": f'{{site="{site}"}}' if site else "{}", "value": 1} for site in sites],
        }
        for minute, sites in told.items()
    ]
    return {"interval": f"{STEP_MIN}m", "input_series": series, "promql_expr_test": checks}


@pytest.mark.parametrize("days", [2, 3])
async def test_what_is_usual_is_calls_by_working_time_of_the_week_once_more_than_two_days_of_it_were_seen(
    tmp_path: Path, days: int
) -> None:
    (rules,) = (each["rules"] for each in groups(RECORDS) if each["name"] == OF_A_WEEK)
    expressions = {rule["record"]: rule["expr"] for rule in rules}
    seconds = expressions["instance:ringtally_working_seconds:sum7d"]
    pace, of_missed = (
        expressions[name].replace("instance:ringtally_working_seconds:sum7d", f"({seconds})")
        for name in ("trunk:ringtally_calls_in:rate_working7d", "instance:ringtally_truly_missed_cases:rate_working7d")
    )
    assert pace.count("sum_over_time") == of_missed.count("sum_over_time") == 1
    samples = days * DAY // STEP_MIN
    given: dict[str, Sequence[float]] = {
        "instance:ringtally_working:bool": [int(office(n * STEP_MIN)) for n in range(samples)],
        'trunk:ringtally_calls_in:sum{trunk="town"}': counted(12, office, samples),
        "instance:ringtally_truly_missed_cases:sum": counted(2, office, samples),
    }
    labels = f'{{{TARGET}, site="office"}}', f'{{{TARGET}, site="office", trunk="town"}}'
    checks = [
        # Eight hours a day; a call each five minutes of them.
        {"expr": f"{seconds} - {days * 8 * 3600}", "exp_samples": [{"labels": labels[0], "value": 0}]},
        {
            "expr": f"round(3600 * {pace}, 0.1)",
            "exp_samples": [{"labels": labels[1], "value": 12}] if days > 2 else [],
        },
        {
            "expr": f"round(3600 * {of_missed}, 0.1)",
            "exp_samples": [{"labels": labels[0], "value": 2}] if days > 2 else [],
        },
    ]
    closed = f"{days * DAY - STEP_MIN}m"
    test = {
        "interval": f"{STEP_MIN}m",
        "input_series": [
            {"series": labelled(name, "office"), "values": " ".join(map(str, values))} for name, values in given.items()
        ],
        "promql_expr_test": [{**check, "eval_time": closed} for check in checks],
    }
    await find(tmp_path, [], [test], STEP_MIN)


async def test_figures_of_daemons_are_added_up_by_site(tmp_path: Path) -> None:
    """Two daemons in Moscow, of which one is away, and one in Berlin that nobody calls."""
    hour, calls = range(121), 'ringtally_calls_total{{direction="in", trunk="town", result="{}"}}'
    active, on_list = (
        'ringtally_calls_active{{direction="{}", state="talking"}}',
        'ringtally_missed_cases_waiting{{state="{}"}}',
    )
    age, missed = (
        "ringtally_missed_oldest_case_working_age_seconds",
        'ringtally_missed_calls_total{trunk="town", result="busy"}',
    )
    connected, truly_missed = "ringtally_ami_connected", 'ringtally_truly_missed_cases_total{trunk="town"}'
    given: dict[tuple[str, str], dict[str, Sequence[float]]] = {
        ("moscow", "a"): {
            "up": [1] * 121,
            'ringtally_queue_offered_total{queue="support"}': [2 * n for n in hour],
            'ringtally_queue_answered_within_threshold_total{queue="support"}': list(hour),
            'ringtally_queue_callers_waiting{queue="support"}': [2] * 121,
            'ringtally_queue_longest_wait_seconds{queue="support"}': [40] * 121,
            calls.format("answered"): list(hour),
            connected: [1] * 121,
            active.format("in"): [2] * 121,
            active.format("out"): [5] * 121,
            on_list.format("open"): [3] * 121,
            on_list.format("truly_missed"): [1] * 121,
            age: [7000] * 121,
            missed: list(hour),
            truly_missed: list(hour),
        },
        ("moscow", "b"): {
            "up": [0] * 121,
            'ringtally_queue_offered_total{queue="sales"}': list(hour),
            'ringtally_queue_answered_within_threshold_total{queue="sales"}': list(hour),
            'ringtally_queue_callers_waiting{queue="sales"}': [1] * 121,
            'ringtally_queue_longest_wait_seconds{queue="sales"}': [70] * 121,
            calls.format("answered"): [2 * n for n in hour],
            connected: [0] * 121,
            active.format("in"): [1] * 121,
            on_list.format("open"): [4] * 121,
            age: [100] * 121,
            missed: [2 * n for n in hour],
            truly_missed: [3 * n for n in hour],
        },
        ("berlin", "c"): {
            "up": [1] * 121,
            'ringtally_queue_offered_total{queue="support"}': [0] * 121,
            'ringtally_queue_answered_within_threshold_total{queue="support"}': [0] * 121,
            'ringtally_queue_callers_waiting{queue="support"}': [0] * 121,
            'ringtally_queue_longest_wait_seconds{queue="support"}': [0] * 121,
            calls.format("answered"): [0] * 121,
            connected: [1] * 121,
        },
    }
    wanted: dict[str, dict[str, float]] = {
        "site:ringtally_up:min": {"moscow": 0, "berlin": 1},
        "site:ringtally_ami_connected:min": {"moscow": 0, "berlin": 1},
        'max without (direction) (site:ringtally_calls_active:sum{direction="in"})': {"moscow": 3},
        'max without (state) (site:ringtally_missed_cases_waiting:sum{state="open"})': {"moscow": 7},
        "site:ringtally_missed_oldest_case_working_age_seconds:max": {"moscow": 7000},
        "site:ringtally_missed_calls:increase1h": {"moscow": 180},
        "site:ringtally_truly_missed_cases:increase1h": {"moscow": 240},
        "site:ringtally_queue_callers_waiting:sum": {"moscow": 3, "berlin": 0},
        "site:ringtally_queue_longest_wait_seconds:max": {"moscow": 70, "berlin": 0},
        'max without (direction, result) (site:ringtally_calls:increase1h{result="answered"})': {
            "moscow": 180,
            "berlin": 0,
        },
        # Of 180 callers 120; where nobody called there is no share.
        "round(1000 * site:ringtally_service_level:ratio1h)": {"moscow": 667},
        'sum by (site) (queue:ringtally_service_level:ratio1h{queue="support"})': {"moscow": 0.5},
    }
    series = [
        {"series": labelled(name, site).replace("pbx:", f"{daemon}:"), "values": " ".join(map(str, values))}
        for (site, daemon), told in given.items()
        for name, values in told.items()
    ]
    series.append({"series": 'up{instance="c:9100", job="node", site="berlin"}', "values": "0x120"})
    checks = [
        {
            "expr": f"({expr}) + 0",
            "eval_time": "120m",
            "exp_samples": [{"labels": f'{{site="{site}"}}', "value": value} for site, value in found.items()],
        }
        for expr, found in wanted.items()
    ]
    await find(tmp_path, [RECORDS], [{"interval": "1m", "input_series": series, "promql_expr_test": checks}])


@pytest.mark.parametrize("stories", [LINK, CALLERS, KEEPING, HOUR], ids=["link", "callers", "keeping", "hour"])
async def test_what_an_alert_says_is_written_out(tmp_path: Path, stories: tuple[Story, ...]) -> None:
    # Where nothing is expected, promtool tells what it got.
    fires = {name: minute for story in stories for minute, names in story.fires.items() for name in names}
    test = promtool_test(stories)
    del test["promql_expr_test"]
    test["alert_rule_test"] = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": []} for name, minute in fires.items()
    ]
    path = tmp_path / "words.test.yml"
    written(path, [RECORDS, ALERTS], [test], stories[0].step_min)
    _, _, got = await promtool("test", "rules", str(path), within_s=180)
    said = dict(re.findall(r'Labels:\{.*?alertname="(\w+)".*\n\s+Annotations:\{(.*)\}', got))
    assert said.keys() == fires.keys()
    for name, words in said.items():
        assert f'runbook_url="docs/alerts.md#{name.lower()}"' in words
        assert not re.search(r"\{\{|\}\}|%!|<error|<no value|NaN|Inf", words), words
        # Named by the site, in both languages.
        assert any(
            f'summary="{story.title}: ' in words and f'summary_ru="{story.title}: ' in words for story in stories
        )


def test_no_alert_is_without_a_story_in_which_it_fires_and_ends() -> None:
    told = {
        name
        for story in (*LINK, *CALLERS, *KEEPING, *HOUR, *DAYS)
        for minute, names in story.fires.items()
        for name in names
        if any(name not in later for at, later in story.fires.items() if at > minute)
    }
    assert told == {rule["alert"] for group in groups(ALERTS) for rule in group["rules"]}

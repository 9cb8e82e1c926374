"""Every query is PromQL, and every metric and label in it is one of ours."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.sections import Mqtt
from tests.daemon.app_service import lines, ready, replay, settings_for
from tests.daemon.fake_asterisk import FakeAsterisk
from tests.daemon.free_port import closed_port
from tests.daemon.http_service import until
from tests.grafana.asked import FILES, around, dashboard, filled, questions
from tests.grafana.promql import OF_TARGETS, made_labels, named_labels, selected, tree

OF_PROMETHEUS: Mapping[str, frozenset[str]] = {"up": frozenset(), "scrape_duration_seconds": frozenset()}


async def known(folder: Path) -> Mapping[str, frozenset[str]]:
    """What the daemon serves once it has seen a call with a queue and an agent: samples, with their labels."""
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    async with FakeAsterisk(steady=True) as pbx:
        settings = settings_for(folder, pbx.port, mqtt=Mqtt(port=closed_port(), reconnect_max=0.05))
        async with ready(settings) as (daemon, client):
            await replay(pbx, daemon, lines("07-ivr-queue-second-agent"))
            await until(lambda: daemon.pump.backlog == 0)
            async with client.get("/metrics") as answer:
                families = text_string_to_metric_families(await answer.text())
            for family in families:
                for sample in family.samples:
                    found[sample.name] |= frozenset(sample.labels)
                if family.type == "summary":  # whose quantiles come with the first duration
                    found[family.name] |= found[f"{family.name}_count"] | {"quantile"}
    return {**found, **OF_PROMETHEUS}


def faults(expr: str, metrics: Mapping[str, frozenset[str]]) -> list[str]:
    """What a query speaks of that there is not."""
    node = tree(expr)
    there = set(OF_TARGETS) | set(made_labels(node))
    found = []
    for each in selected(node):
        if each.metric not in metrics:
            found.append(f"no metric {each.metric}")
            continue
        there |= metrics[each.metric]
        found += [f"{each.metric} has no label {label}" for label in each.labels - metrics[each.metric] - OF_TARGETS]
    return found + [f"nothing has a label {label}" for label in set(named_labels(node)) - there]


async def test_every_query_speaks_of_metrics_and_labels_that_there_are(tmp_path: Path) -> None:
    metrics = await known(tmp_path)
    wrong = {(asked.file, asked.panel, fault) for asked in questions() for fault in faults(asked.expr, metrics)}
    wrong |= {
        (path.name, "around", fault)
        for path in FILES
        for expr in around(dashboard(path))
        for fault in faults(filled(expr), metrics)
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("expr", "fault"),
    [
        ("sum(ringtally_cals_total)", "no metric ringtally_cals_total"),
        ('ringtally_calls_total{line="x"}', "ringtally_calls_total has no label line"),
        ("sum by (queue) (ringtally_calls_total)", "nothing has a label queue"),
        ("ringtally_calls_total * on (agent) up", "nothing has a label agent"),
    ],
)
def test_what_there_is_not_is_found(expr: str, fault: str) -> None:
    metrics = {"ringtally_calls_total": frozenset({"direction", "trunk", "result"}), **OF_PROMETHEUS}
    assert faults(expr, metrics) == [fault]


def test_what_is_no_promql_is_refused() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        tree("sum(ringtally_calls_total")

"""The dashboards keep our rules, and the lint finds who does not."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.grafana.asked import FILES, dashboard
from tests.grafana.lint import faults

Break = Callable[[dict[str, Any]], Any]
OVERVIEW = next(path for path in FILES if path.stem == "overview")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_dashboard_keeps_the_rules(path: Path) -> None:
    assert faults(dashboard(path)) == []


def asks(expr: str) -> Break:
    return lambda found: found["panels"][1]["targets"][0].update(expr=expr)


WHOSE = 'job=~"$job",site=~"$site",instance=~"$instance"'


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (lambda found: found.update(uid=""), "uid ours"),
        (lambda found: found.update(editable=True), "not editable"),
        (lambda found: found.update(links=[]), "links"),
        (lambda found: found["templating"]["list"].pop(0), "no variable datasource"),
        (
            lambda found: found["templating"]["list"].append({"name": "x", "label": "X", "type": "textbox"}),
            "nothing uses",
        ),
        (lambda found: found["panels"][0].update(description=""), "a description"),
        (lambda found: found["panels"][0].update(title="x" * 61), "a short one"),
        (lambda found: found["panels"][0].update(id=2), "an id for each"),
        (lambda found: found["panels"][0]["gridPos"].update(w=9), "lies over"),
        (lambda found: found["panels"][0]["gridPos"].update(w=2), "columns wide"),
        (lambda found: found["panels"][0]["fieldConfig"]["defaults"].pop("unit"), "a unit"),
        (lambda found: found["panels"][0]["fieldConfig"]["defaults"]["thresholds"]["steps"].clear(), "thresholds"),
        (lambda found: found["panels"][0].update(datasource={"type": "prometheus", "uid": "mine"}), "data source"),
        (lambda found: found["panels"][1]["targets"][0].update(instant=False), "either instant or range"),
        (asks("sum(ringtally_queue_callers_waiting)"), "wants ['instance', 'job', 'site']"),
        (asks(f"sum(ringtally_calls_total{{{WHOSE}}})"), "is a counter"),
        (asks(f"sum(rate(ringtally_today_calls{{{WHOSE}}}[$__rate_interval]))"), "is no counter"),
        (asks(f"sum(increase(ringtally_calls_total{{{WHOSE}}}[24h]))"), "a range of its own"),
        (asks(f"sum(rate(ringtally_calls_total{{{WHOSE}}}[$__range]))"), "rate by $__rate_interval"),
        (asks(f"sum by (result) (ringtally_today_calls{{{WHOSE}}})"), "raw labels"),
    ],
)
def test_what_is_against_a_rule_is_found(wrong: Break, fault: str) -> None:
    broken = copy.deepcopy(dashboard(OVERVIEW))
    wrong(broken)
    assert any(fault in found for found in faults(broken)), faults(broken)

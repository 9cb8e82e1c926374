"""Our own lint of dashboards, in the spirit of Grafana's dashboard-linter."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from tests.grafana.asked import filled, panels
from tests.grafana.made.parts import DATASOURCE
from tests.grafana.promql import Selected, selected, tree

COLUMNS = 24
OF_COUNTERS = frozenset({"rate", "increase", "irate"})
_COUNTER = re.compile(r"(?:_total|_count|_sum|_bucket)$")
_RANGE = re.compile(r"\[([^\]]*)\]")
RANGES = {"$__rate_interval", "$__interval", "$__range"}
AROUND = frozenset({"job", "site", "instance"})
VARIABLES = ("datasource", "job", "site", "instance")
LONGEST_TITLE = 60


def faults(dashboard: dict[str, Any]) -> list[str]:
    """What is against a rule, a line each."""
    return [*_frame(dashboard), *(fault for panel in panels(dashboard) for fault in _panel(panel)), *_places(dashboard)]


def _frame(dashboard: dict[str, Any]) -> Iterator[str]:
    if dashboard["id"] is not None or not re.fullmatch(r"[a-z0-9-]{1,40}", dashboard["uid"]):
        yield "id is null, and uid ours"
    if dashboard["editable"] or dashboard["timezone"] != "browser" or not dashboard["refresh"]:
        yield "not editable, in the browser's time zone, refreshed"
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    for name in VARIABLES:
        if name not in variables:
            yield f"no variable {name}"
    for name, variable in variables.items():
        if not variable["label"]:
            yield f"variable {name} has no label"
        every = None if name == "job" else ".*"  # other programs have jobs too, and metrics of our names: up, process_…
        if variable["type"] == "query" and (variable["datasource"] != DATASOURCE or variable.get("allValue") != every):
            yield f"variable {name}: by the data source's variable, all of it {every or 'what its query finds'}"
    used = set(re.findall(r"\$\{?(\w+)", str(dashboard)))
    for name in variables.keys() - used:
        yield f"nothing uses the variable {name}"
    if not dashboard["links"] or not dashboard["description"] or not dashboard["tags"]:
        yield "links, a description, tags"


def _panel(panel: dict[str, Any]) -> Iterator[str]:
    what, defaults = panel["title"], panel["fieldConfig"]["defaults"]
    if not panel["title"] or len(panel["title"]) > LONGEST_TITLE:
        yield f"{what}: a title, and a short one"
    if not panel["description"].endswith("."):
        yield f"{what}: a description, of sentences"
    if not defaults.get("unit") or not defaults.get("noValue"):
        yield f"{what}: a unit, and what is shown without data"
    if not defaults["thresholds"]["steps"] or defaults["thresholds"]["steps"][0]["value"] is not None:
        yield f"{what}: thresholds from the lowest value on"
    if panel["datasource"] != DATASOURCE or not panel["targets"]:
        yield f"{what}: the data source's variable, and queries"
    for target in panel["targets"]:
        yield from (f"{what}: {fault}" for fault in _target(panel, target))
    ids = [target["refId"] for target in panel["targets"]]
    if len(set(ids)) != len(ids):
        yield f"{what}: a refId for each query"


def _target(panel: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
    if target["datasource"] != DATASOURCE:
        yield "the data source's variable in every query"
    if target["instant"] == target["range"]:
        yield "either instant or range"
    if target["instant"] != (panel["type"] != "timeseries"):
        yield "graphs over time, all else as of now"
    expr = target["expr"]
    if strange := set(_RANGE.findall(expr)) - RANGES:
        yield f"a range of its own: {strange}"
    many = any(len(each.labels) for each in selected(tree(filled(expr)))) and " by (" in expr
    if many and panel["type"] != "table" and target["legendFormat"] == "__auto":
        yield "no raw labels for a legend"
    for each in selected(tree(filled(expr))):
        yield from _selector(each, expr)


def _selector(each: Selected, expr: str) -> Iterator[str]:
    if not each.labels >= AROUND:
        yield f"{each.metric} wants {sorted(AROUND - each.labels)}"
    is_counter = _COUNTER.search(each.metric) is not None and not each.metric.startswith("ringtally_today_")
    if each.function in OF_COUNTERS and not is_counter:
        yield f"{each.function} of {each.metric}, which is no counter"
    is_difference = " offset $__interval) unless " in expr
    if is_counter and each.function not in OF_COUNTERS and not is_difference:
        yield f"{each.metric} is a counter: what it is since the start says nothing"
    if each.function == "rate" and "[$__rate_interval]" not in expr:
        yield "rate by $__rate_interval"
    if each.function == "irate":
        yield "irate hides what is between two scrapes"


def _places(dashboard: dict[str, Any]) -> Iterator[str]:
    everything = dashboard["panels"]
    ids = [panel["id"] for panel in everything]
    if len(set(ids)) != len(ids):
        yield "an id for each panel"
    for one, other in combinations(everything, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        if not apart:
            yield f"{one['title']} lies over {other['title']}"
    for panel in everything:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > COLUMNS:
            yield f"{panel['title']} leaves the grid"
    for y in {panel["gridPos"]["y"] for panel in everything}:
        width = sum(panel["gridPos"]["w"] for panel in everything if panel["gridPos"]["y"] == y)
        if width != COLUMNS:
            yield f"the row at {y} is {width} columns wide"

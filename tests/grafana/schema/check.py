"""Does a dashboard fit Grafana's types? Each panel's options and fields too, which the dashboard's own type leaves open."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

FILE = Path(__file__).with_name("grafana.json")


@cache
def _validator(name: str) -> Draft7Validator | None:
    schema = json.loads(FILE.read_text())["schemas"].get(name)
    return None if schema is None else Draft7Validator(schema)


def _faults(name: str, what: str, value: Any) -> Iterator[str]:
    validator = _validator(name)
    if validator is None:
        yield f"{what}: no schema {name}"
        return
    for error in validator.iter_errors(value):
        yield f"{what}: {error.json_path}: {error.message}"


def faults(dashboard: dict[str, Any]) -> list[str]:
    """What does not fit, a line each."""
    # An annotation's query is its data source's own; the type knows that of Grafana's own annotations only.
    notes = [
        {key: value for key, value in each.items() if key != "target"} for each in dashboard["annotations"]["list"]
    ]
    found = list(_faults("Dashboard", "dashboard", dashboard | {"panels": [], "annotations": {"list": notes}}))
    for panel in dashboard["panels"]:
        what = f"panel {panel.get('title')!r}"
        if panel.get("type") == "row":
            found += _faults("RowPanel", what, panel)
            continue
        found += _faults("Panel", what, panel)
        kind = panel.get("type")
        found += _faults(f"{kind}.Options", what, panel.get("options", {}))
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
        if custom is not None:
            found += _faults(f"{kind}.FieldConfig", what, custom)
    return found

"""What dashboards ask Prometheus, as Grafana would send it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.grafana.made.files import FOLDER

FILES = sorted(FOLDER.glob("dashboards/*/*.json"))
VALUES = {
    "__rate_interval": "1m",
    "__rate_interval_ms": "60000",
    "__interval": "1m",
    "__interval_ms": "60000",
    "__range": "5m",
    "job": "ringtally",
}
"""What Grafana puts in: for all jobs those that its query finds; every other variable stands for all."""
_VARIABLE = re.compile(r"\$\{?(\w+)(?::\w+)?\}?")


@dataclass(frozen=True, slots=True)
class Question:
    """One query of a panel, or of a variable."""

    file: str
    panel: str
    expr: str
    now: bool = True


def dashboard(path: Path) -> dict[str, Any]:
    """As it stands in its file."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def panels(of: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the headings of rows."""
    return [panel for panel in of["panels"] if panel["type"] != "row"]


def filled(expr: str, values: dict[str, str] | None = None) -> str:
    """With its variables put in, all of everything chosen."""
    known = VALUES if values is None else VALUES | values
    return _VARIABLE.sub(lambda match: known.get(match[1], ".*"), expr)


def around(of: dict[str, Any]) -> Iterator[str]:
    """The queries of variables and annotations; of `label_values(metric, label)` the metric, with the label it must have."""
    for variable in of["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
            yield f"group by ({label}) ({metric})"
    for note in of["annotations"]["list"]:
        yield note["target"]["expr"]


def questions() -> Iterator[Question]:
    """Every query of every panel in every dashboard, filled."""
    for path in FILES:
        for panel in panels(dashboard(path)):
            for target in panel["targets"]:
                yield Question(
                    f"{path.parent.name}/{path.name}", panel["title"], filled(target["expr"]), target["instant"]
                )

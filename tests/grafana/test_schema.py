"""Grafana's own types take the dashboards; the check finds what is wrong."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.grafana.asked import FILES, dashboard
from tests.grafana.schema.check import faults

Break = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_dashboard_fits_the_types_of_grafana(path: Path) -> None:
    assert faults(dashboard(path)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda found: found.update(tittle="x"),
        lambda found: found["panels"][0]["gridPos"].update(w="12"),
        lambda found: found["panels"][0]["options"].update(colorMode="rainbow"),
        lambda found: found["panels"][0]["options"].pop("reduceOptions"),
        lambda found: found["panels"][0].update(type="speedometer"),
        lambda found: found["panels"][0]["fieldConfig"]["defaults"].update(unitt="s"),
        lambda found: found["templating"]["list"][0].pop("name"),
    ],
)
def test_what_grafana_would_not_know_is_found(wrong: Break) -> None:
    broken = copy.deepcopy(dashboard(FILES[0]))
    wrong(broken)
    assert faults(broken)

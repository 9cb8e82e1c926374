"""Which files there are in config/grafana, and what stands in them."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.grafana.made.health import HEALTH
from tests.grafana.made.overview import OVERVIEW
from tests.grafana.made.parts import Json, Language
from tests.grafana.made.queues import QUEUES_AND_AGENTS

FOLDER = Path(__file__).parents[3] / "config" / "grafana"
DASHBOARDS = (OVERVIEW, QUEUES_AND_AGENTS, HEALTH)
LANGUAGES: tuple[Language, ...] = ("en", "ru")


def made() -> Iterator[tuple[Path, Json]]:
    """Each dashboard in each language, and where it belongs."""
    for language in LANGUAGES:
        for dashboard in DASHBOARDS:
            yield FOLDER / "dashboards" / language / f"{dashboard.name}.json", dashboard.json(language)


def text(dashboard: Json) -> str:
    """As it stands in its file."""
    return json.dumps(dashboard, ensure_ascii=False, indent=1) + "\n"

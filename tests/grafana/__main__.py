"""Writes config/grafana/dashboards anew."""

from tests.grafana.made.files import made, text

for path, dashboard in made():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(dashboard))

"""Makes config/grafana: the same dashboards in English and Russian. `python -m tests.grafana` writes them."""

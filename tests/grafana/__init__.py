"""The Grafana dashboards: how they are made (`made`), and the gate that they pass."""

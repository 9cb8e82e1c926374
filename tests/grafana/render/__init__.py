"""Draws the dashboards by the components of Grafana itself, for who looks at them before a release."""

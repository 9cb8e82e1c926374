"""JSON Schema of Grafana's dashboards, made from its own TypeScript types (`make`), and what checks by it (`check`)."""

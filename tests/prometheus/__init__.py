"""Against a real Prometheus."""

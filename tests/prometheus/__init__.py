"""What the daemon serves, as the real Prometheus and its promtool take it (scripts/real-parts puts them there)."""

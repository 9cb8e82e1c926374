"""Storage, with real SQLite."""

"""Calls in SQLite: schema and migrations, writing facts, reading them."""

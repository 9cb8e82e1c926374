"""Runs things: sockets, tasks, signals. The only place with asyncio tasks and clocks."""

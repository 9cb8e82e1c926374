"""Watches that no connection leaves its thread behind: since aiosqlite 0.22 such a thread keeps the process for good."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Every thread begun in here ends in here, but for those of the loop's own pool, which the loop ends."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("asyncio_"):
            thread.join(5)
            assert not thread.is_alive(), thread

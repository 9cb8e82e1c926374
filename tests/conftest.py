"""Which tests run against the real parts: they use addresses of their own, so one of them runs at a time."""

from pathlib import Path

import pytest

REAL_PARTS = frozenset({"asterisk", "mqtt", "prometheus", "systemd", "torture", "wallboard"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what needs Asterisk, a broker, Prometheus, a browser or systemd."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in REAL_PARTS:
            item.add_marker("real")

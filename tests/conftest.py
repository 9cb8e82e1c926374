"""Which tests run against the real parts, each process on a network of its own; and which examples properties are tried with."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.own_network import enter_own_network

# The same examples for the same code: main does not turn red by luck. `make properties` draws new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("anew", derandomize=False, print_blob=True)
settings.load_profile("same")

REAL_PARTS = frozenset(
    {
        "asterisk",
        "asyncapi",
        "callback",
        "mqtt",
        "pages",
        "prometheus",
        "reports_page",
        "systemd",
        "torture",
        "wallboard",
    }
)


def pytest_configure(config: pytest.Config) -> None:
    """One of several processes (`-n`) that run what is real."""
    if hasattr(config, "workerinput") and config.option.markexpr == "real":
        enter_own_network()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what needs Asterisk, a broker, Prometheus, a browser, systemd or node."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in REAL_PARTS:
            item.add_marker("real")

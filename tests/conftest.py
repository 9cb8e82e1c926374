"""Which tests run against the real parts, each process on a network of its own; and which examples properties are tried with."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.own_network import enter_own_network

if TYPE_CHECKING:
    from playwright.async_api import Browser

# The same examples for the same code: main does not turn red by luck. `make properties` draws new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("anew", derandomize=False, print_blob=True)
settings.load_profile("same")

HERE = Path(__file__).parent
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_browser() -> "AsyncIterator[Browser]":
    """For all boards of a module: the start of a browser costs more than most of what is done in it."""
    from tests.wallboard.browser import shared  # nobody else needs what it imports

    async with shared() as browser:
        yield browser


def pytest_configure(config: pytest.Config) -> None:
    """One of several processes (`-n`) that run what is real."""
    if hasattr(config, "workerinput") and config.option.markexpr == "real":
        enter_own_network()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that have no test of those that `make` asks for are not read: each of its processes reads all that it might run."""
    if collection_path.suffix != ".py" or not collection_path.is_relative_to(HERE):
        return None
    is_real, wanted = collection_path.relative_to(HERE).parts[0] in REAL_PARTS, config.option.markexpr
    if is_real:
        return "not real" in wanted or None
    mark = {"real": "mark.real", "slow and not real": "mark.slow"}.get(wanted)
    return (mark is not None and mark not in collection_path.read_text()) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what needs Asterisk, a broker, Prometheus, a browser, systemd or node."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in REAL_PARTS:
            item.add_marker("real")

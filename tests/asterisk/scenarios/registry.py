"""The scenarios by name, and what must be told of those that no recording holds."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.asterisk.pbx import Pbx

Scenario = Callable[[Pbx], Coroutine[Any, Any, None]]
SCENARIOS: dict[str, Scenario] = {}
EXPECTED: dict[str, dict[str, Any]] = {}
OF_VERSION: dict[str, int] = {}


def scenario(name: str, *calls: dict[str, Any], of_version: int | None = None) -> Callable[[Scenario], Scenario]:
    """Keep a scenario and its calls, in the order in which they begin; without calls, a recording's `expected.json` has them.

    `of_version`: what only one version of Asterisk has.
    """

    def keep(play: Scenario) -> Scenario:
        SCENARIOS[name] = play
        if of_version is not None:
            OF_VERSION[name] = of_version
        if calls:
            EXPECTED[name] = {"scenario": name, "calls": list(calls)}
        return play

    return keep


def scenarios_on(version: int) -> list[str]:
    """The names of those that this version of Asterisk can play."""
    return [name for name in SCENARIOS if OF_VERSION.get(name, version) == version]

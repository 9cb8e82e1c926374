"""The scenarios by name, and what must be told of those that no recording holds."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.asterisk.pbx import Pbx

Scenario = Callable[[Pbx], Coroutine[Any, Any, None]]
SCENARIOS: dict[str, Scenario] = {}
EXPECTED: dict[str, dict[str, Any]] = {}


def scenario(name: str, *calls: dict[str, Any]) -> Callable[[Scenario], Scenario]:
    """Keep a scenario and its calls, in the order in which they begin; without calls, a recording's `expected.json` has them."""

    def keep(play: Scenario) -> Scenario:
        SCENARIOS[name] = play
        if calls:
            EXPECTED[name] = {"scenario": name, "calls": list(calls)}
        return play

    return keep

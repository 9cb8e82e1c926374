"""For schemathesis, which loads it: half of the ids asked for are ones that there are, told in `RINGTALLY_IDS`; the rest is its own."""

import os
import random
from typing import Any

import schemathesis

IDS = os.environ["RINGTALLY_IDS"].split()
_OURS = random.Random(7)


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Put one of ours in the place of some."""
    if path_parameters and "id" in path_parameters and _OURS.random() < 0.5:
        return path_parameters | {"id": _OURS.choice(IDS)}
    return path_parameters

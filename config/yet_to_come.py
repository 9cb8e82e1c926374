"""Settings of the contract that are understood and have no effect yet: whoever sets one is told so."""

from collections.abc import Iterator

from config.problems import Fault
from config.sections import Settings

_CURE = "leave it for a later version, or take it out"


def without_effect(settings: Settings) -> Iterator[Fault]:
    """What was set and does nothing in this version."""
    if "keep" in settings.storage.model_fields_set:
        yield Fault(("storage", "keep"), "has no effect yet: calls are kept for good", _CURE)

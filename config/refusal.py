"""How a validator of ours tells pydantic what is wrong and how to mend it."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from config.problems import Fault

REFUSED = "refused"


def refusal(message: str, cure: str) -> PydanticCustomError:
    """The error to raise where one value is wrong."""
    return refusals([Fault((), message, cure)])


def refusals(faults: Sequence[Fault]) -> PydanticCustomError:
    """The error to raise where a whole table was looked at: each fault with its path from there."""
    return PydanticCustomError(
        REFUSED, "{text}", {"text": "; ".join(fault.message for fault in faults), "faults": faults}
    )


def faults_of(context: dict[str, Any]) -> Sequence[Fault]:
    """The faults within an error's `ctx`."""
    faults: Sequence[Fault] = context["faults"]
    return faults

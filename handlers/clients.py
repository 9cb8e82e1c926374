"""Who a number belongs to: the site's own directory of clients, by the numbers as they are normalised."""

from typing import NamedTuple

from handlers.facts import Call


class Client(NamedTuple):
    """One client of the site, and who of us looks after him."""

    name: str | None
    responsible: str | None


Entry = tuple[str | None, str | None]
"""A client as a large directory keeps it. Of plain tuples the garbage collector knows that there is nothing to look for."""
NOBODY = Client(None, None)
"""What is known of a number that the directory does not have."""


def outside_number(call: Call) -> str | None:
    """The normalised number of the call's outside party, by which the directory knows him; None of an internal call."""
    return {"in": call.caller_e164, "out": call.called_e164}.get(call.direction)

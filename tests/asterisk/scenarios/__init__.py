"""What the phones play on a real Asterisk, by name: the docstring of a scenario says what truly happens.

Those with a number are the ones that the recordings were made of.
"""

from tests.asterisk.scenarios import (
    attended_by_code,
    attended_transfers,
    blind_transfers,
    by_program,
    chan_sip,
    direct,
    found_elsewhere,
    handed_over,
    holds,
    more,
    outgoing,
    parking,
    passed_on_again,
    pools,
    queues,
    rooms,
    strange,
)
from tests.asterisk.scenarios.registry import EXPECTED, SCENARIOS, scenarios_on

__all__ = [
    "EXPECTED",
    "SCENARIOS",
    "attended_by_code",
    "attended_transfers",
    "blind_transfers",
    "by_program",
    "chan_sip",
    "direct",
    "found_elsewhere",
    "handed_over",
    "holds",
    "more",
    "outgoing",
    "parking",
    "passed_on_again",
    "pools",
    "queues",
    "rooms",
    "scenarios_on",
    "strange",
]

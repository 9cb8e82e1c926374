"""What the phones play on a real Asterisk, by name: the docstring of a scenario says what truly happens.

Those with a number are the ones that the recordings were made of.
"""

from tests.asterisk.scenarios import direct, handed_over, more, outgoing, queues, strange
from tests.asterisk.scenarios.registry import EXPECTED, SCENARIOS

__all__ = ["EXPECTED", "SCENARIOS", "direct", "handed_over", "more", "outgoing", "queues", "strange"]

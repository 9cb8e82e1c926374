"""What can go wrong: each fault by name, with how it is brought about."""

from tests.torture.faults import asterisk, broker, crashes, disk, lines
from tests.torture.faults.fault import Fault, RealFault

FAULTS: tuple[Fault | RealFault, ...] = (
    *crashes.FAULTS,
    *lines.FAULTS,
    *disk.FAULTS,
    *broker.FAULTS,
    *asterisk.FAULTS,
)

"""What situations have in common: one answers while nobody listens; and durations in words."""

import asyncio
from collections.abc import AsyncGenerator

from tests.asterisk.gap_situations.registry import Row
from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_leg import Leg
from tests.asterisk.scenarios.words import rings

WHOLE = "caller invite - caller end"
TALKED: Row = {"answered_by": "101", "wait_s": "caller invite - 101 answer"}
"""What is known of a call that 101 answered before the line broke."""


async def answers_meanwhile(call: Leg, leg: CalledLeg) -> AsyncGenerator[None, None]:
    """The leg rings when the line breaks, answers unseen, and they still talk when the line is back; `call` hangs up."""
    await rings(leg)
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()

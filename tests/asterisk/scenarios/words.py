"""What scenarios have in common: the beginning of a talk, and how to wait for what comes next."""

import asyncio

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx

# Asterisk numbers its channels from its start, so in a fresh one the first call's are known.
FIRST_CALLER = "PJSIP/trunk-00000000"
FIRST_AGENT = "PJSIP/101-00000001"


async def talking(pbx: Pbx, number: str = "7001", seconds: float = 1.5) -> tuple[CallerLeg, CalledLeg]:
    """The town calls, 101 answers after 1 s, and they have talked for some seconds: both legs."""
    if not isinstance(pbx.p["101"].behave, list):
        pbx.p["101"].behave = answer(1)
    call = pbx.incoming(number)
    await pbx.up(call)
    agent = await pbx.reached("101")
    await asyncio.sleep(seconds)
    return call, agent


async def answered_at(pbx: Pbx, extension: str, seconds: float = 20) -> CalledLeg:
    """The next call that reaches this phone, once it has answered it."""
    leg = await pbx.reached(extension, seconds)
    async with asyncio.timeout(seconds):
        while leg.state != "up":
            await asyncio.sleep(0.02)  # a leg tells nobody that it goes up
    return leg


async def rings(leg: CalledLeg, seconds: float = 10) -> None:
    """Until this leg rings."""
    async with asyncio.timeout(seconds):
        while leg.state == "new":
            await asyncio.sleep(0.02)

"""People who call a real PBX without a pause, each after the last call's end, until they are told to stop."""

import asyncio
from contextlib import suppress
from itertools import count
from random import Random

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_leg import Leg
from tests.asterisk.lab.sip_phone import Manner, answer, no_answer, reject
from tests.asterisk.mix import NUMBERS
from tests.asterisk.pbx import Pbx

CALLERS = 14
MENU = "7002"


def hold(ring: float, talk: float, held: float) -> Manner:
    """Answer, hold the caller for a while, and take him back."""

    async def manner(leg: CalledLeg) -> None:
        leg.ring()
        if not await leg.sleep(ring):
            return
        leg.accept()
        with suppress(TimeoutError):  # the PBX may die meanwhile
            if await leg.sleep(talk):
                await leg.hold()
            if await leg.sleep(held):
                await leg.unhold()

    return manner


MANNERS = (answer(0.3, 3), answer(1, 4), answer(0.5, 6), hold(0.3, 1, 3), no_answer(), reject(486))


class Callers:
    """`play` until `closed`. `open`: is there anybody to call?"""

    def __init__(self, pbx: Pbx, random: Random) -> None:
        self.open = asyncio.Event()
        self.closed = False
        self._pbx = pbx
        self._random = random
        self._serial = count()

    async def play(self) -> None:
        """Everybody calls, and hangs up in the end."""
        for phone in (*self._pbx.p.values(), self._pbx.trunk):
            phone.behave = [self._random.choice(MANNERS) for _ in range(5_000)]
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CALLERS):
                tasks.create_task(self._call_on(Random(self._random.random())))

    async def _call_on(self, random: Random) -> None:
        while not self.closed:
            await self.open.wait()
            await asyncio.sleep(random.uniform(0, 1))
            if self.open.is_set() and not self.closed:
                await self._call(random)

    async def _call(self, random: Random) -> None:
        serial = next(self._serial)
        if random.random() < 0.2:
            extension = random.choice(("101", "102", "103", "106"))
            leg = self._pbx.p[extension].call(f"98916{serial:07}")
        else:
            called = random.choice(NUMBERS)
            leg = self._pbx.incoming(called, cid=f"7900{serial:07}")
            if called == MENU:
                await leg.sleep(random.uniform(0.5, 2))
                if leg.state == "up":
                    await leg.dtmf(random.choice("123"))
        with suppress(TimeoutError):
            await self._pbx.over(leg, random.uniform(1, 12))
        if leg.state != "ended":
            await (leg.bye() if leg.state == "up" else leg.cancel())
        if leg.state != "ended":
            leg.end("nobody answered")

    def pbx_died(self) -> None:
        """Nobody says goodbye to anybody."""
        for phone in (*self._pbx.p.values(), self._pbx.trunk):
            for leg in list[Leg](phone.legs.values()):
                leg.end("the PBX died")

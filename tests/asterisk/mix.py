"""A busy time at random: who calls whom, who answers, passes on or gives up; the same seed gives the same intentions."""

import asyncio
from random import Random

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import Manner, answer, no_answer, reject
from tests.asterisk.pbx import Pbx

NUMBERS = (
    *("7001", "7002", "7003", "7004", "7005", "7006", "7008", "7009", "7010", "7012", "7013", "7014", "7015", "7016"),
    *("7023", "7024", "7025"),
)
PASSED_TO = ("102", "103", "5104", "5105", "7003")
COLLEAGUES = ("104", "105")
LASTS_S = 60.0


def pass_on(ring: float, talk: float, to: str) -> Manner:
    """Answer, and after a while send the caller on to another number."""

    async def manner(leg: CalledLeg) -> None:
        leg.ring()
        if not await leg.sleep(ring):
            return
        leg.accept()
        if await leg.sleep(talk):
            leg.record["refer_code"] = await leg.refer(to)
            await leg.bye()

    return manner


class Mix:
    """So many calls within a minute: seven of ten come in, two go out, the rest stay inside."""

    def __init__(self, pbx: Pbx, random: Random, calls: int) -> None:
        self._pbx = pbx
        self._random = random
        self.going_out = calls * 2 // 10
        self.inside = calls // 10 // len(COLLEAGUES) * len(COLLEAGUES)
        self.coming_in = calls - self.going_out - self.inside

    async def play(self) -> None:
        """Until everybody has hung up."""
        calls = self.coming_in + self.going_out + self.inside
        for phone in (*self._pbx.p.values(), self._pbx.trunk):
            phone.behave = [self._manner(phone is self._pbx.trunk) for _ in range(calls * 4)]
        async with asyncio.TaskGroup() as tasks:
            for serial in range(self.coming_in):
                tasks.create_task(self._come_in(Random(self._random.random()), f"790000{serial:05}"))
            for serial in range(self.going_out):
                tasks.create_task(self._go_out(Random(self._random.random()), f"891600{serial:05}"))
            for extension in COLLEAGUES:
                share = self.inside // len(COLLEAGUES)
                tasks.create_task(self._chat(Random(self._random.random()), extension, share))

    def _manner(self, in_town: bool) -> Manner:
        manners = [answer(0.5, 3), answer(2, 2), no_answer(), reject(486), answer(1, 5)]
        if not in_town:
            manners += [pass_on(0.5, self._random.uniform(0.5, 3), self._random.choice(PASSED_TO)) for _ in range(2)]
        return self._random.choice(manners)

    async def _come_in(self, random: Random, number: str) -> None:
        await asyncio.sleep(random.uniform(0, LASTS_S))
        called = random.choice(NUMBERS)
        leg = self._pbx.incoming(called, cid=number)
        if called == "7002" and random.random() < 0.8 and await self._pbx.up(leg) == 200:
            await leg.sleep(random.uniform(0.2, 1.5))
            if leg.state == "up":
                await leg.dtmf(random.choice("123"))
        await self._be_patient(random, leg)

    async def _go_out(self, random: Random, number: str) -> None:
        await asyncio.sleep(random.uniform(0, LASTS_S))
        leg = self._pbx.p[random.choice(("101", "102", "103", "106"))].call(f"9{number}")
        await self._be_patient(random, leg)

    async def _chat(self, random: Random, extension: str, times: int) -> None:
        """One call after the other: who calls with one number twice at once could not be told apart by the phones."""
        for _ in range(times):
            await asyncio.sleep(random.uniform(0.5, LASTS_S / times / 2))
            called = random.choice([other for other in self._pbx.p if other not in COLLEAGUES])
            await self._be_patient(random, self._pbx.p[extension].call(called))

    async def _be_patient(self, random: Random, leg: CallerLeg) -> None:
        try:
            async with asyncio.timeout(random.uniform(1, 14)):
                await self._pbx.over(leg)
        except TimeoutError:
            await (leg.bye() if leg.state == "up" else leg.cancel())

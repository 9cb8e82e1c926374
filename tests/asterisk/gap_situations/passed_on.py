"""Calls that are passed on before the line breaks or meanwhile: transfers, parking, a conference room."""

import asyncio
from collections.abc import AsyncGenerator

from tests.asterisk.gap_situations.registry import Told, row, situation
from tests.asterisk.gap_situations.words import TALKED, WHOLE
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.words import answered_at, rings, talking


@situation(
    Told(
        ("ringing",),
        (
            row(
                "answered",
                **TALKED,
                agents=["101", "102"],
                talk_s="101 answer - 101 refer; 102 answer - caller end",
                total_s=WHOLE,
            ),
        ),
    ),
    Told(("ringing",), (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE),)),
)
async def passed_on_and_ringing(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 has passed the caller on to 102, who rings before and answers afterwards."""
    call, agent = await talking(pbx)
    await agent.refer("102")
    await agent.bye()
    leg = await pbx.reached("102")
    await rings(leg)
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("talking",), (row("answered", **TALKED, agents=["101", "102"], talk_s=None, total_s=WHOLE),)),
    Told(("talking",), (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE),)),
)
async def passed_on_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk; meanwhile 101 passes the caller on, and 102 answers."""
    pbx.p["102"].behave = answer(1)
    call, agent = await talking(pbx)
    yield
    await agent.refer("102")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("held", "talking"), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE),)),
    Told(("talking", "talking"), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE),)),
)
async def a_colleague_is_asked(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller and asks 102 by a call of his own; afterwards he puts the two together."""
    pbx.p["102"].behave = answer(0.5)
    call, agent = await talking(pbx)
    await agent.hold()
    asking = pbx.p["101"].call("102")
    await pbx.up(asking)
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    await agent.refer("102", replaces=asking)
    await asyncio.sleep(1.5)
    await call.bye()


UNTIL_FETCHED = "101 dtmf_*3 - 102 got_answer"


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE, parked_s=UNTIL_FETCHED),)),
    Told(
        ("held",),
        (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE, parked_s=UNTIL_FETCHED),),
    ),
)
async def in_the_lot(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 has parked the caller; 102 fetches him afterwards."""
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    yield
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1)
    await call.bye()


PARKED = {"talk_s": None, "total_s": WHOLE, "parked_s": "101 dtmf_*3 - caller end"}


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101"], **PARKED),)),
    Told(("held",), (row("answered", agents=[], wait_s=None, **PARKED),)),
)
async def parked_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, 101 parks the caller meanwhile, who gives up in the lot."""
    call, agent = await talking(pbx)
    yield
    await agent.dtmf("*3")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    await call.bye()


BY_REFER = {"talk_s": None, "total_s": WHOLE, "parked_s": "101 refer - caller end"}


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101"], **BY_REFER),)),
    Told(("held",), (row("answered", agents=[], wait_s=None, **BY_REFER),)),
)
async def passed_on_into_the_lot_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, 101 passes the caller on to the lot's number meanwhile, and he gives up there."""
    call, agent = await talking(pbx)
    yield
    await agent.refer("700")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    await call.bye()


CONFERENCE = row(
    "answered", answered_by="103", wait_s="caller invite - 103 got_answer", talk_s="103 got_answer - caller end"
)


@situation(Told(("talking",), (CONFERENCE,)), Told(("talking",), (CONFERENCE,)))
async def in_a_conference(pbx: Pbx) -> AsyncGenerator[None, None]:
    """The caller waits in a conference room; 103 comes in meanwhile."""
    call = pbx.incoming("7029")
    await pbx.up(call)
    await asyncio.sleep(1)
    yield
    other = pbx.p["103"].call("600")
    await pbx.up(other)
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()
    await other.bye()

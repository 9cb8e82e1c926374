"""Scenarios with hold that is not ended as it was begun."""

import asyncio

from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import answered
from tests.asterisk.scenarios.words import talking

WAIT = "caller invite - 101 answer"


@scenario(
    "hold-and-hangup",
    answered(
        "101",
        "7001",
        lost_after_transfer=False,
        ended_by="person",
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 end", "hold_s": "101 hold - 101 end"},
    ),
)
async def holder_hangs_up(pbx: Pbx) -> None:
    """101 holds, and hangs up."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(1.5)
    await agent.bye()
    await pbx.over(call)


@scenario(
    "hold-and-the-held-one-leaves",
    answered(
        "101",
        "7001",
        lost_after_transfer=False,
        ended_by="caller",
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "hold_s": "101 hold - caller end"},
    ),
)
async def held_hangs_up(pbx: Pbx) -> None:
    """101 holds; the caller has enough and hangs up."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(1.5)
    await call.bye()
    await pbx.over(agent)


@scenario(
    "hold-by-both-sides",
    answered(
        "101",
        "7001",
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "hold_s": "101 hold - caller unhold"},
    ),
)
async def both_sides(pbx: Pbx) -> None:
    """101 holds, the caller holds too, 101 is back first: the time that both held counts once."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(1)
    await call.hold()
    await asyncio.sleep(1)
    await agent.unhold()
    await asyncio.sleep(1)
    await call.unhold()
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "hold-told-twice",
    answered(
        "101",
        "7001",
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "hold_s": "101 hold - 101 unhold"},
    ),
)
async def told_twice(pbx: Pbx) -> None:
    """A phone that says hold twice and unhold twice."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(0.7)
    await agent.hold()
    await asyncio.sleep(0.7)
    await agent.unhold()
    await asyncio.sleep(0.5)
    await agent.unhold()
    await asyncio.sleep(0.5)
    await call.bye()

"""Calls that are talked when the line breaks, with and without a hold."""

import asyncio
from collections.abc import AsyncGenerator

from tests.asterisk.gap_situations.registry import NO_PARTS, NOTHING, Told, ended_unseen, row, situation
from tests.asterisk.gap_situations.words import TALKED, WHOLE
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.words import talking


@situation(
    Told(("talking",), (row("answered", **TALKED, talk_s="101 answer - caller end", total_s=WHOLE),)),
    Told(("talking",), (row("answered", **TALKED, talk_s="101 answer - caller end", total_s=WHOLE, **NO_PARTS),)),
)
async def talking_all_the_time(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk before, meanwhile and afterwards."""
    call, _agent = await talking(pbx)
    yield
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(Told((), (ended_unseen("answered", **TALKED),)), NOTHING)
async def talk_over_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, and hang up meanwhile."""
    call, _agent = await talking(pbx)
    yield
    await call.bye()
    yield


@situation(
    Told(("held",), (row("answered", **TALKED, hold_s="101 hold - 101 unhold", talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def on_hold(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller before, and takes him back afterwards."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    await agent.unhold()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("held",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def unheld_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller before, and takes him back meanwhile."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await agent.unhold()
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def held_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller meanwhile, and takes him back afterwards."""
    call, agent = await talking(pbx)
    yield
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await agent.unhold()
    await asyncio.sleep(1)
    await call.bye()

"""Calls that begin inside: to the outside, by a program, to a colleague."""

import asyncio
from collections.abc import AsyncGenerator

from tests.asterisk.gap_situations.registry import NO_PARTS, Told, row, situation
from tests.asterisk.gap_situations.words import answers_meanwhile
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.by_program import CLICK
from tests.asterisk.scenarios.wanted import MOBILE

OUT = {
    "direction": "out",
    "called": MOBILE,
    "answered_by": MOBILE,
    "agents": ["101"],
    "total_s": "101 invite - 101 end",
}


@situation(
    Told(
        ("talking",),
        (
            row(
                "answered",
                **OUT,
                wait_s="101 invite - mobile answer",
                ring_s="mobile ringing - mobile answer",
                talk_s="mobile answer - 101 end",
            ),
        ),
    ),
    Told(
        ("talking",),
        (row("answered", **OUT, wait_s="101 invite - mobile answer", talk_s="mobile answer - 101 end", **NO_PARTS),),
    ),
)
async def outgoing_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 calls a mobile, which rings before and answers meanwhile."""
    call = pbx.p["101"].call(f"9{MOBILE}")
    line = await asyncio.wait_for(pbx.trunk.incoming.get(), 10)
    async for _ in answers_meanwhile(call, line):
        yield


@situation(
    Told(
        ("talking",), (row("answered", **OUT, wait_s="101 ringing - mobile answer", talk_s="mobile answer - 101 end"),)
    ),
    Told(("talking",), (row("answered", **OUT, talk_s="mobile answer - 101 end", **NO_PARTS),)),
)
async def click_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """A program rings 101 and then a mobile, which rings before and answers meanwhile."""
    pbx.p["101"].behave = answer(0.5)
    await pbx.ctl.act("Originate", Channel="PJSIP/101", **CLICK)
    call = await pbx.reached("101")
    line = await asyncio.wait_for(pbx.trunk.incoming.get(), 10)
    async for _ in answers_meanwhile(call, line):
        yield


INTERNAL = {
    "direction": "internal",
    "answered_by": "102",
    "wait_s": "101 invite - 102 answer",
    "talk_s": "102 answer - 101 end",
    "total_s": "101 invite - 101 end",
}


@situation(
    Told(("talking",), (row("answered", **INTERNAL, ring_s="102 ringing - 102 answer"),)),
    Told(("talking",), (row("answered", **INTERNAL, **NO_PARTS),)),
)
async def internal_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 calls 102, who answers meanwhile."""
    call = pbx.p["101"].call("102")
    leg = await pbx.reached("102")
    async for _ in answers_meanwhile(call, leg):
        yield

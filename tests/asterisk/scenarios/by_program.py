"""Scenarios in which a program takes part: click-to-call, redirects, hangups."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, incoming, internal, merged, outgoing
from tests.asterisk.scenarios.words import FIRST_AGENT, FIRST_CALLER, answered_at, rings, talking

WAIT = "caller invite - 101 answer"
CLICK = {"Context": "from-internal", "Exten": f"9{MOBILE}", "Priority": "1", "Async": "true", "CallerID": "101"}


@scenario(
    "click-to-call",
    outgoing(
        "answered",
        "101",
        began="101 invite",
        seen={
            "wait_s": "101 ringing - mobile answer",
            "talk_s": "mobile answer - mobile end",
            "total_s": "101 invite - 101 end",
        },
    ),
)
async def click(pbx: Pbx) -> None:
    """A program rings 101, who answers after 1 s and is put through to the town, which answers after 1 s."""
    pbx.p["101"].behave = answer(1)
    pbx.trunk.behave = answer(1, 2)
    await pbx.ctl.act("Originate", Channel="PJSIP/101", **CLICK)
    await pbx.over(await pbx.reached("101"))


@scenario(
    "click-to-call-first-party-silent",
    internal("no_answer", "101", "s", began="101 invite", seen={"total_s": "101 invite - 101 end"}),
)
async def click_in_vain(pbx: Pbx) -> None:
    """A program rings 101 for 3 s, who does not answer: the town is never called."""
    await pbx.ctl.act("Originate", Channel="PJSIP/101", Timeout="3000", **CLICK)
    await pbx.over(await pbx.reached("101"))


@scenario(
    "click-to-call-town-busy",
    outgoing("busy", "101", began="101 invite", seen={"total_s": "101 invite - 101 end"}),
)
async def click_busy(pbx: Pbx) -> None:
    """101 answers, the town is busy."""
    pbx.p["101"].behave = answer(0.5)
    pbx.trunk.behave = reject(486)
    await pbx.ctl.act("Originate", Channel="PJSIP/101", **CLICK)
    await pbx.over(await pbx.reached("101"))


@scenario(
    "click-to-call-by-local",
    outgoing(
        "answered",
        "101",
        began="101 invite",
        seen={"talk_s": "mobile answer - mobile end", "total_s": "101 invite - 101 end"},
    ),
)
async def click_by_local(pbx: Pbx) -> None:
    """The program rings 101 through a Local channel, as most CRMs do."""
    pbx.p["101"].behave = answer(1)
    pbx.trunk.behave = answer(1, 2)
    await pbx.ctl.act("Originate", Channel="Local/101@from-internal", **CLICK)
    await pbx.over(await pbx.reached("101"))


@scenario(
    "redirect-in-mid-call",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 end; 102 answer - caller end"},
    ),
)
async def redirected(pbx: Pbx) -> None:
    """A program sends the caller from his talk with 101 to 102."""
    call, _agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await pbx.ctl.act("Redirect", Channel=FIRST_CALLER, Context="from-internal", Exten="102", Priority="1")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "redirect-of-both-sides",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end"},
        tolerance=0.5,
    ),
)
async def redirected_both(pbx: Pbx) -> None:
    """A program sends caller and 101 into a conference together: the same two go on talking."""
    call, agent = await talking(pbx)
    await pbx.ctl.act(
        "Redirect",
        Channel=FIRST_CALLER,
        Context="from-internal",
        Exten="600",
        Priority="1",
        ExtraChannel=FIRST_AGENT,
        ExtraContext="from-internal",
        ExtraExten="600",
        ExtraPriority="1",
    )
    await asyncio.sleep(2.5)
    await call.bye()
    await agent.bye()


@scenario(
    "bridged-by-a-program",
    answered(
        "101",
        "7001",
        agents_devices=["101", "103"],
        transfers=[],
        lost_after_transfer=False,
        ended_by="caller",
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end"},
        tolerance=0.3,
    ),
    merged("103", "102"),
)
async def bridged(pbx: Pbx) -> None:
    """103 has called 102; a program takes the caller from 101 and 103 from 102, and puts the two together."""
    pbx.p["102"].behave = answer(0.5)
    call, _agent = await talking(pbx)
    inner = pbx.p["103"].call("102")
    await pbx.up(inner)
    await asyncio.sleep(1)
    await pbx.ctl.act("Bridge", Channel1=FIRST_CALLER, Channel2="PJSIP/103-00000002", Tone="no")
    await asyncio.sleep(1.5)
    await call.bye()
    await pbx.over(inner)


@scenario(
    "hangup-in-mid-call",
    answered(
        "101",
        "7001",
        ended_by="pbx",
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end"},
    ),
)
async def killed(pbx: Pbx) -> None:
    """An operator ends a talk."""
    call, _agent = await talking(pbx)
    await pbx.ctl.act("Hangup", Channel=FIRST_CALLER)
    await pbx.over(call)


@scenario(
    "hangup-while-ringing", incoming("no_answer", "7001", ended_by="pbx", seen={"wait_s": "caller invite - caller end"})
)
async def killed_while_ringing(pbx: Pbx) -> None:
    """An operator ends a call that still rings: not the caller's doing."""
    call = pbx.incoming("7001")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1)
    await pbx.ctl.act("Hangup", Channel=FIRST_CALLER)
    await pbx.over(call)

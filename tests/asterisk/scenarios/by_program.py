"""Scenarios in which a program takes part: click-to-call, redirects, hangups; and rooms, pools of agents, services."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, NO_CALL, answered, incoming, internal, outgoing
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


@scenario(
    "conference-with-several",
    answered(
        "101",
        "7029",
        agents_devices=["101", "102"],
        seen={"wait_s": "caller invite - 101 got_answer", "talk_s": "101 got_answer - 102 end"},
        tolerance=0.3,
    ),
    {"direction": "internal", "caller": "101", "called": "600", "merged_into": 1},
    {"direction": "internal", "caller": "102", "called": "600", "merged_into": 1},
)
async def conference(pbx: Pbx) -> None:
    """The caller is alone in a room, 101 comes, then 102; 101 leaves, then 102, then the caller."""
    call = pbx.incoming("7029")
    await pbx.up(call)
    await asyncio.sleep(1)
    first = pbx.p["101"].call("600")
    await pbx.up(first)
    await asyncio.sleep(1)
    second = pbx.p["102"].call("600")
    await pbx.up(second)
    await asyncio.sleep(1)
    await first.bye()
    await asyncio.sleep(1)
    await second.bye()
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "agents-pool-two-callers-in-one-shift",
    NO_CALL,
    answered(
        "105",
        "7020",
        caller="79000000001",
        queue="agents",
        queues=["agents"],
        wait_s={"min": 0.0, "max": 2.0},
        talk_s={"min": 2.0, "max": 4.1},
        seen={},
    ),
    answered(
        "105",
        "7020",
        caller="79000000002",
        queue="agents",
        queues=["agents"],
        wait_s={"min": 0.0, "max": 2.0},
        talk_s={"min": 2.0, "max": 4.1},
        seen={},
    ),
)
async def pool(pbx: Pbx) -> None:
    """105 logs in to the agents' pool, which is no call, and serves two callers one after the other: two calls."""
    shift = pbx.p["105"].call("1001")
    await pbx.up(shift)
    await asyncio.sleep(5.5)  # until he has heard that he is logged in, the pool has nobody
    for cid in ("79000000001", "79000000002"):
        call = pbx.incoming("7020", cid=cid)
        await pbx.up(call)
        await asyncio.sleep(4)
        await call.bye()
        await asyncio.sleep(1)
    await shift.bye()


@scenario("service-voicemail", internal("service", "101", "*98", voicemail=True))
async def own_voicemail(pbx: Pbx) -> None:
    """101 dials a voicemail box: a service, nobody."""
    call = pbx.p["101"].call("*98")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "answered-and-ended-at-once",
    answered("101", "7001", caller="79000000001", talk_s=0.0),
    answered("101", "7001", caller="79000000002", talk_s=0.0),
)
async def at_once(pbx: Pbx) -> None:
    """101 answers without ringing, and hangs up within a tenth of a second; then the caller does."""
    pbx.p["101"].behave = [answer(0, 0.1), answer(0)]
    await pbx.over(pbx.incoming("7001", cid="79000000001"))
    call = pbx.incoming("7001", cid="79000000002")
    await pbx.up(call)
    await call.bye()


@scenario("internal-queue", internal("answered", "104", "7003", answered_by="101", queue="support"))
async def internal_queue(pbx: Pbx) -> None:
    """A colleague calls the queue."""
    pbx.p["101"].behave = answer(1, 2)
    await pbx.over(pbx.p["104"].call("7003"))


@scenario("outgoing-cancelled-at-once", outgoing("cancelled", "101"))
async def cancelled(pbx: Pbx) -> None:
    """101 dials the town and gives up before it rings for long."""
    pbx.trunk.behave = no_answer()
    call = pbx.p["101"].call(f"9{MOBILE}")
    await asyncio.sleep(0.6)
    await call.cancel()

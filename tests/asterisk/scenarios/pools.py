"""Scenarios with an agents' pool (AgentLogin): its agent passes a caller on, and a colleague asks the pool."""

import asyncio

from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import NO_CALL, answered, merged, passed
from tests.asterisk.scenarios.words import answered_at, talking

# No phone sees when the agent is connected: he has been up all the time, and hears a beep first.
BEEP = {"min": 0.0, "max": 2.0}
POOL = {"queue": "agents", "queues": ["agents"], "lost_after_transfer": False, "ended_by": "caller"}


async def served(pbx: Pbx) -> tuple[CallerLeg, CallerLeg]:
    """105 has logged in and talks with a caller of the pool's queue: the caller's leg, and that of the shift."""
    shift = await logged_in(pbx)
    call = pbx.incoming("7020")
    await pbx.up(call)
    await asyncio.sleep(3)
    return call, shift


async def logged_in(pbx: Pbx) -> CallerLeg:
    """105 is in the pool and has heard that he is."""
    shift = pbx.p["105"].call("1001")
    await pbx.up(shift)
    await asyncio.sleep(5.5)
    return shift


@scenario(
    "agents-pool-attended-transfer",
    NO_CALL,
    answered(
        "105",
        "7020",
        agents_devices=["105", "102"],
        agents_names=["Galina", "Boris"],
        transfers=[passed("attended", "105", "102")],
        wait_s=BEEP,
        talk_s={"min": 5.0, "max": 9.0},
        seen={"hold_s": "105 hold - 105 refer"},
        tolerance=0.3,
        **POOL,
    ),
    merged("105", "102"),
)
async def attended(pbx: Pbx) -> None:
    """105 of the pool holds, asks 102 on a second line and hands the caller over; his shift goes on."""
    pbx.p["102"].behave = answer(1)
    call, shift = await served(pbx)
    await shift.hold()
    second = pbx.p["105"].call("102")
    await pbx.up(second)
    await asyncio.sleep(1.5)
    await shift.refer("102", replaces=second)
    await asyncio.sleep(0.3)
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()
    await asyncio.sleep(0.5)
    await shift.bye()


@scenario(
    "agents-pool-blind-transfer",
    NO_CALL,
    answered(
        "105",
        "7020",
        agents_devices=["105", "102"],
        agents_names=["Galina", "Boris"],
        transfers=[passed("blind", "105", "102")],
        wait_s=BEEP,
        talk_s={"min": 3.0, "max": 5.0},
        seen={},
        **POOL,
    ),
)
async def blind(pbx: Pbx) -> None:
    """105 of the pool passes the caller on to 102, who answers after 1 s; his shift goes on."""
    pbx.p["102"].behave = answer(1)
    call, shift = await served(pbx)
    await shift.refer("102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()
    await asyncio.sleep(0.5)
    await shift.bye()


@scenario(
    "attended-transfer-to-an-agents-pool",
    NO_CALL,
    answered(
        "101",
        "7001",
        agents_devices=["101", "105"],
        agents_names=["Anna", "Galina"],
        transfers=[passed("attended", "101", "105")],
        lost_after_transfer=False,
        ended_by="caller",
        seen={
            "wait_s": "caller invite - 101 answer",
            "talk_s": "101 answer - caller end",
            "hold_s": "101 hold - 101 refer",
        },
        tolerance=0.3,
    ),
    merged("101", "7020"),
)
async def asked(pbx: Pbx) -> None:
    """101 holds, asks the pool's queue on a second line, is served by 105 and hands the caller over to him."""
    shift = await logged_in(pbx)
    call, agent = await talking(pbx)
    await agent.hold()
    second = pbx.p["101"].call("7020")
    await pbx.up(second)
    await asyncio.sleep(2.5)
    await agent.refer("7020", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()
    await asyncio.sleep(0.5)
    await shift.bye()


@scenario(
    "agents-pool-agent-hangs-up",
    NO_CALL,
    answered(
        "105",
        "7020",
        agents_names=["Galina"],
        wait_s=BEEP,
        talk_s={"min": 1.5, "max": 3.1},
        seen={},
        **POOL | {"ended_by": "person"},
    ),
)
async def agent_hangs_up(pbx: Pbx) -> None:
    """105 of the pool puts the phone down in the middle of a talk: that ends the call, and his shift."""
    call, shift = await served(pbx)
    await shift.bye()
    await pbx.over(call)

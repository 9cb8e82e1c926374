"""Scenarios in which somebody asks a colleague on a second line before passing a caller on (REFER with Replaces)."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, merged, outgoing, passed
from tests.asterisk.scenarios.words import answered_at, rings, talking

WAIT = "caller invite - 101 answer"
ASKED = {"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 101 end - caller end"}


@scenario(
    "attended-transfer-refused",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - caller end",
            "hold_s": "101 hold - 101 unhold",
        },
    ),
    {
        "direction": "internal",
        "result": "busy",
        "missed": False,
        "caller": "101",
        "called": "102",
        "answered_by": None,
        "seen": {"total_s": "101 invite 2 - 101 end"},
    },
)
async def refused(pbx: Pbx) -> None:
    """101 holds and asks 102 on a second line; 102 is busy, 101 goes back: two calls that have nothing to do with each other."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = reject(486)
    await agent.hold()
    second = pbx.p["101"].call("102")
    await pbx.over(second)
    await asyncio.sleep(0.5)
    await agent.unhold()
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "attended-transfer-caller-hangs-up-on-hold",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "hold_s": "101 hold - caller end"},
    ),
    {
        "direction": "internal",
        "result": "answered",
        "missed": False,
        "caller": "101",
        "called": "102",
        "answered_by": "102",
        "seen": {"talk_s": "102 answer - 102 end"},
    },
)
async def gives_up_on_hold(pbx: Pbx) -> None:
    """101 holds and asks 102; the caller hangs up on hold: his talk is over, the colleagues' own call goes on."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(0.5)
    await agent.hold()
    second = pbx.p["101"].call("102")
    await pbx.up(second)
    await asyncio.sleep(1)
    await call.bye()
    await asyncio.sleep(1)
    await second.bye()


@scenario(
    "blonde-transfer-replaces",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 102 answer - caller end"},
        tolerance=0.3,
    ),
    merged("101", "102"),
)
async def blonde_replaces(pbx: Pbx) -> None:
    """101 holds, calls 102 and hands the caller over while 102 still rings; 102 answers and has the caller."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(2)
    await agent.hold()
    second = pbx.p["101"].call("102")
    await rings(await pbx.reached("102"))
    await asyncio.sleep(0.5)
    await agent.refer("102", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(3)
    await call.bye()


@scenario(
    "attended-transfer-to-queue",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end"},
        tolerance=0.3,
    ),
    merged("101", "7003"),
)
async def to_queue(pbx: Pbx) -> None:
    """101 holds, asks the queue on a second line, is answered by 102 and hands the caller over, who never was in the queue."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.hold()
    second = pbx.p["101"].call("7003")
    await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await agent.refer("7003", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-into-a-waiting-queue",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        queue="support",
        queues=["support"],
        transfers=[passed("attended", "101", "7005")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 102 answer - caller end"},
        tolerance=0.3,
    ),
    merged("101", "7005"),
)
async def into_a_queue(pbx: Pbx) -> None:
    """101 holds, waits in the queue on a second line and hands the caller over before anybody answers."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(3)
    await agent.hold()
    second = pbx.p["101"].call("7005")
    await rings(await pbx.reached("102"))
    await asyncio.sleep(0.5)
    await agent.refer("7005", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await answered_by_102(pbx)
    await asyncio.sleep(2)
    await call.bye()


async def answered_by_102(pbx: Pbx) -> None:
    """Until 102 has answered anything."""
    async with asyncio.timeout(20):
        while not any(leg.state == "up" for leg in pbx.p["102"].legs.values()):
            await asyncio.sleep(0.02)


@scenario(
    "attended-transfer-to-town",
    answered(
        "101",
        "7001",
        agents_devices=["101", MOBILE],
        transfers=[passed("attended", "101", MOBILE)],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "hold_s": "101 hold - 101 refer"},
        tolerance=0.3,
    ),
    merged("101", MOBILE) | {"direction": "out"},
)
async def to_town(pbx: Pbx) -> None:
    """101 holds, calls a mobile and hands the caller over to it: the call stays `in`."""
    call, agent = await talking(pbx)
    pbx.trunk.behave = answer(1)
    await agent.hold()
    second = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(second)
    await asyncio.sleep(1)
    await agent.refer(f"9{MOBILE}", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "blonde-transfer-replaces-abandoned",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[passed("attended", "101", "102", "abandoned")],
        lost_after_transfer=True,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer"},
        tolerance=0.3,
    ),
    merged("101", "102"),
)
async def blonde_abandoned(pbx: Pbx) -> None:
    """101 hands the caller over while 102 rings; 102 does not answer, the caller hangs up."""
    call, agent = await talking(pbx)
    await agent.hold()
    second = pbx.p["101"].call("102")
    await rings(await pbx.reached("102"))
    await asyncio.sleep(0.5)
    await agent.refer("102", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-of-an-outgoing-call",
    outgoing(
        "answered",
        "101",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        seen={
            "wait_s": "101 invite - mobile answer",
            "talk_s": "mobile answer - mobile end",
            "total_s": "101 invite - mobile end",
        },
        tolerance=0.3,
    ),
    merged("101", "102"),
)
async def of_an_outgoing_call(pbx: Pbx) -> None:
    """101 has called a mobile, asks 102 on a second line and hands the mobile over: one outgoing call."""
    pbx.trunk.behave = answer(1)
    pbx.p["102"].behave = answer(0.5)
    call = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(call)
    mobile = await pbx.trunk.incoming.get()
    await asyncio.sleep(1)
    await call.hold()
    second = pbx.p["101"].call("102")
    await pbx.up(second)
    await asyncio.sleep(1)
    await call.refer("102", replaces=second)
    await asyncio.sleep(0.3)
    await call.bye()
    await second.bye()
    await asyncio.sleep(1.5)
    await mobile.bye()

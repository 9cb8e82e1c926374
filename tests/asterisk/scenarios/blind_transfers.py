"""Scenarios in which a caller is passed on unannounced: by SIP's REFER, by feature code, by AMI; to phones, queues and the town."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, internal, outgoing, passed
from tests.asterisk.scenarios.words import FIRST_AGENT, answered_at, rings, talking

REFERRED = {"wait_s": "caller invite - 101 answer", "talk_s": "101 answer - 101 refer; 102 answer - caller end"}
LOST = {"wait_s": "caller invite - 101 answer", "talk_s": "101 answer - 101 refer"}


@scenario(
    "blind-transfer-by-code",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("blind", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": "caller invite - 101 answer", "talk_s": "101 answer - 101 end; 102 answer - caller end"},
    ),
)
async def by_code(pbx: Pbx) -> None:
    """101 passes the caller on with ##102; 102 answers after 1 s."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.dtmf("##102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "blind-transfer-by-ami",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("blind", "101", "102")],
        seen={"wait_s": "caller invite - 101 answer", "talk_s": "101 answer - 101 end; 102 answer - caller end"},
    ),
)
async def by_ami(pbx: Pbx) -> None:
    """A program passes 101's caller on to 102, who answers after 1 s."""
    call, _agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await pbx.ctl.act("BlindTransfer", Channel=FIRST_AGENT, Context="from-internal", Exten="102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "blind-transfer-abandoned",
    answered(
        "101",
        "7001",
        transfers=[passed("blind", "101", "102", "abandoned")],
        lost_after_transfer=True,
        seen=LOST,
    ),
)
async def abandoned(pbx: Pbx) -> None:
    """102 rings, and the caller hangs up after 2 s."""
    call, agent = await talking(pbx)
    await agent.refer("102")
    await agent.bye()
    await rings(await pbx.reached("102"))
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "blind-transfer-not-answered",
    answered(
        "101",
        "7001",
        transfers=[passed("blind", "101", "5102", "no_answer")],
        lost_after_transfer=True,
        seen=LOST,
    ),
)
async def not_answered(pbx: Pbx) -> None:
    """102 rings for 3 s, and the PBX gives up."""
    call, agent = await talking(pbx)
    await agent.refer("5102")
    await agent.bye()
    await pbx.over(call)


@scenario(
    "blind-transfer-busy",
    answered(
        "101",
        "7001",
        transfers=[passed("blind", "101", "102", "busy")],
        lost_after_transfer=True,
        seen=LOST,
    ),
)
async def busy(pbx: Pbx) -> None:
    """102 is busy, and the PBX gives up."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = reject(486)
    await agent.refer("102")
    await agent.bye()
    await pbx.over(call)


@scenario(
    "blind-transfer-to-queue",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        queue="support",
        queues=["support"],
        transfers=[passed("blind", "101", "7003")],
        lost_after_transfer=False,
        seen=REFERRED,
    ),
)
async def to_queue(pbx: Pbx) -> None:
    """101 passes the caller on to a queue; there 101 rings in vain, then 102 answers."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.refer("7003")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "blind-transfer-to-queue-abandoned",
    answered(
        "101",
        "7001",
        queue="support",
        queues=["support"],
        transfers=[passed("blind", "101", "7003", "abandoned")],
        lost_after_transfer=True,
        seen=LOST,
    ),
)
async def to_queue_abandoned(pbx: Pbx) -> None:
    """101 passes the caller on to a queue, where he gives up."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx)
    await agent.refer("7003")
    await agent.bye()
    await asyncio.sleep(2.5)
    await call.bye()


@scenario(
    "queue-transfer-to-the-same-queue",
    answered(
        "101",
        "7003",
        agents_devices=["101", "102"],
        queue="support",
        queues=["support"],
        transfers=[passed("blind", "101", "7003")],
        seen=REFERRED,
    ),
)
async def to_the_same_queue(pbx: Pbx) -> None:
    """A caller of the queue is sent back into it: 101 does not answer again, 102 does."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx, "7003")
    pbx.p["102"].behave = answer(1)
    await agent.refer("7003")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "blind-transfer-to-town",
    answered(
        "101",
        "7001",
        agents_devices=["101", MOBILE],
        transfers=[passed("blind", "101", f"9{MOBILE}")],
        seen={
            "wait_s": "caller invite - 101 answer",
            "talk_s": "101 answer - 101 refer; mobile answer - caller end",
        },
    ),
)
async def to_town(pbx: Pbx) -> None:
    """101 passes the caller on to a mobile: the call stays `in`, the mobile is one of those who talked."""
    call, agent = await talking(pbx)
    pbx.trunk.behave = answer(1)
    await agent.refer(f"9{MOBILE}")
    await agent.bye()
    async with asyncio.timeout(10):
        mobile = await pbx.trunk.incoming.get()
    await mobile.sleep(2.5)
    await call.bye()


@scenario(
    "blind-transfer-twice",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102", "103"],
        transfers=[passed("blind", "101", "102"), passed("blind", "102", "103")],
        lost_after_transfer=False,
        seen={
            "wait_s": "caller invite - 101 answer",
            "talk_s": "101 answer - 101 refer; 102 answer - 102 refer; 103 answer - caller end",
        },
    ),
)
async def twice(pbx: Pbx) -> None:
    """From 101 to 102, and from there to 103."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = pbx.p["103"].behave = answer(1)
    await agent.refer("102")
    await agent.bye()
    second = await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await second.refer("103")
    await second.bye()
    await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "blind-transfer-of-an-outgoing-call",
    outgoing(
        "answered",
        "101",
        agents_devices=["101", "102"],
        transfers=[passed("blind", "101", "102")],
        seen={
            "wait_s": "101 invite - mobile answer",
            "talk_s": "mobile answer - 101 refer; 102 answer - mobile end",
            "total_s": "101 invite - mobile end",
        },
    ),
)
async def of_an_outgoing_call(pbx: Pbx) -> None:
    """101 has called a mobile, and passes it on to 102: one outgoing call."""
    pbx.trunk.behave = answer(1)
    pbx.p["102"].behave = answer(1)
    call = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(call)
    mobile = await pbx.trunk.incoming.get()
    await asyncio.sleep(1.5)
    await call.refer("102")
    await call.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await mobile.bye()


@scenario(
    "blind-transfer-of-an-internal-call",
    internal(
        "answered",
        "103",
        "101",
        agents_devices=["101", "102"],
        transfers=[passed("blind", "101", "102")],
        seen={"wait_s": "103 invite - 101 answer", "talk_s": "101 answer - 101 refer; 102 answer - 103 end"},
    ),
)
async def of_an_internal_call(pbx: Pbx) -> None:
    """103 calls 101, who passes the colleague on to 102."""
    pbx.p["101"].behave = pbx.p["102"].behave = answer(1)
    call = pbx.p["103"].call("101")
    await pbx.up(call)
    agent = await pbx.reached("101")
    await asyncio.sleep(1)
    await agent.refer("102")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "blind-transfer-to-nowhere",
    answered(
        "101",
        "7001",
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": "caller invite - 101 answer", "talk_s": "101 answer - caller end"},
    ),
)
async def to_nowhere(pbx: Pbx) -> None:
    """There is no 4444: the PBX refuses at once (no event tells of it), and 101 goes on talking with the caller."""
    call, agent = await talking(pbx)
    await agent.refer("4444")
    await asyncio.sleep(1.5)
    await call.bye()

"""Scenarios in which things meet: transfers after transfers, out of the lot, into rooms and services, of outgoing calls."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, incoming, internal, merged, outgoing, passed
from tests.asterisk.scenarios.words import answered_at, rings, talking

WAIT = "caller invite - 101 answer"
TO_102 = passed("blind", "101", "102")
OTHER_MOBILE = "89167654321"


@scenario(
    "attended-then-blind-transfer",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102", "103"],
        transfers=[passed("attended", "101", "102"), passed("blind", "102", "103")],
        lost_after_transfer=False,
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - 102 refer; 103 answer - caller end",
            "hold_s": "101 hold - 101 refer",
        },
        tolerance=0.3,
    ),
    merged("101", "102"),
)
async def attended_then_blind(pbx: Pbx) -> None:
    """101 asks 102 and hands the caller over; 102 passes him on to 103."""
    pbx.p["102"].behave = pbx.p["103"].behave = answer(1)
    call, agent = await talking(pbx)
    await agent.hold()
    second = pbx.p["101"].call("102")
    await pbx.up(second)
    await asyncio.sleep(1)
    target = await pbx.reached("102")
    await agent.refer("102", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(1.5)
    await target.refer("103")
    await target.bye()
    await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "blind-transfer-to-a-ring-group",
    answered(
        "101",
        "7001",
        agents_devices=["101", "103"],
        transfers=[passed("blind", "101", "7004")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 103 answer - caller end"},
    ),
)
async def to_a_group(pbx: Pbx) -> None:
    """101 passes the caller on to a group that it is in itself; 103 is quicker."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    pbx.p["103"].behave = answer(2)
    call, agent = await talking(pbx)
    await agent.refer("7004")
    await agent.bye()
    await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "blind-transfer-to-voicemail",
    answered(
        "101",
        "7001",
        voicemail=True,
        transfers=[passed("blind", "101", "*98", "service")],
        lost_after_transfer=False,
        ended_by="caller",
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer"},
    ),
)
async def to_voicemail(pbx: Pbx) -> None:
    """101 passes the caller on to a voicemail box, where he hangs up: nobody was sought."""
    call, agent = await talking(pbx)
    await agent.refer("*98")
    await agent.bye()
    await asyncio.sleep(2.5)
    await call.bye()


@scenario(
    "blind-transfer-to-an-empty-queue",
    answered(
        "101",
        "7001",
        transfers=[passed("blind", "101", "7007", "unavailable")],
        lost_after_transfer=True,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer"},
    ),
)
async def to_an_empty_queue(pbx: Pbx) -> None:
    """101 passes the caller on to a queue without members, which turns him away."""
    call, agent = await talking(pbx)
    await agent.refer("7007")
    await agent.bye()
    async with asyncio.timeout(15):
        await call.ended


@scenario(
    "blind-transfer-of-a-held-caller",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[TO_102],
        lost_after_transfer=False,
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - 101 refer; 102 answer - caller end",
            "hold_s": "101 hold - 101 refer",
        },
    ),
)
async def held(pbx: Pbx) -> None:
    """101 holds, as most phones do, and passes the caller on: the hold ends with it."""
    pbx.p["102"].behave = answer(1)
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(1.5)
    await agent.refer("102")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "pickup-of-a-transferred-call",
    answered(
        "101",
        "7001",
        agents_devices=["101", "104"],
        transfers=[TO_102],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 104 got_answer - caller end"},
        tolerance=0.3,
    ),
    merged("104", "*8"),
)
async def picked_up(pbx: Pbx) -> None:
    """101 passes the caller on to 102, which rings; 104 takes him with *8."""
    call, agent = await talking(pbx)
    await agent.refer("102")
    await agent.bye()
    await rings(await pbx.reached("102"))
    await asyncio.sleep(1)
    picker = pbx.p["104"].call("*8")
    await pbx.up(picker)
    await asyncio.sleep(1.5)
    await call.bye()
    await pbx.over(picker)


@scenario(
    "blind-transfer-behind-a-kept-local-chain",
    answered(
        "101",
        "7023",
        agents_devices=["101", "103"],
        transfers=[passed("blind", "101", "103")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 103 answer - caller end"},
    ),
)
async def behind_a_chain(pbx: Pbx) -> None:
    """The one who is passed on is not the caller's channel but the half of a Local channel that stays."""
    pbx.p["103"].behave = answer(1)
    call, agent = await talking(pbx, "7023")
    await agent.refer("103")
    await agent.bye()
    await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "attended-transfer-into-a-conference",
    {"direction": "internal", "caller": "102", "called": "600", "merged_into": 2, "started_at": 0.0},
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "600")],
        lost_after_transfer=False,
        ended_by="caller",
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - caller end",
            "hold_s": "101 hold - 101 refer",
            "total_s": "caller invite - 102 end",
        },
        tolerance=0.3,
    ),
    {"direction": "internal", "caller": "101", "called": "600", "merged_into": 1, "started_at": 0.0},
)
async def into_a_conference(pbx: Pbx) -> None:
    """102 is in a room; 101 goes there on a second line and hands the caller over, who leaves the room first."""
    room = pbx.p["102"].call("600")
    await pbx.up(room)
    await asyncio.sleep(0.5)
    call, agent = await talking(pbx)
    await agent.hold()
    second = pbx.p["101"].call("600")
    await pbx.up(second)
    await asyncio.sleep(1)
    await agent.refer("600", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(2)
    await call.bye()
    await asyncio.sleep(0.5)
    await room.bye()


@scenario(
    "attended-transfer-of-an-outgoing-call-by-code",
    outgoing(
        "answered",
        "101",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        ended_by="person",
        seen={
            "wait_s": "101 invite - mobile answer",
            "talk_s": "mobile answer - 102 invite; 101 end - mobile end",
            "total_s": "101 invite - mobile end",
        },
        tolerance=0.3,
    ),
)
async def outgoing_by_code(pbx: Pbx) -> None:
    """101 has called a mobile, presses *2102, talks with 102 and hangs up: mobile and 102 talk."""
    pbx.trunk.behave = pbx.p["102"].behave = answer(1)
    call = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(call)
    mobile = await pbx.trunk.incoming.get()
    await asyncio.sleep(1)
    await call.dtmf("*2102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await call.bye()
    await asyncio.sleep(1.5)
    await mobile.bye()


@scenario(
    "blind-transfer-of-an-outgoing-call-to-town",
    outgoing(
        "answered",
        "101",
        agents_devices=["101", OTHER_MOBILE],
        transfers=[passed("blind", "101", f"9{OTHER_MOBILE}")],
        seen={
            "wait_s": "101 invite - mobile answer",
            "talk_s": "mobile answer - 101 refer; mobile answer 2 - mobile end",
            "total_s": "101 invite - mobile end",
        },
    ),
)
async def outgoing_to_town(pbx: Pbx) -> None:
    """101 has called a mobile and passes it on to another: still what 101 dialled, and the other one is who talks with it."""
    pbx.trunk.behave = answer(1)
    call = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(call)
    mobile = await pbx.trunk.incoming.get()
    await asyncio.sleep(1)
    await call.refer(f"9{OTHER_MOBILE}")
    await call.bye()
    async with asyncio.timeout(10):
        other = await pbx.trunk.incoming.get()
    await other.sleep(2.5)
    await mobile.bye()
    await pbx.over(other)


@scenario(
    "internal-call-passed-on-to-town",
    internal(
        "answered",
        "103",
        "101",
        agents_devices=["101", MOBILE],
        transfers=[passed("blind", "101", f"9{MOBILE}")],
        seen={"wait_s": "103 invite - 101 answer", "talk_s": "101 answer - 101 refer; mobile answer - 103 end"},
    ),
)
async def internal_to_town(pbx: Pbx) -> None:
    """103 calls 101, who passes the colleague on to a mobile that he never dialled: the call stays internal."""
    pbx.p["101"].behave = pbx.trunk.behave = answer(1)
    call = pbx.p["103"].call("101")
    await pbx.up(call)
    agent = await pbx.reached("101")
    await asyncio.sleep(1)
    await agent.refer(f"9{MOBILE}")
    await agent.bye()
    async with asyncio.timeout(10):
        mobile = await pbx.trunk.incoming.get()
    await mobile.sleep(2.5)
    await call.bye()


@scenario(
    "two-calls-at-one-agent",
    answered(
        "101",
        "7001",
        caller="79000000001",
        ended_by="caller",
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - caller end 2",
            "hold_s": "101 hold - 101 unhold",
            "total_s": "caller invite - caller end 2",
        },
    ),
    answered("101", "7001", caller="79000000002", ended_by="person", phones=["101"]),
)
async def two_at_once(pbx: Pbx) -> None:
    """A second caller rings the phone that talks: 101 holds the first, talks with the second, and goes back."""
    pbx.p["101"].behave = answer(1)
    first = pbx.incoming("7001", cid="79000000001")
    await pbx.up(first)
    one = await pbx.reached("101")
    await asyncio.sleep(1)
    second = pbx.incoming("7001", cid="79000000002")
    other = await pbx.reached("101")
    await rings(other)
    await one.hold()
    await pbx.up(second)
    await asyncio.sleep(1.5)
    await other.bye()
    await one.unhold()
    await asyncio.sleep(1)
    await first.bye()


@scenario(
    "callers-gone-within-milliseconds",
    incoming("short_abandoned", "7001", caller="79000000001", ended_by="caller"),
    incoming("short_abandoned", "7003", caller="79000000002", queue="support", queues=["support"], ended_by="caller"),
    incoming("ivr_only", "7002", caller="79000000003", missed=False, ended_by="caller"),
    incoming(
        "short_abandoned", "7005", caller="79000000004", queue="suplocaln", queues=["suplocaln"], ended_by="caller"
    ),
)
async def gone_at_once(pbx: Pbx) -> None:
    """Four callers give up the moment that 101 is reached, or that a menu has answered."""
    for serial, number in enumerate(("7001", "7003", "7002", "7005"), 1):
        call = pbx.incoming(number, cid=f"7900000000{serial}")
        await (pbx.up(call) if number == "7002" else pbx.reached("101"))
        await call.bye()
        await asyncio.sleep(0.3)


@scenario(
    "attended-transfer-twice",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102", "103"],
        transfers=[passed("attended", "101", "102"), passed("attended", "102", "103")],
        lost_after_transfer=False,
        ended_by="caller",
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - caller end",
            "hold_s": "101 hold - 101 refer; 102 hold - 102 refer",
        },
        tolerance=0.3,
    ),
    merged("101", "102"),
    merged("102", "103"),
)
async def attended_twice(pbx: Pbx) -> None:
    """101 asks 102 and hands the caller over, who asks 103 and does the same."""
    pbx.p["102"].behave = pbx.p["103"].behave = answer(0.5)
    call, agent = await talking(pbx)
    for name, colleague in (("101", "102"), ("102", "103")):
        await agent.hold()
        second = pbx.p[name].call(colleague)
        await pbx.up(second)
        await asyncio.sleep(1)
        await agent.refer(colleague, replaces=second)
        await asyncio.sleep(0.3)
        await agent.bye()
        await second.bye()
        await asyncio.sleep(1)
        agent = await pbx.reached(colleague)
    await call.bye()


@scenario(
    "caller-passes-our-man-on",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - caller end", "total_s": "caller invite - 103 end"},
        tolerance=0.3,
    ),
)
async def by_the_caller(pbx: Pbx) -> None:
    """The caller himself presses ##7009 and is gone: 101 has 103 on the line, and nobody was lost."""
    pbx.p["103"].behave = answer(1)
    call, _agent = await talking(pbx)
    await call.dtmf("##7009")
    other = await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await other.bye()

"""Scenarios with the parking lot: fetched, called back, given up; and calls picked up from another's phone."""

import asyncio

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, internal, merged, outgoing, passed
from tests.asterisk.scenarios.words import answered_at, rings, talking

WAIT = "caller invite - 101 answer"


@scenario(
    "park-comeback",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*3; 101 answer 2 - caller end"},
        tolerance=0.3,
    ),
)
async def comeback(pbx: Pbx) -> None:
    """101 parks the caller with *3; nobody fetches him, so after 8 s the PBX calls 101 back, who has him again."""
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await pbx.over(agent)
    await answered_at(pbx, "101", 15)
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "park-comeback-not-answered",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=True,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*3"},
        tolerance=0.3,
    ),
)
async def comeback_in_vain(pbx: Pbx) -> None:
    """Nobody fetches the parked caller, and 101 does not answer when called back: the PBX gives up."""
    pbx.p["101"].behave = [answer(1), no_answer()]
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await pbx.over(agent)
    await pbx.over(call)


@scenario(
    "park-given-up",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=True,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*3"},
        tolerance=0.3,
    ),
)
async def given_up(pbx: Pbx) -> None:
    """The parked caller hangs up in the lot."""
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await asyncio.sleep(3)
    await call.bye()
    await pbx.over(agent)


@scenario(
    "park-by-transfer",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 refer; 102 got_answer - caller end"},
        tolerance=0.3,
    ),
    merged("102", "701"),
)
async def by_transfer(pbx: Pbx) -> None:
    """101 passes the caller on to the lot itself (700); 102 fetches him."""
    call, agent = await talking(pbx)
    await agent.refer("700")
    await asyncio.sleep(1)  # who hangs up at once takes the caller with him: Asterisk parks on the parker's account
    await agent.bye()
    await asyncio.sleep(1)
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "parked-twice",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102", "103"],
        transfers=[],
        lost_after_transfer=False,
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - 101 dtmf_*3; 102 got_answer - 102 dtmf_*3; 103 got_answer - caller end",
        },
        tolerance=0.4,
    ),
    merged("102", "701"),
    merged("103", "701"),
)
async def twice(pbx: Pbx) -> None:
    """Parked by 101, fetched and parked again by 102, fetched by 103: still one caller's one call."""
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await asyncio.sleep(1.5)
    await agent.bye()
    second = pbx.p["102"].call("701")
    await pbx.up(second)
    await asyncio.sleep(1.5)
    await second.dtmf("*3")
    await asyncio.sleep(1.5)
    await second.bye()
    third = pbx.p["103"].call("701")
    await pbx.up(third)
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "park-fetched-and-passed-on",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102", "103"],
        transfers=[passed("blind", "102", "103")],
        lost_after_transfer=False,
        seen={
            "wait_s": WAIT,
            "talk_s": "101 answer - 101 dtmf_*3; 102 got_answer - 102 refer; 103 answer - caller end",
        },
        tolerance=0.3,
    ),
    merged("102", "701"),
)
async def fetched_and_passed_on(pbx: Pbx) -> None:
    """101 parks the caller, 102 fetches him and passes him on to 103."""
    pbx.p["103"].behave = answer(1)
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await asyncio.sleep(1.5)
    await agent.bye()
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1.5)
    await other.refer("103")
    await other.bye()
    await answered_at(pbx, "103")
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "park-of-an-internal-call-by-the-caller",
    internal(
        "answered",
        "103",
        "101",
        agents_devices=["101", "102"],
        transfers=[],
        ended_by="person",
        seen={
            "wait_s": "103 invite - 101 answer",
            "talk_s": "101 answer - 103 dtmf_*3; 102 got_answer - 102 end",
            "total_s": "103 invite - 101 end",
        },
        tolerance=0.3,
    ),
    merged("102", "701"),
)
async def of_an_internal_call(pbx: Pbx) -> None:
    """103 has called 101, parks the colleague and hangs up; 102 fetches him and hangs up."""
    pbx.p["101"].behave = answer(1)
    call = pbx.p["103"].call("101")
    await pbx.up(call)
    parked = await pbx.reached("101")
    await asyncio.sleep(1)
    await call.dtmf("*3")
    await asyncio.sleep(1)
    await call.bye()
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1.5)
    await other.bye()
    await pbx.over(parked)


OUT = {"wait_s": "101 invite - mobile answer", "total_s": "101 invite - mobile end"}


async def mobile_parked(pbx: Pbx) -> tuple[CallerLeg, CalledLeg]:
    """101 has called a mobile, talked with it and parked it with *3: both legs."""
    pbx.trunk.behave = answer(1)
    call = pbx.p["101"].call(f"9{MOBILE}")
    await pbx.up(call)
    mobile = await pbx.trunk.incoming.get()
    await asyncio.sleep(1.5)
    await call.dtmf("*3")
    await asyncio.sleep(1)
    return call, mobile


@scenario(
    "park-of-an-outgoing-call",
    outgoing(
        "answered",
        "101",
        agents_devices=["101", "102"],
        transfers=[],
        lost_after_transfer=False,
        ended_by="person",
        seen=OUT | {"talk_s": "mobile answer - 101 dtmf_*3; 102 got_answer - mobile end"},
        tolerance=0.3,
    ),
    merged("102", "701"),
)
async def of_an_outgoing_call(pbx: Pbx) -> None:
    """101 parks the mobile that it has called, and hangs up; 102 fetches it, and the mobile hangs up."""
    call, mobile = await mobile_parked(pbx)
    await call.bye()
    await asyncio.sleep(1)
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1.5)
    await mobile.bye()
    await pbx.over(other)


@scenario(
    "park-of-an-outgoing-call-comeback",
    outgoing(
        "answered",
        "101",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        ended_by="person",
        seen=OUT | {"talk_s": "mobile answer - 101 dtmf_*3; 101 answer - mobile end"},
        tolerance=0.3,
    ),
)
async def outgoing_comeback(pbx: Pbx) -> None:
    """Nobody fetches the mobile, and the PBX calls 101 back, who has it again."""
    pbx.p["101"].behave = answer(1)
    call, mobile = await mobile_parked(pbx)
    await call.bye()
    await answered_at(pbx, "101", 15)
    await asyncio.sleep(1)
    await mobile.bye()


@scenario(
    "park-of-an-outgoing-call-given-up",
    outgoing(
        "answered",
        "101",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        ended_by="person",
        seen=OUT | {"talk_s": "mobile answer - 101 dtmf_*3"},
        tolerance=0.3,
    ),
)
async def outgoing_given_up(pbx: Pbx) -> None:
    """101 has hung up, and the mobile gives up in the lot: its doing, and nobody's miss."""
    call, mobile = await mobile_parked(pbx)
    await call.bye()
    await asyncio.sleep(1)
    await mobile.bye()


@scenario(
    "pickup-of-one-phone",
    answered(
        "104",
        "7001",
        transfers=[],
        seen={"wait_s": "caller invite - 104 invite", "talk_s": "104 invite - caller end"},
        tolerance=0.3,
    ),
    merged("104", "*7101"),
)
async def directed(pbx: Pbx) -> None:
    """101 rings; 104 dials *7101 and has the caller."""
    call = pbx.incoming("7001")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1.5)
    agent = pbx.p["104"].call("*7101")
    await pbx.up(call)
    await asyncio.sleep(1.5)
    await call.bye()
    await pbx.over(agent)


@scenario(
    "pickup-out-of-a-queue",
    answered(
        "104",
        "7003",
        queue="support",
        queues=["support"],
        transfers=[],
        seen={"wait_s": "caller invite - 104 invite", "talk_s": "104 invite - caller end"},
        tolerance=0.3,
    ),
    merged("104", "*8"),
)
async def out_of_a_queue(pbx: Pbx) -> None:
    """A queue rings 101; 104, who is no member, takes the caller with *8."""
    call = pbx.incoming("7003")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1.5)
    agent = pbx.p["104"].call("*8")
    await pbx.up(call)
    await asyncio.sleep(1.5)
    await call.bye()
    await pbx.over(agent)

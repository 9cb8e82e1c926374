"""Scenarios in which somebody asks a colleague before passing a caller on: by feature code and by AMI, on one line."""

import asyncio

from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import answered, merged, passed
from tests.asterisk.scenarios.words import FIRST_AGENT, answered_at, rings, talking

WAIT = "caller invite - 101 answer"
ASKED = {"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 101 end - caller end"}


@scenario(
    "attended-transfer-by-code",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen=ASKED,
        tolerance=0.3,
    ),
)
async def by_code(pbx: Pbx) -> None:
    """101 presses *2102, talks with 102, and hangs up: caller and 102 talk."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.dtmf("*2102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await agent.bye()
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-by-ami",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 102 invite; 101 end - caller end"},
        tolerance=0.3,
    ),
)
async def by_ami(pbx: Pbx) -> None:
    """A program lets 101 ask 102, then 101 hangs up: caller and 102 talk."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await pbx.ctl.act("Atxfer", Channel=FIRST_AGENT, Context="from-internal", Exten="102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await agent.bye()
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-target-silent",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 102 end - caller end"},
        tolerance=0.5,
    ),
)
async def target_silent(pbx: Pbx) -> None:
    """102 does not answer within 6 s: 101 has the caller back."""
    call, agent = await talking(pbx)
    await agent.dtmf("*2102")
    await pbx.over(await pbx.reached("102"))
    await asyncio.sleep(2.5)
    await call.bye()


@scenario(
    "attended-transfer-aborted",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 101 dtmf_*1 - caller end"},
        tolerance=0.5,
    ),
)
async def aborted(pbx: Pbx) -> None:
    """101 has asked 102, and takes the caller back with *1."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.dtmf("*2102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await agent.dtmf("*1")
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-three-way",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 101 dtmf_*3 - caller end"},
        tolerance=0.5,
    ),
)
async def three_way(pbx: Pbx) -> None:
    """101 asks 102 and brings all three together with *3; 101 leaves first."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.dtmf("*2102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1.5)
    await agent.dtmf("*3")
    await asyncio.sleep(1.5)
    await agent.bye()
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "blonde-transfer-by-code",
    answered(
        "101",
        "7001",
        agents_devices=["101", "102"],
        transfers=[passed("attended", "101", "102")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 102 answer - caller end"},
        tolerance=0.3,
    ),
)
async def blonde(pbx: Pbx) -> None:
    """101 presses *2102 and hangs up while 102 rings; 102 answers and has the caller."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(2.5)
    await agent.dtmf("*2102")
    await rings(await pbx.reached("102"))
    await asyncio.sleep(0.7)
    await agent.bye()
    await asyncio.sleep(4)
    await call.bye()


@scenario(
    "attended-transfer-called-back",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[passed("attended", "101", "102", "returned")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102; 101 answer 2 - caller end"},
        tolerance=0.5,
    ),
    merged("101", "s") | {"began": "101 invite 2"},
    of_version=22,
)
async def called_back(pbx: Pbx) -> None:
    """101 hangs up while 102 rings; 102 never answers, the PBX calls 101 back, who has the caller again.

    Asterisk 16 does so too, but now and then cancels the call back at once: a race of its own.
    """
    call, agent = await talking(pbx)
    await agent.dtmf("*2102")
    await rings(await pbx.reached("102"))
    await asyncio.sleep(0.7)
    await agent.bye()
    await answered_at(pbx, "101")
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "attended-transfer-caller-leaves-meanwhile",
    answered(
        "101",
        "7001",
        agents_devices=["101"],
        transfers=[],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "101 answer - 101 dtmf_*2102", "total_s": "caller invite - 101 end"},
        tolerance=0.5,
    ),
)
async def caller_leaves(pbx: Pbx) -> None:
    """101 asks 102 by *2; the caller hangs up meanwhile, the two of them go on for a while."""
    call, agent = await talking(pbx)
    pbx.p["102"].behave = answer(1)
    await agent.dtmf("*2102")
    await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await call.bye()
    await asyncio.sleep(1)
    await agent.bye()

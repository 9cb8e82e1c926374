"""Scenarios with phones of the old driver chan_sip, which Asterisk 16 still has: 201 and 202."""

import asyncio

from tests.asterisk.lab.sip_called_leg import CalledLeg
from tests.asterisk.lab.sip_caller_leg import CallerLeg
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, incoming, merged, outgoing, passed
from tests.asterisk.scenarios.words import answered_at, rings

WAIT = "caller invite - 201 answer"


async def talking(pbx: Pbx) -> tuple[CallerLeg, CalledLeg]:
    """The town calls, 201 answers after 1 s, and they have talked for a while."""
    pbx.p["201"].behave = answer(1)
    call = pbx.incoming("7030")
    await pbx.up(call)
    agent = await pbx.reached("201")
    await asyncio.sleep(1.5)
    return call, agent


@scenario("chan-sip-answered", answered("201", "7030"), of_version=16)
async def answers(pbx: Pbx) -> None:
    """201 answers after 1 s."""
    call, _agent = await talking(pbx)
    await call.bye()


@scenario("chan-sip-abandoned", incoming("short_abandoned", "7030"), of_version=16)
async def abandons(pbx: Pbx) -> None:
    """201 rings, the caller gives up."""
    call = pbx.incoming("7030")
    await rings(await pbx.reached("201"))
    await asyncio.sleep(1.5)
    await call.cancel()


def by_the_old_line(pbx: Pbx, number: str) -> CallerLeg:
    """The town calls by a line of chan_sip."""
    assert pbx.old_trunk is not None
    return pbx.old_trunk.call(number, cid="79001112233")


@scenario("chan-sip-line-answered", answered("101", "7001", trunk="old-trunk"), of_version=16)
async def comes_in(pbx: Pbx) -> None:
    """Asterisk makes the caller's channel in the state of one that it calls itself."""
    pbx.p["101"].behave = answer(1)
    call = by_the_old_line(pbx, "7001")
    await pbx.up(call)
    await asyncio.sleep(1.5)
    await call.bye()


@scenario("chan-sip-line-abandoned", incoming("short_abandoned", "7001", trunk="old-trunk"), of_version=16)
async def gives_up(pbx: Pbx) -> None:
    """101 rings, the caller by the old line gives up."""
    call = by_the_old_line(pbx, "7001")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1.5)
    await call.cancel()


@scenario(
    "chan-sip-queue",
    answered("202", "7031", queue="sipq", queues=["sipq"], seen={"wait_s": "caller invite - 202 answer"}, talk_s=None),
    of_version=16,
)
async def queue(pbx: Pbx) -> None:
    """In the queue 201 does not answer, 202 does."""
    pbx.p["202"].behave = answer(1)
    call = pbx.incoming("7031")
    await pbx.up(call)
    await answered_at(pbx, "202")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "chan-sip-blind-transfer",
    answered(
        "201",
        "7030",
        agents_devices=["201", "202"],
        transfers=[passed("blind", "201", "202")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "201 answer - 201 refer; 202 answer - caller end"},
    ),
    of_version=16,
)
async def blind(pbx: Pbx) -> None:
    """201 passes the caller on to 202, who answers after 1 s."""
    call, agent = await talking(pbx)
    pbx.p["202"].behave = answer(1)
    await agent.refer("202")
    await agent.bye()
    await answered_at(pbx, "202")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "chan-sip-attended-transfer",
    answered(
        "201",
        "7030",
        agents_devices=["201", "202"],
        transfers=[passed("attended", "201", "202")],
        lost_after_transfer=False,
        seen={"wait_s": WAIT, "talk_s": "201 answer - caller end"},
        tolerance=0.3,
    ),
    merged("201", "202"),
    of_version=16,
)
async def attended(pbx: Pbx) -> None:
    """201 holds, asks 202 on a second line and hands the caller over."""
    call, agent = await talking(pbx)
    pbx.p["202"].behave = answer(0.5)
    await agent.hold()
    second = pbx.p["201"].call("202")
    await pbx.up(second)
    await asyncio.sleep(1)
    await agent.refer("202", replaces=second)
    await asyncio.sleep(0.3)
    await agent.bye()
    await second.bye()
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "chan-sip-outgoing", outgoing("answered", "201", seen={"talk_s": "mobile answer - mobile end"}), of_version=16
)
async def out(pbx: Pbx) -> None:
    """201 calls the town."""
    pbx.trunk.behave = answer(1)
    call = pbx.p["201"].call(f"9{MOBILE}")
    await pbx.up(call)
    await asyncio.sleep(1.5)
    await call.bye()

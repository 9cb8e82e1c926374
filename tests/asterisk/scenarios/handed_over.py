"""Scenarios in which a call goes from one phone to another: transfers, pickup, parking, a phone that sends on."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, redirect
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario


@scenario("12-blind-transfer-answered")
async def blind_transfer(pbx: Pbx) -> None:
    """79001112233 calls 7001, 101 answers after 1 s; talk 2 s; 101 blind-transfers to 102 (SIP REFER).

    102 rings 2 s and answers; talk 3 s; caller hangs up. Outcome: one call, answered by 101 (wait 1 s), then 102;
    human talk 2 + 3 s with 2 s of ringing between.
    """
    pbx.p["101"].behave = answer(1)
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7001")
    await pbx.up(call)
    await asyncio.sleep(2)
    agent = await pbx.reached("101")
    await agent.refer("102")
    await agent.bye()
    await pbx.reached("102")
    await asyncio.sleep(5)
    await call.bye()


@scenario("14-attended-transfer-replaces")
async def attended_transfer(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 answers after 1 s, asks 102 on a second line, and hands the caller over.

    Talk 2 s; 101 holds and calls 102, 102 answers after 1 s, they consult 2 s; 101 completes (REFER with Replaces):
    caller and 102 talk 3 s; caller hangs up. Outcome: one customer call: answered by 101, wait 1 s; handed to 102;
    the consultation 101-102 is an internal call that becomes part of it.
    """
    pbx.p["101"].behave = answer(1)
    pbx.p["102"].behave = answer(1)
    call = pbx.incoming("7001")
    await pbx.up(call)
    await asyncio.sleep(2)
    agent = await pbx.reached("101")
    await agent.hold()
    consultation = pbx.p["101"].call("102")
    await pbx.up(consultation)
    await asyncio.sleep(2)
    assert await agent.refer("102", replaces=consultation) == 202
    await asyncio.sleep(0.5)
    await agent.bye()
    await consultation.bye()
    await asyncio.sleep(2.5)
    await call.bye()


@scenario("15-pickup")
async def pickup(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 rings; after 2 s 104 dials *8 (group pickup) and gets the caller.

    Talk 3 s; caller hangs up. Outcome: answered by 104 (not 101), wait about 2 s, talk 3 s; 101 is not a miss.
    """
    call = pbx.incoming("7001")
    await asyncio.sleep(2)
    agent = pbx.p["104"].call("*8")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()
    await pbx.over(agent)


@scenario("16-park-and-retrieve")
async def park_and_retrieve(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 answers after 1 s; talks 2 s; 101 parks the caller with *3.

    3 s later 102 dials 701 and gets the caller; talk 3 s; caller hangs up.
    Outcome: answered by 101 (wait 1 s), 3 s parked, then 102; not missed.
    """
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7001")
    await pbx.up(call)
    await asyncio.sleep(2)
    agent = await pbx.reached("101")
    await agent.dtmf("*3")
    await asyncio.sleep(3)
    await agent.bye()
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(3)
    await call.bye()
    await pbx.over(other)


@scenario("23-forward-302")
async def forward(pbx: Pbx) -> None:
    """79001112233 calls 7009 -> 103, whose phone answers 302 to 105; 105 rings 2 s and answers; talk 3 s; caller hangs up.

    Outcome: answered by 105, wait about 2.3 s, talk 3 s; 103 never answered but forwarded.
    """
    pbx.p["103"].behave = redirect(f"sip:105@{pbx.ip}")
    pbx.p["105"].behave = answer(2)
    call = pbx.incoming("7009")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()

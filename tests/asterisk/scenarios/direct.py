"""Scenarios with a caller, the dialplan and the phones it dials: no queue."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario


@scenario("01-direct-caller-hangs-up")
async def caller_hangs_up(pbx: Pbx) -> None:
    """79001112233 calls 7001, which rings extension 101 at once. 101 answers after 2 s.

    They talk 3 s; the CALLER hangs up. Outcome: answered by 101, wait 2 s, talk 3 s. Not missed.
    """
    pbx.p["101"].behave = answer(2)
    call = pbx.incoming("7001")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario("02-direct-agent-hangs-up")
async def agent_hangs_up(pbx: Pbx) -> None:
    """79001112233 calls 7001 -> 101 rings 1 s, answers, talks 4 s and 101 (the AGENT) hangs up first.

    Outcome: answered by 101, wait 1 s, talk 4 s. Not missed.
    """
    pbx.p["101"].behave = answer(1, 4)
    await pbx.over(pbx.incoming("7001"))


@scenario("03-direct-no-answer")
async def nobody_answers(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 rings for the whole Dial timeout of 6 s and never answers; Asterisk ends the call.

    Outcome: MISSED (no answer), wait 6 s, talk 0.
    """
    await pbx.over(pbx.incoming("7001"))


@scenario("04-direct-busy")
async def busy(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 answers 486 Busy Here at once.

    Outcome: MISSED (busy), wait about 0 s, talk 0.
    """
    pbx.p["101"].behave = reject(486)
    await pbx.over(pbx.incoming("7001"))


@scenario("05-direct-caller-abandons")
async def caller_abandons(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 rings; the caller gives up (CANCEL) after 3 s.

    Outcome: MISSED (abandoned while ringing), wait 3 s, talk 0.
    """
    call = pbx.incoming("7001")
    await asyncio.sleep(3)
    await call.cancel()


@scenario("06-ivr-hangup")
async def ivr_hangup(pbx: Pbx) -> None:
    """79001112233 calls 7002; Asterisk itself answers (IVR prompt); the caller hangs up after 4 s without choosing.

    The channel was 'answered' at 0 s, but no human ever rang or spoke.
    Outcome: no human contact; wait 4 s in IVR, talk 0.
    """
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(4)
    await call.bye()


@scenario("11-ring-group")
async def ring_group(pbx: Pbx) -> None:
    """79001112233 calls 7004 = Dial(101&102&103). All three ring; 102 answers after 2 s.

    101 and 103 are cancelled (answered elsewhere). Talk 3 s; caller hangs up.
    Outcome: answered by 102, wait 2 s, talk 3 s; 101 and 103 must NOT count as missed.
    """
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7004")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario("21-hold")
async def hold(pbx: Pbx) -> None:
    """79001112233 calls 7001; 101 answers after 1 s; in the talk first 101 and then the caller hold and unhold.

    They talk 2 s; 101 holds 3 s (re-INVITE sendonly), unholds, talks 2 s; then the CALLER side holds 1 s and unholds;
    1 s later caller hangs up. Outcome: answered by 101, wait 1 s, talk 9 s in all, of which 3 s on hold by the agent
    and 1 s by the caller.
    """
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7001")
    await pbx.up(call)
    await asyncio.sleep(2)
    agent = await pbx.reached("101")
    await agent.hold()
    await asyncio.sleep(3)
    await agent.unhold()
    await asyncio.sleep(2)
    await call.hold()
    await asyncio.sleep(1)
    await call.unhold()
    await asyncio.sleep(1)
    await call.bye()

"""Scenarios with a queue."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario


@scenario("07-ivr-queue-second-agent")
async def second_agent(pbx: Pbx) -> None:
    """79001112233 calls 7002 (IVR answers at once), presses 1 after 2 s and enters queue support (linear).

    101 rings 4 s and does not answer (RINGNOANSWER); 102 is rung next and answers after 2 s; talk 5 s; caller hangs up.
    Outcome: answered by 102; wait in queue about 7 s (4 ring + 1 retry + 2 ring); talk 5 s. 101 has a missed ring.
    """
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.dtmf("1")
    agent = await pbx.reached("102")
    await agent.sleep(2.2)
    await asyncio.sleep(5)
    await call.bye()


@scenario("08-queue-abandon")
async def abandons_in_queue(pbx: Pbx) -> None:
    """79001112233 calls 7002, presses 1, queue support rings 101; the caller hangs up 3 s after joining.

    Outcome: MISSED (abandoned in queue), queue wait 3 s, talk 0.
    """
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(1)
    await call.dtmf("1")
    await pbx.reached("101")
    await asyncio.sleep(3)
    await call.bye()


@scenario("09-queue-timeout-voicemail")
async def timeout_and_voicemail(pbx: Pbx) -> None:
    """79001112233 calls 7008: Answer, queue support for 6 s, then voicemail.

    101 rings 4 s, then 102 rings; nobody answers; the queue times out and the caller is put into voicemail box 100 and
    hangs up 6 s later. Outcome: MISSED (queue timeout, went to voicemail), talk with a human 0.
    """
    call = pbx.incoming("7008")
    await pbx.up(call)
    await asyncio.sleep(14)
    await call.bye()


@scenario("10-queue-joinempty")
async def join_empty(pbx: Pbx) -> None:
    """79001112233 calls 7007: Answer, but queue 'nobody' has no members and joinempty=strict.

    So the caller is refused at once (QUEUESTATUS=JOINEMPTY; queue_log JOINEMPTY), hears a message and Asterisk hangs up.
    Outcome: MISSED, no phone ever rang.
    """
    await pbx.over(pbx.incoming("7007"))


@scenario("20b-missed-then-calls-again")
async def calls_again(pbx: Pbx) -> None:
    """79001112233 calls 7001, rings 2 s, abandons (MISSED), and gets through on the second try.

    3 s later the same caller calls 7002, presses 1 and 101 answers after 1 s in the queue; talk 3 s. Outcome: recovered:
    the same caller got through. A different caller 79990000000 misses at the end and stays missed.
    """
    call = pbx.incoming("7001")
    await asyncio.sleep(2)
    await call.cancel()
    await asyncio.sleep(3)
    await pbx.reached("101")
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(1)
    await call.dtmf("1")
    await pbx.reached("101")
    await asyncio.sleep(4.2)
    await call.bye()
    await asyncio.sleep(1)
    pbx.p["101"].behave = no_answer()
    call = pbx.incoming("7001", cid="79990000000")
    await asyncio.sleep(2)
    await call.cancel()


@scenario("22-queue-local-n")
async def local_members(pbx: Pbx) -> None:
    """79001112233 calls 7005: Answer, queue suplocaln whose members are Local/101@from-queue/n.

    101 rings 4 s without answer; 102 is next, answers after 1 s; talk 4 s; caller hangs up. Outcome: answered by 102,
    queue wait about 6 s, talk 4 s. /n: the two halves of the Local channel stay to the end.
    """
    pbx.p["102"].behave = answer(1)
    call = pbx.incoming("7005")
    await pbx.up(call)
    await pbx.reached("102")
    await asyncio.sleep(5)
    await call.bye()


@scenario("30-queue-agent-actions")
async def agent_actions(pbx: Pbx) -> None:
    """QueueAdd, QueuePause with reason, QueuePenalty by AMI; then 79001112233 calls 7003 with 101 paused.

    So 102 rings first and rejects (486), 103 answers after 1 s; talk 2 s; 103 hangs up. Then unpause and QueueRemove.
    Outcome: answered by 103; 102 refused; 101 was paused and never rang.
    """
    await pbx.ctl.act("QueueAdd", Queue="support", Interface="PJSIP/104", MemberName="Dina", Penalty="2")
    await pbx.ctl.act("QueuePause", Queue="support", Interface="PJSIP/101", Paused="true", Reason="lunch: long")
    await pbx.ctl.act("QueuePenalty", Queue="support", Interface="PJSIP/104", Penalty="5")
    pbx.p["102"].behave = reject(486)
    pbx.p["103"].behave = answer(1, 2)
    await pbx.over(pbx.incoming("7003"), 40)
    await pbx.ctl.act("QueuePause", Queue="support", Interface="PJSIP/101", Paused="false")
    await pbx.ctl.act("QueueRemove", Queue="support", Interface="PJSIP/104")

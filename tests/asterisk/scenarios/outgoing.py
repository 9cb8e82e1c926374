"""Scenarios in which an extension of ours dials."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario


@scenario("17-outgoing-answered")
async def outgoing_answered(pbx: Pbx) -> None:
    """101 dials 989161234567 (9 = town line): the trunk rings 89161234567 for 2 s, which answers; talk 3 s; 101 hangs up.

    Outcome: outgoing answered, wait 2 s, talk 3 s.
    """
    pbx.trunk.behave = answer(2)
    call = pbx.p["101"].call("989161234567")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario("18-outgoing-busy-and-unanswered")
async def outgoing_unanswered(pbx: Pbx) -> None:
    """101 dials 989161234567: the town says busy (486). 101 dials it twice more, 2 s after each end.

    First it rings 4 s unanswered and 101 gives up (CANCEL); then the town answers 404. Outcome: three outgoing calls,
    none answered (busy; no answer/cancelled by us; number does not exist).
    """
    pbx.trunk.behave = [reject(486, 0.5), no_answer(), reject(404, 0.2)]
    await pbx.over(pbx.p["101"].call("989161234567"))
    await asyncio.sleep(2)
    call = pbx.p["101"].call("989161234567")
    await asyncio.sleep(4)
    await call.cancel()
    await asyncio.sleep(2)
    await pbx.over(pbx.p["101"].call("989161234567"))


@scenario("19-internal")
async def internal(pbx: Pbx) -> None:
    """101 calls 102 (internal): rings 1 s, answered, talk 2 s, 102 hangs up.

    Then 103 calls 104, which does not answer; 103 gives up after 3 s.
    Outcome: internal calls only; no customer was missed.
    """
    pbx.p["102"].behave = answer(1, 2)
    await pbx.over(pbx.p["101"].call("102"))
    await asyncio.sleep(1)
    call = pbx.p["103"].call("104")
    await asyncio.sleep(3)
    await call.cancel()


@scenario("20-missed-then-callback")
async def callback(pbx: Pbx) -> None:
    """79001112233 calls 7001, 101 rings 2 s, caller abandons (MISSED). 3 s later 102 dials 979001112233 out.

    Town answers after 1 s, talk 3 s. Outcome: the missed call was recovered by an outgoing callback that was answered;
    the caller's number on the way out has the same digits.
    """
    call = pbx.incoming("7001")
    await asyncio.sleep(2)
    await call.cancel()
    await asyncio.sleep(3)
    pbx.trunk.behave = answer(1)
    back = pbx.p["102"].call("979001112233")
    await pbx.up(back)
    await asyncio.sleep(3)
    await back.bye()

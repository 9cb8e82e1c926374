"""Scenarios with rooms, pools of agents and services; and calls that are over in a moment."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, NO_CALL, answered, internal, outgoing

WAIT = "caller invite - 101 answer"
CLICK = {"Context": "from-internal", "Exten": f"9{MOBILE}", "Priority": "1", "Async": "true", "CallerID": "101"}


@scenario(
    "conference-with-several",
    answered(
        "101",
        "7029",
        agents_devices=["101", "102"],
        seen={"wait_s": "caller invite - 101 got_answer", "talk_s": "101 got_answer - 102 end"},
        tolerance=0.3,
    ),
    {"direction": "internal", "caller": "101", "called": "600", "merged_into": 1},
    {"direction": "internal", "caller": "102", "called": "600", "merged_into": 1},
)
async def conference(pbx: Pbx) -> None:
    """The caller is alone in a room, 101 comes, then 102; 101 leaves, then 102, then the caller."""
    call = pbx.incoming("7029")
    await pbx.up(call)
    await asyncio.sleep(1)
    first = pbx.p["101"].call("600")
    await pbx.up(first)
    await asyncio.sleep(1)
    second = pbx.p["102"].call("600")
    await pbx.up(second)
    await asyncio.sleep(1)
    await first.bye()
    await asyncio.sleep(1)
    await second.bye()
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "agents-pool-two-callers-in-one-shift",
    NO_CALL,
    answered(
        "105",
        "7020",
        caller="79000000001",
        queue="agents",
        queues=["agents"],
        wait_s={"min": 0.0, "max": 2.0},
        talk_s={"min": 2.0, "max": 4.1},
        seen={},
    ),
    answered(
        "105",
        "7020",
        caller="79000000002",
        queue="agents",
        queues=["agents"],
        wait_s={"min": 0.0, "max": 2.0},
        talk_s={"min": 2.0, "max": 4.1},
        seen={},
    ),
)
async def pool(pbx: Pbx) -> None:
    """105 logs in to the agents' pool, which is no call, and serves two callers one after the other: two calls."""
    shift = pbx.p["105"].call("1001")
    await pbx.up(shift)
    await asyncio.sleep(5.5)  # until he has heard that he is logged in, the pool has nobody
    for cid in ("79000000001", "79000000002"):
        call = pbx.incoming("7020", cid=cid)
        await pbx.up(call)
        await asyncio.sleep(4)
        await call.bye()
        await asyncio.sleep(1)
    await shift.bye()


@scenario("service-voicemail", internal("service", "101", "*98", voicemail=True))
async def own_voicemail(pbx: Pbx) -> None:
    """101 dials a voicemail box: a service, nobody."""
    call = pbx.p["101"].call("*98")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "answered-and-ended-at-once",
    answered("101", "7001", caller="79000000001", talk_s=0.0),
    answered("101", "7001", caller="79000000002", talk_s=0.0),
)
async def at_once(pbx: Pbx) -> None:
    """101 answers without ringing, and hangs up within a tenth of a second; then the caller does."""
    pbx.p["101"].behave = [answer(0, 0.1), answer(0)]
    await pbx.over(pbx.incoming("7001", cid="79000000001"))
    call = pbx.incoming("7001", cid="79000000002")
    await pbx.up(call)
    await call.bye()


@scenario("internal-queue", internal("answered", "104", "7003", answered_by="101", queue="support"))
async def internal_queue(pbx: Pbx) -> None:
    """A colleague calls the queue."""
    pbx.p["101"].behave = answer(1, 2)
    await pbx.over(pbx.p["104"].call("7003"))


@scenario("outgoing-cancelled-at-once", outgoing("cancelled", "101"))
async def cancelled(pbx: Pbx) -> None:
    """101 dials the town and gives up before it rings for long."""
    pbx.trunk.behave = no_answer()
    call = pbx.p["101"].call(f"9{MOBILE}")
    await asyncio.sleep(0.6)
    await call.cancel()

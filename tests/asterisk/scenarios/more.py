"""More calls than the recordings hold, with what the contract says of them; durations come from the phones of the run."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, redirect
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, incoming


@scenario("unreachable-phone-then-voicemail", incoming("unavailable", "7012", voicemail=True, wait_s=4.0, total_s=10.0))
async def unreachable(pbx: Pbx) -> None:
    """104 is unplugged: Dial gives up after 4 s without a sign of it, and voicemail takes over."""
    pbx.p.pop("104").close()
    call = pbx.incoming("7012")
    await pbx.up(call)
    await asyncio.sleep(1)
    await call.bye()


@scenario("queue-local-optimised", answered("102", "7006", queue="suplocal", queues=["suplocal"]))
async def local_optimised(pbx: Pbx) -> None:
    """Members behind Local channels that optimise themselves away in the middle of the talk: one call, one talk."""
    pbx.p["102"].behave = answer(1)
    call = pbx.incoming("7006")
    await pbx.up(call)
    await pbx.reached("102")
    await asyncio.sleep(3)
    await call.bye()


@scenario("dial-local-ring-group", answered("102", "7016"))
async def local_ring_group(pbx: Pbx) -> None:
    """Two phones ring at once behind Local channels, one of them optimised."""
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7016")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario("forward-302-to-town", answered(MOBILE, "7009"))
async def forward_to_town(pbx: Pbx) -> None:
    """103's phone sends the caller on to a mobile through the trunk: the call stays `in`, the mobile is who answers."""
    pbx.p["103"].behave = redirect(f"sip:9{MOBILE}@{pbx.ip}")
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7009")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("desk-and-mobile-at-once", answered(MOBILE, "7014"))
async def desk_and_mobile(pbx: Pbx) -> None:
    """Desk phone and mobile ring together, the mobile is quicker."""
    pbx.trunk.behave = answer(2)
    call = pbx.incoming("7014")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("mobile-after-extension", answered(MOBILE, "7010"))
async def mobile_after_extension(pbx: Pbx) -> None:
    """The extension rings in vain, then the mobile answers."""
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7010")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("refused-by-the-dialplan", incoming("failed", "7018", missed=False))
async def refused(pbx: Pbx) -> None:
    """The dialplan turns the caller away with a busy tone: nobody was sought, so nobody was busy."""
    await pbx.over(pbx.incoming("7018"))


@scenario("announcement-only", incoming("ivr_only", "7019", missed=False))
async def announcement(pbx: Pbx) -> None:
    """An announcement is played, and the PBX ends the call."""
    await pbx.over(pbx.incoming("7019"))


@scenario(
    "two-callers-one-agent",
    answered("101", "7003", caller="79000000001", queue="support", queues=["support"]),
    answered("101", "7003", caller="79000000002", queue="support", queues=["support"]),
)
async def two_callers(pbx: Pbx) -> None:
    """Two wait in one queue, and one phone answers both, one after the other."""
    pbx.p["101"].behave = answer(1, 3)
    first = pbx.incoming("7003", cid="79000000001")
    await asyncio.sleep(0.5)
    second = pbx.incoming("7003", cid="79000000002")
    await pbx.over(first)
    await pbx.over(second)


@scenario(
    "same-caller-twice-at-once",
    answered("101", "7001", phones=["101"]),
    incoming("short_abandoned", "7009", phones=["103"]),
)
async def same_caller_twice(pbx: Pbx) -> None:
    """One number calls two lines at once: one is answered, the other given up. They stay two calls."""
    pbx.p["101"].behave = answer(1, 3)
    one = pbx.incoming("7001")
    await asyncio.sleep(0.2)
    other = pbx.incoming("7009")
    await asyncio.sleep(2)
    await other.cancel()
    await pbx.over(one)


@scenario(
    "call-waiting",
    answered("101", "7001", caller="79000000001"),
    incoming("short_abandoned", "7001", caller="79000000002"),
)
async def call_waiting(pbx: Pbx) -> None:
    """A second caller rings a phone that talks, and gives up: he is missed, and the talk goes on."""
    pbx.p["101"].behave = [answer(1, 4), no_answer()]
    talking = pbx.incoming("7001", cid="79000000001")
    await pbx.up(talking)
    waiting = pbx.incoming("7001", cid="79000000002")
    await asyncio.sleep(2)
    await waiting.cancel()
    await pbx.over(talking)


@scenario(
    "queue-after-queue",
    answered("102", "7015", queue="support", queues=["support", "supall"]),
)
async def queue_after_queue(pbx: Pbx) -> None:
    """Nobody takes the caller in the first queue; in the second, where all ring, somebody does."""
    call = pbx.incoming("7015")
    await pbx.up(call)
    await asyncio.sleep(6.5)  # the first queue gives up after 8 s, and rings 102 for the last time before
    pbx.p["102"].behave = answer(0.5)
    while not any("t_answer" in leg.record for leg in pbx.p["102"].legs.values()):
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    await call.bye()

"""More calls than the recordings hold, with what the contract says of them; durations come from the phones of the run."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.asterisk.lab.sipua import answer, redirect
from tests.asterisk.pbx import Pbx, Scenario

MOBILE = "89161234567"
MORE: dict[str, Scenario] = {}
EXPECTED: dict[str, dict[str, Any]] = {}


def scenario(name: str, **call: Any) -> Callable[[Scenario], Scenario]:
    """Keep a scenario of one incoming call; `call` is what is special about it."""

    def keep(play: Scenario) -> Scenario:
        MORE[name] = play
        usual = {
            "direction": "in",
            "missed": call["result"] != "answered",
            "caller": "79001112233",
            "caller_e164": "+79001112233",
            "trunk": "trunk",
            "queue": None,
            "queues": [],
            "answered_by": None,
            "agents_devices": [],
            "voicemail": False,
            "wait_s": 0.0,
            "talk_s": 0.0,
            "total_s": 0.0,
            "started_at": 0.0,
        }
        EXPECTED[name] = {"scenario": name, "calls": [usual | call]}
        return play

    return keep


@scenario(
    "unreachable-phone-then-voicemail", result="unavailable", called="7012", voicemail=True, wait_s=4.0, total_s=10.0
)
async def unreachable(pbx: Pbx) -> None:
    """104 is unplugged: Dial gives up after 4 s without a sign of it, and voicemail takes over."""
    pbx.p.pop("104").close()
    call = pbx.incoming("7012")
    await pbx.up(call)
    await asyncio.sleep(1)
    await call.bye()


@scenario(
    "queue-local-optimised",
    result="answered",
    called="7006",
    queue="suplocal",
    queues=["suplocal"],
    answered_by="102",
    agents_devices=["102"],
)
async def local_optimised(pbx: Pbx) -> None:
    """Members behind Local channels that optimise themselves away in the middle of the talk: one call, one talk."""
    pbx.p["102"].behave = answer(1)
    call = pbx.incoming("7006")
    await pbx.up(call)
    await asyncio.wait_for(pbx.p["102"].incoming.get(), 20)
    await asyncio.sleep(3)
    await call.bye()


@scenario("dial-local-ring-group", result="answered", called="7016", answered_by="102", agents_devices=["102"])
async def local_ring_group(pbx: Pbx) -> None:
    """Two phones ring at once behind Local channels, one of them optimised."""
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7016")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario("forward-302-to-town", result="answered", called="7009", answered_by=MOBILE, agents_devices=[MOBILE])
async def forward_to_town(pbx: Pbx) -> None:
    """103's phone sends the caller on to a mobile through the trunk: the call stays `in`, the mobile is who answers."""
    pbx.p["103"].behave = redirect(f"sip:9{MOBILE}@{pbx.ip}")
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7009")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("desk-and-mobile-at-once", result="answered", called="7014", answered_by=MOBILE, agents_devices=[MOBILE])
async def desk_and_mobile(pbx: Pbx) -> None:
    """Desk phone and mobile ring together, the mobile is quicker."""
    pbx.trunk.behave = answer(2)
    call = pbx.incoming("7014")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("mobile-after-extension", result="answered", called="7010", answered_by=MOBILE, agents_devices=[MOBILE])
async def mobile_after_extension(pbx: Pbx) -> None:
    """The extension rings in vain, then the mobile answers."""
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7010")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("refused-by-the-dialplan", result="failed", missed=False, called="7018")
async def refused(pbx: Pbx) -> None:
    """The dialplan turns the caller away with a busy tone: nobody was sought, so nobody was busy."""
    await pbx.over(pbx.incoming("7018"))


@scenario("announcement-only", result="ivr_only", missed=False, called="7019")
async def announcement(pbx: Pbx) -> None:
    """An announcement is played, and the PBX ends the call."""
    await pbx.over(pbx.incoming("7019"))

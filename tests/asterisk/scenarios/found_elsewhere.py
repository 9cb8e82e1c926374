"""Scenarios in which the one sought is somewhere else: FollowMe, confirmations, chains of Local channels, queues in queues."""

import asyncio

from tests.asterisk.lab.sip_phone import answer, no_answer, reject
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario
from tests.asterisk.scenarios.wanted import MOBILE, answered, incoming
from tests.asterisk.scenarios.words import answered_at, rings

MUSIC = "caller invite - caller end"


@scenario(
    "followme-confirmed-on-the-mobile",
    answered(
        MOBILE,
        "7011",
        seen={"wait_s": "caller invite - mobile dtmf_1", "talk_s": "mobile dtmf_1 - caller end"},
        tolerance=1.0,
    ),
)
async def confirmed(pbx: Pbx) -> None:
    """104 rings in vain, the mobile goes up and presses 1: only then it has answered."""
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7011")
    await pbx.up(call)
    async with asyncio.timeout(20):
        mobile = await pbx.trunk.incoming.get()
    await mobile.sleep(4)
    await mobile.dtmf("1")
    await asyncio.sleep(3)
    await call.bye()


@scenario(
    "followme-declined-on-the-mobile",
    incoming("no_answer", "7011", seen={}, wait_s=None, agents_devices=[]),
)
async def declined(pbx: Pbx) -> None:
    """The mobile goes up and presses 2: nobody has answered."""
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7011")
    await pbx.up(call)
    async with asyncio.timeout(20):
        mobile = await pbx.trunk.incoming.get()
    await mobile.sleep(4)
    await mobile.dtmf("2")
    await pbx.over(call, 40)


@scenario(
    "followme-confirmed-on-the-desk",
    answered(
        "104",
        "7011",
        seen={"wait_s": "caller invite - 104 dtmf_1", "talk_s": "104 dtmf_1 - caller end"},
        tolerance=1.0,
    ),
)
async def confirmed_at_once(pbx: Pbx) -> None:
    """104 itself goes up and presses 1."""
    pbx.p["104"].behave = answer(1)
    call = pbx.incoming("7011")
    await pbx.up(call)
    desk = await answered_at(pbx, "104")
    await desk.sleep(3)
    await desk.dtmf("1")
    await asyncio.sleep(3)
    await call.bye()


@scenario("refused-after-going-up", incoming("no_answer", "7021", seen={"wait_s": "caller invite - 101 end"}))
async def refused(pbx: Pbx) -> None:
    """101's phone goes up after 1 s, but a subroutine refuses the call 2 s later: nobody has answered."""
    pbx.p["101"].behave = answer(1)
    await pbx.over(pbx.incoming("7021"))


@scenario(
    "accepted-after-going-up",
    answered("101", "7022", seen={"talk_s": "101 answer - caller end"}, wait_s=None, talk_s=None, tolerance=2.2),
)
async def accepted(pbx: Pbx) -> None:
    """101's phone goes up after 1 s, and is bridged 2 s later: that is the answer."""
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7022")
    await pbx.up(call)
    await asyncio.sleep(4)
    await call.bye()


@scenario(
    "followme-caller-leaves-while-the-mobile-is-asked",
    incoming("abandoned", "7011", ended_by="caller", seen={"wait_s": MUSIC}, talk_s=0.0),
)
async def leaves_while_asked(pbx: Pbx) -> None:
    """The mobile has gone up and hears that it may press 1; the caller hangs up: he was still sought for."""
    pbx.trunk.behave = answer(1)
    call = pbx.incoming("7011")
    await pbx.up(call)
    async with asyncio.timeout(20):
        mobile = await pbx.trunk.incoming.get()
    await mobile.sleep(2.5)
    await call.bye()


@scenario(
    "caller-leaves-while-a-subroutine-asks",
    incoming(
        "short_abandoned", "7022", ended_by="caller", seen={"wait_s": MUSIC, "total_s": "caller invite - 101 end"}
    ),
)
async def leaves_while_the_dialplan_asks(pbx: Pbx) -> None:
    """101's phone has gone up, and a subroutine runs on it for 2 s; the caller hangs up meanwhile."""
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7022")
    desk = await answered_at(pbx, "101")
    await desk.sleep(0.7)
    await call.cancel()
    await pbx.over(desk)


@scenario("local-chain-kept", answered("101", "7023"))
async def kept_chain(pbx: Pbx) -> None:
    """Two Local channels between caller and phone, which stay to the end."""
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7023")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario("local-chain-optimised", answered("101", "7024"))
async def short_chain(pbx: Pbx) -> None:
    """Two Local channels between caller and phone, which optimise themselves away one after the other."""
    pbx.p["101"].behave = answer(1)
    call = pbx.incoming("7024")
    await pbx.up(call)
    await asyncio.sleep(3)
    await call.bye()


@scenario(
    "local-chain-abandoned",
    incoming("short_abandoned", "7024"),
)
async def abandoned_chain(pbx: Pbx) -> None:
    """The caller gives up while the phone at the end of the chain rings."""
    call = pbx.incoming("7024")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1.5)
    await call.cancel()


@scenario(
    "queue-in-a-queue",
    answered(
        "102",
        "7025",
        queue="outer",
        queues=["outer", "supall"],
        seen={"wait_s": "caller invite - 102 answer", "talk_s": "102 answer - caller end"},
    ),
)
async def queue_in_a_queue(pbx: Pbx) -> None:
    """The only member of a queue is another queue, in which 102 answers after 2 s."""
    pbx.p["102"].behave = answer(2)
    call = pbx.incoming("7025")
    await pbx.up(call)
    await answered_at(pbx, "102")
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "queue-in-a-queue-abandoned",
    incoming("short_abandoned", "7025", queue="outer", queues=["outer", "supall"], seen={"wait_s": MUSIC}),
)
async def abandoned_in_both(pbx: Pbx) -> None:
    """The caller gives up while the inner queue rings."""
    call = pbx.incoming("7025")
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "queue-left-by-key",
    answered(
        "105",
        "7026",
        queue="keyed",
        queues=["keyed"],
        seen={"wait_s": "caller invite - 105 answer", "talk_s": "105 answer - caller end"},
    ),
)
async def left_by_key(pbx: Pbx) -> None:
    """The caller waits in a queue, presses 1 and is put through to 105."""
    pbx.p["105"].behave = answer(1)
    call = pbx.incoming("7026")
    await pbx.up(call)
    await rings(await pbx.reached("101"))
    await asyncio.sleep(1)
    await call.dtmf("1")
    await answered_at(pbx, "105")
    await asyncio.sleep(1.5)
    await call.bye()


@scenario(
    "queue-full",
    incoming(
        "abandoned",
        "7027",
        caller="79000000001",
        queue="narrow",
        queues=["narrow"],
        seen={"wait_s": "caller invite - caller end 2"},
    ),
    incoming("unavailable", "7027", caller="79000000002", wait_s=None, total_s=None, seen={}),
)
async def full(pbx: Pbx) -> None:
    """One waits in a queue with room for one; the next is refused at once."""
    first = pbx.incoming("7027", cid="79000000001")
    await rings(await pbx.reached("101"))
    await pbx.over(pbx.incoming("7027", cid="79000000002"))
    await asyncio.sleep(5)
    await first.bye()


@scenario(
    "queue-left-when-empty",
    incoming("no_answer", "7028", queue="leaving", queues=["leaving"], wait_s=None, seen={}),
)
async def left_when_empty(pbx: Pbx) -> None:
    """The only agent pauses while a caller waits: the PBX takes him out of the queue."""
    call = pbx.incoming("7028")
    await rings(await pbx.reached("104"))
    await asyncio.sleep(1)
    await pbx.ctl.act("QueuePause", Queue="leaving", Interface="PJSIP/104", Paused="true")
    await pbx.over(call)


@scenario("voicemail-after-busy", incoming("busy", "7012", voicemail=True, wait_s=None, seen={}))
async def busy_then_voicemail(pbx: Pbx) -> None:
    """104 is busy, voicemail takes over: busy all the same."""
    pbx.p["104"].behave = reject(486)
    call = pbx.incoming("7012")
    await pbx.up(call)
    await asyncio.sleep(2)
    await call.bye()


@scenario(
    "group-all-busy",
    incoming("busy", "7004", wait_s=None, seen={}),
)
async def all_busy(pbx: Pbx) -> None:
    """All three phones of a group refuse."""
    for extension in ("101", "102", "103"):
        pbx.p[extension].behave = reject(486, 0.3)
    await pbx.over(pbx.incoming("7004"))


@scenario("group-busy-and-silent", incoming("no_answer", "7004", wait_s=15.0, total_s=15.0, seen={"wait_s": MUSIC}))
async def busy_and_silent(pbx: Pbx) -> None:
    """One phone of a group refuses, the others ring in vain: nobody answered."""
    pbx.p["101"].behave = reject(486, 0.3)
    pbx.p["102"].behave = no_answer()
    await pbx.over(pbx.incoming("7004"))

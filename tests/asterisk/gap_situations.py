"""What phones do around a gap: how a call stands when the line breaks, what happens unseen, and how it goes on.

Each situation is played twice: with a daemon that knew the call before (`gap`), and with one that first hears of it afterwards
(`met`). What must be told of it is written down from the phones' own log: a duration in words (`truth.py`), None: it must not be told.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.by_program import CLICK
from tests.asterisk.scenarios.wanted import MOBILE
from tests.asterisk.scenarios.words import answered_at, rings, talking

Row = dict[str, Any]
Play = Callable[[Pbx], AsyncGenerator[None, None]]
WHOLE = "caller invite - caller end"


@dataclass(frozen=True, slots=True)
class Told:
    """What must be told: how the calls look when the line is back, and each one at its end."""

    live: tuple[str, ...]
    calls: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """The play gives way twice: when the line is to break, and when it is to be back."""

    play: Play
    gap: Told
    met: Told


SITUATIONS: dict[str, Situation] = {}


def situation(gap: Told, met: Told) -> Callable[[Play], Play]:
    """Keep a situation under its play's name."""

    def keep(play: Play) -> Play:
        SITUATIONS[play.__name__] = Situation(play, gap, met)
        return play

    return keep


def row(result: str, **told: Any) -> Row:
    """One call, whose end was seen unless said otherwise."""
    return {"result": result, "incomplete": True, "end_seen": True} | told


def ended_unseen(result: str, **told: Any) -> Row:
    """One call that was over when the line was back."""
    return row(result, **{"end_seen": False, "talk_s": None, "total_s": None, "ended_at": None} | told)


NOTHING = Told((), ())
NO_PARTS: Row = {"ivr_s": None, "queue_s": None, "ring_s": None}


@situation(
    Told(("ivr",), (row("ivr_only", did="7002", wait_s=WHOLE, total_s=WHOLE),)),
    Told(("ivr",), (row("ivr_only", did="7002", wait_s=WHOLE, total_s=WHOLE, ring_s=None),)),
)
async def in_the_menu(pbx: Pbx) -> AsyncGenerator[None, None]:
    """The caller hears the menu all the time."""
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(
        ("talking",),
        (
            row(
                "answered",
                answered_by="105",
                wait_s="caller invite - 105 answer",
                talk_s="105 answer - caller end",
                **NO_PARTS,
            ),
        ),
    ),
    Told(
        ("talking",),
        (
            row(
                "answered",
                answered_by="105",
                wait_s="caller invite - 105 answer",
                talk_s="105 answer - caller end",
                **NO_PARTS,
            ),
        ),
    ),
)
async def out_of_the_menu(pbx: Pbx) -> AsyncGenerator[None, None]:
    """The caller presses a key and is answered, all of it unseen."""
    pbx.p["105"].behave = answer(1)
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(1)
    yield
    await call.dtmf("2")
    await answered_at(pbx, "105")
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


RINGING = {"answered_by": "103", "wait_s": "caller invite - 103 answer", "talk_s": "103 answer - caller end"}


@situation(
    Told(("ringing",), (row("answered", **RINGING, ring_s="103 ringing - 103 answer"),)),
    Told(("ringing",), (row("answered", **RINGING, **NO_PARTS),)),
)
async def ringing_before_and_after(pbx: Pbx) -> AsyncGenerator[None, None]:
    """103 rings, and answers when the line is back."""
    call = pbx.incoming("7009")
    leg = await pbx.reached("103")
    await rings(leg)
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("talking",), (row("answered", **RINGING, ring_s="103 ringing - 103 answer", ivr_s=0.0, queue_s=0.0),)),
    Told(("talking",), (row("answered", **RINGING, **NO_PARTS),)),
)
async def answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """103 rings, and answers meanwhile."""
    call = pbx.incoming("7009")
    leg = await pbx.reached("103")
    await rings(leg)
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(Told((), (ended_unseen("unknown", wait_s=None),)), NOTHING)
async def given_up_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """103 rings, and the caller gives up meanwhile."""
    call = pbx.incoming("7009")
    await rings(await pbx.reached("103"))
    await asyncio.sleep(1)
    yield
    await call.cancel()
    yield


QUEUED = {"queue": "support", "answered_by": "101", "wait_s": "caller invite - 101 answer"}


@situation(
    Told(
        ("talking",),
        (
            row(
                "answered",
                **QUEUED,
                queue_s="caller invite - 101 answer",
                ring_s="101 ringing - 101 answer",
                talk_s="101 answer - caller end",
            ),
        ),
    ),
    Told(
        ("talking",),
        (row("answered", **QUEUED | {"queue": None}, **NO_PARTS, talk_s="101 answer - caller end"),),
    ),
)
async def answered_unseen_in_a_queue(pbx: Pbx) -> AsyncGenerator[None, None]:
    """A queue rings 101, who answers meanwhile."""
    call = pbx.incoming("7003")
    leg = await pbx.reached("101")
    await rings(leg)
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(
        ("queued",),
        (
            row(
                "answered",
                queue="support",
                answered_by="102",
                wait_s="caller invite - 102 answer",
                queue_s="caller dtmf_1 - 102 answer",
                talk_s="102 answer - caller end",
            ),
        ),
    ),
    Told(
        ("queued",),
        (
            row(
                "answered",
                queue="support",
                answered_by="102",
                wait_s="caller invite - 102 answer",
                queue_s="caller dtmf_1 - 102 answer",
                ring_s=None,
                talk_s="102 answer - caller end",
            ),
        ),
    ),
)
async def waiting_in_a_queue(pbx: Pbx) -> AsyncGenerator[None, None]:
    """Out of the menu into a queue that rings one after the other; 102 answers when the line is back."""
    call = pbx.incoming("7002")
    await pbx.up(call)
    await asyncio.sleep(1)
    await call.dtmf("1")
    await pbx.reached("101")
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    pbx.p["102"].behave = answer(1)
    await answered_at(pbx, "102")
    await asyncio.sleep(1)
    await call.bye()


def behind_local(name: str, number: str) -> None:
    """A queue's member is a Local channel, kept or optimised away, and his phone answers meanwhile."""
    told = row("answered", answered_by="101", wait_s="caller invite - 101 answer", talk_s="101 answer - caller end")

    async def play(pbx: Pbx) -> AsyncGenerator[None, None]:
        call = pbx.incoming(number)
        leg = await pbx.reached("101")
        await rings(leg)
        await asyncio.sleep(1)
        yield
        leg.accept()
        await asyncio.sleep(1)
        yield
        await asyncio.sleep(1)
        await call.bye()

    play.__name__ = name
    situation(Told(("talking",), (told,)), Told(("talking",), (told,)))(play)


behind_local("answered_behind_kept_halves_of_a_queue", "7005")
behind_local("answered_behind_halves_of_a_queue", "7006")
behind_local("answered_behind_a_chain_of_halves", "7023")
behind_local("answered_behind_a_short_chain", "7024")

UNTIL_FETCHED = "101 dtmf_*3 - 102 got_answer"
TALKED = {"answered_by": "101", "wait_s": "caller invite - 101 answer"}


@situation(
    Told(("talking",), (row("answered", **TALKED, talk_s="101 answer - caller end", total_s=WHOLE),)),
    Told(("talking",), (row("answered", **TALKED, talk_s="101 answer - caller end", total_s=WHOLE, **NO_PARTS),)),
)
async def talking_all_the_time(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk before, meanwhile and afterwards."""
    call, _agent = await talking(pbx)
    yield
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(Told((), (ended_unseen("answered", **TALKED),)), NOTHING)
async def talk_over_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, and hang up meanwhile."""
    call, _agent = await talking(pbx)
    yield
    await call.bye()
    yield


@situation(
    Told(("held",), (row("answered", **TALKED, hold_s="101 hold - 101 unhold", talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def on_hold(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller before, and takes him back afterwards."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    await agent.unhold()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("held",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def unheld_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller before, and takes him back meanwhile."""
    call, agent = await talking(pbx)
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await agent.unhold()
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
    Told(("talking",), (row("answered", **TALKED, hold_s=None, talk_s="101 answer - caller end"),)),
)
async def held_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller meanwhile, and takes him back afterwards."""
    call, agent = await talking(pbx)
    yield
    await agent.hold()
    await asyncio.sleep(0.5)
    yield
    await agent.unhold()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(
        ("ringing",),
        (
            row(
                "answered",
                **TALKED,
                agents=["101", "102"],
                talk_s="101 answer - 101 refer; 102 answer - caller end",
                total_s=WHOLE,
            ),
        ),
    ),
    Told(("ringing",), (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE),)),
)
async def passed_on_and_ringing(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 has passed the caller on to 102, who rings before and answers afterwards."""
    call, agent = await talking(pbx)
    await agent.refer("102")
    await agent.bye()
    leg = await pbx.reached("102")
    await rings(leg)
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("talking",), (row("answered", **TALKED, agents=["101", "102"], talk_s=None, total_s=WHOLE),)),
    Told(("talking",), (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE),)),
)
async def passed_on_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk; meanwhile 101 passes the caller on, and 102 answers."""
    pbx.p["102"].behave = answer(1)
    call, agent = await talking(pbx)
    yield
    await agent.refer("102")
    await agent.bye()
    await answered_at(pbx, "102")
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(("held", "talking"), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE),)),
    Told(("talking", "talking"), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE),)),
)
async def a_colleague_is_asked(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 holds the caller and asks 102 by a call of his own; afterwards he puts the two together."""
    pbx.p["102"].behave = answer(0.5)
    call, agent = await talking(pbx)
    await agent.hold()
    asking = pbx.p["101"].call("102")
    await pbx.up(asking)
    await asyncio.sleep(0.5)
    yield
    await asyncio.sleep(1)
    yield
    await agent.refer("102", replaces=asking)
    await asyncio.sleep(1.5)
    await call.bye()


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101", "102"], total_s=WHOLE, parked_s=UNTIL_FETCHED),)),
    Told(
        ("held",),
        (row("answered", agents=["102"], wait_s=None, talk_s=None, total_s=WHOLE, parked_s=UNTIL_FETCHED),),
    ),
)
async def in_the_lot(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 has parked the caller; 102 fetches him afterwards."""
    call, agent = await talking(pbx)
    await agent.dtmf("*3")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    yield
    other = pbx.p["102"].call("701")
    await pbx.up(other)
    await asyncio.sleep(1)
    await call.bye()


PARKED = {"talk_s": None, "total_s": WHOLE, "parked_s": "101 dtmf_*3 - caller end"}


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101"], **PARKED),)),
    Told(("held",), (row("answered", agents=[], wait_s=None, **PARKED),)),
)
async def parked_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, 101 parks the caller meanwhile, who gives up in the lot."""
    call, agent = await talking(pbx)
    yield
    await agent.dtmf("*3")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    await call.bye()


BY_REFER = {"talk_s": None, "total_s": WHOLE, "parked_s": "101 refer - caller end"}


@situation(
    Told(("held",), (row("answered", **TALKED, agents=["101"], **BY_REFER),)),
    Told(("held",), (row("answered", agents=[], wait_s=None, **BY_REFER),)),
)
async def passed_on_into_the_lot_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """They talk, 101 passes the caller on to the lot's number meanwhile, and he gives up there."""
    call, agent = await talking(pbx)
    yield
    await agent.refer("700")
    await asyncio.sleep(1)
    await agent.bye()
    yield
    await asyncio.sleep(0.5)
    await call.bye()


CONFERENCE = row(
    "answered", answered_by="103", wait_s="caller invite - 103 got_answer", talk_s="103 got_answer - caller end"
)


@situation(Told(("talking",), (CONFERENCE,)), Told(("talking",), (CONFERENCE,)))
async def in_a_conference(pbx: Pbx) -> AsyncGenerator[None, None]:
    """The caller waits in a conference room; 103 comes in meanwhile."""
    call = pbx.incoming("7029")
    await pbx.up(call)
    await asyncio.sleep(1)
    yield
    other = pbx.p["103"].call("600")
    await pbx.up(other)
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()
    await other.bye()


OUT = {
    "direction": "out",
    "called": MOBILE,
    "answered_by": MOBILE,
    "agents": ["101"],
    "total_s": "101 invite - 101 end",
}


@situation(
    Told(
        ("talking",),
        (
            row(
                "answered",
                **OUT,
                wait_s="101 invite - mobile answer",
                ring_s="mobile ringing - mobile answer",
                talk_s="mobile answer - 101 end",
            ),
        ),
    ),
    Told(
        ("talking",),
        (row("answered", **OUT, wait_s="101 invite - mobile answer", talk_s="mobile answer - 101 end", **NO_PARTS),),
    ),
)
async def outgoing_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 calls a mobile, which rings before and answers meanwhile."""
    call = pbx.p["101"].call(f"9{MOBILE}")
    line = await asyncio.wait_for(pbx.trunk.incoming.get(), 10)
    await rings(line)
    await asyncio.sleep(1)
    yield
    line.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(
    Told(
        ("talking",), (row("answered", **OUT, wait_s="101 ringing - mobile answer", talk_s="mobile answer - 101 end"),)
    ),
    Told(("talking",), (row("answered", **OUT, talk_s="mobile answer - 101 end", **NO_PARTS),)),
)
async def click_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """A program rings 101 and then a mobile, which rings before and answers meanwhile."""
    pbx.p["101"].behave = answer(0.5)
    await pbx.ctl.act("Originate", Channel="PJSIP/101", **CLICK)
    call = await pbx.reached("101")
    line = await asyncio.wait_for(pbx.trunk.incoming.get(), 10)
    await rings(line)
    await asyncio.sleep(1)
    yield
    line.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


INTERNAL = {
    "direction": "internal",
    "answered_by": "102",
    "wait_s": "101 invite - 102 answer",
    "talk_s": "102 answer - 101 end",
    "total_s": "101 invite - 101 end",
}


@situation(
    Told(("talking",), (row("answered", **INTERNAL, ring_s="102 ringing - 102 answer"),)),
    Told(("talking",), (row("answered", **INTERNAL, **NO_PARTS),)),
)
async def internal_answered_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """101 calls 102, who answers meanwhile."""
    call = pbx.p["101"].call("102")
    leg = await pbx.reached("102")
    await rings(leg)
    await asyncio.sleep(1)
    yield
    leg.accept()
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


BEGUN = {"answered_by": "103", "talk_s": "103 answer - caller end"}


@situation(
    Told(("talking",), (row("answered", **BEGUN, **NO_PARTS),)),
    Told(("talking",), (row("answered", **BEGUN, **NO_PARTS, wait_s="caller invite - 103 answer"),)),
)
async def begun_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """The caller comes and is answered, all of it unseen, and talks on afterwards."""
    pbx.p["103"].behave = answer(0.5)
    yield
    call = pbx.incoming("7009")
    await pbx.up(call)
    await asyncio.sleep(1)
    yield
    await asyncio.sleep(1)
    await call.bye()


@situation(NOTHING, NOTHING)
async def begun_and_over_unseen(pbx: Pbx) -> AsyncGenerator[None, None]:
    """One caller talks and hangs up, another gives up while it rings, all of it unseen."""
    pbx.p["105"].behave = answer(0.5)
    yield
    call = pbx.incoming("7002")
    await pbx.up(call)
    other = pbx.incoming("7009", cid="79005556677")
    await rings(await pbx.reached("103"))
    await call.dtmf("2")
    await answered_at(pbx, "105")
    await asyncio.sleep(1)
    await call.bye()
    await other.cancel()
    yield

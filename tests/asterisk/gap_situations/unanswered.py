"""Calls that nobody has answered when the line breaks: in the menu, rung for, in a queue, or not yet begun."""

import asyncio
from collections.abc import AsyncGenerator

from tests.asterisk.gap_situations.registry import NO_PARTS, NOTHING, Told, ended_unseen, row, situation
from tests.asterisk.gap_situations.words import WHOLE, answers_meanwhile
from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.words import answered_at, rings


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
    async for _ in answers_meanwhile(call, leg):
        yield


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
    async for _ in answers_meanwhile(call, leg):
        yield


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
        async for _ in answers_meanwhile(call, leg):
            yield

    play.__name__ = name
    situation(Told(("talking",), (told,)), Told(("talking",), (told,)))(play)


behind_local("answered_behind_kept_halves_of_a_queue", "7005")
behind_local("answered_behind_halves_of_a_queue", "7006")
behind_local("answered_behind_a_chain_of_halves", "7023")
behind_local("answered_behind_a_short_chain", "7024")
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

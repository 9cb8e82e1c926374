"""Scenarios in which callers have names and numbers that are none."""

import asyncio

from tests.asterisk.lab.sip_phone import answer
from tests.asterisk.pbx import Pbx
from tests.asterisk.scenarios.registry import scenario

NAMES: tuple[str | bytes, ...] = (
    "Иван Петров",
    "Иван Петров".encode("cp1251"),
    "José Müller".encode("latin-1"),
    rb"Say \"Hi\": a, b; c\\d %0D%0AEvent: Hangup",
    b"Eve\r\n Event: Hangup\r\n Channel: PJSIP/101-00000001",
)
NUMBERS = (
    "79%0D%0AEvent%3A%20Hangup%0D%0AX%3A%201",
    "79%0D%0A%0D%0AEvent%3A%20Hangup%0D%0APrivilege%3A%20call,all%0D%0AUniqueid%3A%201.1%0D%0ACause%3A%2016%0D%0A%0D%0AEvent%3A%20Z",
    "79000%0A000001",
    "7900%00%0900002",
    "79%0D%0A%0D%0AEvent%3A%20Shutdown%0D%0AShutdown%3A%20Cleanly%0D%0A",
    "Иван".encode().decode("latin-1"),
    "anonymous",
    "+7(900)111-22-33",
)


async def call_for_a_second(pbx: Pbx, cid: str, name: str | bytes) -> None:
    """Call 7001 and hang up 1 s after the answer, if the call gets that far."""
    call = pbx.incoming("7001", cid=cid, name=name)
    await asyncio.wait([call.final], timeout=3)
    if call.state == "new":
        call.end("never_answered_by_asterisk")
    elif call.state != "ended":
        await asyncio.sleep(1)
        await call.bye()
        await asyncio.sleep(0.5)


@scenario("28-strange-names")
async def strange_names(pbx: Pbx) -> None:
    """Five calls to 7001, each answered by 101 after 0.5 s and ended by the caller 1 s later, with strange caller names.

    UTF-8 Russian; the same in cp1251 bytes; latin-1 bytes; quotes, colons, backslashes and %0D%0A; a folded header with
    a CR LF and a forged 'Event: Hangup' line. Outcome: four answered calls, wait 0.5 s, talk 1 s each; the folded one is
    dropped by the SIP parser. Then two AMI Originates of Local/a@load whose CallerID carries a CR LF and a colon.
    """
    pbx.p["101"].behave = answer(0.5)
    for serial, name in enumerate(NAMES):
        await call_for_a_second(pbx, f"7900000000{serial}", name)
    for shown in ("x\r\nEvent: Hangup", "a: b"):
        await pbx.ctl.act(
            "Originate",
            Channel="Local/a@load",
            Context="load",
            Exten="fast",
            Priority="1",
            CallerID=f'"{shown}" <7>',
            Async="true",
        )
    await asyncio.sleep(4)


@scenario("28b-injected-numbers")
async def injected_numbers(pbx: Pbx) -> None:
    """A hostile caller puts escaped CR LF into the SIP user part (caller number) of From.

    79%0D%0AEvent%3A%20Hangup..., also with an empty line so that a whole forged event stands alone, a bare %0A, %00; then
    a number in UTF-8 and an anonymous one. All call 7001; 101 answers after 0.5 s if the call gets that far; the caller
    hangs up 1 s later. Outcome: as in truth.jsonl; no call ends early; forged lines inside an event are not events.
    """
    pbx.p["101"].behave = answer(0.5)
    for cid in NUMBERS:
        await call_for_a_second(pbx, cid, "Anonymous" if cid == "anonymous" else "N")

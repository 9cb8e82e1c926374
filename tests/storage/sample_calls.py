"""Finished calls to store: one with everything in it, and as many different ones as a test wants."""

from dataclasses import replace
from typing import Any

from handlers.facts import Agent, Call, CallEnded, Hold, Leg, QueueStay, Talk, Transfer

START = 1_795_450_294.013


def a_call(number: int = 0, **changes: Any) -> Call:
    """An answered incoming call through a queue, `number` minutes after the first."""
    at = START + 60 * number
    call = Call(
        id=f"{int(at)}.{4 * number}",
        pbx="office",
        boot="1795400000",
        state="ended",
        state_since=at + 61.5,
        direction="in",
        result="answered",
        missed=False,
        closed=False,
        voicemail=False,
        trunk="megafon",
        did="74951112233",
        source="yandex-direct",
        caller="89001112233",
        caller_e164="+79001112233",
        caller_name="Иван Петров",
        called="74951112233",
        called_e164="+74951112233",
        queue="support",
        queues=("support", "sales"),
        answered_by="101",
        agents=(Agent("PJSIP/101", "Анна"), Agent("79161234567", None)),
        started_at=at,
        rang_at=at + 3.4,
        queued_at=at + 2.1,
        answered_at=at + 8.2,
        ended_at=at + 61.5,
        ended_by="caller",
        lost_after_transfer=False,
        wait_s=8.2,
        ivr_s=2.1,
        queue_s=6.1,
        ring_s=4.8,
        talk_s=53.2,
        hold_s=4.004,
        total_s=61.5,
        transfers=(
            Transfer("blind", "101", "102", at + 30.25, "answered"),
            Transfer("attended", None, None, at + 40, None),
        ),
        end_seen=True,
        incomplete=False,
        merged_into=None,
    )
    return replace(call, **changes)


def a_missed_call(number: int = 0, **changes: Any) -> Call:
    """An incoming call that was given up in the queue."""
    nothing = {"answered_by": None, "agents": (), "answered_at": None, "transfers": (), "talk_s": 0.0, "hold_s": 0.0}
    return a_call(number, **({"result": "abandoned", "missed": True} | nothing | changes))


def ended(call: Call) -> CallEnded:
    """The call with a time line: three legs, a stay in each of its queues, two periods of talk, a hold."""
    at = call.started_at
    legs = (
        Leg(call.id, "PJSIP/megafon-00000001", "PJSIP/megafon", "outside", call.caller_name, call.caller, None, at,
            None, None, at + 8.2, at + 61.5, None, 16),
        Leg(f"{call.id}1", "PJSIP/101-00000002", "PJSIP/101", "person", "Анна", "101", "support", at + 3.1, at + 3.4,
            at + 8.2, at + 8.2, at + 30.25, "answered", 16),
        Leg(f"{call.id}2", "PJSIP/102-00000003", "PJSIP/102", "person", None, "102", "support", at + 3.1, at + 3.4,
            at + 8.2, None, at + 8.21, "elsewhere", 26),
    )  # fmt: skip
    stays = tuple(
        QueueStay(queue, at + 2.1 + place, at + 8.2, "answered", 1 + place, "PJSIP/101")
        for place, queue in enumerate(call.queues)
    )
    talks = (Talk(at + 8.2, at + 30.25, "PJSIP/101", "Анна"), Talk(at + 30.5, None, "79161234567", None))
    return CallEnded(call.state_since, call, legs, stays, talks, (Hold(at + 12, at + 16.004, "caller"),))


def many(count: int, first: int = 0, **changes: Any) -> list[CallEnded]:
    """So many calls, each with its time line, every third one missed."""
    return [
        ended(a_missed_call(number, **changes) if number % 3 == 2 else a_call(number, **changes))
        for number in range(first, first + count)
    ]

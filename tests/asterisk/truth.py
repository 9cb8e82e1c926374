"""What the phones of one run saw, set into what the contract says of the scenario.

A scenario's calls are known beforehand, their durations only nearly: a phone that answers "after two seconds" answers when its
machine lets it. So the durations come from the phones' own log of the same run (a recording's is in its `truth.jsonl`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]
# The caller's own end and the last sign of a search are one moment, to the phones.
SAME_MOMENT_S = 0.05
# How far a run may be from what was written down where the phones cannot tell: pickups, parking, attended transfers.
HANDED_OVER_S = 0.5


def with_the_phones_times(expected: Row, legs: Sequence[Row], events: Sequence[Row]) -> Row:
    """The expectation with the durations and starts of this run; seconds, epoch seconds UTC.

    Calls are taken in the order of their INVITEs. What the phones cannot know stays as it was: how long the PBX looked for
    a phone that is unplugged, and (nearly: `HANDED_OVER_S`) who talked for how long where another call became part of one.
    """
    callers = sorted((leg for leg in legs if was_taken(leg)), key=lambda leg: leg["t_invite"])
    calls = expected["calls"]
    assert len(callers) == len(calls), "the phones began another number of calls"
    if any(call.get("merged_into") for call in calls):
        seen = [_seen_by_the_caller(caller) for caller in callers]
    else:
        seen = [_seen(call, caller, legs, events) for call, caller in zip(calls, callers, strict=True)]
    return expected | {"calls": [call | times for call, times in zip(calls, seen, strict=True)]}


def was_taken(leg: Row) -> bool:
    """Did Asterisk take this caller's INVITE, so that there is a call to tell of?"""
    # pjsip drops an INVITE whose From has a folded or a badly quoted name; no event ever tells of it (28-strange-names).
    return bool(leg["kind"] == "caller" and leg["end"] != "never_answered_by_asterisk")


def _seen_by_the_caller(caller: Row) -> Row:
    """All that is sure of a call that another became part of, and of the other."""
    total_s = caller["t_end"] - caller["t_invite"]
    return {"started_at": caller["t_invite"], "total_s": total_s, "tolerance": HANDED_OVER_S}


def _same_number(caller: str, phone: str) -> bool:
    """Asterisk writes escapes in lower case, and a number ends at a NUL (28b-injected-numbers)."""
    return phone.lower() == caller.lower().partition("%00")[0]


def _seen(call: Row, caller: Row, legs: Iterable[Row], events: Iterable[Row]) -> Row:
    began, over = caller["t_invite"], caller["t_end"]
    dialled = [
        leg
        for leg in legs
        if leg["kind"] == "phone"
        and _same_number(caller["cid"], leg["cid"])
        and began - 0.05 <= leg["t_invite"] <= over
    ]
    answered = [leg for leg in dialled if "t_answer" in leg]
    found: Row = {"started_at": began, "total_s": over - began}
    if call["result"] == "answered":
        found["wait_s"] = min(leg["t_answer"] for leg in answered) - began
        found["talk_s"] = sum(leg["t_end"] - leg["t_answer"] for leg in answered)
    elif call["total_s"] - call["wait_s"] <= SAME_MOMENT_S:
        found["wait_s"] = over - began
    elif dialled:
        found["wait_s"] = max(leg["t_end"] for leg in dialled) - began
    if call.get("hold_s"):
        found["hold_s"] = _held(events)
    return {name: value for name, value in found.items() if name in call}


def _held(events: Iterable[Row]) -> float:
    total = 0.0
    since: dict[str, float] = {}
    for event in events:
        if event["ev"] == "hold":
            since[event["callid"]] = event["t"]
        elif event["ev"] == "unhold":
            total += event["t"] - since.pop(event["callid"])
    return total
